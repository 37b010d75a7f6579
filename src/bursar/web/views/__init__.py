"""One file a page or a group of pages."""
