"""The state of a segment, and the checks of its fields."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import numpy as np

from ncut_widget.core.arrays import Floats, Labels, Mask
from ncut_widget.core.checks import check_choice, check_flag, shown
from ncut_widget.core.names import hint
from ncut_widget.masks.full import PerImage
from ncut_widget.methods.masker import Masker
from ncut_widget.prompts import Prompt, Recipe
from ncut_widget.segments.palette import check_color
from ncut_widget.segments.things import INSTANCES, number_instances
from ncut_widget.settings import Settings

NAME_LENGTH = 200
"""Characters of a name, at most."""

JOINERS = frozenset(
    (
        *("\u200c", "\u200d", "\u180e"),  # Persian, Sinhala, Mongolian, emoji
        *map(chr, range(0xE0020, 0xE0080)),  # flags of parts of countries
        *map(chr, (*range(0x600, 0x606), 0x6DD, 0x70F, 0x8E2)),  # Arabic, Syriac signs
    )
)
"""Format characters that scripts need. Others, as those that turn the direction of
text, could make one name look like another."""


@dataclass(frozen=True, eq=False)
class SegmentState:
    """A named, committed recipe, and how it looks, at one moment.

    Attributes
    ----------
    name : str
    color : str
        ``"#rrggbb"``.
    recipe : Recipe
        Its masks are made of it, and do not follow later prompts and settings.
    visible : bool
        Whether the page shows it.
    instances : {"connected", "watershed", "whole"}
        How its masks are split into single things; see `number_instances`.
    id : int
        Unique; a new name does not change it.
    edition : int
        Grows when its masks change.
    """

    name: str
    color: str
    recipe: Recipe = field(repr=False)
    id: int = field(repr=False)
    masker: Masker = field(repr=False)
    edition: int = field(repr=False, default=0)
    visible: bool = True
    instances: str = INSTANCES[0]

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The prompts of its recipe."""
        return self.recipe.prompts

    @property
    def settings(self) -> Settings:
        """The settings of its recipe."""
        return self.recipe.settings

    @property
    def masks(self) -> Mask:
        """Masks on the latent grid: bool, shape (B, H, W), read-only.

        They are whole, also where other segments lie over them.
        """
        return self.masker.masks(self.recipe)

    @property
    def score(self) -> float:
        """Mean similarity of the cells in its masks, 0 to 1; 0 without any."""
        inside = self.masker.closeness(self.recipe, slice(None))[self.masks]
        mean = float(inside.mean(dtype=np.float64)) if inside.size else 0.0
        return min(max(mean, 0.0), 1.0)

    @property
    def presence(self) -> Floats:
        """How surely each image has the thing: float32, shape (B,), 0 to 1."""
        return self.masker.presence(self.recipe)

    def full_masks(self) -> PerImage:
        """Masks at the images' own sizes, bool (h_i, w_i), each made when asked for."""
        return self.masker.full_masks(self.recipe)

    def full_mask(self, image: int) -> Mask:
        """Mask of one image at its own size, bool (h, w)."""
        return self.masker.full_mask(self.recipe, image)

    def full_instances(self, how: str | None = None) -> PerImage:
        """Numbered things at the images' own sizes: int32 (h_i, w_i), made when read.

        Parameters
        ----------
        how : {"connected", "watershed", "whole"}, optional
            By default as `instances` says.
        """
        return PerImage(self.masker.sizes, partial(self._number, how))

    def _number(self, how: str | None, image: int, size: tuple[int, int]) -> Labels:
        mask = self.masker.full_mask(self.recipe, image, size)
        similarity = self.masker.closeness(self.recipe, image)
        return number_instances(mask, how or self.instances, similarity)


def ways_of(segments: Iterable[SegmentState], known: Sequence[str]) -> list[str]:
    """List the ways that segments are made by; the first known one if there are none.

    Examples
    --------
    >>> ways_of([], ("semantics", "appearance"))
    ['semantics']
    """
    used = {segment.settings.by for segment in segments} or {known[0]}
    return [by for by in known if by in used]


class ByName(dict[str, SegmentState]):
    """Segments by name, in any spelling of the name that `spelled` maps to it."""

    def __contains__(self, name: object) -> bool:
        """Whether there is a segment of a name."""
        return super().__contains__(spelled(name))

    def __getitem__(self, name: str) -> SegmentState:
        """Return the segment of a name."""
        return super().__getitem__(spelled(name))

    def get(self, name: str, default: Any = None) -> Any:
        """Return the segment of a name, or the default."""
        return super().get(spelled(name), default)


def check_field(name: str, value: Any) -> Any:
    """Return a value for a field of a segment that users set, checked.

    Raises
    ------
    TypeError, ValueError
        In one sentence: the name, what is allowed, what came.
    """
    if name not in _CHECKS:
        known = (*_CHECKS, "place")
        raise TypeError(f"a segment's {shown(name)} cannot be set; {hint(name, known)}")
    return _CHECKS[name](value)


def spelled(name: Any) -> Any:
    """Return a name as it is kept: composed, without spaces around it.

    "é" can be one character or two, and both are the same name.

    Examples
    --------
    >>> spelled(" cafe\u0301 ") == "caf\u00e9"
    True
    """
    if not isinstance(name, str) or len(name) > 10 * NAME_LENGTH:
        return name
    return unicodedata.normalize("NFC", name).strip()


def check_name(name: Any, taken: Iterable[str]) -> str:
    """Return a segment's name; for None the first "segment N" that is not taken.

    Raises
    ------
    TypeError, ValueError
        If it is no string, empty, too long or not printable.
    """
    if name is None:
        known = set(taken)
        free = (f"segment {n}" for n in count(1))
        return next(name for name in free if name not in known)
    return _check_string(name)


def _check_string(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"a segment's name must be a string, got {shown(name)}")
    text: str = spelled(name)
    if len(text) > NAME_LENGTH:
        raise ValueError(
            f"a segment's name must have at most {NAME_LENGTH} characters, got "
            f"{len(text)}"
        )
    if not all(map(_is_written, text)):
        raise ValueError(f"a segment's name must be printable, got {shown(text)}")
    if all(letter in JOINERS or letter.isspace() for letter in text):
        raise ValueError("a segment's name must not be empty")
    return text


def _is_written(letter: str) -> bool:
    """Whether a character is written text.

    `str.isprintable` alone refuses all spaces but one, and emoji newer than Python.
    """
    if letter.isprintable() or letter in JOINERS:
        return True
    category, code = unicodedata.category(letter), ord(letter)
    is_emoji = category == "Cn" and 0x1F000 <= code < 0x1FBF0
    return category == "Zs" or is_emoji


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": _check_string,
    "color": check_color,
    "visible": lambda value: check_flag("visible", value),
    "instances": lambda value: check_choice("instances", value, INSTANCES),
}
"""The fields of a segment that users set, and their checks."""
