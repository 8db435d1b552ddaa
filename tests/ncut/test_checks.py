"""What NCUT refuses, in one sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from ncut_widget.ncut import NCUT
from tests.support.dense import (
    DISTANCES,
)

GOOD = np.eye(4, dtype=np.float32)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"num_eig": 0}, "num_eig must be a whole number of at least 1, got 0"),
        ({"num_eig": 2.5}, "num_eig must be a whole number of at least 1, got 2.5"),
        ({"num_eig": 5}, "num_eig must be at most the number of rows.* 4, got 5"),
        (
            {"num_eig": 3, "num_sample": 2},
            "num_sample must be at least num_eig=3, got 2",
        ),
        ({"chunk_size": 0}, "chunk_size must be a whole number of at least 1, got 0"),
        ({"distance": "cos"}, "distance must be one of .*rbf, got 'cos'"),
        ({"sample_method": "best"}, "sample_method must be one of .*, got 'best'"),
        ({"affinity_focal_gamma": 0}, "affinity_focal_gamma must be .* above 0, got 0"),
        ({"affinity_focal_gamma": float("nan")}, "affinity_focal_gamma must be"),
        ({"affinity_focal_gamma": "1"}, "affinity_focal_gamma must be .*, got '1'"),
        ({"random_state": -1}, "random_state must be .*, got -1"),
        (
            {"return_eigenvalues": "a"},
            "return_eigenvalues must be True or False, got 'a'",
        ),
        ({"device": "abacus"}, "device must be one that torch can use here"),
    ],
)
def test_parameters_are_checked_at_fit(
    parameters: dict[str, Any], message: str
) -> None:
    ncut = NCUT(**{"num_eig": 2, **parameters})
    with pytest.raises((TypeError, ValueError), match=message):
        ncut.fit(GOOD)
    assert not hasattr(ncut, "eigenvectors_")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("num_sample", [2, 100])
def test_features_that_are_not_finite_are_refused_by_row(
    bad: float, distance: str, num_sample: int
) -> None:
    features = np.tile(GOOD, (10, 1))
    features[33, 2] = bad
    ncut = NCUT(2, distance=distance, num_sample=num_sample, chunk_size=7)
    with pytest.raises(ValueError, match=r"features must be finite .* in row 33 of 40"):
        ncut.fit(features)
    ncut.fit(np.tile(GOOD, (10, 1)))
    with pytest.raises(ValueError, match="in row 33 of 40"):
        ncut.transform(features)


@pytest.mark.parametrize("shape", [(8,), (0, 3), (5, 0), ()])
def test_shapes_without_rows_or_columns_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"features must have shape \(\.\.\., C\)"):
        NCUT(1).fit(np.zeros(shape))


@pytest.mark.parametrize(
    "features",
    [
        GOOD.astype(complex),
        torch.eye(4).to(torch.complex64),
        torch.eye(4).to_sparse(),
        np.array([["a", "b"]]),
    ],
)
def test_features_that_are_not_real_numbers_are_refused(features: Any) -> None:
    with pytest.raises(TypeError, match="features must be a dense array or tensor"):
        NCUT(1).fit(features)


def test_transform_needs_a_fit_and_the_same_columns() -> None:
    ncut = NCUT(2)
    with pytest.raises(ValueError, match="call fit"):
        ncut.transform(GOOD)
    ncut.fit(GOOD)
    with pytest.raises(ValueError, match=r"must have 4 columns .*, got 3"):
        ncut.transform(GOOD[:, :3])
