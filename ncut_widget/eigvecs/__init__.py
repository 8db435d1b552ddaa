"""Where the eigenvectors of a batch are, and what is taken of them once."""
