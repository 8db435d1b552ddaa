"""Files and folders, written whole or not at all, and what a user keeps there."""
