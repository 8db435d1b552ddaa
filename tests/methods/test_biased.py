"""The biased cut as a method: clicks, settings, and masks."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from ncut_widget.masks.cut import threshold_mask
from ncut_widget.masks.denoise import denoise_mask
from ncut_widget.methods.biased_cut import Graph
from ncut_widget.sessions.session import Session
from tests.support.things import (
    BG,
    FG,
    SHAPE,
    N,
    clicks_at,
    dense_similarity,
    overlap,
    things,
)


def test_thirty_eigenvectors_give_nearly_the_masks_of_all() -> None:
    for seed in range(4):
        whole = things(seed)
        masks = []
        for num_eig in (N, 30):
            session = whole.session(num_eig)
            session.update(method="biased_ncut", clicks=clicks_at(FG, BG))
            masks.append(session.masks())
        assert overlap(*masks) > 0.95


def test_the_session_s_masks_are_those_of_the_dense_cut() -> None:
    whole = things(2)
    session = whole.session()
    session.update(
        method="biased_ncut",
        clicks=clicks_at(FG, BG),
        click_weight=0.7,
        bg_weight=0.5,
        threshold=0.3,
        gamma=0.7,
        denoise_area_th=4,
    )
    dense = dense_similarity(whole.affinity, FG, BG, 0.7, 0.5, rounded=True)
    masks = threshold_mask(dense.astype(np.float32).reshape(SHAPE), 0.3, 0.7)
    np.testing.assert_array_equal(session.masks(), denoise_mask(masks, 4))
    assert session.masker.heatmaps(session.recipe).max() > 0.9
    full = list(session.full_masks())
    np.testing.assert_array_equal(full[1], session.masks()[1])
    np.testing.assert_array_equal(session.full_masks()[1], full[1])


def test_a_negative_click_takes_its_thing_out() -> None:
    """Two kinds that are near each other, and three that are not."""
    rng = np.random.default_rng(0)
    kinds = np.arange(N) % 5
    centres = np.eye(8)[:5]
    centres[1] = centres[0] + 0.8 * centres[1]
    rows = centres[kinds] + 0.05 * rng.standard_normal((N, 8))
    seg = NcutSegmenter.from_features(
        rows.reshape(*SHAPE, 8),
        num_eig=20,
        graph="full",
        affinity_focal_gamma=0.3,
        method="biased_ncut",
        denoise=False,
        device="cpu",
    )
    kinds = kinds.reshape(SHAPE)
    seg.clicks = clicks_at([0], [])
    assert seg.masks[kinds == 0].all()
    assert seg.masks[kinds == 1].all()
    seg.clicks = clicks_at([0], [1])
    seg.bg_weight = 0.5
    assert seg.masks[kinds == 0].all()
    assert not seg.masks[kinds == 1].any()
    seg.negative_threshold = 0.0  # does nothing here
    assert seg.masks[kinds == 0].all()
    seg.clicks = clicks_at([], [1])
    assert not seg.masks.any()
    assert not seg.heatmaps.any()


@pytest.mark.parametrize("method", ["biased_ncut", "diffusion"])
def test_a_negative_click_within_the_mask_takes_its_surroundings_away(
    method: str,
) -> None:
    """A thing of one kind: what is about the negative click goes, the rest stays."""
    rng = np.random.default_rng(0)
    kinds = np.zeros((2, 24, 24), int)
    kinds[:, :, 4:20] = 1
    features = np.eye(6)[kinds] + 0.05 * rng.standard_normal((2, 24, 24, 6))
    seg = NcutSegmenter.from_features(
        features, num_eig=3, method=method, denoise=False, device="cpu", progress=False
    )
    seg.add_click(12, 3)
    assert (seg.masks[0] == (kinds[0] == 1)).mean() > 0.98
    other = seg.masks[1].copy()
    seg.add_click(12, 20, positive=False)
    mask = seg.masks[0]
    assert not mask[18:23, 10:15].any()
    assert mask[:8, 5:19].mean() > 0.98
    # Images on which nothing was said lose no surroundings of it.
    assert (seg.masks[1] == other).mean() > 0.8


@pytest.mark.parametrize("click_weight", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("shape", [(2, 4, 4, 3), (1, 1, 1, 1), (1, 1, 2, 2)])
def test_where_nothing_can_be_told_apart_the_masks_are_empty(
    shape: tuple[int, ...], click_weight: float
) -> None:
    eigvecs = np.zeros(shape)
    eigvecs[..., 0] = 1 / np.sqrt(eigvecs[..., 0].size)
    session = Session(eigvecs, eigvals=np.eye(shape[-1])[0], device="cpu")
    session.update(
        clicks=[[0, 0, 0, 1]], method="biased_ncut", click_weight=click_weight
    )
    with pytest.warns(UserWarning, match="the biased cut finds all pixels alike"):
        assert not session.masks().any()
    assert np.array_equal(session.masker.heatmaps(session.recipe), np.zeros(shape[:3]))


def test_equal_profiles_leave_the_cut_to_the_graph() -> None:
    """Positive and negative on one pixel: the profile is 0 all over."""
    session = things(0).session(30)
    session.update(method="biased_ncut", clicks=clicks_at([5], [5]), bg_weight=1.0)
    assert np.isfinite(session.masker.heatmaps(session.recipe)).all()
    assert 0 < session.masks().sum() < N


def test_things_much_smaller_than_a_sixteenth_are_found_whole() -> None:
    """Their profiles differ by many widths of the clicks' affinity."""
    rng = np.random.default_rng(1)
    features = np.array([1.0, 0, 0, 0, 0, 0]) + 0.2 * rng.standard_normal((N, 6))
    small = np.zeros(N, dtype=bool)
    small[[3, 4, 150, 151, 152, 340]] = True
    features[small] = [0, 1, 0, 0, 0, 0] + 0.1 * rng.standard_normal((6, 6))
    seg = NcutSegmenter.from_features(
        features.reshape(*SHAPE, 6),
        num_eig=10,
        affinity_focal_gamma=0.1,
        method="biased_ncut",
        denoise=False,
        clicks=clicks_at([3], []),
        device="cpu",
    )
    np.testing.assert_array_equal(seg.masks.ravel(), small)


