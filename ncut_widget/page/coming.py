"""A widget of which some images are still to come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncut_widget.methods import Spectrum
from ncut_widget.page.receiving import Receiving
from ncut_widget.sessions.session import Session


class Coming(Receiving):
    """A widget that can be used before all images are there.

    A subclass makes ``_info`` by ``_default_info``.
    """

    def _default_info(self) -> dict[str, Any]:
        raise NotImplementedError

    def wait(self) -> None:
        """Wait until all images are there, with a progress bar.

        It is needed only after ``from_images(..., wait=False)``, and hardly then: what
        is of the whole batch, as `masks`, waits by itself when it is read. An interrupt
        ends only the waiting.

        Raises
        ------
        RuntimeError
            In one sentence, if the other images cannot be had. Those that are there
            can still be used on the page.
        """
        self._session.spectra.wait()

    @property
    def ready(self) -> NDArray[np.bool_]:
        """Which images are there: bool, shape (B,); see `wait`.

        A click on another one is kept, and counts as soon as the image is there.
        """
        spectra = self._session.spectra
        spectra.look()
        ready = np.ones(spectra.shape[0], dtype=bool)
        ready[[*spectra.awaited]] = False
        return ready

    @property
    def _whole(self) -> Session:
        """The session, once all images are there."""
        self.wait()
        return self._session

    def _receive(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        """Answer a request by all that is there, also where no event loop runs."""
        self._session.spectra.look()
        super()._receive(_, content, buffers)

    def _renew(self, take: Callable[[], Spectrum | None]) -> None:
        """Go on with the eigenvectors of more images, which a function gives."""

        def renew() -> None:
            spectrum = take()
            if spectrum is not None:
                self._session.renew(spectrum)
                self._pictures.renew()
            self.set_trait("_info", self._default_info())

        self._apply(renew)
