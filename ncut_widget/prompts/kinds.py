"""The kinds of prompts, and how files and messages name them.

A click is written ``[image, x, y, label]``, any other kind as a dictionary with its
``kind``. A new kind needs a file in this folder and a line in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ncut_widget.core.checks import check_choice, shown
from ncut_widget.prompts.base import Prompt
from ncut_widget.prompts.click import Click

KINDS: dict[str, type[Prompt]] = {"click": Click}


def check_prompt(told: Any, sizes: Sequence[tuple[int, int]]) -> Prompt:
    """Read a prompt of any kind; see `Prompt.read`."""
    if not isinstance(told, Mapping):
        return Click.read(told, sizes)
    kind = check_choice("a prompt's kind", told.get("kind"), tuple(KINDS))
    return KINDS[kind].read(told, sizes)


def check_prompts(told: Any, sizes: Sequence[tuple[int, int]]) -> tuple[Prompt, ...]:
    """Read a list of prompts; see `check_prompt`."""
    if not isinstance(told, Iterable) or isinstance(told, (str, bytes, Mapping)):
        raise TypeError(
            f"clicks must be a list of [image, x, y, label], got {shown(told)}"
        )
    return tuple(check_prompt(each, sizes) for each in told)


def image_told(told: Any) -> Any:
    """Return the number of the image that a written prompt is on."""
    return told["image"] if isinstance(told, Mapping) else told[0]


def told_on(told: Any, image: int) -> Any:
    """Write a written prompt for an image of another number."""
    if isinstance(told, Mapping):
        return {**told, "image": image}
    _, *others = told
    return [image, *others]
