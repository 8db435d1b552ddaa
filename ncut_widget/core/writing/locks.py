"""Locks that end with their process, on systems and file systems that have them."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

try:
    import fcntl
except ImportError:  # Windows, where an open file can be neither moved nor deleted
    fcntl = None  # type: ignore[assignment]


def lock(file: IO[Any]) -> bool:
    """Lock a file until it is closed, or its process is gone; whether that was done.

    It is not where another one has locked it, or where there are no locks.
    """
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def alone(folder: Path, wait: float = math.inf) -> Iterator[None]:
    """Keep other writers from changing what is in a folder, where it can be locked.

    Parameters
    ----------
    folder : Path
    wait : float
        Seconds to wait for another writer at the most: its process may be stopped.
    """
    if fcntl is None:
        yield
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network's file system
            _lock(number, time.monotonic() + wait)
        yield
    finally:
        os.close(number)


def _lock(number: int, until: float) -> None:
    while time.monotonic() < until:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.005)
        else:
            return
