"""Segments: what was clicked, kept by name; label maps and instances made of them.

It knows masks and what makes them, but neither the page nor files.
"""
