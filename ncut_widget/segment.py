"""A named, committed result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from numpy.typing import NDArray

from ncut_widget.checks import shown
from ncut_widget.masks.coordinates import Click
from ncut_widget.settings import Settings


@dataclass(frozen=True)
class Segment:
    """A named, committed result.

    Attributes
    ----------
    name : str
    clicks : tuple of Click
    settings : Settings
        What it was made with.
    masks : ndarray of bool, shape (B, H, W)
        Not to be written to.
    """

    name: str
    clicks: tuple[Click, ...]
    settings: Settings
    masks: NDArray = field(repr=False)


def check_name(name: Any, taken: Iterable[str]) -> str:
    """Return a segment's name; for None the first "segment N" that is not taken.

    Raises
    ------
    TypeError, ValueError
        If it is no string, empty, or not printable.
    """
    if name is None:
        free = (f"segment {n}" for n in count(1))
        return next(name for name in free if name not in taken)
    if not isinstance(name, str):
        raise TypeError(f"a segment's name must be a string, got {shown(name)}")
    if not name:
        raise ValueError("a segment's name must not be empty")
    if not name.isprintable():
        raise ValueError(f"a segment's name must be printable, got {shown(name)}")
    return name
