"""Images -> features -> eigenvectors, and later images by the same fitted steps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from ncut_widget.backbone import FeatureExtractor
from ncut_widget.guide import cell_colors
from ncut_widget.images import Images, read_ahead
from ncut_widget.ncut import NCUT

IMAGES_AT_A_TIME = 16
"""For a backbone that does not say how many it wants."""


class Pipeline:
    """The steps from images to eigenvectors.

    Parameters
    ----------
    ncut : NCUT
    extractor : FeatureExtractor, optional
        Without one only features can be extended.
    """

    def __init__(self, ncut: NCUT, extractor: FeatureExtractor | None = None) -> None:
        self._ncut = ncut
        self._extractor = extractor

    def describe(self) -> dict[str, Any]:
        """Tell how eigenvectors are made: of which features, and with which graph."""
        backbone = None if self._extractor is None else self._extractor.describe()
        plain = (str, int, float, bool, type(None))
        parameters = {
            name: value if isinstance(value, plain) else str(value)
            for name, value in self._ncut.get_params().items()
            if name not in ("progress", "return_eigenvalues")
        }
        return {"backbone": backbone, "ncut": parameters}

    def fit_transform(self, images: Images) -> tuple[Any, Any]:
        """Compute eigenvectors (B, H, W, K) and eigenvalues of a batch of images."""
        if self._extractor is None:
            raise ValueError("there is no backbone to compute features of images with")
        self._ncut.check_parameters()  # before the long work, not after it
        features = self._extractor.fit_transform(images)
        sees_color = getattr(self._extractor.model, "sees_color", False)
        return self.fit_features(features, None if sees_color else images)

    def fit_features(
        self, features: Any, images: Images | None = None
    ) -> tuple[Any, Any]:
        """Compute eigenvectors (B, H, W, K) and eigenvalues of features (B, H, W, C).

        They are the caller's alone: what extends them to later images is kept. The
        images' colours guide a graph of neighbours.
        """
        guide = None
        if images is not None and self._ncut.graph == "neighbors":
            guide = cell_colors(images, np.shape(features)[1:3])
        fitted = self._ncut.fit_transform(features, guide=guide)
        del self._ncut.eigenvectors_, self._ncut.landmarks_
        return fitted

    def extend(self, features: Any) -> Any:
        """Extend the fitted eigenvectors to features (B, H, W, C): (B, H, W, K)."""
        return self._ncut.transform(features)

    def extend_to_images(self, images: Any) -> Iterator[tuple[list[Any], Any]]:
        """Extend the fitted eigenvectors to images, some at a time, with a bar.

        Parameters
        ----------
        images
            In any form `load_images` reads; read as they are needed.

        Yields
        ------
        images : list of ndarray of uint8, shapes (h_i, w_i, 3)
        eigvecs : array or tensor of float32, shape (len(images), H, W, K)
        """
        if self._extractor is None:
            raise ValueError(
                "these eigenvectors are of features without a backbone: give "
                "features=..., shape (B, H, W, C), and not images"
            )
        lazy = Images(images)
        step = self._extractor.batch_size or IMAGES_AT_A_TIME
        reader = read_ahead(lazy)
        with tqdm(total=len(lazy), desc="Predicting", unit="image", leave=False) as bar:
            while part := list(islice(reader, step)):
                yield part, self.extend(self._extractor.transform(part, progress=False))
                bar.update(len(part))
