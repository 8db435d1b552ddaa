"""Names that do not exist: refused, with the one that may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

LONGEST = 100
"""Characters of a name that is compared with others: a longer one is no slip."""


def closest(name: str, known: Iterable[str], count: int = 1) -> list[str]:
    """Give the names that one may have been meant for, the likeliest first.

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
    """Say which name may have been meant, or which ones there are."""
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
