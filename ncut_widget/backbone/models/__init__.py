"""The backbones that come with it, each a file."""
