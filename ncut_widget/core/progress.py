"""Progress bars of long work: all bars of this package are made here.

A bar appears after a while, and is removed at the end. In a notebook it is an output
that ends up empty. tqdm's own notebook bar is a widget, which the saved notebook shows
as an error line.
"""

from __future__ import annotations

import functools
import html
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias, TypeVar
from uuid import uuid4

from IPython.core.getipython import get_ipython
from IPython.display import publish_display_data
from tqdm import tqdm

Bar: TypeAlias = "tqdm[Any]"
"""What `bar` returns."""

T = TypeVar("T")
Function = TypeVar("Function", bound=Callable[..., Any])

AFTER_SECONDS = 1.0

COLUMNS = 80
"""Width of a bar in a notebook, in characters."""

_SILENT = ContextVar("_SILENT", default=False)
_STOPS: ContextVar[Callable[[], bool] | None] = ContextVar("_STOPS", default=None)


class Stopped(Exception):
    """Work that nobody needs any more was stopped."""


class _Bar(tqdm):  # type: ignore[misc]
    """A bar at which work can be stopped, also while it is not shown."""

    def update(self, n: float | None = 1) -> bool | None:
        """Count units that are done."""
        stops = _STOPS.get()
        if stops is not None and stops():
            raise Stopped
        shown: bool | None = super().update(n)
        return shown


def bar(
    total: int,
    what: str,
    unit: str,
    shown: bool = True,
    *,
    after: float = AFTER_SECONDS,
    initial: int = 0,
) -> Bar:
    """Return a progress bar; use it in a ``with`` block, which closes it.

    Parameters
    ----------
    total : int
        Number of units to do.
    what, unit : str
        Description and unit that the bar shows.
    shown : bool
        Whether the bar is shown at all.
    after : float
        Seconds before the bar appears.
    initial : int
        Units that are done already.
    """
    where: dict[str, Any] = {}
    if getattr(get_ipython(), "kernel", None) is not None:
        where = {"file": _Output(), "ncols": COLUMNS, "ascii": False}
    return _Bar(
        total=total,
        desc=what,
        unit=unit,
        unit_scale=True,
        delay=after,
        initial=initial,
        leave=False,
        disable=not shown or _SILENT.get(),
        **where,
    )


def go_through(
    items: Sequence[T], what: str, unit: str, shown: bool = True
) -> Iterator[T]:
    """Give items one after the other, with a bar."""
    with bar(len(items), what, unit, shown) as done:
        for item in items:
            yield item
            done.update()


@contextmanager
def silence(silent: bool = True) -> Iterator[None]:
    """Hide all bars of this thread while the block runs."""
    token = _SILENT.set(silent or _SILENT.get())
    try:
        yield
    finally:
        _SILENT.reset(token)


@contextmanager
def stoppable(stops: Callable[[], bool]) -> Iterator[None]:
    """Let long work of this thread end with `Stopped` once a function says so."""
    token = _STOPS.set(stops)
    try:
        yield
    finally:
        _STOPS.reset(token)


def is_silent() -> bool:
    """Whether bars are hidden, those of other libraries included."""
    return _SILENT.get()


def heeds_progress(function: Function) -> Function:
    """Make a function called with ``progress=False`` hide all bars within it."""

    @functools.wraps(function)
    def heeding(*arguments: Any, **keywords: Any) -> Any:
        with silence(not keywords.get("progress", True)):
            return function(*arguments, **keywords)

    return heeding  # type: ignore[return-value]


class _Output:
    """An output of a notebook, as the file that a bar is written to."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self._id = uuid4().hex
        self._text = ""
        self._is_there = False

    def write(self, text: str) -> None:
        """Replace the shown bar by a new one, or remove it if the text is blank."""
        if "\r" not in text:
            return  # cursor movements of tqdm between stacked bars
        text = text.strip()
        if text == self._text:
            return
        self._text = text
        line = f"<pre>{html.escape(text)}</pre>" if text else ""
        publish_display_data(
            {"text/plain": text, "text/html": line},
            transient={"display_id": self._id},
            update=self._is_there,
        )
        self._is_there = True

    def flush(self) -> None:
        """Do nothing: `write` shows text at once."""
