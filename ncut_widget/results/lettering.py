"""Names in figures: in any script, shortened to the room that they have."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

SIZE = 8
"""Font size of names, in points."""

INCH = 72
"""Points of an inch."""

BEYOND = "\u0590"
"""Letters before this one, Latin, Greek and Cyrillic, are in every font."""

FALLBACKS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "Hiragino Sans",
    "PingFang SC",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "WenQuanYi Zen Hei",
    "IPAGothic",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Arial Unicode MS",
    "FreeSans",
    "Unifont",
)
"""Fonts with the letters of other scripts; those that are installed are used."""


def as_name(text: str) -> dict[str, Any]:
    """Return the options of a text that is a name: a dollar sign begins no formula."""
    return {"parse_math": False, "usetex": False, "fontfamily": _families(text)}


def fitted(text: str, width: float, lines: int = 1) -> str:
    """Break a name into lines; leave out its middle if it needs more lines.

    Parameters
    ----------
    text : str
    width : float
        Inches of a line.
    lines : int
        Most lines.
    """
    text = " ".join(text.split())  # a name may have lines of its own
    whole = _broken(text, width, lines)
    if whole is not None:
        return whole

    def shortened(kept: int) -> str | None:
        # The end, often a number and a suffix, is kept as much as the beginning.
        start, end = kept // 2, len(text) - (kept - kept // 2)
        return _broken(f"{text[:start]}…{text[end:]}", width, lines)

    kept = _last(range(len(text)), lambda kept: shortened(kept) is not None)
    return shortened(kept) or "…"


def _broken(text: str, width: float, lines: int) -> str | None:
    """Break a text where a line is full; None if it needs more lines."""
    broken = []
    for _ in range(lines):
        full = _fit(text, width)
        broken.append(text[:full])
        text = text[full:]
        if not text:
            return "\n".join(broken)
    return None


def _fit(text: str, width: float) -> int:
    """Count the letters that fit into a line: one, at least."""
    if _width(text) <= width * INCH:
        return len(text)
    counts = range(1, max(len(text), 2))
    return _last(counts, lambda count: _width(text[:count]) <= width * INCH)


def _last(numbers: range, fits: Callable[[int], bool]) -> int:
    """Find the last number that fits, by bisection; the first if none fits."""
    found = bisect_right(numbers, False, key=lambda number: not fits(number))
    return numbers[max(found - 1, 0)]


@lru_cache(maxsize=10_000)
def _width(text: str) -> float:
    """Measure a text, in points."""
    from matplotlib.font_manager import FontProperties

    font = FontProperties(family=_families(text), size=SIZE)
    width, _, _ = _renderer().get_text_width_height_descent(text, font, False)
    return float(width)


@lru_cache(maxsize=1)
def _renderer() -> Any:
    from matplotlib.backends.backend_agg import RendererAgg

    make: Any = RendererAgg  # matplotlib does not annotate it
    return make(1, 1, INCH)  # a pixel is a point


def _families(text: str) -> list[str]:
    """Return the fonts for a text's letters, in the order in which to try them."""
    from matplotlib import rcParams
    from matplotlib.font_manager import fontManager

    families = list(rcParams["font.family"])
    if any(letter.isalpha() and letter >= BEYOND for letter in text):
        there = {font.name for font in fontManager.ttflist}
        families += [each for each in FALLBACKS if each in there]
    return families


def add_legend(figure: Any, colors: Sequence[str], names: Sequence[str]) -> None:
    """Lay a legend below the axes, as wide as the figure, which grows by its height."""
    from matplotlib.patches import Patch

    options = {"handlelength": 2.0, "handletextpad": 0.8, "columnspacing": 2.0}
    width, height = figure.get_size_inches()
    room = width * INCH - 2 * SIZE
    handle = SIZE * (options["handlelength"] + options["handletextpad"])
    texts = [fitted(name, (room - handle) / INCH) for name in names]
    widths = [handle + _width(text) for text in texts]
    gap = SIZE * options["columnspacing"]
    columns = next(
        count
        for count in range(len(names), 0, -1)
        if count == 1 or _across(widths, count, gap) <= room
    )
    legend = figure.legend(
        handles=[Patch(color=color) for color in colors],
        labels=["name"] * len(texts),  # matplotlib leaves out names that begin with _
        loc="outside lower center",
        ncols=columns,
        fontsize=SIZE,
        frameon=False,
        **options,
    )
    for label, text in zip(legend.get_texts(), texts, strict=True):
        label.set(text=text, **as_name(text))
    added = legend.get_window_extent().height / figure.dpi
    figure.set_size_inches(width, height + added)


def _across(widths: Sequence[float], columns: int, gap: float) -> float:
    """Width of a legend with so many columns, in points."""
    parts = np.array_split(np.array(widths), columns)
    widest = sum(float(part.max()) for part in parts)
    return widest + (columns - 1) * gap
