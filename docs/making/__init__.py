"""What the pages show that is computed, and what MkDocs is helped with."""
