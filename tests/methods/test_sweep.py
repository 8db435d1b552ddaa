"""The threshold that is found: the smallest normalized cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage import data

from ncut_widget import NcutSegmenter
from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.methods.sweep import LEVELS, best_threshold, normalized_cuts
from tests.support.page import click


def batch(seed: int, cells: int = 12) -> tuple[NDArray, NDArray, MemoryStore, NDArray]:
    """Return affinities of two images' cells, all their eigenpairs, and a map."""
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((2 * cells, 3))
    affinity = np.exp(-np.square(points[:, None] - points).sum(2))
    root = np.sqrt(affinity.sum(1))
    values, vectors = np.linalg.eigh(affinity / root / root[:, None])
    heat = rng.random((2, 3, cells // 3)).astype(np.float32)
    store = MemoryStore(vectors[:, ::-1].reshape(*heat.shape, -1).copy(), "cpu")
    return affinity, values[::-1], store, heat


@given(st.integers(0, 2**32 - 1))
def test_the_cuts_are_those_of_the_graph(seed: int) -> None:
    affinity, eigvals, store, heat = batch(seed)
    cuts, shares = normalized_cuts(heat, store, eigvals)
    degrees = affinity.sum(1)
    for level, cut, share in zip(LEVELS, cuts, shares, strict=True):
        above = heat.ravel() > np.float32(level)
        volume = degrees[above].sum()
        assert share == pytest.approx(volume / degrees.sum(), abs=1e-5)
        if 0 < above.sum() < above.size:
            between = affinity[above][:, ~above].sum()
            expected = between / volume + between / (degrees.sum() - volume)
            assert cut == pytest.approx(expected, abs=1e-4)


def test_the_middle_of_equal_cuts_is_taken() -> None:
    _, eigvals, store, heat = batch(0)
    heat[:] = np.where(heat > np.quantile(heat, 0.6), 0.62, 0.45)
    assert best_threshold(heat, store, eigvals) == pytest.approx(0.53, abs=0.01)
    assert best_threshold(np.zeros_like(heat), store, eigvals) is None


@pytest.fixture(scope="module")
def seg() -> NcutSegmenter:
    images = [data.coffee()]
    return NcutSegmenter.from_images(images, progress=False, method="diffusion")


def test_it_follows_clicks_until_a_threshold_is_set(seg: NcutSegmenter) -> None:
    seen = []
    seg.observe(lambda change: seen.append(change.new), "threshold")
    seg.auto_threshold = True
    assert seg.threshold == 0.5  # nothing is clicked
    seg.add_click(300, 200)
    first = seg.threshold
    assert 0.3 <= first <= 0.75
    assert first != 0.5
    seg.granularity = 2
    second = seg.threshold
    assert second != first
    seg.granularity = 5.5
    seg.add_click(30, 30, positive=False)
    third = seg.threshold
    seg.undo()
    assert seg.threshold == first
    seg.redo()
    assert seg.threshold == third
    assert seen[:2] == [first, second]
    seg.threshold = third
    assert seg.auto_threshold  # it is the same
    seg.threshold = 0.4
    assert not seg.auto_threshold
    seg.undo()
    assert (seg.threshold, seg.auto_threshold) == (third, True)
    seg.auto_threshold = False
    assert seg.threshold == 0.5  # as it was before
    seg.undo()
    assert seg.threshold == third


def test_the_page_is_told_before_what_is_painted_with_it(seg: NcutSegmenter) -> None:
    seg.clear()
    seg.threshold = 0.5
    seg.auto_threshold = True
    told = []
    seg.send = lambda content, buffers=None: told.append(content["type"])
    seg._send = lambda message, buffers=None: told.append([*message["state"]])
    edit = click(0, 300, 200, 1)
    seg._receive(seg, {"type": "edit", "id": "1", "edits": [edit], "images": [0]}, [])
    assert told[:2] == [["threshold"], "edited"]
    del told[:]
    seg.set_state({"threshold": 0.31, "auto_threshold": True})
    assert seg.auto_threshold
    assert seg.threshold != 0.31
    assert any("threshold" in names for names in told)
