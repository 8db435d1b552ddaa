"""What is refused, in one sentence: the name, what is allowed, what came."""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60
_SHORT.maxlevel = 3


def shown(value: Any) -> str:
    """Return `repr` of anything, cut short: what came may be large, deep or odd.

    Examples
    --------
    >>> shown("x" * 10_000_000)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxx'"
    """
    try:
        if isinstance(value, np.generic):
            value = value.item()
        return _SHORT.repr(value)
    except Exception:  # a repr that fails, an integer too long for one
        return f"<{type(value).__name__}>"


def check_flag(name: str, value: Any) -> bool:
    """Return True or False as plain Python; else raise TypeError."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def check_number(
    name: str, value: Any, low: float, high: float, *, whole: bool = False
) -> float:
    """Return a number within ``[low, high]`` as plain Python.

    Raises
    ------
    TypeError, ValueError
        In one sentence: the name, what is allowed, what came.
    """
    kind = "a whole number" if whole else "a number"
    allowed = f"{name} must be {kind} between {low} and {high}"
    if isinstance(value, bool) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"{allowed}, got {shown(value)}")
    if not low <= value <= high or (whole and value != int(value)):
        raise ValueError(f"{allowed}, got {shown(value)}")
    return int(value) if whole else float(value)


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return one of some names; else raise ValueError."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(choices)}, got {shown(value)}"
        )
    return value
