"""Colours of segments. ``js/src/maths/shades.js`` has the same shades."""

from __future__ import annotations

import colorsys
from collections.abc import Collection, Iterator, Sequence
from itertools import count
from numbers import Real
from typing import Any

from PIL import ImageColor

from ncut_widget.checks import shown

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
)
"""Told apart also by those who see red and green alike, and from the blue of the mask
that is being made: after Okabe and Ito, *Color Universal Design* (2008), and more."""

SHADES = ((0, 0), (40, 255), (30, 0), (65, 255), (50, 0), (20, 255))
"""Per cent of white or black in the colours of a segment's instances, in turn."""

GOLDEN = 0.6180339887


def free_color(taken: Collection[str]) -> str:
    """Return the first colour that is not taken, as ``"#rrggbb"``."""
    return next(color for color in _colors() if color not in taken)


def _colors() -> Iterator[str]:
    yield from PALETTE
    for number in count(1):
        rgb = colorsys.hls_to_rgb(number * GOLDEN % 1, 0.45 + 0.25 * (number % 2), 0.8)
        yield as_hex(rgb)


def check_color(color: Any) -> str:
    """Return a colour as ``"#rrggbb"``.

    Parameters
    ----------
    color : str or sequence of 3 floats
        What CSS knows, as ``"#e69f00"``, ``"tomato"`` or ``"hsl(9, 100%, 64%)"``, or
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
                "color must be one that CSS knows, as '#e69f00' or 'tomato', got "
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
        From 1 on, which has the segment's own colour.

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