def test_degrees_below_zero_do_no_harm() -> None:
    rng = np.random.default_rng(2)
    eigvecs = np.linalg.qr(rng.standard_normal((N, 6)))[0].reshape(*SHAPE, 6)
    session = Session(eigvecs, eigvals=np.linspace(1, -0.5, 6), device="cpu")
    for weight in (0.0, 0.3, 1.0):
        session.update(
            method="biased_ncut", clicks=clicks_at(FG, BG), click_weight=weight
        )
        assert np.isfinite(session.masker.heatmaps(session.recipe)).all()


def test_it_extends_to_pixels_that_are_not_in_the_batch() -> None:
    whole = things(3)
    session = whole.session(30)
    session.update(method="biased_ncut", clicks=clicks_at(FG, BG), threshold=0.3)
    eigvecs = whole.eigvecs[..., :30].astype(np.float32)
    masks = np.stack(list(session.masker.predictor(session.recipe)(eigvecs)))
    np.testing.assert_array_equal(masks, session.masks())
    (large,) = session.masker.predictor(session.recipe)(eigvecs[:1], [(40, 60)])
    assert large.shape == (40, 60)
    predict = session.masker.predictor(session.recipe)
    session.clear()
    np.testing.assert_array_equal(np.stack(list(predict(eigvecs))), masks)


def test_undo_redo_and_commit_keep_the_method() -> None:
    session = things(0).session(30)
    session.update(method="biased_ncut", click_weight=0.8)
    session.add(clicks_at([5], [])[0])
    one = session.masks()
    session.add(clicks_at([], [300])[0])
    both = session.masks()
    session.undo()
    np.testing.assert_array_equal(session.masks(), one)
    session.redo()
    np.testing.assert_array_equal(session.masks(), both)
    segment = session.commit()
    assert segment.settings.method == "biased_ncut"
    assert segment.settings.click_weight == 0.8
    np.testing.assert_array_equal(segment.masks, both)
    session.undo()
    session.update(method="similarity")
    assert not np.array_equal(session.masks(), both)


def test_sliders_do_not_cut_the_graph_again(monkeypatch: pytest.MonkeyPatch) -> None:
    session = things(0).session(30)
    session.update(method="biased_ncut", clicks=clicks_at(FG, BG))
    session.masks()
    monkeypatch.setattr(Graph, "bias", None)  # calling it would raise
    for threshold in (0.2, 0.8):
        session.update(threshold=threshold, gamma=2 * threshold)
        session.masks()


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        (
            {"method": "ncut"},
            ValueError,
            "one of similarity, diffusion, random_walker, biased_ncut, got 'ncut'",
        ),
        (
            {"method": np.array([1, 2])},
            ValueError,
            r"method must be one of .* got array",
        ),
        (
            {"method": 1},
            ValueError,
            "one of similarity, diffusion, random_walker, biased_ncut, got 1",
        ),
        ({"click_weight": 1.5}, ValueError, "click_weight must .* 0 and 1, got 1.5"),
        ({"click_weight": "a"}, TypeError, "click_weight must be a number .* got 'a'"),
        ({"bg_weight": -0.1}, ValueError, "bg_weight must .* 0 and 10, got -0.1"),
        ({"bg_weight": float("nan")}, ValueError, "bg_weight must .* got nan"),
    ],
)
def test_settings_are_checked(
    changes: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    session = things(0).session(6)
    with pytest.raises(error, match=sentence):
        session.update(**changes)
    assert session.revision == 0


def test_it_needs_eigenvalues_and_unit_eigenvectors(eigvecs: NDArray) -> None:
    with pytest.raises(ValueError, match=r"needs the eigenvalues .* give eigvals"):
        Session(eigvecs).update(method="biased_ncut")
    with pytest.raises(ValueError, match=r"length 1 over the whole batch .* got 29.9"):
        Session(eigvecs, eigvals=np.ones(6)).update(method="biased_ncut")


@pytest.mark.parametrize(
    ("eigvals", "error", "sentence"),
    [
        (np.ones(5), ValueError, r"6 eigenvectors, shape \(6,\): got shape \(5,\)"),
        (np.full(6, np.nan), ValueError, "finite, got NaN"),
        (["a"] * 6, TypeError, "real numbers, got dtype <U1"),
    ],
)
def test_wrong_eigenvalues_are_refused(
    eigvecs: NDArray, eigvals: Any, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        Session(eigvecs, eigvals=eigvals)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_a_gpu_cuts_the_same() -> None:
    whole = things(1)
    here = whole.session(30)
    there = Session(whole.eigvecs[..., :30], eigvals=whole.eigvals[:30], device="cuda")
    for session in (here, there):
        session.update(method="biased_ncut", clicks=clicks_at(FG, BG))
    assert (here.masks() != there.masks()).sum() <= 1


def test_no_warning_on_the_way() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session = things(1).session(30)
        session.update(method="biased_ncut", clicks=clicks_at(FG, BG))
        session.masks()
