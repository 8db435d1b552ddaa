"""Segments: committed recipes with their names, and the things in their masks.

Segments know recipes and the masker that makes masks of them, but neither history nor
files.
"""
