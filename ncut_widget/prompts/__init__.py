"""Prompts, one file for each kind, and the recipe that masks are made from.

A prompt says which cells it labels, and how it is written to files. It knows neither
eigenvectors nor methods: the methods decide how labels become masks.
"""

from ncut_widget.prompts.base import Group, Prompt, Seed
from ncut_widget.prompts.click import Click
from ncut_widget.prompts.kinds import check_prompt, check_prompts
from ncut_widget.prompts.recipe import Recipe, last_groups

__all__ = [
    "Click",
    "Group",
    "Prompt",
    "Recipe",
    "Seed",
    "check_prompt",
    "check_prompts",
    "last_groups",
]
