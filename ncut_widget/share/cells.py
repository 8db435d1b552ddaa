"""Which cells of a notebook show which widgets, as far as the kernel knows.

If only a cell's output showed a widget, the widget is of no use after that cell has run
again; but ipywidgets' own table would keep it until the kernel ends. JupyterLab,
Notebook 7 and VS Code tell the kernel which cell they run; with other hosts no output
counts as overwritten.
"""

from __future__ import annotations

import gc
from typing import Any, Protocol
from weakref import WeakKeyDictionary, WeakSet

from IPython.core.getipython import get_ipython

UNDERSCORES = ("_", "__", "___")
"""IPython's names of the last results."""


class Shown(Protocol):
    """A widget in an output, which hears of its cell."""

    def cell_ended(self, *, shown: bool) -> None:
        """Hear that a cell has ended, and whether it showed the widget."""

    def cell_overwritten(self) -> None:
        """Hear that no cell's output shows it any more."""


class Cells:
    """The cells of one kernel.

    Parameters
    ----------
    shell : InteractiveShell
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._running: dict[str, WeakSet[Any]] = {}
        self._shown: dict[str, tuple[str, WeakSet[Any]]] = {}
        self._changing: WeakSet[Any] = WeakSet()
        shell.events.register("post_execute", self._end)

    def show(self, widget: Shown) -> bool:
        """Note that the cell that runs now shows a widget; False if none runs here."""
        message, _ = _running_cell(self._shell)
        if message is None:
            return False
        self._running.setdefault(message, WeakSet()).add(widget)
        self._changing.add(widget)
        return True

    def _end(self) -> None:
        """Tell widgets, at the end of a cell, whether it showed or overwrote them."""
        message, cell = _running_cell(self._shell)
        if message is None:
            return
        shown = self._running.pop(message, WeakSet())
        overwritten = self._take_place(message, cell, shown) if cell else []
        self._tell_end(shown)
        if overwritten:
            while overwritten:
                overwritten.pop().cell_overwritten()
            gc.collect()  # a widget is a reference cycle, which could stay for long

    def _tell_end(self, shown: WeakSet[Any]) -> None:
        for widget in list(self._changing):
            widget.cell_ended(shown=widget in shown)

    def _take_place(self, message: str, cell: str, shown: WeakSet[Any]) -> list[Any]:
        """Note what a cell shows; return the widgets that no cell shows any more."""
        run, before = self._shown.pop(cell, (message, WeakSet[Any]()))
        if run == message:  # a cell that runs code as a cell ends several times
            shown, before = shown | before, WeakSet()
        if shown:
            self._shown[cell] = message, shown
        still = {id(each) for _, others in self._shown.values() for each in others}
        return [each for each in before if id(each) not in still]


_cells: WeakKeyDictionary[Any, Cells] = WeakKeyDictionary()


def show_in_cell(widget: Shown) -> bool:
    """Note that the cell that runs now shows a widget.

    Returns
    -------
    bool
        False if no cell runs: there is no notebook, or a callback shows the widget.
    """
    shell = get_ipython()
    if shell is None or _running_cell(shell)[0] is None:
        return False
    if shell not in _cells:
        _cells[shell] = Cells(shell)
    return _cells[shell].show(widget)


def forget_result(result: Any) -> None:
    """Remove a result from IPython's history of results: ``Out``, ``_``, ``_1``, ...

    IPython's ``%xdel`` does the same; variables of the user stay.
    """
    shell = get_ipython()
    if shell is None:
        return
    hidden = shell.user_ns_hidden
    for names in (shell.user_ns, hidden, shell.user_ns.get("_oh", {})):
        for name in [name for name, value in names.items() if value is result]:
            if _is_of_history(name):
                del names[name]
    for name in UNDERSCORES:
        if getattr(shell.displayhook, name, None) is result:
            setattr(shell.displayhook, name, None)


def _is_of_history(name: str | int) -> bool:
    return name in UNDERSCORES or str(name).removeprefix("_").isdecimal()


def _running_cell(shell: Any) -> tuple[str | None, str | None]:
    """Return the id of the request that this thread executes, and that of its cell.

    Both are None if it executes no cell.
    """
    parent: dict[str, Any] = getattr(shell, "get_parent", dict)() or {}
    header = parent.get("header", {})
    if header.get("msg_type") != "execute_request":
        return None, None
    return header.get("msg_id"), parent.get("metadata", {}).get("cellId")
