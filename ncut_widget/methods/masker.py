"""Prompts in, similarities, heatmaps and masks out: the batch and what it is held by.

It holds the eigenvectors (on their device). Results are computed when they are asked
for, cached, and numpy. Every public method takes the one lock.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ncut_widget.core.arrays import as_array
from ncut_widget.core.cache import Bounded
from ncut_widget.core.checks import check_array, check_finite, check_match
from ncut_widget.eigvecs.memory import Eigvecs
from ncut_widget.masks.combine import combine
from ncut_widget.masks.coordinates import Cell
from ncut_widget.masks.full import PerImage
from ncut_widget.masks.smooth import CutMap, CutMaps, smooth_mask
from ncut_widget.methods.diffusion import (
    Diffusion,
    DiffusionSet,
    DiffusionSimilarity,
    diffusion_weights,
)
from ncut_widget.methods.similarity import (
    BiasedSet,
    BiasedSimilarity,
    Similarity,
    Source,
)
from ncut_widget.ncut.biased import Graph
from ncut_widget.prompts.recipe import Prompts
from ncut_widget.settings import Settings

CACHE_BYTES = 256 * 2**20
"""Similarities that are kept: of the clicks, and for undo, redo and repeated ones."""

MASKS_BYTES = 128 * 2**20
"""Masks that are kept: of the clicks, and of segments."""

Compared = Similarity | BiasedSimilarity | DiffusionSimilarity

LIKE = 5.5
"""Granularity at which a biased cut looks for what is like a negative click."""

GRANULARITIES = 4
"""Times of diffusion whose lengths are kept, for undo and a slider that goes back."""


class Masker:
    """What makes the masks of one batch.

    Parameters
    ----------
    eigvecs, sizes, device, eigvals
        As for `ncut_widget.sessions.session.Session`.

    Attributes
    ----------
    lock : threading.RLock
        Held while something is computed.
    eigvecs : Eigvecs
    eigvals : ndarray of float, shape (K,), or None
    grid : (int, int)
        ``(H, W)`` of the latent grid.
    sizes : list of (int, int)
        ``(h, w)`` of every image, in pixels.
    """

    def __init__(
        self,
        eigvecs: ArrayLike,
        sizes: Sequence[tuple[int, int]] | None = None,
        device: str | torch.device | None = None,
        eigvals: ArrayLike | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.eigvecs = Eigvecs(eigvecs, device)
        batch, height, width, num_eig = self.shape = self.eigvecs.shape
        self.eigvals = None if eigvals is None else _check_eigvals(eigvals, num_eig)
        self.grid = (height, width)
        self.sizes = [self.grid] * batch if sizes is None else list(sizes)
        check_match(len(self.sizes), batch)
        self._graph: Graph | None = None
        self._diffusions: Bounded[Diffusion] = Bounded(GRANULARITIES)
        self._similarities: Bounded[Compared] = Bounded(
            CACHE_BYTES, lambda similarity: similarity.nbytes
        )
        self._masks: Bounded[NDArray] = Bounded(MASKS_BYTES, lambda masks: masks.nbytes)

    # Similarities -------------------------------------------------------------------

    def similarity(self, source: Source, num_eig: int) -> Compared:
        """Compare every cell with what was clicked, as far as is asked for.

        Parameters
        ----------
        source : Cell, DiffusionSet or BiasedSet
            A cell: by the graph's eigenvectors. A set of clicks: in diffusion
            coordinates, or by the eigenvectors of a cut that is biased towards them.
        num_eig : int
            Leading eigenvectors to compare.

        Returns
        -------
        Similarity, DiffusionSimilarity or BiasedSimilarity
            Shared with the cache, not to be changed.
        """
        with self.lock:
            return self._similarities.get(
                (num_eig, source), lambda: self._compare(source, num_eig)
            )

    def _compare(self, source: Source, num_eig: int) -> Compared:
        self._warn_of_blank(source)
        similarity: Compared
        if isinstance(source, Cell):
            similarity = Similarity(self.eigvecs, source, num_eig)
        elif isinstance(source, DiffusionSet):
            fewer = source._replace(positives=source.positives[:-1])
            earlier = self._similarities.peek((num_eig, fewer))
            similarity = DiffusionSimilarity(
                self._diffusion(source.granularity),
                self.grid,
                self.shape[0],
                source,
                earlier if isinstance(earlier, DiffusionSimilarity) else None,
            )
        else:
            like = self._diffusion(min(LIKE, max(self.shape[3] - 1, 1)))
            similarity = BiasedSimilarity(
                self.graph(), self.grid, source, num_eig, like
            )
        if similarity.constant:
            warnings.warn(_nothing_to_tell(source, num_eig), stacklevel=2)
        return similarity

    def _warn_of_blank(self, source: Source) -> None:
        """Warn of positive clicks on images of which nothing is known."""
        clicked = (source,) if isinstance(source, Cell) else source.positives
        for image in sorted(self.eigvecs.blank & {cell.image for cell in clicked}):
            warnings.warn(
                f"the eigenvectors of image {image} are all zero: a click on it finds "
                "nothing",
                stacklevel=2,
            )

    def graph(self) -> Graph:
        """Give the graph of the batch, for biased cuts.

        Raises
        ------
        ValueError
            If there are no eigenvalues, or the eigenvectors are not of length 1.
        """
        with self.lock:
            if self._graph is None:
                self._graph = self.eigvecs.graph(self.check_eigvals("biased_ncut"))
            return self._graph

    def _diffusion(self, granularity: float) -> Diffusion:
        """Give the coordinates of the batch in which so many eigenvectors count."""
        eigvals = self.check_eigvals("diffusion")
        return self._diffusions.get(
            granularity,
            lambda: self.eigvecs.diffusion(diffusion_weights(eigvals, granularity)),
        )

    def check_eigvals(self, method: str) -> NDArray:
        """Return the eigenvalues; raise ValueError if there are none for a method."""
        if self.eigvals is None:
            raise ValueError(
                f"method {method!r} needs the eigenvalues of eigvecs, got none: give "
                "eigvals, shape (K,)"
            )
        return self.eigvals

    def best_threshold(self, prompts: Prompts) -> float | None:
        """Find where the cut is cleanest; None where nothing tells."""
        source = next(iter(prompts.sources()[0]), None)
        if not isinstance(source, DiffusionSet):
            return None
        with self.lock:
            values = self.similarity(source, prompts.settings.num_eig).values
            eigvals = self.check_eigvals("diffusion")
            return self.eigvecs.best_threshold(values, eigvals)

    # Masks --------------------------------------------------------------------------

    def masks(self, prompts: Prompts) -> NDArray:
        """Masks of the whole batch.

        Returns
        -------
        ndarray of bool, shape (B, H, W)
            On the latent grid; all False without a positive click. Shared with the
            cache, not to be written to.
        """
        with self.lock:
            return self._masks.get(prompts, lambda: self._make_masks(prompts))

    def _make_masks(self, prompts: Prompts) -> NDArray:
        positives, negatives = self._cut_maps(prompts, slice(None))
        area_th = _area_th(prompts.settings)
        kept = prompts.kept()
        masks = combine(self.shape[:3], positives, negatives, area_th, kept)
        masks[[*self.eigvecs.blank]] = False
        masks.flags.writeable = False
        return masks

    def full_masks(self, prompts: Prompts) -> PerImage:
        """Masks at the images' own sizes, each made when it is asked for."""
        return PerImage(self.sizes, partial(self.full_mask, prompts))

    def full_mask(
        self, prompts: Prompts, image: int, size: tuple[int, int] | None = None
    ) -> NDArray:
        """Mask of one image at a size (h, w), with smooth edges; see `smooth_mask`."""
        if image in self.eigvecs.blank:
            return np.zeros(size or self.sizes[image], dtype=bool)
        with self.lock:
            # Copied: a view would keep the maps of all images.
            cut_maps = CutMaps(
                *(
                    [CutMap(each.similarity.copy(), each.cut) for each in part]
                    for part in self._cut_maps(prompts, image)
                )
            )
        kept = [(row, col) for at, row, col in prompts.kept() if at == image]
        latent = combine(self.grid, *cut_maps, _area_th(prompts.settings), kept)
        return smooth_mask(latent, cut_maps, size or self.sizes[image])

    def heatmaps(self, prompts: Prompts) -> NDArray:
        """Heatmaps of the whole batch.

        Returns
        -------
        ndarray of float32, shape (B, H, W)
            About [0, 1]; the maximum over the positive clicks, 0 without one.
        """
        with self.lock:
            settings = prompts.settings
            heat = np.zeros(self.shape[:3], dtype=np.float32)
            for number, source in enumerate(prompts.sources()[0]):
                similarity = self.similarity(source, settings.num_eig)
                each = similarity.heat(similarity.values, settings.gamma)
                heat = np.maximum(heat, each) if number else each
            return heat

    def closeness(self, prompts: Prompts, images: int | slice) -> NDArray:
        """Similarity of the cells with what was clicked, as the page tells it.

        Returns
        -------
        ndarray of float32, shape (H, W) or (B, H, W)
            The largest over the positive clicks; 0 without one.
        """
        with self.lock:
            maps = [
                self.similarity(source, prompts.settings.num_eig).maps(images)
                for source in prompts.sources()[0]
            ]
            if maps:
                return np.max(maps, axis=0)
            shape = self.shape[:3] if isinstance(images, slice) else self.grid
            return np.zeros(shape, dtype=np.float32)

    def _cuts(self, prompts: Prompts) -> list[Iterator[tuple[Compared, np.float32]]]:
        """Similarities and where they are cut, of positives and of negatives.

        One after the other: together they may not fit into the memory they may take.
        """
        settings = prompts.settings
        thresholds = settings.threshold, settings.negative_threshold

        def cuts(
            sources: list[Source], threshold: float
        ) -> Iterator[tuple[Compared, np.float32]]:
            for source in sources:
                similarity = self.similarity(source, settings.num_eig)
                yield similarity, similarity.cut(threshold, settings.gamma)

        return [*map(cuts, prompts.sources(), thresholds)]

    def _cut_maps(
        self, prompts: Prompts, images: int | slice
    ) -> list[Iterator[CutMap]]:
        """Similarities and cuts of the clicks on some images, one after the other."""

        def cut_maps(cuts: Iterator[tuple[Compared, np.float32]]) -> Iterator[CutMap]:
            for similarity, at in cuts:
                yield CutMap(similarity.maps(images), at)

        return [*map(cut_maps, self._cuts(prompts))]

    def predictor(self, prompts: Prompts) -> Callable[..., Iterator[NDArray]]:
        """Make what makes masks of images of no batch.

        Returns
        -------
        callable
            ``(eigvecs, sizes=None)``: eigenvectors ``(B, H, W, K)``, extended from
            those of the batch -> an iterator over their masks, bool, on the latent
            grid or, where sizes ``(h_i, w_i)`` are given, as `full_masks`: with the
            similarity to what was clicked, standardised and cut as in the batch. The
            biased cut is the batch's own: new images do not change it.
        """
        settings = prompts.settings
        with self.lock:
            clicked = [list(part) for part in self._cuts(prompts)]

        def predict(
            eigvecs: ArrayLike, sizes: Sequence[tuple[int, int]] | None = None
        ) -> Iterator[NDArray]:
            leading = torch.as_tensor(eigvecs).cpu()
            if settings.method == "similarity":
                leading = leading[..., : settings.num_eig]
            for image, eigvec in enumerate(leading):
                cut_maps = CutMaps(
                    *(
                        [CutMap(s.extend(eigvec), at) for s, at in cuts]
                        for cuts in clicked
                    )
                )
                latent = combine(eigvec.shape[:-1], *cut_maps, _area_th(settings))
                yield smooth_mask(latent, cut_maps, sizes[image]) if sizes else latent

        return predict


def _area_th(settings: Settings) -> int:
    return settings.denoise_area_th if settings.denoise else 0


def _nothing_to_tell(source: Source, num_eig: int) -> str:
    if not isinstance(source, BiasedSet):
        return (
            "every eigenvector is equally similar to the one at latent pixel "
            f"{tuple(source)} with num_eig = {num_eig}: its mask is empty"
        )
    return (
        "the biased cut tells no pixel from another with click_weight = "
        f"{source.click_weight} and num_eig = {num_eig}: its mask is empty"
    )


def _check_eigvals(eigvals: ArrayLike, num_eig: int) -> NDArray:
    checked = as_array(check_array("eigvals", eigvals))
    if checked.shape != (num_eig,):
        raise ValueError(
            f"eigvals must be one for each of the {num_eig} eigenvectors, shape "
            f"({num_eig},): got shape {checked.shape}"
        )
    return check_finite("eigvals", checked)
