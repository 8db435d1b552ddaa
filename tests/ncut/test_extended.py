"""Large batches: some images are solved, and extended to each other one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ncut_widget.ncut import NCUT
from ncut_widget.ncut.neighbors import sparse
from ncut_widget.ncut.neighbors.cover import covering_images
from ncut_widget.ncut.neighbors.extend import HarmonicExtension
from ncut_widget.ncut.neighbors.nearest import Layout
from ncut_widget.ncut.rows import Rows
from tests.ncut.test_neighbors import scene
from tests.ncut.test_own import coordinates_of


@pytest.fixture
def two_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Solve two images of every batch."""
    monkeypatch.setattr(sparse, "SOLVED", 2)
    monkeypatch.setattr(sparse, "_ALL", 0)


def fit(features: NDArray, **given: Any) -> NCUT:
    return NCUT(6, graph="neighbors", progress=False, device="cpu", **given).fit(
        features
    )


def test_every_kind_of_image_has_one_that_stands_for_it() -> None:
    rng = np.random.default_rng(0)
    kinds = rng.permutation(np.repeat(np.arange(3), [20, 5, 2]))
    centres = 5 * np.eye(3)
    images = [
        torch.from_numpy(centres[kind] + rng.standard_normal((40, 3))).float()
        for kind in kinds
    ]
    chosen = covering_images(images, 3, np.random.default_rng(0))
    assert sorted(kinds[chosen].tolist()) == [0, 1, 2]
    assert (np.diff(chosen) > 0).all()


def test_equal_images_are_chosen_once_each() -> None:
    images = [torch.zeros(4, 2)] * 6
    chosen = covering_images(images, 5, np.random.default_rng(0))
    assert len(set(chosen.tolist())) == 5


@pytest.mark.usefixtures("two_solved")
def test_extended_images_tell_the_same_things_apart() -> None:
    features, kinds = scene(images=5)
    eigvecs = fit(features).eigenvectors_
    rows = eigvecs[..., :3] / np.linalg.norm(eigvecs[..., :3], axis=-1, keepdims=True)
    centres = np.stack([rows[kinds == kind].mean(0) for kind in range(3)])
    found = np.square(rows[..., None, :] - centres).sum(-1).argmin(-1)
    assert ((found == kinds).mean((1, 2)) > 0.95).all()
    lengths = np.linalg.norm(eigvecs.reshape(-1, 6), axis=0)
    np.testing.assert_allclose(lengths, 1, atol=1e-5)


@pytest.mark.usefixtures("two_solved")
def test_an_image_is_extended_alike_with_any_cores_and_every_time() -> None:
    features, _ = scene(images=4)
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 2):
            torch.set_num_threads(threads)
            found.append(fit(features).eigenvectors_)
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


@pytest.mark.usefixtures("two_solved")
def test_features_on_disk_are_read_image_by_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    features, _ = scene(images=6)
    np.save(tmp_path / "features.npy", features.astype(np.float16))
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    most = []
    read = Rows.read

    def looked(self: Rows, rows: slice | NDArray[np.int64]) -> Any:
        part = read(self, rows)
        most.append(len(part.values))
        return part

    expected = fit(features.astype(np.float16)).eigenvectors_
    monkeypatch.setattr(Rows, "read", looked)
    assert np.array_equal(fit(mapped).eigenvectors_, expected)
    # The space is found from a sample; `landmarks_` are the rows of two images.
    assert sorted(most)[-2:] == [2 * 24 * 24, features[..., 0].size]
    assert sorted(most)[-3] <= 24 * 24


@pytest.mark.usefixtures("two_solved")
def test_with_few_rows_for_each_eigenvector_all_images_are_solved() -> None:
    features = np.random.default_rng(0).standard_normal((5, 4, 4, 3))
    eigvecs = fit(features).eigenvectors_.reshape(-1, 6)
    np.testing.assert_allclose(eigvecs.T @ eigvecs, np.eye(6), atol=1e-4)


@pytest.mark.usefixtures("two_solved")
def test_later_images_are_placed_beside_those_that_were_solved() -> None:
    features, kinds = scene(images=5)
    ncut = fit(features)
    others, other_kinds = scene(images=1, seed=5)
    placed = ncut.transform(others)
    for kind in range(3):
        centre = ncut.eigenvectors_[kinds == kind].mean(0)
        mine = placed[other_kinds == kind].mean(0)
        assert mine @ centre > 0.9 * np.linalg.norm(mine) * np.linalg.norm(centre)


def test_what_is_the_same_everywhere_stays_so() -> None:
    """The trivial eigenvector of an extended image is the root of its degrees."""
    features, _ = scene(images=2)
    near = coordinates_of(features)
    cells = 24 * 24
    values = torch.full((cells, 2), 0.5)
    solved = HarmonicExtension.of(
        near[:cells], values, Layout(cells, 1, (24, 24)), 1.0, rng()
    )
    eigvecs, roots = solved(near[cells:], near[cells:, :3])
    torch.testing.assert_close(eigvecs, 0.5 * roots.expand(-1, 2))


def test_flat_images_get_finite_eigenvectors() -> None:
    near = torch.zeros(64, 3)
    layout = Layout(64, 1, (8, 8))
    solved = HarmonicExtension.of(near, torch.ones(64, 2), layout, 1.0, rng())
    for guide in (None, torch.zeros(64, 3)):
        eigvecs, roots = solved(near, guide)
        assert bool(eigvecs.isfinite().all())
        assert bool((roots > 0).all())


def rng() -> np.random.Generator:
    return np.random.default_rng(0)
