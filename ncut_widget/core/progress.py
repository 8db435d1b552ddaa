"""Progress bars of long work: all bars of this package are made here.

They show themselves after a while, and leave nothing behind. In a notebook a bar is an
output that is empty in the end: tqdm's own, a widget, would be an error line in the
saved notebook.
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
"""Of a bar in a notebook."""

_SILENT = ContextVar("_SILENT", default=False)


def bar(
    total: int,
    what: str,
    unit: str,
    shown: bool = True,
    *,
    after: float = AFTER_SECONDS,
    initial: int = 0,
) -> Bar:
    """Return a progress bar, which is to be closed: use it with ``with``.

    Parameters
    ----------
    total : int
        Of what it counts.
    what, unit : str
        What it says.
    shown : bool
        False: it shows nothing.
    after : float
        Seconds before it shows itself.
    initial : int
        How many are done already.
    """
    where: dict[str, Any] = {}
    if getattr(get_ipython(), "kernel", None) is not None:
        where = {"file": _Output(), "ncols": COLUMNS, "ascii": False}
    return tqdm(
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
    """Show no bar of anything that is done meanwhile on this thread."""
    token = _SILENT.set(silent or _SILENT.get())
    try:
        yield
    finally:
        _SILENT.reset(token)


def is_silent() -> bool:
    """Whether other libraries are not to show bars either."""
    return _SILENT.get()


def heeds_progress(function: Function) -> Function:
    """Have a function that is called with ``progress=False`` show no bar at all."""

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
        """Show a bar that is drawn over the one before, or none if it is blank."""
        if "\r" not in text:
            return  # where bars lie one above the other, tqdm goes up and down
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
        """Do nothing: what is written is shown."""
