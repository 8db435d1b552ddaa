"""Images -> features -> eigenvectors, and later images by the same fitted steps."""

from __future__ import annotations

import copy
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from ncut_widget.backbone import FeatureExtractor
from ncut_widget.backbone.described import plain
from ncut_widget.core.progress import bar
from ncut_widget.images import Images, RGBImage, read_ahead
from ncut_widget.masks.coordinates import fine_grid
from ncut_widget.ncut import NCUT
from ncut_widget.ncut.details import Details
from ncut_widget.ncut.neighbors.guide import cell_colors

IMAGES_AT_A_TIME = 16
"""Images at a time for a backbone without a batch size of its own."""

GROWTH = 4
"""How many times the images of a round the next one has, and the whole batch those of
the last: the rounds before the whole take about a third of its time, or less. Measured
with 100 photographs: 62 s of the processor in place of 56 s."""


class Fitted(NamedTuple):
    """What is computed of a batch.

    Attributes
    ----------
    eigvecs : array or tensor of float32, shape (B, H, W, K)
    eigvals : array or tensor of float32, shape (K,)
    details : Details or None
        What each image is told from alone; only with a graph of neighbours.
    awaited : frozenset of int
        Images that are still to come; their eigenvectors are zero.
    """

    eigvecs: Any
    eigvals: Any
    details: Details | None
    awaited: frozenset[int] = frozenset()


Tell: TypeAlias = Callable[[Fitted], object]
"""Takes what is computed of the images so far."""


