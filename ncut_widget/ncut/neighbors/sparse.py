"""The leading eigenpairs of a graph of neighbours, and their extension to others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncut_widget.core.parallel import chunks, deal, deal_all
from ncut_widget.core.progress import bar
from ncut_widget.ncut.affinity import Distance
from ncut_widget.ncut.neighbors.cover import CELLS, covering_images
from ncut_widget.ncut.neighbors.eigenpairs import Eigenpairs, leading_eigenpairs
from ncut_widget.ncut.neighbors.extend import HarmonicExtension
from ncut_widget.ncut.neighbors.graph import NeighborGraph
from ncut_widget.ncut.neighbors.nearest import SCALE_NEIGHBOR, Layout, Space, nearest
from ncut_widget.ncut.rows import Part, Rows
from ncut_widget.ncut.solution import Solution

# Larger batches are solved on so many images, which are extended to each other one. 33
# labelled photographs, two backbones: mean IoU .50 and .46; all together .51 and .38.
SOLVED = 12
# Up to this many rows, or with fewer to solve for each eigenvector, all are solved.
_ALL = 8192
_LEAST_ROWS = 16
# Most rows that others are interpolated from, and the number of these for each row.
_KEPT = 16_384
_PLACED_BY = 12
_LEAST_SQUARE = 1e-30


@dataclass(frozen=True)
class Interpolation:
    """Eigenvectors as a function of features: a weighted mean over near rows [1]_.

    Weights are ``exp(-d**2 / s**2) / d**2`` with d the distance to one of the 12
    nearest rows, and s that to the 7th: a row of the fit has its own eigenvector.

    Attributes
    ----------
    space : Space
    rows : Rows
        Some of the fit.
    near : Tensor, shape (m, r)
        Their coordinates.
    eigvecs : Tensor of float32, shape (m, K)

    References
    ----------
    .. [1] D. Shepard, "A two-dimensional interpolation function for irregularly-spaced
       data", ACM 1968.
    """

    space: Space
    rows: Rows
    near: Tensor
    eigvecs: Tensor

    def __call__(self, part: Part) -> Tensor:
        """Return the eigenvectors (n, K) of rows of features."""
        values, norms = (each.to(self.device) for each in part)
        which, squares = nearest(self.space(Part(values, norms)), self.near, _PLACED_BY)
        scale = squares[:, :SCALE_NEIGHBOR].amax(1, keepdim=True)
        # For equal rows the weights are large, but their sum must be finite.
        scale = scale.clamp(min=_LEAST_SQUARE)
        least = (1e-12 * scale).clamp(min=_LEAST_SQUARE)
        weights = torch.exp(-squares / scale) / squares.clamp(min=least)
        weights /= weights.sum(1, keepdim=True)
        return torch.einsum("nj,njk->nk", weights, self.eigvecs[which])

    @property
    def device(self) -> torch.device:
        """Where the rows' coordinates are."""
        return self.near.device

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.near)

    def points(self) -> Tensor:
        """Return the rows (m, C)."""
        return self.rows.read(slice(None)).values.float()

    def turn(self, signs: Tensor) -> None:
        """Turn the eigenvectors by signs (K,), in place."""
        self.eigvecs.mul_(signs.to(self.eigvecs))


