"""How a segmenter's eigenvectors were made, to be written to files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ncut_widget.images import Images
from ncut_widget.methods.masker import Masker
from ncut_widget.pipeline import Pipeline
from ncut_widget.segments.provenance import software
from ncut_widget.sessions.fingerprint import describe_eigvecs, describe_images


class Origin:
    """The images and the pipelines that eigenvectors were made of.

    Parameters
    ----------
    masker : Masker
    images : Images or None

    Attributes
    ----------
    pipelines : dict of str to Pipeline
        They make the eigenvectors, for each way that a click can be meant; empty if
        that is not known.
    """

    def __init__(self, masker: Masker, images: Images | None) -> None:
        self.images = images
        self.pipelines: dict[str, Pipeline] = {}
        self._masker = masker
        self._images_told: list[dict[str, Any]] | None = None
        self._ways: dict[str, dict[str, Any]] = {}

    @property
    def ways(self) -> tuple[str, ...]:
        """Ways that a click can be meant, the default first."""
        return self._masker.spectra.ways

    @property
    def failures(self) -> dict[int, str]:
        """Why images cannot be read, by index."""
        return {} if self.images is None else self.images.failures

    def made(self) -> dict[str, Any]:
        """Return versions, range of values, backbones and parameters of the graphs.

        Of two ways ``ways`` has the backbone and the graph of each.
        """
        ways = {by: each.describe() for by, each in self.pipelines.items()}
        packages = (name for p in self.pipelines.values() for name in p.packages)
        value_range = None if self.images is None else self.images.value_range
        told = {"software": software(*packages), "value_range": value_range}
        if len(ways) > 1:
            return {**told, "ways": ways}
        return {**told, **next(iter(ways.values()), {"backbone": None, "ncut": None})}

    def fingerprint(self, ways: Iterable[str]) -> dict[str, Any]:
        """Describe images, and the eigenvectors of some ways; each is made once."""
        if self._images_told is None:
            self._images_told = describe_images(self.images, self._masker.sizes)
        for by in ways:
            if by not in self._ways:
                self._ways[by] = describe_eigvecs(self._masker.spectra[by])
        return {
            "images": self._images_told,
            "ways": {by: self._ways[by] for by in ways},
        }
