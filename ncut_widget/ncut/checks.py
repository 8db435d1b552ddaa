"""Checks of the parameters of `NCUT`."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, get_args

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.arrays import as_tensor
from ncut_widget.core.checks import (
    check_array,
    check_choice,
    check_finite,
    check_flag,
    check_number,
)
from ncut_widget.core.device import pick_device
from ncut_widget.ncut.affinity import Distance
from ncut_widget.ncut.landmarks import SampleMethod
from ncut_widget.ncut.parameters import Parameters
from ncut_widget.ncut.rows import Features

GraphKind: TypeAlias = Literal["full", "neighbors"]


class Checked(Parameters):
    """The parameters of `NCUT`, which documents them."""

    num_eig: int
    graph: GraphKind
    n_neighbors: int
    distance: Distance
    affinity_focal_gamma: float
    exact_up_to: int
    num_sample: int | None
    sample_method: SampleMethod
    device: str | torch.device | None
    random_state: int | np.random.Generator | None
    chunk_size: int | None
    progress: bool
    return_eigenvalues: bool

    def check_parameters(self, count: float = math.inf) -> None:
        """Raise TypeError or ValueError if a parameter is not as documented.

        Parameters
        ----------
        count : float
            Number of rows of the features, if it is known.
        """
        check_number("num_eig", self.num_eig, 1, integer=True)
        for name in ("progress", "return_eigenvalues"):
            check_flag(name, getattr(self, name))
        check_choice("graph", self.graph, get_args(GraphKind))
        check_number("n_neighbors", self.n_neighbors, 1, integer=True)
        check_number("exact_up_to", self.exact_up_to, 0, integer=True)
        for name in ("num_sample", "chunk_size"):
            if getattr(self, name) is not None:
                check_number(name, getattr(self, name), 1, integer=True)
        if self.num_sample is not None and self.num_sample < self.num_eig:
            raise ValueError(
                f"num_sample must be at least num_eig={self.num_eig}, "
                f"got {self.num_sample}"
            )
        check_choice("distance", self.distance, get_args(Distance))
        check_choice("sample_method", self.sample_method, get_args(SampleMethod))
        gamma = self.affinity_focal_gamma
        check_number("affinity_focal_gamma", gamma, 0, above=True)
        as_generator(self.random_state)
        pick_device(self.device)
        if self.num_eig > count:
            raise ValueError(
                "num_eig must be at most the number of rows of features, "
                f"n_samples = {count}, got {self.num_eig}"
            )


def check_guide(guide: Features, shape: tuple[int, ...]) -> Tensor:
    """Return a guide (..., G) of rows of some shape as float32; else raise."""
    checked = check_finite("guide", check_array("guide", guide))
    if tuple(checked.shape[:-1]) != shape:
        raise ValueError(
            f"guide must have a row for each of the features, shape {(*shape, 'G')}: "
            f"got {tuple(checked.shape)}"
        )
    return as_tensor(checked).float()


def as_generator(random_state: int | np.random.Generator | None) -> np.random.Generator:
    """Return the generator of a seed; else raise ValueError."""
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "random_state must be None, an integer of at least 0 or a "
            f"numpy.random.Generator, got {random_state!r}"
        ) from error
