"""The most memory that a piece of work takes."""

from __future__ import annotations

import ctypes
import gc
import math
import re
import threading
from pathlib import Path

STATUS = Path("/proc/self/status")


def anonymous_bytes() -> float:
    """Return the process's resident memory but for mapped files; NaN without /proc.

    The pages of a memory-mapped file are the system's to drop, so they don't count.
    """
    if not STATUS.exists():
        return math.nan
    found = re.search(r"^RssAnon:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)
    return 1024 * int(found[1]) if found else math.nan


class PeakMemory:
    """Within ``with``, look every few milliseconds; `bytes` is the most above before.

    Examples
    --------
    >>> with PeakMemory() as memory:
    ...     work = bytearray(100_000_000)
    >>> memory.bytes > 90e6 or math.isnan(memory.bytes)
    True
    """

    bytes: float = math.nan

    def __init__(self, every: float = 0.005) -> None:
        self.every = every

    def __enter__(self) -> PeakMemory:
        """Start to look, without what was freed before and is held for reuse."""
        gc.collect()
        if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
            trim(0)
        self._done = threading.Event()
        self._before = self._most = anonymous_bytes()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Look once more, and stop."""
        self._done.set()
        self._thread.join()
        self._most = max(self._most, anonymous_bytes())
        self.bytes = self._most - self._before

    def _look(self) -> None:
        while not self._done.wait(self.every):
            self._most = max(self._most, anonymous_bytes())
