"""Answers to the page's messages."""

from __future__ import annotations

import io
import json
import threading
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from ncut_widget import NcutSegmenter, get_mask
from ncut_widget.masks.coordinates import Cell
from tests.support.fields import field_at
from tests.support.page import Wire, click, seeds

# From the page ----------------------------------------------------------------------


def test_an_edit_is_answered_with_the_maps_of_the_images_on_view(
    seg: NcutSegmenter, wire: Wire
) -> None:
    edits = [click(1, 10, 30, 1), click(0, 3, 3, 1), {"op": "undo"}]
    content, buffers = wire.ask(
        {"type": "edit", "id": "a1", "edits": edits, "images": [1, 2]}
    )
    assert content["type"] == "edited"
    assert content["id"] == "a1"
    assert content["prompts"]["added"] == seg.clicks == [[1, 10, 30, 1]]
    assert content["history"] == seg._history == [True, True]
    assert content["revision"] == seg._revision == 3
    assert content["error"] is None
    (described,) = content["fields"]
    assert described["seeds"] == seeds([1, 10, 2])
    assert described["images"] == [1, 2]
    values = np.frombuffer(buffers[0], "<f4").reshape(2, 16, 16)
    similarity = field_at(seg._session, Cell(1, 10, 2))
    np.testing.assert_array_equal(values, similarity.values[[1, 2]])
    assert described["stats"]["mean"] == similarity.statistics.mean
    assert described["stats"]["high"] == similarity.statistics.high


def test_a_refused_edit_keeps_those_before_it(seg: NcutSegmenter, wire: Wire) -> None:
    edits = [click(0, 3, 3, 1), click(0, 99, 3, 1), {"op": "clear"}]
    content, _ = wire.ask({"type": "edit", "id": "a", "edits": edits, "images": []})
    assert "32 x 32 pixels" in content["error"]
    assert content["prompts"]["added"] == seg.clicks == [[0, 3, 3, 1]]


def test_fields_can_be_asked_for_any_cell(seg: NcutSegmenter, wire: Wire) -> None:
    wants = [
        {"seeds": seeds([0, 1, 2], num_eig=3), "images": [0]},
        {"seeds": seeds([2, 3, 4], num_eig=3), "images": [0, 2]},
    ]
    content, buffers = wire.ask({"type": "fields", "id": "m", "wants": wants})
    assert [
        {name: told[name] for name in ("seeds", "images")} for told in content["fields"]
    ] == wants
    assert [len(buffer) for buffer in buffers] == [16 * 16 * 4, 2 * 16 * 16 * 4]


@pytest.fixture
def graph(eigvecs: NDArray) -> NcutSegmenter:
    """Make a segmenter of unit eigenvectors and their eigenvalues."""
    unit = np.linalg.qr(eigvecs.reshape(-1, 6))[0].reshape(eigvecs.shape)
    return NcutSegmenter(unit, eigvals=np.linspace(1, 0.5, 6), device="cpu")


