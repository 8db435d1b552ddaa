"""How a segmenter's eigenvectors were made, to be written to files."""

from __future__ import annotations

from typing import Any

from ncut_widget.images import Images
from ncut_widget.methods.masker import Masker
from ncut_widget.pipeline import Pipeline
from ncut_widget.segments.provenance import software
from ncut_widget.sessions.fingerprint import fingerprint


class Origin:
    """The images and the pipeline that eigenvectors were made of.

    Parameters
    ----------
    masker : Masker
    images : Images or None

    Attributes
    ----------
    pipeline : Pipeline or None
        It made the eigenvectors; None if that is not known.
    """

    def __init__(self, masker: Masker, images: Images | None) -> None:
        self.images = images
        self.pipeline: Pipeline | None = None
        self._masker = masker
        self._fingerprint: dict[str, Any] | None = None

    @property
    def failures(self) -> dict[int, str]:
        """Why images cannot be read, by index."""
        return {} if self.images is None else self.images.failures

    def made(self) -> dict[str, Any]:
        """Return versions, range of values, backbone and parameters of the graph."""
        made: dict[str, Any] = {"backbone": None, "ncut": None}
        packages: tuple[str, ...] = ()
        if self.pipeline is not None:
            made, packages = self.pipeline.describe(), self.pipeline.packages
        value_range = None if self.images is None else self.images.value_range
        return {"software": software(*packages), "value_range": value_range, **made}

    def fingerprint(self) -> dict[str, Any]:
        """Return the fingerprint of images and eigenvectors, made once."""
        if self._fingerprint is None:
            self._fingerprint = fingerprint(self._masker, self.images)
        return self._fingerprint
