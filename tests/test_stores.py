"""The whole product on a store that gives no more than two images at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from ncut_widget.methods import METHODS, Spectra
from tests.support.file_store import FileStore
from tests.support.page import Wire

SIZES = [(30, 40), (33, 20), (16, 16), (50, 12), (9, 9)]
CLICKS = [[0, 12, 9, 1], [3, 4, 20, 1], [1, 17, 30, 0]]


def features(seed: int) -> NDArray:
    """Draw features of five images of three kinds."""
    rng = np.random.default_rng(seed)
    kinds = np.zeros((5, 10, 12), dtype=int)
    kinds[:, 2:7, 1:6] = 1
    kinds[:, 6:, 8:] = 2
    return 3 * np.eye(6)[kinds] + 0.7 * rng.standard_normal((*kinds.shape, 6))


@pytest.fixture
def both(tmp_path: Path) -> tuple[NcutSegmenter, NcutSegmenter]:
    """Make the same segmenter with eigenvectors in memory, and in files."""
    rng = np.random.default_rng(1)
    images = [rng.integers(0, 255, (*size, 3), np.uint8) for size in SIZES]
    held = NcutSegmenter.from_features(
        features(0), images, num_eig=8, device="cpu", progress=False
    )
    pipelines = held._origin.pipelines
    assert pipelines
    (tmp_path / "store").mkdir()
    store = FileStore(tmp_path / "store", held.eigvecs)
    details = held._session.spectrum.details
    read = NcutSegmenter(Spectra(store, held.eigvals, details), images)
    read._origin.pipelines = pipelines
    assert read._session.spectrum.store is store
    return held, read


def commit(seg: NcutSegmenter) -> None:
    for name in METHODS:
        seg.method = name
        seg.clicks = CLICKS
        seg.commit(name)
    seg.method = "diffusion"
    seg.clicks = CLICKS


@pytest.mark.parametrize("method", METHODS)
def test_masks_are_the_same_to_the_bit(
    both: tuple[NcutSegmenter, NcutSegmenter], method: str
) -> None:
    held, read = both
    for seg in both:
        seg.method = method
        seg.auto_threshold = True
        seg.clicks = CLICKS
    assert held.masks.any()
    assert read.threshold == held.threshold
    np.testing.assert_array_equal(read.masks, held.masks)
    for one, other in zip(read.full_masks(), held.full_masks(), strict=True):
        np.testing.assert_array_equal(one, other)
    apart = 1e-6 if method == "biased_ncut" else 0  # sums of other parts
    np.testing.assert_allclose(read.heatmaps, held.heatmaps, rtol=0, atol=apart)
    predicted = [seg.predict(features=features(2)) for seg in both]
    np.testing.assert_array_equal(*predicted)
    assert predicted[0].any()


def test_colours_eigenvectors_and_fingerprint_are_the_same(
    both: tuple[NcutSegmenter, NcutSegmenter],
) -> None:
    held, read = both
    np.testing.assert_array_equal(read.eigvecs, held.eigvecs)
    np.testing.assert_array_equal(read.colors, held.colors)
    assert read._origin.fingerprint(["semantics"]) == held._origin.fingerprint(
        ["semantics"]
    )
    for seg in both:
        seg.color(q=0.9)
    np.testing.assert_array_equal(read.colors, held.colors)


def test_tables_label_maps_and_exports_are_the_same(
    both: tuple[NcutSegmenter, NcutSegmenter], tmp_path: Path
) -> None:
    held, read = both
    for seg in both:
        commit(seg)
    np.testing.assert_array_equal(read.label_map, held.label_map)
    tables = [seg.to_table(progress=False) for seg in both]
    assert tables[0].keys() == tables[1].keys()
    for name, column in tables[0].items():
        if column.dtype.kind == "f":
            np.testing.assert_allclose(column, tables[1][name], atol=1e-6)
        else:
            assert column.tolist() == tables[1][name].tolist()
    for number, seg in enumerate(both):
        seg.export(tmp_path / f"{number}.npz", progress=False)
    with np.load(tmp_path / "0.npz") as one, np.load(tmp_path / "1.npz") as other:
        assert one.files == other.files
        for name in {*one.files} - {"provenance"}:
            np.testing.assert_array_equal(one[name], other[name])
    path = held.save_session(tmp_path / "a.json")
    read.clear()
    read.load_session(path)
    np.testing.assert_array_equal(read.masks, held.masks)


def test_figures_and_a_page_without_a_kernel_are_made_of_it(
    both: tuple[NcutSegmenter, NcutSegmenter], tmp_path: Path
) -> None:
    pages = []
    for number, seg in enumerate(both):
        commit(seg)
        seg.plot(rows=("images", "masks", "heatmaps"))
        seg.plot_eigvecs(num_eig=2)
        assert seg._repr_mimebundle_()[0]["image/png"]
        pages.append(seg.save_html(tmp_path / f"{number}.html", progress=False))
    assert pages[0].iou == pages[1].iou > 0.99


def test_the_page_is_answered_the_same(
    both: tuple[NcutSegmenter, NcutSegmenter], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[list[Any]] = []
    every = [0, 1, 2, 3, 4]
    for seg in both:
        wire = Wire(seg, monkeypatch)
        edits = [{"op": "add", "prompt": each} for each in CLICKS]
        answers.append([])
        for request in (
            {"type": "edit", "edits": edits, "images": every},
            {"type": "vectors", "by": "semantics", "images": every, "sample": True},
            {"type": "pictures", "by": "semantics", "kind": "eigvecs", "images": every},
            {"type": "moments", "by": "semantics", "num_eig": 8},
        ):
            content, buffers = wire.ask({"id": "a", **request})
            assert content["type"] != "error", content
            exact = request["type"] != "moments"
            parts = [b if exact else np.frombuffer(b, "<f8").round(9) for b in buffers]
            answers[-1].append((json.dumps(content), parts))
    for (content, parts), (other, others) in zip(*answers, strict=True):
        assert content == other
        for part, same in zip(parts, others, strict=True):
            np.testing.assert_array_equal(part, same)
