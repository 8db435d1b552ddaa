"""The eigenvectors of a batch: by semantics, by appearance, or both.

One of the two is there from the beginning. The other one takes as long to make, so it
is made when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from threading import Lock, Thread
from typing import Any, Protocol

from ncut_widget.core import beside
from ncut_widget.core.progress import silence, stoppable
from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.eigvecs.store import Store
from ncut_widget.methods.spectrum import Spectrum
from ncut_widget.ncut.details import Details
from ncut_widget.settings import WAYS


class Rest(Protocol):
    """Makes the eigenvectors of the images that are still to come."""

    @property
    def failure(self) -> str | None:
        """Why they cannot be had, in a sentence."""

    def look(self) -> None:
        """Take those that are there by now."""

    def wait(self) -> None:
        """Wait until all are there; raise RuntimeError if they cannot be had."""

    def end(self) -> None:
        """Wait until no more are made; raise RuntimeError as `wait` does."""

    def close(self) -> None:
        """Make no more."""


def hold(
    device: Any,
    eigvecs: Any,
    eigvals: Any = None,
    details: Details | None = None,
    awaited: frozenset[int] = frozenset(),
) -> Spectrum:
    """Hold eigenvectors in memory, unless they are a store.

    Parameters
    ----------
    device : str or torch.device, optional
        By default `pick_device` chooses.
    eigvecs : Store; or torch.Tensor or array_like of float, shape (B, H, W, K)
        An array is copied, as float32.
    eigvals, details, awaited
        As for `Spectrum`.
    """
    held = eigvecs if isinstance(eigvecs, Store) else MemoryStore(eigvecs, device)
    return Spectrum.of(held, eigvals, details, awaited)


class Spectra:
    """Eigenvectors and eigenvalues for each way that a click can be meant.

    Any thread may ask for them.

    Parameters
    ----------
    eigvecs : Spectrum, Store; or torch.Tensor or array_like of float, (B, H, W, K)
        An array is copied, as float32.
    eigvals : array_like of float, shape (K,), optional
    details : Details, optional
        Without it no image can be told from its own cells alone.
    by : {"semantics", "appearance"}
        What a click means by these.
    others : mapping of str to callable, optional
        For other ways a function that makes ``(eigvecs, eigvals)`` of the same shapes,
        or more of `Spectrum`.
    device : str or torch.device, optional
        Where eigenvectors are held; by default `pick_device` chooses.
    rest : Rest, optional
        Makes the images that are still to come.

    Attributes
    ----------
    shape : (int, int, int, int)
        ``(B, H, W, K)``.
    ways : tuple of str
        The first is that which is there from the beginning.
    """

    def __init__(
        self,
        eigvecs: Any,
        eigvals: Any = None,
        details: Details | None = None,
        by: str = WAYS[0],
        others: Mapping[str, Callable[[], tuple[Any, ...]]] | None = None,
        device: Any = None,
        rest: Rest | None = None,
    ) -> None:
        first = eigvecs
        if not isinstance(eigvecs, Spectrum):
            first = hold(device, eigvecs, eigvals, details)
        self._device = device
        self._rest = rest
        self._made: dict[str, Spectrum] = {by: first}
        self._others = dict(others or {})
        self._making = Lock()
        self._begun: dict[str, Thread] = {}
        self._failures: dict[str, Exception] = {}
        self._closed = False
        self.shape = first.store.shape
        self.ways = (by, *self._others)

    @property
    def awaited(self) -> frozenset[int]:
        """Images that are still to come."""
        return self._made[self.ways[0]].awaited

    @property
    def failure(self) -> str | None:
        """Why images that are still to come cannot be had, in a sentence."""
        return None if self._rest is None else self._rest.failure

    def replace(self, spectrum: Spectrum) -> None:
        """Put eigenvectors of more images in the place of those of the first way."""
        self._made[self.ways[0]] = spectrum

    def look(self) -> None:
        """Take the images that are there by now."""
        if self._rest is not None:
            self._rest.look()

    def wait(self) -> None:
        """Wait until all images are there; raise RuntimeError if they never will be."""
        if self._rest is not None:
            self._rest.wait()

    def __getitem__(self, by: str) -> Spectrum:
        """Return the eigenvectors of a way, after making them if they are not there.

        Raises
        ------
        Exception
            As the function that makes them raises.
        """
        return self._made.get(by) or self._make(by)

    @property
    def ready(self) -> dict[str, Spectrum]:
        """Those that are there."""
        return dict(self._made)

    def begin(self, by: str) -> Spectrum | None:
        """Return the eigenvectors of a way if they are there; else begin to make them.

        They are made in a thread. What that raised is raised here, once.
        """
        if by in self._made:
            return self._made[by]
        if by in self._failures:  # told once: asked again, it is tried again
            del self._begun[by]
            raise self._failures.pop(by).with_traceback(None)
        if by not in self._begun:
            self._begun[by] = beside.begin(partial(self._make_beside, by))
        return None

    def close(self) -> None:
        """Stop the threads that make eigenvectors: nobody waits for them any more."""
        self._closed = True
        if self._rest is not None:
            self._rest.close()

    def _make_beside(self, by: str) -> None:
        with silence(), stoppable(lambda: self._closed or beside.ending()):
            try:
                self._make(by)
            except Exception as error:
                self._failures[by] = error

    def _make(self, by: str) -> Spectrum:
        with self._making:  # who comes second waits
            if by not in self._made:
                if self._rest is not None:  # two at once would take twice as long
                    self._rest.end()
                made = hold(self._device, *self._others[by]())
                if made.store.shape != self.shape:
                    raise ValueError(
                        f"eigenvectors by {by} must have the shape of the others, "
                        f"{self.shape}, got {made.store.shape}"
                    )
                self._made[by] = made
                self._failures.pop(by, None)
                del self._others[by]
            return self._made[by]
