"""Progress bars of long work."""

from __future__ import annotations

from typing import Any

from tqdm.auto import tqdm

_AFTER_SECONDS = 2.0


def bar(total: int, what: str, unit: str, shown: bool) -> tqdm[Any]:
    """Return a progress bar that shows itself after two seconds, and then goes."""
    return tqdm(
        total=total,
        desc=what,
        unit=unit,
        unit_scale=True,
        delay=_AFTER_SECONDS,
        leave=False,
        disable=not shown,
    )
