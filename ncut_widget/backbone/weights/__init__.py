"""Trained weights: found, downloaded, checked, read."""
