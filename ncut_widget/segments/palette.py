"""Colours of segments. ``js/src/maths/shades.js`` has the same shades."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from numbers import Real
from typing import Any

from PIL import ImageColor

from ncut_widget.core.checks import shown

PALETTE = (
    "#e69f00",
    "#00a877",
    "#d55e9a",
    "#f0e442",
    "#d55e00",
    "#8f6fe0",
    "#7ccf35",
    "#c08552",
    "#20c5d0",
    "#f58fb0",
    "#006969",
    "#b40f2d",
    "#78ffd2",
    "#0f5aa5",
    "#6900ff",
    "#e1c3ff",
    "#ffc3a5",
    "#b40069",
    "#2d693c",
    "#c3b478",
    "#87784b",
    "#2d96b4",
    "#875a87",
    "#96a5f0",
    "#965a5a",
    "#1e961e",
    "#e17878",
    "#78ff87",
    "#b43c0f",
    "#96f0f0",
    "#5a78b4",
    "#009696",
)
"""Any two of these, and the blue of the clicks' mask, are at least 12 apart
(CIEDE2000). The first ten are after Okabe and Ito, *Color Universal Design* (2008).
Each of the others is as far as possible from all before it, also for people who confuse
red and green (after G. Machado et al., 2009); those distances have double weight."""

ALIKE = 0.05
"""Colours nearer than this in OKLab look the same; no two of `PALETTE` are so near."""

SHADES = ((0, 0), (40, 255), (30, 0), (65, 255), (50, 0), (20, 255))
"""Per cent of white or black in the colours of a segment's instances, in turn."""


def free_color(taken: Iterable[str]) -> str:
    """Return the first of the colours that are taken least, as ``"#rrggbb"``.

    Parameters
    ----------
    taken : iterable of str
        The colour of each segment; one that looks like a colour of `PALETTE` takes it.
    """
    uses = Counter(ours for color in taken for ours in _alike(color))
    return min(PALETTE, key=lambda color: uses[color])


@lru_cache(maxsize=1000)
def _alike(color: str) -> list[str]:
    return [c for c in PALETTE if math.dist(_oklab(c), _oklab(color)) < ALIKE]


def _root(value: float) -> float:
    root: float = value ** (1 / 3)  # math.cbrt needs Python 3.11
    return root


@lru_cache(maxsize=1000)
def _oklab(color: str) -> tuple[float, float, float]:
    """Give lightness and two opponent colours, after B. Ottosson, *OKLab* (2020)."""
    parts = (part / 255 for part in as_rgb(color))
    r, g, b = (
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts
    )
    x = _root(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    y = _root(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    z = _root(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * x + 0.7936177850 * y - 0.0040720468 * z,
        1.9779984951 * x - 2.4285922050 * y + 0.4505937099 * z,
        0.0259040371 * x + 0.7827717662 * y - 0.8086757660 * z,
    )


def check_color(color: Any) -> str:
    """Return a colour as ``"#rrggbb"``.

    Parameters
    ----------
    color : str or sequence of 3 floats
        A CSS colour, as ``"#e69f00"``, ``"tomato"`` or ``"hsl(9, 100%, 64%)"``, or
        red, green and blue within [0, 1].

    Raises
    ------
    TypeError, ValueError
        If it is none of these.

    Examples
    --------
    >>> check_color("Tomato"), check_color((1, 0, 0.5))
    ('#ff6347', '#ff0080')
    """
    if isinstance(color, str):
        try:
            return "#{:02x}{:02x}{:02x}".format(*ImageColor.getrgb(color)[:3])
        except ValueError:
            raise ValueError(
                "color must be a CSS color, as '#e69f00' or 'tomato', got "
                f"{shown(color)}"
            ) from None
    numbers: list[Any] = list(color) if isinstance(color, Sequence) else []
    if len(numbers) != 3 or not all(isinstance(n, Real) for n in numbers):
        raise TypeError(
            "color must be a string as '#e69f00', or red, green and blue within [0, "
            f"1], got {shown(color)}"
        )
    if not all(0 <= n <= 1 for n in numbers):
        raise ValueError(
            f"red, green and blue must be within [0, 1], got {shown(color)}"
        )
    return as_hex(numbers)


def as_hex(rgb: Sequence[Any]) -> str:
    """Write red, green and blue within [0, 1] as ``"#rrggbb"``."""
    return "#{:02x}{:02x}{:02x}".format(*(int(255 * float(n) + 0.5) for n in rgb))


def as_rgb(color: str) -> tuple[int, int, int]:
    """Read ``"#rrggbb"`` as red, green and blue, 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def shade(color: str, instance: int) -> tuple[int, int, int]:
    """Return the colour of a segment's instance: red, green and blue, 0 to 255.

    Parameters
    ----------
    color : str
        The segment's, as ``"#rrggbb"``.
    instance : int
        From 1 on; the first has the segment's own colour.

    Examples
    --------
    >>> shade("#e69f00", 1), shade("#e69f00", 2)
    ((230, 159, 0), (240, 197, 102))
    """
    share, other = SHADES[(instance - 1) % len(SHADES)]
    red, green, blue = (
        (part * (100 - share) + other * share + 50) // 100 for part in as_rgb(color)
    )
    return red, green, blue
