"""Safe names of files, made of names with any characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import count

LENGTH = 120
"""Most bytes of a name: file systems take 255, with suffix and number."""

FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe_name(name: str) -> str:
    """Make a name that is valid for a file on any file system.

    Letters of any script stay; separators of folders, and characters that Windows
    refuses, become ``_``. pathvalidate is no substitute: it leaves ``..``, hidden and
    empty names as they are, and makes the device CON of ``"CON "``.

    Examples
    --------
    >>> safe_name("../手 left?"), safe_name("nul"), safe_name("..")
    ('_手 left_', '_nul', '_')
    """
    plain = FORBIDDEN.sub("_", unicodedata.normalize("NFC", name))
    plain = "".join(each if each.isprintable() else "_" for each in plain)
    plain = plain.encode("utf-8", "replace")[:LENGTH].decode("utf-8", "ignore")
    plain = plain.lstrip(".").strip(" ").rstrip(". ") or "_"
    return f"_{plain}" if RESERVED.fullmatch(plain) else plain


def unique_names(names: Iterable[str], others: Iterable[str] = ()) -> list[str]:
    """Make safe names that differ from each other and from others on any file system.

    Examples
    --------
    >>> unique_names(["a/b", "A_B", "a_b"])
    ['a_b', 'A_B-2', 'a_b-3']
    """
    taken = set(map(_folded, others))
    unique = []
    for name in map(safe_name, names):
        free = (name if n == 1 else f"{name}-{n}" for n in count(1))
        chosen = next(each for each in free if _folded(each) not in taken)
        taken.add(_folded(chosen))
        unique.append(chosen)
    return unique


def _folded(name: str) -> str:
    """Return the name as file systems without case, or Unicode forms, compare it."""
    return unicodedata.normalize("NFKC", name.casefold()).casefold()
