"""Names that do not exist: refused, with the one that may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


def hint(name: str, known: Sequence[str]) -> str:
    """Say which name may have been meant, or which ones there are."""
    close = difflib.get_close_matches(name, known, n=1)
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
