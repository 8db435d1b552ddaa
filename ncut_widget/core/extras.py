"""Libraries that are extras."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Say which extra to install where an import fails."""
    try:
        yield
    except ImportError as error:
        raise ImportError(
            f"{error.name or error} is not installed: pip install "
            f"'ncut-widget[{extra}]'"
        ) from error
