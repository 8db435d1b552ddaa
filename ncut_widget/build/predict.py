"""Masks of images that are not in the batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ncut_widget.core.arrays import Mask
from ncut_widget.core.checks import check_flag, check_shape
from ncut_widget.core.progress import silence
from ncut_widget.images import Errors, Images
from ncut_widget.pipeline import Pipeline
from ncut_widget.sessions.origin import Origin
from ncut_widget.sessions.session import Session


class Predictor:
    """Applies the clicks of a session to images that are not in its batch.

    Parameters
    ----------
    session : Session
    origin : Origin
    """

    def __init__(self, session: Session, origin: Origin) -> None:
        self._session = session
        self._origin = origin

    def predict(
        self,
        images: Any = None,
        *,
        features: Any = None,
        full_size: bool = False,
        errors: Errors = "raise",
        progress: bool | None = None,
    ) -> Mask | list[Mask]:
        """Apply the clicks to images that are not in the batch.

        Their features are computed as those of the batch were, and the eigenvectors are
        extended to them (`NCUT.transform`). Then they get masks as images of the batch
        without clicks do, cut at the batch's threshold: with the method
        ``"random_walker"`` an empty one where the thing is absent. Nothing changes in
        the widget.

        Parameters
        ----------
        images
            In any form `load_images` reads, with the batch's ``value_range``; each is
            read when needed: together they may exceed the memory.
        features : torch.Tensor or array_like of float, shape (B, H, W, C), optional
            In place of images: their features, if the batch was made of features.
        full_size : bool
            Give each mask at its image's own size.
        errors : {"raise", "skip"}
            What happens to an image that cannot be read: raise, before the long work,
            or warn and give an empty mask.
        progress : bool, optional
            Show progress bars; by default as for the making of the widget.

        Returns
        -------
        ndarray of bool, shape (B, H, W), or list of ndarray of bool, shapes (h_i, w_i)
            On the latent grid, as `masks`; a list with `full_size`.

        Raises
        ------
        TypeError, ValueError
            If there is neither a backbone for the images nor features.

        Examples
        --------
        >>> from ncut_widget import NcutSegmenter
        >>> tiles = np.zeros((4, 32, 32, 3), dtype=np.uint8)
        >>> tiles[:, :16, :16] = 255
        >>> seg = NcutSegmenter.from_images(tiles[:2], num_eig=3)
        >>> seg.add_click(8, 8)
        >>> masks = seg.predict(tiles[2:])
        >>> masks.shape, masks[0, 0, 0], masks[0, 63, 63]
        ((2, 64, 64), np.True_, np.False_)
        """
        pipeline = self._origin.pipelines.get(self._session.settings.by)
        if pipeline is None:
            raise ValueError(
                "predict needs the pipeline that made the eigenvectors: use "
                "NcutSegmenter.from_images or NcutSegmenter.from_features"
            )
        if (images is None) == (features is None):
            raise TypeError("predict needs either images or features")
        check_flag("full_size", full_size)
        shown = pipeline.progress if progress is None else progress
        with silence(not check_flag("progress", shown)):
            return self._predict(pipeline, images, features, full_size, errors)

    def _predict(
        self, pipeline: Pipeline, images: Any, features: Any, full: bool, errors: Errors
    ) -> Mask | list[Mask]:
        if features is not None:
            if full:
                raise ValueError("full_size needs images: features have no sizes")
            checked = check_shape("features", features, "B, H, W, C")
            eigvecs, shared = pipeline.extend(checked), pipeline.share(checked)
            return np.stack(list(self._frozen()(eigvecs, None, shared)))
        batch = self._origin.images
        value_range = None if batch is None else batch.value_range
        found = Images(images, value_range=value_range, errors=errors)
        predict = self._frozen()
        made: dict[int, Mask] = {}
        for part, eigvecs, shared in pipeline.extend_to_images(found):
            sizes = [found.sizes[i] for i in part] if full else None
            made.update(zip(part, predict(eigvecs, sizes, shared), strict=True))
        empty = np.zeros(self._session.grid, dtype=bool)
        masks = [
            made[i] if i in made else np.zeros(size, dtype=bool) if full else empty
            for i, size in enumerate(found.sizes)
        ]
        return masks if full else np.stack(masks)

    def _frozen(self) -> Callable[..., Iterator[Mask]]:
        return self._session.masker.predictor(self._session.recipe)