@dataclass(frozen=True)
class SparseSolver:
    """The parameters of `NCUT` that concern the graph of neighbours."""

    num_eig: int
    distance: Distance
    gamma: float
    n_neighbors: int
    device: torch.device
    progress: bool

    def __call__(
        self, rows: Rows, guide: Tensor | None, rng: np.random.Generator
    ) -> Solution:
        """Return the leading eigenpairs of the graph of all rows."""
        space = Space.of(rows, self.distance, self.device, rng)
        if guide is not None:
            guide = guide.reshape(rows.count, -1).to(self.device)
            guide = guide - guide.mean(0)
            guide /= guide.square().sum(1).mean().sqrt().clamp(min=1e-12)
        layout = Layout.of(rows.shape)
        if self._few_will_do(layout):
            return self._extend(rows, guide, layout, space, rng)
        near = self._place(rows, space, slice(rows.count))
        graph, solved = self._solve(near, guide, layout, rng)
        eigvecs = rows.new_output(self.num_eig)
        eigvecs.copy_(solved.vectors)
        scale = graph.root_degrees.reciprocal().to(eigvecs)
        kept = np.arange(rows.count)
        extension = self._interpolation(rows, kept, space, near, solved.vectors, rng)
        values = solved.values.clamp(0, 1)
        return Solution(values, eigvecs, scale, extension, solved.error)

    def _few_will_do(self, layout: Layout) -> bool:
        """Whether eigenvectors of some images are extended to the others."""
        large = layout.images > SOLVED and layout.count > _ALL
        return large and SOLVED * layout.cells >= _LEAST_ROWS * self.num_eig

    def _solve(
        self,
        near: Tensor,
        guide: Tensor | None,
        layout: Layout,
        rng: np.random.Generator,
    ) -> tuple[NeighborGraph, Eigenpairs]:
        with bar(2 * layout.count, "NCUT, neighbors", "row", self.progress) as done:
            graph = NeighborGraph(
                near, guide, layout, self.n_neighbors, self.gamma, rng, done.update
            )
        with bar(self.num_eig, "NCUT", "eigenvector", self.progress) as solved:
            return graph, leading_eigenpairs(
                graph, self.num_eig, rng, lambda count: solved.update(count - solved.n)
            )

    def _extend(
        self,
        rows: Rows,
        guide: Tensor | None,
        layout: Layout,
        space: Space,
        rng: np.random.Generator,
    ) -> Solution:
        """Solve some images of a large batch, and extend to each other one."""
        cells = layout.cells
        chosen = self._choose(rows, layout, space, rng)
        at = [slice(i * cells, (i + 1) * cells) for i in range(layout.images)]
        near = torch.cat([self._place(rows, space, at[image]) for image in chosen])
        seen = None if guide is None else torch.cat([guide[at[i]] for i in chosen])
        part = Layout(SOLVED * cells, SOLVED, layout.grid)
        graph, solved = self._solve(near, seen, part, rng)
        values = solved.vectors / graph.root_degrees
        harmonic = HarmonicExtension.of(near, values, part, self.gamma, rng)
        eigvecs, scale = rows.new_output(self.num_eig), rows.new_output(1)
        for number, image in enumerate(chosen):
            own = slice(number * cells, (number + 1) * cells)
            eigvecs[at[image]] = solved.vectors[own].to(eigvecs)
            scale[at[image]] = graph.root_degrees[own].reciprocal().to(scale)

        def extend(image: int) -> None:
            looks = None if guide is None else guide[at[image]]
            found, roots = harmonic(self._place(rows, space, at[image]), looks)
            eigvecs[at[image]] = found.to(eigvecs)
            scale[at[image]] = roots.reciprocal().to(scale)

        others = np.delete(np.arange(layout.images), chosen).tolist()
        with bar(len(others), "NCUT, extended", "image", self.progress) as done:
            for _ in deal(extend, others, self.device):
                done.update(1)
        lengths = _lengths(eigvecs, cells)
        eigvecs /= lengths
        kept = np.concatenate([np.arange(at[i].start, at[i].stop) for i in chosen])
        extension = self._interpolation(
            rows, kept, space, near, solved.vectors / lengths.to(near), rng
        )
        eigvals = solved.values.clamp(0, 1)
        return Solution(eigvals, eigvecs, scale, extension, solved.error)

    def _choose(
        self, rows: Rows, layout: Layout, space: Space, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Choose the images that are solved, by some cells of every image."""
        some = np.sort(rng.permutation(layout.cells)[:CELLS])

        def look(image: int) -> Tensor:
            return space(self._on_device(rows.read(image * layout.cells + some)))

        looks = deal(look, range(layout.images), rows.device)
        return covering_images(looks, SOLVED, rng)

    def _interpolation(
        self,
        rows: Rows,
        solved: NDArray[np.int64],
        space: Space,
        near: Tensor,
        vectors: Tensor,
        rng: np.random.Generator,
    ) -> Interpolation:
        """Keep rows that were solved, or a sample, for the extension to other rows."""
        kept = np.arange(len(solved))
        if len(solved) > _KEPT:
            kept = np.sort(rng.choice(len(solved), _KEPT, replace=False))
        at = torch.from_numpy(kept).to(self.device)
        return Interpolation(space, rows.take(solved[kept]), near[at], vectors[at])

    def _place(self, rows: Rows, space: Space, which: slice) -> Tensor:
        """Return the coordinates of some rows."""
        count = which.stop - (which.start or 0)
        near = torch.empty(count, space.size, device=self.device)

        def place(at: slice) -> None:
            first = which.start or 0
            part = rows.read(slice(first + at.start, first + at.stop))
            near[at] = space(self._on_device(part))

        deal_all(place, chunks(count, rows.chunk_size), rows.device)
        return near

    def _on_device(self, part: Part) -> Part:
        return Part(*(x.to(self.device) for x in part))


def _lengths(eigvecs: Tensor, step: int) -> Tensor:
    """Return the lengths (K,) of the columns, 1 for those of zeros."""
    parts = [part.double().square().sum(0) for part in torch.split(eigvecs, step)]
    lengths = torch.stack(parts).sum(0).sqrt().to(eigvecs)
    return torch.where(lengths > 0, lengths, 1)