def test_a_biased_cut_s_map_is_of_the_clicks_and_weights_that_it_names(
    graph: NcutSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Wire(graph, monkeypatch)
    graph.method = "biased_ncut"
    edits = [click(1, 3, 4, 1), click(0, 9, 8, 1), click(2, 2, 2, 0)]
    content, buffers = wire.ask(
        {"type": "edit", "id": "e", "edits": edits, "images": [1]}
    )
    (described,) = content["fields"]
    parameters = {
        "by": "semantics",
        "num_eig": 6,
        "click_weight": 0.5,
        "bg_weight": 0.1,
    }
    named = {
        "method": "biased_ncut",
        "positives": [[[1, 4, 3]], [[0, 8, 9]]],
        "negatives": [[[2, 2, 2]]],
        "parameters": parameters,
    }
    assert described["seeds"] == named
    masker = graph._session.masker
    (of,), _ = masker.seeds(graph._session.recipe)
    similarity = masker.field(of)
    values = np.frombuffer(buffers[0], "<f4").reshape(1, 16, 16)
    np.testing.assert_array_equal(values, similarity.values[[1]])

    graph.clear()  # whatever is clicked now
    parameters |= {"num_eig": 4, "click_weight": 0.9}
    wants = [{"seeds": {**named, "parameters": parameters}, "images": [0, 2]}]
    content, (other,) = wire.ask({"type": "fields", "id": "m", "wants": wants})
    (answered,) = content["fields"]
    assert {name: answered[name] for name in wants[0]} == wants[0]
    assert len(other) == 2 * 16 * 16 * 4
    graph._session.update(
        clicks=[[1, 3, 4, 1], [0, 9, 8, 1], [2, 2, 2, 0]], click_weight=0.9, num_eig=4
    )
    (of,), _ = masker.seeds(graph._session.recipe)
    similarity = masker.field(of)
    expected = similarity.values[[0, 2]].astype("<f4").tobytes()
    assert other == expected


def test_the_page_knows_whether_there_are_eigenvalues(
    seg: NcutSegmenter, graph: NcutSegmenter, wire: Wire
) -> None:
    eigvals = graph._session.spectrum.eigvals
    assert eigvals is not None
    assert graph._info["ways"]["semantics"]["eigvals"] == eigvals.tolist()
    assert seg._info["ways"]["semantics"]["eigvals"] is None
    wire.set(method="biased_ncut")
    assert seg.method == "similarity"
    assert "needs the eigenvalues" in wire.sent[-1][0]["message"]
    assert wire.states[-1]["method"] == "similarity"


def test_the_page_can_compute_what_a_click_would_give(
    seg: NcutSegmenter, wire: Wire, eigvecs: NDArray
) -> None:
    """From what was sent alone: the similarity, its mean and its spread."""
    content, buffers = wire.ask(
        {"type": "vectors", "by": "semantics", "id": "v", "images": [1], "sample": True}
    )
    assert [entry["image"] for entry in content["vectors"]] == [1, None]
    assert len(buffers[1]) == 2 * 6 * 3 * 16 * 16
    low, step = (
        np.array(content["vectors"][0][key])[:, None] for key in ("low", "step")
    )
    unit = low + step * np.frombuffer(buffers[0], "<u2").reshape(6, 256)
    pixel = 5 * 16 + 9
    expected = field_at(seg._session, Cell(1, 5, 9))
    np.testing.assert_allclose(
        unit[:, pixel] @ unit, expected.values[1].ravel(), atol=1e-4
    )
    content, buffers = wire.ask(
        {"type": "moments", "by": "semantics", "id": "m", "num_eig": 6}
    )
    mean, covariance = (np.frombuffer(buffer, "<f8") for buffer in buffers)
    clicked = unit[:, pixel]
    assert content["count"] == 3 * 16 * 16
    assert clicked @ mean == pytest.approx(expected.statistics.mean, abs=1e-4)
    assert clicked @ covariance.reshape(6, 6) @ clicked == pytest.approx(
        expected.statistics.std**2, rel=2e-3
    )


@pytest.mark.parametrize("kind", ["stage", "thumb", "eigvecs"])
@pytest.mark.parametrize("with_images", [True, False])
def test_pictures(
    eigvecs: NDArray,
    images: list[NDArray],
    kind: str,
    with_images: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seg = NcutSegmenter(eigvecs, images if with_images else None)
    wire = Wire(seg, monkeypatch)
    content, buffers = wire.ask(
        {"type": "pictures", "by": "semantics", "id": "p", "kind": kind, "images": [1]}
    )
    (described,) = content["pictures"]
    with Image.open(io.BytesIO(buffers[0])) as picture:
        assert picture.size == (described["width"], described["height"])
        assert described["mime"] == Image.MIME[picture.format]
        if kind == "eigvecs":
            assert picture.size == (16, 16)
        elif with_images:
            assert picture.size == (64, 48)


@pytest.mark.parametrize(
    "content",
    [
        None,
        "edit",
        {},
        {"type": "edit"},
        {"type": "launch", "id": "1"},
        {"type": "edit", "id": "1", "edits": None, "images": []},
        {"type": "edit", "id": "1", "edits": ["undo"], "images": []},
        {"type": "edit", "id": "1", "edits": [{"op": "explode"}], "images": []},
        {"type": "edit", "id": "1", "edits": [{"op": "add"}], "images": [0]},
        {"type": "edit", "id": "1", "edits": [], "images": [3]},
        {"type": "edit", "id": "1", "edits": [], "images": ["0"]},
        *(
            {"type": "fields", "id": "1", "wants": [{"seeds": each, "images": [0]}]}
            for each in (
                1,
                {"positives": [], "negatives": []},
                seeds([0, 0, 0], num_eig=99),
                seeds([0, 1]),
                seeds([0, 16, 0]),
                seeds([0, 0, 0, 0]),
                seeds([0, 0, 0, float("nan")]),
                seeds([0, 0, 0], [0, 0, 0]),
                seeds(),
                {**seeds([0, 0, 0]), "positives": [[[0, 0, 0]], [[0, 1, 0]]]},
                {**seeds([0, 0, 0]), "negatives": [[[0, 1, 0]]]},
                {
                    **seeds([0, 0, 0]),
                    "parameters": {"by": "semantics", "num_eig": 3, "gamma": 1},
                },
                {**seeds([0, 0, 0]), "method": "clicks"},
                {**seeds([0, 0, 0]), "cell": [0, 0, 0]},
            )
        ),
        {"type": "fields", "id": "1", "wants": [{"images": [0]}]},
        {"type": "maps", "id": "1", "num_eig": 3, "wants": []},
        {
            "type": "vectors",
            "by": "semantics",
            "id": "1",
            "images": [3],
            "sample": False,
        },
        {"type": "vectors", "by": "semantics", "id": "1", "images": [0], "sample": 1},
        {"type": "moments", "by": "semantics", "id": "1", "num_eig": 7},
        {
            "type": "pictures",
            "by": "semantics",
            "id": "1",
            "kind": "poster",
            "images": [0],
        },
        {
            "type": "pictures",
            "by": "semantics",
            "id": "1",
            "kind": "thumb",
            "images": 0,
        },
        {
            "type": "pictures",
            "by": "semantics",
            "id": 1,
            "kind": "thumb",
            "images": [0],
        },
    ],
)
def test_a_malformed_message_gets_one_sentence_and_changes_nothing(
    seg: NcutSegmenter, wire: Wire, content: Any
) -> None:
    seg.add_click(3, 3)
    before = (seg.clicks, seg._revision)
    answer, _ = wire.ask(content)
    sentence = answer.get("error") or answer.get("message")
    assert sentence
    assert "\n" not in sentence
    assert answer["type"] != "pictures"
    assert (seg.clicks, seg._revision) == before


def test_an_accident_in_a_handler_is_logged_and_said(
    seg: NcutSegmenter,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: Any) -> None:
        raise MemoryError("no memory left")

    monkeypatch.setattr(seg._pictures, "encoder", fail)
    content, _ = wire.ask(
        {
            "type": "pictures",
            "by": "semantics",
            "id": "p",
            "kind": "stage",
            "images": [0],
        }
    )
    assert content["message"] == "no memory left"
    assert "a message from the page failed" in caplog.text


def test_several_traits_of_one_message_are_one_change(
    seg: NcutSegmenter, wire: Wire
) -> None:
    heard: list[Any] = []
    seg.add_click(3, 3)
    seg.observe(heard.append, "masks")
    revision = seg._revision
    wire.set(threshold=0.1, gamma=0.3, num_eig=4)
    assert len(heard) == 1
    assert seg._revision == revision + 1


def test_one_bad_trait_of_a_message_leaves_all_as_they_were(
    seg: NcutSegmenter, wire: Wire
) -> None:
    wire.set(threshold=0.1, gamma=99)
    assert (seg.threshold, seg.gamma) == (0.5, 1.0)
    assert seg._session.settings.threshold == 0.5


def test_page_and_cell_may_change_things_at_once(
    seg: NcutSegmenter, wire: Wire
) -> None:
    """The page clicks on its thread while a cell moves a slider on another."""

    def clicks() -> None:
        for x in range(30):
            edits = [click(0, x, x, 1)]
            wire.ask({"type": "edit", "id": str(x), "edits": edits, "images": [0]})

    page = threading.Thread(target=clicks)
    page.start()
    while page.is_alive():
        seg.threshold = 0.3
        seg.threshold = 0.6
    page.join()
    assert seg.clicks == [[0, x, x, 1] for x in range(30)]
    assert seg._session.settings.threshold == seg.threshold == 0.6


def test_the_state_stays_small(eigvecs: NDArray) -> None:
    images = [np.zeros((300, 400, 3), np.uint8)] * 100
    seg = NcutSegmenter(np.resize(eigvecs, (100, 8, 8, 4)), images)
    state = {k: v for k, v in seg.get_state().items() if k not in ("_esm", "_css")}
    state.pop("layout")
    assert len(json.dumps(state)) < 10_000


def test_eigenvectors_may_be_a_tensor(eigvecs: NDArray) -> None:
    tensor = torch.tensor(eigvecs, dtype=torch.float64, requires_grad=True)
    seg = NcutSegmenter(tensor)
    seg.add_click(3, 3)
    np.testing.assert_array_equal(seg.masks, get_mask(eigvecs, eigvecs[0, 3, 3]))
