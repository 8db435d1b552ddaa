"""Two sides, given as a pair or as one number for a square."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any


def check_sides(name: str, value: Any) -> tuple[int, int]:
    """Return ``(height, width)``.

    Raises
    ------
    ValueError
        If it is neither two whole numbers of at least 1 nor one.

    Examples
    --------
    >>> check_sides("grid", 64), check_sides("grid", [32, 48])
    ((64, 64), (32, 48))
    """
    sides = value if isinstance(value, Sequence) else (value, value)
    whole = all(isinstance(n, Integral) and not isinstance(n, bool) for n in sides)
    if len(sides) != 2 or not whole or min(sides) < 1:
        raise ValueError(
            f"{name} must be (height, width) or one number for both, at least 1, "
            f"got {value!r}"
        )
    return int(sides[0]), int(sides[1])
