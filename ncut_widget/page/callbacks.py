"""Telling of changes: the page first, then observers, in order and without the lock."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import keyword
import logging
import sys
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Lock
from types import FrameType
from typing import Any, NamedTuple, TypeVar

import anywidget
import numpy as np
import traitlets
from IPython.core.getipython import get_ipython

from ncut_widget.core.arrays import Mask
from ncut_widget.core.checks import shown
from ncut_widget.core.names import hint
from ncut_widget.prompts import Click
from ncut_widget.segments.record import SegmentState
from ncut_widget.sessions.session import Session
from ncut_widget.settings import MASK, VIEW

T = TypeVar("T")

log = logging.getLogger(__name__)

TOLD = ("clicks", *MASK, "_revision", "_history", "_segments", "_colors")
"""Traits whose values the session or the pictures hold."""

TRACEBACK_LENGTH = 4000
"""Most characters of a traceback that is sent to the page."""


class Event(NamedTuple):
    """A change or a click that users' functions are called for.

    Attributes
    ----------
    name : str
    observers : callable
        Returns the functions to call, at the time of the call.
    told : Any
        The argument of the call.
    """

    name: str
    observers: Callable[[], Iterable[Any]]
    told: Any


class Telling(anywidget.AnyWidget):
    """A widget whose session changes under a lock, and that tells of it afterwards.

    A subclass sets ``_session`` before it calls ``__init__``.
    """

    _session: Session

    def __init__(self, **traits: Any) -> None:
        self._bound: dict[str, dict[str, Any]] = {}
        self._events: deque[Event] = deque()
        self._click_callbacks: list[Callable[[Click], object]] = []
        self._queue = Lock()
        self._teller: FrameType | None = None
        self._last_told: dict[str, Any] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._block: str | None = None
        self._blocks = itertools.count()
        # All at once: a threshold set after `auto_threshold` would turn it off.
        given = {name: traits.pop(name) for name in MASK if name in traits}
        try:
            self._session.begin(**given)
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from None
        super().__init__(**traits)
        self._last_told = {name: getattr(self, name) for name in TOLD}
        for name in given:
            self._notify_observers(_change(self, name, None, getattr(self, name)))

    # From the session to the page ---------------------------------------------------

    def _apply(self, action: Callable[..., T], *arguments: Any, **changes: Any) -> T:
        """Change the session, and tell the page and observers of all that changed."""

        def change() -> T:
            masks, segments = self._watched_masks(), self._session.segments
            try:
                try:
                    return action(*arguments, **changes)
                finally:
                    self._tell_changes(masks, segments)
            except KeyboardInterrupt:
                # Interrupted while it told: pages would keep old values, as a grey Undo
                # button, until the next change.
                self._tell_changes(masks, segments)
                raise

        return self._locked(change)

    def _locked(self, action: Callable[[], T]) -> T:
        """Call a function under the session's lock, and observers after it."""
        try:
            with self._session.lock:
                return action()
        finally:
            self._tell_observers()
            if not self._session.locked_here:
                self._keep_changes()

    def _keep_changes(self) -> None:
        """Save what has changed; a subclass that saves sessions overrides this."""

    def _tell_changes(
        self, masks: Mask | None, segments: Mapping[str, SegmentState]
    ) -> None:
        """Tell the page and observers what has changed, with the values before."""
        changes = [
            _change(self, name, old, new)
            for name, old in self._last_told.items()
            if (new := getattr(self, name)) is not old and new != old
        ]
        after = self._watched_masks()
        if not (masks is None or after is None or np.array_equal(masks, after)):
            for name, namespace in self._bound.items():
                namespace[name] = after.copy()
            changes.append(_change(self, "masks", masks, after))
        if list(segments.values()) != list(self._session.shelf.segments):
            now = self._session.segments
            changes.append(_change(self, "segments", segments, now))
        for prompt in self._session.take_new():
            if isinstance(prompt, Click):
                callbacks = self._click_callbacks.copy
                self._events.append(Event("click", callbacks, prompt))
        if "notify_change" in vars(self):  # a block delays notifications
            for change in changes:
                self.notify_change(change)
            return
        names = [change.name for change in changes if change.name in self._last_told]
        names = [n for n in names if self._should_send_property(n, getattr(self, n))]
        if names:
            self.send_state(names)
        for change in changes:
            self._note_told(change)
            self._notify_observers(change)

    def notify_change(self, change: Any) -> None:
        """Tell the page of a change, and then observers."""
        super().notify_change(change)
        self._note_told(change)

    def _note_told(self, change: Any) -> None:
        if change["name"] in self._last_told:
            self._last_told[change["name"]] = change["new"]

    @contextmanager
    def hold_trait_notifications(self) -> Iterator[None]:
        """Tell of several changes at once, when the block ends; as for any traits.

        Settings that are changed in the block are undone together.
        """
        outer, self._block = self._block, self._block or f"block {next(self._blocks)}"
        try:
            with super().hold_trait_notifications():
                yield
        finally:
            self._block = outer
            # If a value is refused, traitlets drops the delayed notifications.
            if "notify_change" not in vars(self):
                self._apply(lambda: None)

    def _watched_masks(self) -> Mask | None:
        """Return the masks if someone observes them; else compute nothing."""
        observers = self._trait_notifiers
        watched = observers.get("masks", {}) or observers.get(traitlets.All, {})
        wanted = self._bound or watched.get("change")
        return self._session.masks() if wanted else None

    def bind(self, name: str) -> None:
        """Keep a notebook variable equal to `masks`, from now on.

        Parameters
        ----------
        name : str
            The variable's name; it is overwritten at every change of the masks.

        Raises
        ------
        ValueError
            If it is not a variable name.
        RuntimeError
            If there is no notebook.
        """
        if (
            not isinstance(name, str)
            or not name.isidentifier()
            or keyword.iskeyword(name)
        ):
            raise ValueError(f"name must be a variable name, got {shown(name)}")
        shell = get_ipython()
        if shell is None:
            raise RuntimeError(
                "bind needs a notebook or IPython; elsewhere use observe(f, 'masks')"
            )

        self._bound[name] = shell.user_ns
        shell.user_ns[name] = self._session.masks()

    def unbind(self, name: str) -> None:
        """Stop `bind`; the variable keeps its last value."""
        self._bound.pop(name, None)

    def observe(
        self, handler: Any, names: Any = traitlets.All, type: Any = "change"
    ) -> None:
        """Call a function at every change; as for any traits.

        Raises
        ------
        ValueError
            If there is no such trait.
        """
        for name in traitlets.parse_notifier_name(names):
            if isinstance(name, str) and not self.has_trait(name):
                known = [n for n in self.trait_names() if not n.startswith("_")]
                raise ValueError(
                    f"NcutSegmenter has no trait {name!r}; {hint(name, known)}"
                )
        super().observe(handler, names, type)

    # From session to observers ----------------------------------------------------

    def on_click(
        self, callback: Callable[[Click], object], remove: bool = False
    ) -> None:
        """Call a function after every click, on the page or from Python.

        Parameters
        ----------
        callback : callable
            Called with ``(image, x, y, label)``, a named tuple, after the masks have
            changed. An error that it raises is shown under the widget. An ``async``
            function runs in the event loop; without one the call waits for it.
        remove : bool
            True: stop calling it.
        """
        if remove:
            self._click_callbacks.remove(callback)
        else:
            self._click_callbacks.append(callback)

    def _notify_observers(self, event: Any) -> None:
        name = event["name"]
        if name in (*TOLD, *VIEW, "masks", "segments"):
            self._events.append(Event(name, lambda: self._observers(event), event))
            self._tell_observers()
        else:
            super()._notify_observers(event)

    def _observers(self, event: Any) -> list[Any]:
        """Return the observers that an event has now."""
        tables = (
            self._trait_notifiers.get(name, {})
            for name in (event["name"], traitlets.All)
        )
        return [
            observer
            for table in tables
            for kind in (event["type"], traitlets.All)
            for observer in table.get(kind, ())
        ]

    def _tell_observers(self) -> None:
        """Call observers in the order of the changes, one at a time, without the lock.

        If another thread is already calling them, it also calls them for this change.
        """
        me = sys._getframe()
        while not self._session.locked_here:
            event = self._next_event(me)
            if event is None:
                break
            self._tell_observers_of(event)

    def _next_event(self, me: FrameType) -> Event | None:
        with self._queue:
            teller = self._teller
            if teller not in (None, me) and _is_running(teller):
                return None
            self._teller = me if self._events else None
            return self._events.popleft() if self._events else None

    def _tell_observers_of(self, event: Event) -> None:
        for observer in event.observers():
            try:
                if isinstance(observer, traitlets.EventHandler) and observer.name:
                    observer = getattr(self, observer.name)
                result = observer(event.told)
            except Exception as error:
                self._show_failure(observer, event.name, error)
            else:
                if inspect.isawaitable(result):
                    self._see_to(result, observer, event.name)

    def _see_to(self, result: Awaitable[Any], observer: Any, name: str) -> None:
        """Run a user's ``async`` function to its end."""

        async def finish() -> None:
            try:
                await result
            except Exception as error:
                self._show_failure(observer, name, error)

        loop = None
        with suppress(RuntimeError):
            loop = asyncio.get_running_loop()
        if loop is None:  # a script, or a thread of its own
            asyncio.run(finish())
        else:
            task = loop.create_task(finish())
            self._tasks.add(task)  # a loop has only weak references to its tasks
            task.add_done_callback(self._tasks.discard)

    def _show_failure(self, observer: Any, name: str, error: Exception) -> None:
        """Show the traceback of a user's function, and log it: nobody can catch it."""
        shell = get_ipython()
        what = "%s, called for %s, failed: %s"
        log.error(what, shown(observer), name, error, exc_info=shell is None)
        if shell is not None:
            shell.showtraceback()
        # From the user's function on: its callers here are of no use.
        frames = error.__traceback__ and error.__traceback__.tb_next
        lines = traceback.format_exception(type(error), error, frames)
        self._show_trouble(name, "".join(lines)[-TRACEBACK_LENGTH:])

    def _show_trouble(self, what: str, text: str) -> None:
        """Show a text under the widget, until it is closed."""
        self.send({"type": "failed", "id": None, "what": what, "traceback": text})

    # To the page --------------------------------------------------------------------

    def send_state(self, key: str | Iterable[str] | None = None) -> None:
        """Send traits to the page, without a search for buffers in thousands of clicks.

        The search takes ipywidgets 2 us a number. Only a widget's first state may hold
        buffers, and that is not sent by this method.
        """
        state = self.get_state(key=key)
        for name in state.keys() & self._property_lock.keys():
            self._property_lock[name] = state[name]
        if state:
            self._send({"method": "update", "state": state, "buffer_paths": []})


def _change(owner: Any, name: str, old: Any, new: Any) -> traitlets.Bunch:
    return traitlets.Bunch(name=name, old=old, new=new, owner=owner, type="change")


def _is_running(frame: FrameType) -> bool:
    """Whether a call still runs, on any thread: Ctrl-C may have ended it."""
    for top in sys._current_frames().values():
        each: FrameType | None = top
        while each is not None:
            if each is frame:
                return True
            each = each.f_back
    return False
