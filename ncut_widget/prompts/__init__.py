"""What a user said: one file a kind of prompt, and all that masks depend on.

A prompt says which cells it labels, and how it is written. It knows neither
eigenvectors nor methods: what is made of the labels is theirs.
"""

from ncut_widget.prompts.base import Group, Prompt, Seed
from ncut_widget.prompts.click import Click
from ncut_widget.prompts.kinds import check_prompt, check_prompts
from ncut_widget.prompts.recipe import Recipe

__all__ = [
    "Click",
    "Group",
    "Prompt",
    "Recipe",
    "Seed",
    "check_prompt",
    "check_prompts",
]
