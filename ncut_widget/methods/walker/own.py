"""All that is computed of one image from its own cells alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy.ndimage import distance_transform_edt

from ncut_widget.core.arrays import Doubles, Floats, Indices
from ncut_widget.core.cache import Bounded
from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.masks.coordinates import Cell, centre_cell
from ncut_widget.masks.resample import area_mean, enlarge
from ncut_widget.methods.base import Field, Seeds, cells_of
from ncut_widget.methods.diffusion import DiffusionMethod
from ncut_widget.methods.spectrum import Spectrum
from ncut_widget.methods.walker.constants import COLOR_BINS, DIRECTIONS, OWN_EIG
from ncut_widget.methods.walker.lattice import Lattice
from ncut_widget.ncut.details import Details
from ncut_widget.ncut.neighbors.own import OwnGraph, own_eigenvectors
from ncut_widget.prompts import Group

FIELDS = 64
"""Diffusion fields of prompts that are kept of an image."""

LOW = np.array([0.0, -60.0, -60.0])
HIGH = np.array([100.0, 60.0, 60.0])
"""Range of the bins of colours, in CIELAB."""


class OwnImage:
    """One image of a batch, by itself: no other image changes anything here.

    Parameters
    ----------
    details : Details
    image : int
        Its index in the batch.
    grid : (int, int)
        Its fine grid.

    Attributes
    ----------
    features : ndarray of float32, shape (h, w, r)
        The leading coordinates of the cells, on the fine grid.
    lattice : Lattice
    """

    def __init__(self, details: Details, image: int, grid: tuple[int, int]) -> None:
        self.grid = grid
        self._own = details.own[image].astype(np.float32)
        self._colored = details.colored
        self._lab: Floats | None = None
        if details.pictures is not None:
            from skimage.color import rgb2lab  # here, as this import is slow

            lab = rgb2lab(details.pictures[image]).astype(np.float32)
            self._lab = resample(lab, grid)
        self.features = resample(self._own[..., :DIRECTIONS], grid)
        self.lattice = Lattice(self._lab, self.features)
        self._fields: Bounded[Field] = Bounded(FIELDS)
        self._diffusion = self._find()

    @property
    def nbytes(self) -> int:
        """Bytes of memory that it takes, about."""
        fields: int = 4 * len(self._fields) * math.prod(self._own.shape[:2])
        features: int = self.features.nbytes + 2 * self._own.nbytes
        return self.lattice.nbytes + features + fields

    def _find(self) -> DiffusionMethod:
        """Find the eigenvectors of the image's own graph."""
        cells = self._own.shape[:2]
        guide = None
        if self._lab is not None and self._colored:
            guide = resample(self._lab, cells).reshape(-1, 3)
            guide = guide - guide.mean(0)
            guide /= np.sqrt(np.square(guide).sum(1).mean()) or 1
        graph = OwnGraph(self._own.reshape(-1, self._own.shape[2]), guide, cells)
        most = min(OWN_EIG, math.prod(cells))
        eigvecs, eigvals = own_eigenvectors(graph, most)
        store = MemoryStore(eigvecs.reshape(1, *cells, -1), "cpu")
        return DiffusionMethod(Spectrum.of(store, eigvals))

    def field(
        self, positives: Sequence[Group], negatives: Sequence[Group], granularity: float
    ) -> Floats:
        """Return the diffusion field of prompts on the image alone, on the fine grid.

        Parameters
        ----------
        positives, negatives : sequence of Group
            On the fine grid; at least one positive group.
        granularity : float
            Cut to what the image's own eigenvectors allow.
        """
        diffusion = self._diffusion
        most = max(diffusion.spectrum.store.shape[3] - 1, 1)
        settings = (("by", ""), ("granularity", float(np.clip(granularity, 1, most))))
        denied = set(cells_of(self._moved(negatives)))
        moved = tuple(
            group
            for each in self._moved(positives)
            if (group := tuple(seed for seed in each if seed.cell not in denied))
        )
        # Where a cell of the coarser grid is labelled for and against, it is for.
        asserted = moved or self._moved(positives)
        if not moved:
            negatives = ()
        seeds = Seeds("diffusion", asserted, self._moved(negatives), settings)
        field = self._fields.get(
            seeds, lambda: diffusion.field(seeds, self._fields.peek)
        )
        return enlarge(field.maps(0), self.grid).astype(np.float32)

    def _moved(self, groups: Sequence[Group]) -> tuple[Group, ...]:
        """Move seeds from the fine grid to the own one, each cell once."""
        seen: set[Cell] = set()
        moved: list[Group] = []
        for group in groups:
            kept = []
            for seed in group:
                place = centre_cell(seed.cell, self.grid, self._own.shape[:2])
                cell = place._replace(image=0)
                if cell not in seen:
                    seen.add(cell)
                    kept.append(seed._replace(cell=cell))
            if kept:
                moved.append(tuple(kept))
        return tuple(moved)

    @cached_property
    def bins(self) -> Indices | None:
        """The bin of each cell's colour, (h * w,); None without colours."""
        if self._lab is None:
            return None
        share = (self._lab.reshape(-1, 3) - LOW) / (HIGH - LOW)
        steps = np.clip((share * COLOR_BINS).astype(int), 0, np.array(COLOR_BINS) - 1)
        numbers: Indices = np.ravel_multi_index(tuple(steps.T), COLOR_BINS)
        return numbers


def resample(values: Floats, grid: tuple[int, int]) -> Floats:
    """Bring channels (H, W, C) to another grid: by area, or by interpolation."""
    coarser = math.prod(grid) < math.prod(values.shape[:2])
    to = area_mean if coarser else enlarge
    if values.shape[:2] == grid:
        return values
    channels = [to(values[..., c], grid) for c in range(values.shape[2])]
    return np.stack(channels, -1).astype(np.float32)


def distance_to(grid: tuple[int, int], cells: Sequence[int]) -> Doubles:
    """Return the distance to the nearest of some cells, (h, w), over the diagonal."""
    others = np.ones(grid, dtype=bool)
    others.flat[list(cells)] = False
    apart: Doubles = distance_transform_edt(others) / math.hypot(*grid)
    return apart
