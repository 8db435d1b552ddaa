"""Checks of arguments; errors say the name, what is allowed, and what came."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Collection
from typing import Any

import numpy as np
import torch

from ncut_widget.core.arrays import as_array

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60
_SHORT.maxlevel = 3

LONGEST_PATH = 1000
"""Text of this many characters or more is no path: messages shorten it."""


def shown(value: Any) -> str:
    """Return a short `repr` of a value, which may be huge, deeply nested or broken.

    Examples
    --------
    >>> shown("x" * 10_000_000)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxx'"
    """
    try:
        if isinstance(value, np.generic):
            value = value.item()
        return _SHORT.repr(value)
    except Exception:  # the repr fails, or an integer is too long for it
        return f"<{type(value).__name__}>"


def shown_path(path: Any) -> str:
    """Return the `repr` of a path; shorten only text that is too long to be one."""
    text = str(path)
    return repr(text) if len(text) < LONGEST_PATH else shown(text)


def check_flag(name: str, value: Any) -> bool:
    """Return True or False as plain Python; else raise TypeError."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def check_number(
    name: str,
    value: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    whole: bool = False,
    integer: bool = False,
    above: bool = False,
) -> float:
    """Return a finite number within ``[low, high]`` as plain Python.

    Parameters
    ----------
    name : str
    value
        What came.
    low, high : float
    whole : bool
        Only whole numbers; 3.0 is one.
    integer : bool
        Only whole numbers of an integer type.
    above : bool
        Whether ``low`` itself is excluded.

    Raises
    ------
    TypeError, ValueError
        In one sentence: the name, what is allowed, what came.
    """
    whole = whole or integer
    kind = "a whole number" if whole else "a number"
    allowed = f"{name} must be {kind}{_limits(low, high, above)}"
    types = (int, np.integer) if integer else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, types):
        raise TypeError(f"{allowed}, got {shown(value)}")
    inside = (low < value if above else low <= value) and value <= high
    if not (inside and _is_finite(value)) or (whole and value != int(value)):
        raise ValueError(f"{allowed}, got {shown(value)}")
    return int(value) if whole else float(value)


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond all floats
        return False


def _limits(low: float, high: float, above: bool) -> str:
    if above:
        return f" above {low}" if high == math.inf else f" above {low}, at most {high}"
    if high < math.inf:
        return f" between {low} and {high}"
    return f" of at least {low}" if low > -math.inf else ""


def check_choice(name: str, value: Any, choices: Collection[Any]) -> Any:
    """Return the choice that a value is equal to; else raise ValueError."""
    try:
        known = not isinstance(value, np.ndarray) and value in choices
    except (
        TypeError,
        ValueError,
    ):  # not hashable, or not comparable to one truth value
        known = False
    if not known:
        names = ", ".join(map(str, choices))
        raise ValueError(f"{name} must be one of {names}, got {shown(value)}")
    return next(each for each in choices if each == value)


def check_indices(name: str, value: Any, count: int) -> list[int]:
    """Return one or many indices of ``count`` images as a list without repeats.

    Examples
    --------
    >>> check_indices("images", 2, 3), check_indices("images", [1, 0, 1], 3)
    ([2], [1, 0])
    """
    if isinstance(value, (int, float, np.number)):
        value = [value]
    given = as_list(name, value, "indices of images, as [0, 2]")
    return list(
        dict.fromkeys(
            int(check_number("an image index", each, 0, count - 1, whole=True))
            for each in given
        )
    )


def as_list(name: str, value: Any, what: str) -> list[Any]:
    """Convert an iterable to a list; raise TypeError for text and for single values.

    Parameters
    ----------
    name : str
    value
        What came; text counts as a single value.
    what : str
        How the sentence names what is allowed.
    """
    try:
        if not isinstance(value, (str, bytes)):
            return list(value)
    except TypeError:  # not iterable
        pass
    raise TypeError(f"{name} must be {what}, got {shown(value)}")


def check_array(
    name: str, value: Any, kinds: str = "fiu", *, what: str = "real numbers"
) -> Any:
    """Return a detached tensor or an array, if its numbers are of these kinds.

    Parameters
    ----------
    name : str
    value : torch.Tensor or array_like
    kinds : str
        Of numpy's ``dtype.kind``: ``"f"`` floating, ``"i"`` and ``"u"`` whole.
    what : str
        How the error names these kinds.

    Raises
    ------
    TypeError
        If they are of another kind.
    """
    if isinstance(value, torch.Tensor):
        value = value.detach()
        floating, other = value.is_floating_point(), value.dtype == torch.bool
        real = floating or ("i" in kinds and not (value.is_complex() or other))
    else:
        value = as_array(value, name)
        real = value.dtype.kind in kinds
    if not real:
        raise TypeError(f"{name} must be {what}, got dtype {value.dtype}")
    return value


def check_shape(name: str, value: Any, axes: str) -> Any:
    """Return an array if it has these axes, as ``"B, H, W, C"``, none of them empty.

    Raises
    ------
    ValueError
        If the number of axes differs, or an axis is empty.
    """
    shape = tuple(np.shape(value))
    if len(shape) != axes.count(",") + 1 or 0 in shape:
        filled = ", none of them 0" if 0 in shape else ""
        raise ValueError(f"{name} must have shape ({axes}){filled}, got {shape}")
    return value


def check_finite(name: str, value: Any) -> Any:
    """Return an array or a tensor of finite numbers; else raise ValueError."""
    finite = torch.isfinite if isinstance(value, torch.Tensor) else np.isfinite
    if not bool(finite(value).all()):
        raise ValueError(f"{name} must be finite, got NaN or infinite values")
    return value


def check_match(images: int, batch: int) -> None:
    """Raise ValueError unless there is one image for each item of the batch."""
    if images != batch:
        raise ValueError(
            "images must match the batch, one for each: got "
            f"{images} images for a batch of {batch}"
        )
