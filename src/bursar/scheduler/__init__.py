"""When: finds what is due and asks the heart to do it. Holds no rule of its own about tokens."""
