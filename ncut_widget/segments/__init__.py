"""Segments: what was committed, by name, and the things in their masks.

It knows prompts, settings and what makes masks of them, but neither history nor files.
"""
