"""What a segmenter holds, its history and its files. No Jupyter here."""