class Pipeline:
    """The steps from images to eigenvectors.

    Parameters
    ----------
    ncut : NCUT
    extractor : FeatureExtractor, optional
        Without one only features can be extended.
    grid : (int, int), optional
        Latent grid ``(H, W)`` that the eigenvectors are brought to; by default that of
        the features.
    """

    def __init__(
        self,
        ncut: NCUT,
        extractor: FeatureExtractor | None = None,
        grid: tuple[int, int] | None = None,
    ) -> None:
        self._ncut = ncut
        self._extractor = extractor
        self.grid = grid
        self._share: Callable[[Any], NDArray[np.float16]] | None = None
        self.progress: bool = ncut.progress

    def describe(self) -> dict[str, Any]:
        """Describe how eigenvectors are made: features, graph and parameters."""
        backbone = None if self._extractor is None else self._extractor.describe()
        parameters = {
            name: plain(value)
            for name, value in self._ncut.get_params().items()
            if name not in ("progress", "return_eigenvalues")
        }
        return {"backbone": backbone, "ncut": parameters}

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages that computed the features, besides those that are always used."""
        return () if self._extractor is None else self._extractor.packages

    def fit_transform(
        self,
        images: Images,
        tell: Tell | None = None,
        count: Callable[[int], object] = lambda count: None,
    ) -> Fitted:
        """Compute eigenvectors and eigenvalues of a batch of images.

        Images that cannot be read get zero eigenvectors.

        Parameters
        ----------
        images : Images
        tell : callable, optional
            Gets the first image by itself, before the others are looked at, then the
            first 4, 16 and so on, as soon as their features are there, up to a quarter
            of all.
        count : callable
            Gets the number of images whose features are there.
        """
        if self._extractor is None:
            raise ValueError("there is no backbone to compute features of images with")
        self._ncut.check_parameters()  # before the long work, not after it
        if tell is not None:
            self._fit_first(images, tell)
        images.check(progress=self.progress)
        good = images.readable
        if not good:
            reason = images.failures[0]
            raise ValueError(f"none of {len(images)} images can be read: {reason}")
        readable = images.select(good)
        due = GROWTH

        def so_far(there: int, features: Callable[[], Any]) -> None:
            nonlocal due
            count(there)
            if tell is not None and due <= there <= len(good) / GROWTH:
                due = GROWTH * there
                self._fit_part(features(), images, good[:there], tell)

        features = self._extractor.fit_transform(readable, so_far)
        return self._fit(features, readable, good, len(images))

    def _fit_first(self, images: Images, tell: Tell) -> None:
        """Give the first image that can be read by itself."""
        assert self._extractor is not None
        first = next((i for i in images.readable if images.read(i) is not None), None)
        if first is not None:
            features = self._extractor.fit_alone(images.select([first]))
            self._fit_part(features, images, [first], tell)

    def _fit_part(
        self, features: Any, images: Images, places: list[int], tell: Tell
    ) -> None:
        """Give some images of a batch, unless they have too few cells."""
        if math.prod(np.shape(features)[:3]) <= self._ncut.num_eig:
            return
        part = copy.copy(self)
        part._ncut = copy.deepcopy(self._ncut)  # as is the state of its random numbers
        part._ncut._warns = False
        fitted = part._fit(features, images.select(places), places, len(images))
        awaited = frozenset(images.readable).difference(places)
        tell(fitted._replace(awaited=awaited))

    def _fit(
        self, features: Any, readable: Images, good: Sequence[int], count: int
    ) -> Fitted:
        """Fit features of images that are at some places of a batch."""
        assert self._extractor is not None
        sees_color = getattr(self._extractor.model, "sees_color", False)
        eigvecs, eigvals, details, _ = self.fit_features(features, readable, sees_color)
        # If a file vanished while features were computed, its features are of grey.
        known = [place for place in range(len(good)) if place not in readable.unknown]
        if not known:
            raise ValueError(f"none of {count} images can be read any more")
        if len(known) < count:
            good = [good[place] for place in known]
            eigvecs = _spread(eigvecs[known], good, count)
            if details is not None:
                details = details.spread(known, good, count)
        return Fitted(self._on_grid(eigvecs), eigvals, details)

    def fit_features(
        self, features: Any, images: Images | None = None, sees_color: bool = False
    ) -> Fitted:
        """Compute eigenvectors and eigenvalues of features (B, H, W, C).

        The caller owns the result; only the data that extend it to later images are
        kept. The images' colours guide a graph of neighbours, unless the features see
        them.
        """
        pictures: list[RGBImage] = []
        guide = details = None
        if images is not None and self._ncut.graph == "neighbors":
            seen = _taking_pictures(images, pictures)
            if sees_color:
                deque(seen, 0)
            else:
                guide = cell_colors(images, np.shape(features)[1:3], seen)
        fitted: tuple[Any, Any] = self._ncut.fit_transform(features, guide=guide)
        del self._ncut.eigenvectors_, self._ncut.landmarks_
        if self._ncut.graph == "neighbors":
            details = Details.of(
                features, self._ncut.distance, pictures or None, not sees_color
            )
            self._share = details.share
        return Fitted(*fitted, details)

    def _on_grid(self, eigvecs: Any) -> Any:
        """Interpolate eigenvectors (B, H, W, K) to the grid, if there is one.

        On labelled photographs masks of 32 x 32 cells are as good, and no better, if
        the features are interpolated before the graph is made: .58 and .59 mean IoU.
        """
        if self.grid in (None, tuple(eigvecs.shape[1:3])):
            return eigvecs
        channels = torch.as_tensor(eigvecs).movedim(-1, 1)
        finer = nn.functional.interpolate(
            channels, self.grid, mode="bilinear", antialias=True
        )
        return finer.movedim(1, -1)

    def extend(self, features: Any) -> Any:
        """Extend the fitted eigenvectors to features (B, H, W, C): (B, H, W, K)."""
        return self._on_grid(self._ncut.transform(features))

    def share(self, features: Any) -> NDArray[np.float16] | None:
        """Return coordinates of features (B, H, W, C), as `Details.shared` has them."""
        return None if self._share is None else self._share(features)

    def extend_to_images(
        self, images: Images
    ) -> Iterator[tuple[list[int], Any, NDArray[np.float16] | None]]:
        """Extend the fitted eigenvectors to images, some at a time, with a bar.

        Parameters
        ----------
        images : Images
            Read as they are needed, after all have been checked.

        Yields
        ------
        indices : list of int
            Of images that can be read.
        eigvecs : array or tensor of float32, shape (len(indices), H, W, K)
        shared : ndarray of float16, shape (len(indices), h, w, s), or None
            As `share` gives them.
        """
        if self._extractor is None:
            raise ValueError(
                "these eigenvectors are of features without a backbone: give "
                "features=..., shape (B, H, W, C), and not images"
            )
        images.check()
        good = images.readable
        step = self._extractor.batch_size or IMAGES_AT_A_TIME
        readable = images.select(good)
        reader = read_ahead(readable)
        with bar(len(good), "Predicting", "image", after=0) as done:
            for first in range(0, len(good), step):
                part = good[first : first + step]
                read = list(islice(reader, len(part)))
                features = self._extractor.transform(read, progress=False)
                eigvecs, shared = self.extend(features), self.share(features)
                gone = readable.unknown
                known = [n for n in range(len(part)) if first + n not in gone]
                told = None if shared is None else shared[known]
                yield [part[n] for n in known], eigvecs[known], told
                done.update(len(part))


def _taking_pictures(images: Images, pictures: list[RGBImage]) -> Iterator[RGBImage]:
    """Give images one after the other, and keep a small picture of each."""
    for image in read_ahead(images):
        height, width = fine_grid(image.shape[:2])
        small = Image.fromarray(image).resize((width, height), Image.Resampling.BOX)
        pictures.append(np.asarray(small))
        yield image


def _spread(eigvecs: Any, good: Sequence[int], count: int) -> Any:
    """Put eigenvectors of some images where they belong in a batch, zeros elsewhere."""
    shape = (count, *eigvecs.shape[1:])
    is_tensor = isinstance(eigvecs, Tensor)
    spread: Any = eigvecs.new_zeros(shape) if is_tensor else np.zeros(shape, np.float32)
    spread[good] = eigvecs
    return spread
