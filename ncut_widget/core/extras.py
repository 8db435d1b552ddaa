"""Optional libraries: which extra to install where one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


def install(extra: str) -> str:
    """Give the command that installs an extra."""
    return f"pip install 'ncut-widget[{extra}]'"


@contextmanager
def needs(extra: str, why: str = "") -> Iterator[None]:
    """Say which extra to install where an import fails.

    Parameters
    ----------
    extra : str
    why : str
        Beginning of the sentence; by default, which package is not installed.

    Raises
    ------
    ImportError
        If the import fails.
    """
    try:
        yield
    except ImportError as error:
        why = why or f"{error.name or error} is not installed"
        raise ImportError(f"{why}: {install(extra)}") from error
