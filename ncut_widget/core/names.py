"""Errors for unknown names, which suggest the name that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

LONGEST = 100
"""Names of more characters are not compared: they are no typing errors."""


def closest(name: str, known: Iterable[str], count: int = 1) -> list[str]:
    """List the known names that a name is closest to, the likeliest first.

    Capitals, spaces around it and slashes at its ends do not matter.

    Examples
    --------
    >>> closest(" Textur", ["texture", "timm/"])
    ['texture']
    """
    if len(name) > LONGEST:
        return []
    spelt = {one.casefold(): one for one in known}
    plain = name.strip().strip("/\\").casefold()
    if plain in spelt:
        return [spelt[plain]]
    return difflib.get_close_matches(name, spelt.values(), count) or [
        spelt[one] for one in difflib.get_close_matches(plain, spelt, count)
    ]


def hint(name: str, known: Sequence[str]) -> str:
    """Suggest the closest known name, or list all known names."""
    close = closest(name, known)
    return (
        f"did you mean {close[0]!r}?"
        if close
        else f"known: {', '.join(known) or 'none'}"
    )


def check_keywords(owner: str, keywords: Iterable[str], allowed: Iterable[str]) -> None:
    """Raise TypeError for a keyword that is not allowed."""
    known = sorted(set(allowed))
    for name in sorted(set(keywords) - set(known)):
        raise TypeError(f"{owner} has no keyword {name!r}; {hint(name, known)}")
