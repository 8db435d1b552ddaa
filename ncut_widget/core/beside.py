"""Work in a thread beside the program, which ends before the program does."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread
from weakref import WeakSet

import torch

from ncut_widget.core.parallel import cores

SECONDS = 10.0
"""Longest time that the end of a program waits for work that nobody needs."""

_AT_WORK: WeakSet[Thread] = WeakSet()
_ENDING = Event()


def ending() -> bool:
    """Whether the program ends: long work asks, and stops."""
    return _ENDING.is_set()


def begin(work: Callable[[], object]) -> Thread:
    """Call a function in a thread, with as many of torch's threads as here."""
    threads = cores()

    def run() -> None:
        # A new thread has as many as the last one that set a number: perhaps one.
        torch.set_num_threads(threads)
        work()

    thread = Thread(target=run, daemon=True)
    _AT_WORK.add(thread)
    thread.start()
    return thread


class Latest:
    """Calls functions beside the program, one at a time: of those that wait, the last.

    So nobody waits for what was wanted a moment ago.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._wanted: Callable[[], object] | None = None
        self._busy = False

    def begin(self, work: Callable[[], object]) -> None:
        """Call a function as soon as the one before it has ended."""
        with self._lock:
            self._wanted = work
            if self._busy:
                return
            self._busy = True
        begin(self._run)

    def _run(self) -> None:
        while (work := self._next()) is not None:
            with suppress(Exception):  # who needs the result gets the error
                work()

    def _next(self) -> Callable[[], object] | None:
        with self._lock:
            work, self._wanted = self._wanted, None
            self._busy = work is not None and not ending()
            return work if self._busy else None


@atexit.register
def _stop() -> None:
    """Stop the threads: a thread that computes while Python ends may crash it."""
    _ENDING.set()
    for thread in list(_AT_WORK):
        with suppress(RuntimeError):
            thread.join(SECONDS)
