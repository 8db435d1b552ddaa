"""Choose the solver for the graph that an `NCUT` names."""

from __future__ import annotations

import numpy as np
import torch

from ncut_widget.ncut.checks import Checked, check_guide
from ncut_widget.ncut.full.solver import Solver
from ncut_widget.ncut.neighbors.sparse import SparseSolver
from ncut_widget.ncut.rows import Features, Rows
from ncut_widget.ncut.solution import Solution


def solve(
    ncut: Checked,
    rows: Rows,
    guide: Features | None,
    rng: np.random.Generator,
    device: torch.device,
) -> Solution:
    """Find the eigenvectors of the graph that an `NCUT` names, on a device."""
    if ncut.graph == "full":
        return _solver(ncut, device)(rows, rng)
    given = None if guide is None else check_guide(guide, rows.shape)
    return _sparse_solver(ncut, device)(rows, given, rng)


def _solver(ncut: Checked, device: torch.device) -> Solver:
    return Solver(
        ncut.num_eig,
        ncut.distance,
        ncut.affinity_focal_gamma,
        ncut.num_sample,
        ncut.sample_method,
        ncut.exact_up_to,
        device,
        ncut.progress,
    )


def _sparse_solver(ncut: Checked, device: torch.device) -> SparseSolver:
    return SparseSolver(
        ncut.num_eig,
        ncut.distance,
        ncut.affinity_focal_gamma,
        ncut.n_neighbors,
        # MPS has no sparse matrices.
        torch.device("cpu") if device.type == "mps" else device,
        ncut.progress,
    )
