"""Choose how to solve a graph: whole, or by landmarks and by how many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.progress import bar
from ncut_widget.ncut.affinity import Affinity, Distance
from ncut_widget.ncut.full.error_estimate import sine_of_error
from ncut_widget.ncut.full.exact import few_enough, solve_by_lapack, solve_by_products
from ncut_widget.ncut.full.nystrom import NUM_PASSES, Factor, solve_by_landmarks
from ncut_widget.ncut.landmarks import (
    Sample,
    SampleMethod,
    draw_pool,
    draw_sample,
    leading_basis,
    place_landmarks,
)
from ncut_widget.ncut.rows import Rows
from ncut_widget.ncut.solution import Solution

# Measured by `make bench-accuracy` (angles to the exact eigenvectors),
# `make bench-solver` (time) and `make bench-growth` (many rows).
# Landmarks by default, and the factor by which they grow if they are too few.
_LANDMARKS = 640
_LANDMARKS_PER_EIG = 5
_MORE = 2
# Up to so many rows the whole affinity takes no longer than landmarks.
_SMALL = 4096
# Landmarks are accepted where the sine of the largest angle to the exact eigenvectors
# is estimated below this: its cosine is then 0.999.
_ACCEPTED_SINE = 0.042
# For a part of the rows, whose errors are larger than those of all, and less certain.
_ACCEPTED_SINE_OF_PART = 0.06
# Above this, twice as many landmarks would not be enough either.
_HOPELESS_SINE = 0.2
# Eigenvectors beyond the wanted ones, and rows of a large graph, for the estimate.
_SPARE = 30
_PROBED_ROWS = 16_384
# Landmarks lie in the leading directions of the rows, if the rows have at least twice
# as many: so many for each eigenvector, or more for many landmarks. One less, as the
# centre is one direction more, and 64 are faster than 65.
_DIRECTIONS_PER_EIG = 2
_LANDMARKS_PER_DIRECTION = 10


class _Drawn(NamedTuple):
    """Rows to choose landmarks from, the affinity of all rows, and a sample."""

    pool: Rows
    affinity: Affinity
    sample: Sample


@dataclass(frozen=True)
class Solver:
    """The parameters of `NCUT` that concern the full graph and its solution."""

    num_eig: int
    distance: Distance
    gamma: float
    num_sample: int | None
    sample_method: SampleMethod
    exact_up_to: int
    device: torch.device
    progress: bool

    def __call__(self, rows: Rows, rng: np.random.Generator) -> Solution:
        """Return the leading eigenpairs of the graph of all rows."""
        if self.num_sample is not None:
            if rows.count <= self.num_sample:
                return self._whole(rows, rng)
            return self._by_landmarks(rows, self.num_sample, rng)
        m = max(_LANDMARKS, _LANDMARKS_PER_EIG * self.num_eig)
        if rows.count <= max(m, min(_SMALL, self.exact_up_to)):
            return self._whole(rows, rng)
        if rows.count > self.exact_up_to:
            return self._by_landmarks(rows, m, rng)
        for count in (m, min(_MORE * m, rows.count)):
            drawn = self._draw(rows, count, rng)
            if drawn.sample.trace > count:
                break  # Each landmark stands for an eigenvalue, of at most 1.
            solution = self._checked(rows, self._factor(drawn, count, rng), rng)
            if solution.error <= _ACCEPTED_SINE:
                return solution.first(self.num_eig)
            if solution.error > _HOPELESS_SINE:
                break
        return self._whole(rows, rng)

    def _whole(self, rows: Rows, rng: np.random.Generator) -> Solution:
        few = few_enough(self.num_eig, rows.count)
        affinity = self._affinity(rows, rows, lapack=not few)
        if not few:
            return solve_by_lapack(rows, affinity, self.num_eig)
        with (
            bar(rows.count, "NCUT, affinities", "row", self.progress) as formed,
            bar(self.num_eig, "NCUT", "eigenvector", self.progress) as solved,
        ):
            return solve_by_products(
                rows,
                affinity,
                self.num_eig,
                rng,
                done=formed.update,
                found=lambda count: solved.update(count - solved.n),
            )

    def _by_landmarks(self, rows: Rows, m: int, rng: np.random.Generator) -> Solution:
        """Solve by m landmarks, or more if the error on a part of the rows is large."""
        size = min(_PROBED_ROWS, rows.count)
        probe = rows.take(np.sort(rng.choice(rows.count, size, replace=False)))
        k = self.num_eig
        more = 1 if self.num_sample is not None else _MORE
        for count in {m: None, min(more * m, rows.count): None}:
            factor = self._factor(self._draw(rows, count, rng), count, rng)
            solution = self._solve(rows, factor.first(k), k)
            error = self._checked(probe, factor, rng, solution.spectrum).error
            if error <= _ACCEPTED_SINE_OF_PART:
                break
        return replace(solution, error=error)

    def _checked(
        self,
        rows: Rows,
        factor: Factor,
        rng: np.random.Generator,
        spectrum: Tensor | None = None,
    ) -> Solution:
        """Solve for more eigenpairs, and estimate the error of the wanted ones."""
        solution = self._solve(rows, factor, factor.k)
        error = sine_of_error(
            rows,
            factor.landmarks.affinity.along(None),
            solution,
            self.num_eig,
            rng,
            spectrum,
        )
        return replace(solution, error=error)

    def _solve(self, rows: Rows, factor: Factor, k: int) -> Solution:
        with bar(NUM_PASSES * rows.count, "NCUT", "row", self.progress) as done:
            return solve_by_landmarks(rows, factor, k, done)

    def _draw(self, rows: Rows, m: int, rng: np.random.Generator) -> _Drawn:
        """Draw the rows that m landmarks are placed by."""
        pool = draw_pool(rows, m, rng)
        affinity = self._affinity(rows, pool)
        sample = draw_sample(pool, affinity, m, rng)
        return _Drawn(pool, affinity, sample)

    def _factor(self, drawn: _Drawn, m: int, rng: np.random.Generator) -> Factor:
        """Place m landmarks, in few directions where the rows have many."""
        pool, affinity, sample = drawn
        few = max(_DIRECTIONS_PER_EIG * self.num_eig, m // _LANDMARKS_PER_DIRECTION) - 1
        if 2 * few <= pool.columns:
            basis = leading_basis(sample, few, rng)
            affinity, sample = affinity.along(basis), sample.along(basis)
        landmarks = place_landmarks(pool, affinity, sample, m, self.sample_method, rng)
        k = min(self.num_eig + _SPARE, m)
        return Factor(landmarks, sample, k)

    def _affinity(self, rows: Rows, pool: Rows, *, lapack: bool = False) -> Affinity:
        return Affinity.of(
            rows,
            pool,
            self.distance,
            self.gamma,
            device=torch.device("cpu") if lapack else self.device,
            dtype=torch.float64 if lapack else torch.float32,
        )
