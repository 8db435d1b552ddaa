"""What is known of a segment at one moment, and what it may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncut_widget.checks import check_choice, check_flag, shown
from ncut_widget.masker import Masker
from ncut_widget.masks.coordinates import Click
from ncut_widget.masks.full import PerImage
from ncut_widget.prompts import Prompts
from ncut_widget.segments.instances import INSTANCES, number_instances
from ncut_widget.segments.palette import check_color
from ncut_widget.settings import Settings

NAME_LENGTH = 200
"""Characters of a name, at most."""


@dataclass(frozen=True, eq=False)
class SegmentState:
    """A named, committed result, as it is at one moment.

    Attributes
    ----------
    name : str
    color : str
        ``"#rrggbb"``.
    prompts : Prompts
        What its masks are made of, whatever becomes of the clicks and settings.
    visible : bool
        Whether the page shows it.
    instances : {"connected", "watershed", "whole"}
        How its masks are parted into single things; see `number_instances`.
    id : int
        Its own, whatever it is called.
    edition : int
        Grows when its masks become others.
    """

    name: str
    color: str
    prompts: Prompts = field(repr=False)
    id: int = field(repr=False)
    masker: Masker = field(repr=False)
    edition: int = field(repr=False, default=0)
    visible: bool = True
    instances: str = INSTANCES[0]

    @property
    def clicks(self) -> tuple[Click, ...]:
        """The clicks that it is made of."""
        return self.prompts.clicks

    @property
    def settings(self) -> Settings:
        """The settings that it was made with."""
        return self.prompts.settings

    @property
    def masks(self) -> NDArray:
        """Masks on the latent grid: bool, shape (B, H, W), not to be written to.

        They are whole, whatever other segments lie over them.
        """
        return self.masker.masks(self.prompts)

    @property
    def score(self) -> float:
        """Mean similarity of the cells in its masks, 0 to 1; 0 without any."""
        inside = self.masker.closeness(self.prompts, slice(None))[self.masks]
        mean = float(inside.mean(dtype=np.float64)) if inside.size else 0.0
        return min(max(mean, 0.0), 1.0)

    def full_masks(self) -> PerImage:
        """Masks at the images' own sizes, bool (h_i, w_i), each made when asked for."""
        return self.masker.full_masks(self.prompts)

    def full_mask(self, image: int) -> NDArray:
        """Mask of one image at its own size, bool (h, w)."""
        return self.masker.full_mask(self.prompts, image)

    def full_instances(self, how: str | None = None) -> PerImage:
        """Numbered things at the images' own sizes: int32 (h_i, w_i), made one by one.

        Parameters
        ----------
        how : {"connected", "watershed", "whole"}, optional
            By default as `instances` says.
        """
        return PerImage(self.masker.sizes, partial(self._number, how))

    def _number(self, how: str | None, image: int, size: tuple[int, int]) -> NDArray:
        mask = self.masker.full_mask(self.prompts, image, size)
        similarity = self.masker.closeness(self.prompts, image)
        return number_instances(mask, how or self.instances, similarity)


def check_field(name: str, value: Any) -> Any:
    """Return a value for a field of a segment that users set, checked.

    Raises
    ------
    TypeError, ValueError
        In one sentence: the name, what is allowed, what came.
    """
    if name == "color":
        return check_color(value)
    if name == "instances":
        return check_choice(name, value, INSTANCES)
    if name == "visible":
        return check_flag(name, value)
    return _check_string(value)


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
    if not name.strip():
        raise ValueError("a segment's name must not be empty")
    if not name.isprintable():
        raise ValueError(f"a segment's name must be printable, got {shown(name)}")
    if len(name) > NAME_LENGTH:
        raise ValueError(
            f"a segment's name must have at most {NAME_LENGTH} characters, got "
            f"{len(name)}"
        )
    return name
