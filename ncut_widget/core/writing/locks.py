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
    """Lock a file until it is closed or its process ends; return whether that worked.

    It does not if another process holds the lock, or if the system has no locks.
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
    """Keep other writers from changing a folder, on systems that can lock folders.

    Parameters
    ----------
    folder : Path
    wait : float
        Most seconds to wait for another writer, whose process may be suspended.
    """
    if fcntl is None:
        yield
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems have no locks
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
