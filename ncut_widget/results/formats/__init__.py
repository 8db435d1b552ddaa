"""One file a format; it is found by its suffix."""
