"""Fields, heatmaps and masks of recipes, for one batch.

Results are numpy arrays, computed when they are asked for, and cached. Every public
method takes the one lock.
"""

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike

from ncut_widget.core.arrays import Floats, Mask
from ncut_widget.core.beside import Latest
from ncut_widget.core.cache import Bounded
from ncut_widget.core.checks import check_match
from ncut_widget.masks.combine import combine
from ncut_widget.masks.coordinates import Cell
from ncut_widget.masks.full import PerImage
from ncut_widget.masks.resample import mostly
from ncut_widget.masks.smooth import CutMap, CutMaps, smooth_mask
from ncut_widget.methods import METHODS, Field, Method, Seeds, Sides, Spectra, Spectrum
from ncut_widget.methods.base import PRESENT
from ncut_widget.prompts import Recipe
from ncut_widget.settings import Settings

Cuts: TypeAlias = Iterable[tuple[Field, np.float32]]
"""Fields and their cuts."""

CACHE_BYTES = 256 * 2**20
"""Bytes of fields that are cached: of the prompts, and for undo and redo."""

MASKS_BYTES = 128 * 2**20
"""Bytes of masks that are cached: of the prompts, and of segments."""


class Masker:
    """Makes the masks of one batch.

    Parameters
    ----------
    spectra : Spectra
        The eigenvectors.
    sizes : sequence of (int, int), optional
        ``(h, w)`` of every image, in pixels; the latent grid by default.

    Attributes
    ----------
    lock : threading.RLock
        Held while something is computed.
    spectra : Spectra
    grid : (int, int)
        ``(H, W)`` of the latent grid.
    sizes : list of (int, int)
    """

    def __init__(
        self,
        spectra: Spectra,
        sizes: Sequence[tuple[int, int]] | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.spectra = spectra
        self.shape = spectra.shape
        self.grid = self.shape[1:3]
        self.sizes = [self.grid] * self.shape[0] if sizes is None else list(sizes)
        check_match(len(self.sizes), self.shape[0])
        self._ahead = Latest()
        self._methods: dict[tuple[str, str], Method] = {}
        self._fields: Bounded[Field] = Bounded(CACHE_BYTES, lambda field: field.nbytes)
        self._masks: Bounded[Mask] = Bounded(MASKS_BYTES, lambda masks: masks.nbytes)

    # Fields -------------------------------------------------------------------------

    def method(self, settings: Settings) -> Method:
        """Return the method of some settings, on the eigenvectors that these mean."""
        return self._method(settings.by, settings.method)

    def prepare(self, settings: Settings, image: int) -> None:
        """Begin to compute what the first prompt on an image needs, in a thread."""
        if settings.by in self.spectra.ready:
            method = self.method(settings)
            self._ahead.begin(partial(method.prepare, image))

    def _method(self, by: str, name: str) -> Method:
        spectrum = self.spectra[by]
        known = self._methods.get((by, name))
        if known is None or known.spectrum is not spectrum:
            known = self._methods[by, name] = METHODS[name](spectrum, self.sizes)
        return known

    def renew(self, spectrum: Spectrum) -> None:
        """Put eigenvectors of more images in the place of those of the first way."""
        with self.lock:
            self.spectra.replace(spectrum)
            self._fields.clear()
            self._masks.clear()

    def _blank(self, recipe: Recipe) -> frozenset[int]:
        """Return the images of which nothing is known."""
        return self.spectra[recipe.settings.by].store.blank

    def seeds(self, recipe: Recipe) -> Sides:
        """Return the seeds of the fields that a recipe's masks are made of."""
        return self.method(recipe.settings).seeds(recipe)

    def new_seeds(self, recipe: Recipe, before: Recipe) -> list[Seeds]:
        """Return the seeds of fields that an earlier recipe did not need."""
        return self.method(recipe.settings).new_seeds(recipe, before)

    def grid_of(self, seeds: Seeds, image: int) -> tuple[int, int]:
        """Return the grid on which seeds on an image and the map of it lie."""
        return self._method(seeds.parameter("by"), seeds.method).grid(image)

    def field(self, seeds: Seeds) -> Field:
        """Return the field of seeds; its maps are made when first read.

        It is shared with the cache: do not change it.
        """
        with self.lock:
            return self._fields.get(seeds, lambda: self._make_field(seeds))

    def _make_field(self, seeds: Seeds) -> Field:
        method = self._method(seeds.parameter("by"), seeds.method)
        blank = method.spectrum.store.blank
        labelled = {seed.cell.image for group in seeds.positives for seed in group}
        awaited = labelled & method.spectrum.awaited
        for image in sorted((blank & labelled) - awaited):
            warnings.warn(
                f"the eigenvectors of image {image} are all zero: a click on it finds "
                "nothing",
                stacklevel=2,
            )
        field = method.field(seeds, self._fields.peek)
        if field.constant and not awaited:
            warnings.warn(method.says_nothing(seeds), stacklevel=2)
        return field

    def best_threshold(self, recipe: Recipe) -> float | None:
        """Find the threshold of the cleanest cut; None if there is none."""
        method = self.method(recipe.settings)
        positives, _ = method.seeds(recipe)
        if not (method.finds_threshold and positives):
            return None
        with self.lock:
            return method.best_threshold(self.field(positives[0]))

    # Masks --------------------------------------------------------------------------

    def masks(self, recipe: Recipe) -> Mask:
        """Masks of the whole batch.

        Returns
        -------
        ndarray of bool, shape (B, H, W)
            On the latent grid; all False without a positive click. Shared with the
            cache, and read-only.
        """
        with self.lock:
            return self._masks.get(recipe, lambda: self._make_masks(recipe))

    def _make_masks(self, recipe: Recipe) -> Mask:
        if self.method(recipe.settings).side is None:
            positives, negatives = self._cut_maps(recipe, slice(None))
            area_th = _area_th(recipe.settings)
            kept = self._kept(recipe)
            masks = combine(self.shape[:3], positives, negatives, area_th, kept)
            masks[[*self._blank(recipe)]] = False
        else:
            cuts = [list(side) for side in self._cuts(recipe)]
            masks = np.stack(
                [
                    mostly(self._own_mask(recipe, image, cuts)[0], self.grid)
                    for image in range(self.shape[0])
                ]
            )
        masks.flags.writeable = False
        return masks

    def _own_mask(
        self, recipe: Recipe, image: int, cuts: Sequence[Cuts]
    ) -> tuple[Mask, CutMaps]:
        """Return the mask of an image on the grid of its maps, and what made it."""
        cut_maps, present = CutMaps([], []), False
        for part, side in zip(cut_maps, cuts, strict=True):
            for field, at in side:
                # Copied: a view would keep the maps of all images.
                part.append(CutMap(field.map(image).copy(), at))
                if part is cut_maps.positives:
                    present = present or field.presence(image) >= PRESENT
        grid = self.method(recipe.settings).grid(image)
        if image in self._blank(recipe) or not present:
            return np.zeros(grid, dtype=bool), cut_maps
        kept = [(row, col) for at, row, col in self._kept(recipe) if at == image]
        area_th = _area_th(recipe.settings, grid, self.grid)
        return combine(grid, *cut_maps, area_th, kept), cut_maps

    def full_masks(self, recipe: Recipe) -> PerImage:
        """Masks at the images' own sizes, each made when it is asked for."""
        return PerImage(self.sizes, partial(self.full_mask, recipe))

    def full_mask(
        self, recipe: Recipe, image: int, size: tuple[int, int] | None = None
    ) -> Mask:
        """Mask of one image at a size (h, w), with smooth edges; see `smooth_mask`."""
        if image in self._blank(recipe):
            return np.zeros(size or self.sizes[image], dtype=bool)
        with self.lock:
            mask, cut_maps = self._own_mask(recipe, image, self._cuts(recipe))
        return smooth_mask(mask, cut_maps, size or self.sizes[image])

    def presence(self, recipe: Recipe) -> Floats:
        """Say how surely each image has the thing.

        Returns
        -------
        ndarray of float32, shape (B,)
            0 to 1: the largest over the positive clicks; 0 without one, and for images
            of which nothing is known.
        """
        presence = np.zeros(self.shape[0], dtype=np.float32)
        with self.lock:
            for seeds in self.seeds(recipe).positives:
                field = self.field(seeds)
                each = [field.presence(image) for image in range(self.shape[0])]
                presence = np.maximum(presence, np.array(each, dtype=np.float32))
        presence[[*self._blank(recipe)]] = 0
        return presence

    def heatmaps(self, recipe: Recipe) -> Floats:
        """Heatmaps of the whole batch.

        Returns
        -------
        ndarray of float32, shape (B, H, W)
            About [0, 1]; the maximum over the positive clicks, 0 without one.
        """
        with self.lock:
            settings = recipe.settings
            heat = np.zeros(self.shape[:3], dtype=np.float32)
            for number, seeds in enumerate(self.seeds(recipe).positives):
                field = self.field(seeds)
                each = field.heat(field.values, settings.gamma)
                heat = np.maximum(heat, each) if number else each
            return heat

    def heatmap(self, recipe: Recipe, image: int) -> Floats:
        """Heatmap of one image, on the grid of its maps: float32, (h, w)."""
        with self.lock:
            method, gamma = self.method(recipe.settings), recipe.settings.gamma
            fields = map(self.field, self.seeds(recipe).positives)
            heat = [field.heat(field.map(image), gamma) for field in fields]
            if not heat:
                return np.zeros(method.grid(image), dtype=np.float32)
            hottest: Floats = np.max(heat, axis=0)
            return hottest

    def closeness(self, recipe: Recipe, images: int | slice) -> Floats:
        """Similarity of the cells to what was clicked, as the page shows it.

        Returns
        -------
        ndarray of float32, shape (h, w) or (B, H, W)
            The largest over the positive clicks; 0 without one. That of one image is on
            the grid of its maps, that of several on the latent grid.
        """
        with self.lock:
            fields = map(self.field, self.seeds(recipe).positives)
            if isinstance(images, slice):
                maps = [field.maps(images) for field in fields]
                shape: tuple[int, ...] = (len(range(*images.indices(self.shape[0]))),)
                shape += self.grid
            else:
                maps = [field.map(images) for field in fields]
                shape = self.method(recipe.settings).grid(images)
            if not maps:
                return np.zeros(shape, dtype=np.float32)
            closest: Floats = np.max(maps, axis=0)
            return closest

    def _kept(self, recipe: Recipe) -> list[Cell]:
        """Return the cells whose parts of the masks are kept, however small."""
        return self.method(recipe.settings).kept(recipe)

    def _cuts(self, recipe: Recipe) -> list[Cuts]:
        """Yield fields and their cuts, of positives and of negatives.

        One after the other: together they may exceed the memory of the cache.
        """
        settings = recipe.settings
        thresholds = settings.threshold, settings.negative_threshold

        def cuts(side: list[Seeds], threshold: float) -> Cuts:
            for seeds in side:
                field = self.field(seeds)
                yield field, field.cut(threshold, settings.gamma)

        return [*map(cuts, self.seeds(recipe), thresholds)]

    def _cut_maps(self, recipe: Recipe, images: slice) -> list[Iterator[CutMap]]:
        """Yield maps of some images and their cuts, one after the other."""

        def cut_maps(cuts: Cuts) -> Iterator[CutMap]:
            for field, at in cuts:
                yield CutMap(field.maps(images), at)

        return [*map(cut_maps, self._cuts(recipe))]

    def predictor(self, recipe: Recipe) -> Callable[..., Iterator[Mask]]:
        """Return a function that makes masks of images that are not in the batch.

        Returns
        -------
        callable
            ``(eigvecs, sizes=None, shared=None)``: eigenvectors ``(B, H, W, K)``,
            extended from those of the batch, and what `Details.share` gives -> an
            iterator over their masks, bool, on the latent grid or, where sizes
            ``(h_i, w_i)`` are given, as `full_masks`. Similarity to what was clicked is
            standardised and cut as in the batch. The biased cut is that of the batch:
            new images do not change it.
        """
        settings = recipe.settings
        with self.lock:
            frozen = [list(part) for part in self._cuts(recipe)]
            for field, _ in chain(*frozen):
                field.prepare()

        def predict(
            eigvecs: ArrayLike,
            sizes: Sequence[tuple[int, int]] | None = None,
            shared: Sequence[Floats] | None = None,
        ) -> Iterator[Mask]:
            for image, eigvec in enumerate(torch.as_tensor(eigvecs).cpu()):
                told = None if shared is None else shared[image]
                cut_maps = CutMaps(
                    *(
                        [CutMap(field.extend(eigvec, told), at) for field, at in cuts]
                        for cuts in frozen
                    )
                )
                latent = combine(eigvec.shape[:-1], *cut_maps, _area_th(settings))
                yield smooth_mask(latent, cut_maps, sizes[image]) if sizes else latent

        return predict


def _area_th(
    settings: Settings, grid: tuple[int, int] = (1, 1), latent: tuple[int, int] = (1, 1)
) -> float:
    """Return the cells of a grid below which a part is dropped.

    The setting counts cells of the latent grid.
    """
    if not settings.denoise:
        return 0
    return settings.denoise_area_th * math.prod(grid) / math.prod(latent)
