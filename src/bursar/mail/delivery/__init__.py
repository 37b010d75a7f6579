"""Where messages go. In this part: a maildir."""
