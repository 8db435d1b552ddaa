"""The eigenvectors of a batch, made in a thread: of the first images, then of all."""

from __future__ import annotations

import asyncio
import weakref
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Condition
from typing import Any, Protocol, TypeVar

from ncut_widget.core import beside
from ncut_widget.core.progress import Stopped, bar, silence, stoppable
from ncut_widget.methods import Spectrum
from ncut_widget.methods.spectra import hold
from ncut_widget.pipeline import Fitted, Tell

LOOK = 0.1
"""Seconds after which a wait looks for an interrupt, and moves its bar."""

Fit = Callable[[Tell, Callable[[int], object]], Fitted]
"""As `Pipeline.fit_transform` of some images."""


class Grown(Protocol):
    """The segmenter that the images are for."""

    def _renew(self, take: Callable[[], Spectrum | None]) -> None:
        """Go on with the eigenvectors that a function gives."""

    def _show_failure(self, observer: Any, name: str, error: Exception) -> None:
        """Show an error on the page."""


G = TypeVar("G", bound=Grown)


class Growing:
    """Makes the eigenvectors of a batch in a thread, round by round.

    A round is all that is known of the images so far. The segmenter takes the latest in
    the thread of the kernel's event loop or, where there is no loop, when Python asks
    for results.

    Parameters
    ----------
    fit : callable
        Makes the batch, and tells its rounds.
    total : int
        Number of images.
    device : str or torch.device, optional
        Where eigenvectors are held.
    progress : bool
        Whether a wait shows a bar.
    """

    def __init__(
        self, fit: Fit, total: int, device: Any = None, progress: bool = True
    ) -> None:
        self._hold = partial(hold, device)
        self._total = total
        self._progress = progress
        self._news = Condition()
        self._latest: Spectrum | None = None
        self._count = 0
        self._error: Exception | None = None
        self._ended = False  # nothing more is made
        self._settled = False  # and the segmenter has it
        self._closed = False
        self._owner: Callable[[], Grown | None] | None = None
        self._then: Callable[[Any], object] = lambda seg: None
        self._loop: AbstractEventLoop | None = None
        with suppress(RuntimeError):
            self._loop = asyncio.get_running_loop()
        beside.begin(partial(self._make, fit))

    # In the thread ------------------------------------------------------------------

    def _make(self, fit: Fit) -> None:
        with silence(), stoppable(self._is_needless):
            try:
                self._put(fit(self._round, self._note), ended=True)
            except Exception as error:
                with self._news:
                    self._error, self._ended = error, True
                    self._news.notify_all()
        self._tell()

    def _is_needless(self) -> bool:
        gone = self._owner is not None and self._owner() is None
        return self._closed or gone or beside.ending()

    def _note(self, count: int) -> None:
        self._count = count

    def _round(self, fitted: Fitted) -> None:
        self._put(fitted)
        self._tell()

    def _put(self, fitted: Fitted, *, ended: bool = False) -> None:
        held = self._hold(*fitted)
        with self._news:
            self._latest, self._ended = held, ended
            self._news.notify_all()

    def _tell(self) -> None:
        """Let the event loop hand over what is there."""
        if self._loop is not None and self._owner is not None:
            with suppress(RuntimeError):  # it is closed
                self._loop.call_soon_threadsafe(self.look)

    # In the threads of the segmenter ------------------------------------------------

    def first(self) -> Spectrum:
        """Wait for the first round, and return it."""
        try:
            while self._latest is None and not self._ended:
                self._await_news()
        except BaseException:
            self.close()
            raise
        first = self._latest
        if first is None:
            assert self._error is not None
            raise self._error
        self._drop(first)
        return first

    def follow(self, seg: G, then: Callable[[G], object]) -> None:
        """Hand all further rounds to a segmenter; call a function after the last one.

        An error of the function is shown as one of the autosave.
        """
        self._then = then
        self._owner = weakref.ref(seg)
        self._tell()

    def look(self) -> None:
        """Hand over the latest round, if there is a new one."""
        seg = None if self._owner is None else self._owner()
        ended = self._ended
        if seg is None or self._settled or (self._latest is None and not ended):
            return
        given: list[Spectrum | None] = []

        def give() -> Spectrum | None:
            given.append(self._latest)
            return given[-1]

        seg._renew(give)
        self._drop(given[-1])  # not before: an interrupt may have ended it
        if ended:
            self._settle(seg)

    def _drop(self, spectrum: Spectrum | None) -> None:
        with self._news:
            if self._latest is spectrum:
                self._latest = None

    def _settle(self, seg: Grown) -> None:
        with self._news:
            if self._settled:
                return
            self._settled = True
        if self._error is not None:
            return
        try:
            self._then(seg)
        except Exception as error:  # nobody can catch it
            seg._show_failure(self._then, "autosave", error)
        except BaseException:
            self._settled = False
            raise

    def _await_news(self) -> None:
        with self._news:
            self._news.wait_for(lambda: self._latest or self._ended, LOOK)

    def wait(self) -> None:
        """Wait until the segmenter has all images, with a bar.

        Raises
        ------
        RuntimeError
            In one sentence, if they cannot be had.
        """
        told = 0
        with bar(self._total, "Images", "image", self._progress) as shown:
            while not self._settled:
                self._await_news()
                self.look()
                count = self._count
                shown.update(count - told)
                told = count
        self._check()

    def end(self) -> None:
        """Wait until nothing more is made; raise RuntimeError as `wait` does."""
        with self._news:
            self._news.wait_for(lambda: self._ended)
        self._check()

    def close(self) -> None:
        """Stop the thread: nobody waits for more images."""
        self._closed = True

    @property
    def failure(self) -> str | None:
        """Why the other images cannot be had, in a sentence."""
        if self._error is None:
            return None
        reason = str(self._error) or type(self._error).__name__
        if isinstance(self._error, Stopped):
            reason = "the widget was closed"
        return f"the other images cannot be made ready: {reason}"

    def _check(self) -> None:
        if self._error is not None:
            raise RuntimeError(self.failure) from self._error
