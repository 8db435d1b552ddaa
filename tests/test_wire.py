"""What the page may ask for and set, and how much it gets for it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from ncut_widget.page.wire import REPLY_BYTES
from tests.page import Wire, click

MAP = 4 * 16 * 16


@pytest.fixture
def seg(eigvecs: NDArray) -> NcutSegmenter:
    return NcutSegmenter(eigvecs)


@pytest.fixture
def wire(seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(seg, monkeypatch)


def edit(first: int, *edits: dict, page: str = "p", images: Any = (0, 1)) -> dict:
    return {
        "type": "edit",
        "id": f"{page}-{first}",
        "page": page,
        "first": first,
        "edits": list(edits),
        "images": list(images),
    }


UNDO, REDO = {"op": "undo"}, {"op": "redo"}


# Edits ------------------------------------------------------------------------------


def test_a_reply_to_an_edit_holds_the_maps_of_the_new_click_alone(wire: Wire) -> None:
    sizes = []
    for n in range(12):
        _, buffers = wire.ask(edit(n + 1, click(0, n, n, 1)))
        sizes.append(sum(map(len, buffers)))
    assert sizes == [2 * MAP] * 12
    for n, operation in enumerate((UNDO, UNDO, REDO, {"op": "clear"}), 13):
        content, buffers = wire.ask(edit(n, operation))
        assert (content["maps"], buffers) == ([], [])
    # The same pixel once more, and one beside it of the same cell.
    wire.ask(edit(17, UNDO))
    content, _ = wire.ask(edit(18, click(0, 0, 0, 1), click(0, 0.5, 0, 1)))
    assert content["maps"] == []


def test_many_clicks_in_one_message_bring_no_more_than_a_megabyte(wire: Wire) -> None:
    cells = [
        click(image, x, y, 1)
        for image in range(3)
        for x in range(16)
        for y in range(16)
    ]
    content, buffers = wire.ask(edit(1, *cells, *cells, images=[2, 0, 1]))
    assert len(content["clicks"]) == 2 * 768
    assert {tuple(described["images"]) for described in content["maps"]} == {(2,)}
    assert len(buffers) == 768
    _, buffers = wire.ask(edit(2 * 768 + 1, UNDO))
    assert buffers == []


def test_an_edit_that_is_sent_again_is_not_made_again(
    seg: NcutSegmenter, wire: Wire
) -> None:
    first = edit(1, click(0, 3, 3, 1), click(0, 9, 9, 1), UNDO)
    for _ in range(3):  # its answers were lost
        content, _ = wire.ask(first)
        assert content["clicks"] == seg.clicks == [[0, 3, 3, 1]]
        assert content["error"] is None
    assert seg._revision == 3
    # What was sent is sent again, with what has come since.
    wire.ask(edit(1, *first["edits"], click(1, 5, 5, 1)))
    assert seg.clicks == [[0, 3, 3, 1], [1, 5, 5, 1]]
    # Another page has numbers of its own.
    wire.ask(edit(1, UNDO, page="q"))
    assert seg.clicks == [[0, 3, 3, 1]]
    wire.ask(edit(5, click(1, 5, 5, 1)))
    wire.ask(edit(1, UNDO, page="q"))
    assert seg.clicks == [[0, 3, 3, 1], [1, 5, 5, 1]]


def test_why_an_edit_was_refused_is_said_again(seg: NcutSegmenter, wire: Wire) -> None:
    refused = edit(1, click(0, 3, 3, 1), click(0, 99, 3, 1), UNDO)
    for _ in range(2):
        content, _ = wire.ask(refused)
        assert "16 x 16 pixels" in content["error"]
        assert seg.clicks == [[0, 3, 3, 1]]
    content, _ = wire.ask(edit(4, UNDO))
    assert content["error"] is None
    assert seg.clicks == []


def test_pages_that_have_gone_are_forgotten(wire: Wire) -> None:
    for n in range(200):
        wire.ask(edit(1, click(0, 3, 3, 1), UNDO, page=f"page{n}"))
    assert len(wire.seg._edits._made) == 64


# State ------------------------------------------------------------------------------


def test_sync_sets_what_was_lost_and_tells_all(seg: NcutSegmenter, wire: Wire) -> None:
    seg.add_click(3, 3)
    seg.overlay = "heatmap"
    wire.states.clear()
    content, _ = wire.ask({"type": "sync", "id": "p-1", "settings": {"gamma": 2.5}})
    assert content == {"type": "synced", "id": "p-1", "revision": seg._revision}
    told = wire.states[-1]
    assert told["gamma"] == seg.gamma == 2.5
    assert told["clicks"] == [[0, 3, 3, 1]]
    assert told["overlay"] == "heatmap"
    assert told["_history"] == [True, False]
    assert not told.keys() & {"_esm", "_css", "layout", "_info"}


@pytest.mark.parametrize(
    "settings", [{"gamma": 99}, {"_revision": 7}, {"threshold": 0.1, "gamma": 99}]
)
def test_a_refused_sync_changes_nothing_and_tells_all(
    seg: NcutSegmenter, wire: Wire, settings: dict
) -> None:
    content, _ = wire.ask({"type": "sync", "id": "p-1", "settings": settings})
    assert (content["type"], content["id"]) == ("error", "p-1")
    assert (seg.gamma, seg.threshold, seg._revision) == (1, 0.5, 0)
    assert wire.states[-1]["gamma"] == 1


@pytest.mark.parametrize(
    "name",
    [
        "_revision",
        "_info",
        "_segments",
        "_history",
        "_colors",
        "_esm",
        "_css",
        "_model_module",
        "_view_name",
        "_dom_classes",
        "tooltip",
        "layout",
        "masks",
    ],
)
def test_the_page_sets_nothing_but_settings(
    seg: NcutSegmenter, wire: Wire, name: str
) -> None:
    wire.set(threshold=0.2)
    before = getattr(seg, name)
    wire.set(**{name: [1], "threshold": 0.2})
    assert seg.threshold == 0.2
    assert np.array_equal(getattr(seg, name), before)
    if name in seg.keys:
        assert name in wire.states[-1]  # the page is put right


# Amounts ----------------------------------------------------------------------------


def test_one_request_gets_no_more_than_ten_mebibytes(
    eigvecs: NDArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    seg = NcutSegmenter(np.resize(eigvecs, (100, 64, 64, 30)))
    wire = Wire(seg, monkeypatch)
    wants = [{"cell": [0, 0, x], "images": list(range(100))} for x in range(7)]
    requests = [
        {"type": "maps", "num_eig": 30, "wants": wants},
        {"type": "maps", "num_eig": 30, "wants": [{**wants[0], "images": []}] * 641},
        {"type": "vectors", "images": list(range(100)), "sample": False},
    ]
    for request in requests:
        content, buffers = wire.ask({**request, "id": "p-1"})
        assert content["type"] == "error"
        assert "ask for the others afterwards" in content["message"]
        assert buffers == []
    wants = wants[:6]
    content, buffers = wire.ask({**requests[0], "wants": wants, "id": "p-2"})
    assert sum(map(len, buffers)) == 6 * 100 * 4 * 64 * 64 <= REPLY_BYTES


@pytest.mark.parametrize("kind", ["maps", "vectors", "pictures", "edit"])
def test_images_of_a_request_are_different_ones(wire: Wire, kind: str) -> None:
    content, buffers = wire.ask(
        {
            "type": kind,
            "id": "p-1",
            "images": [0, 0],
            "sample": False,
            "kind": "stage",
            "edits": [],
            "num_eig": 3,
            "wants": [{"cell": [0, 0, 0], "images": [1, 1]}],
        }
    )
    assert "must be different images" in content["message"]
    assert buffers == []


def nested(depth: int) -> list:
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


LARGE: list[Any] = ["x" * 10**7, nested(990), list(range(10**6)), {"k": "x" * 10**7}]


@pytest.mark.parametrize("value", LARGE, ids=["text", "depth", "list", "dictionary"])
def test_what_is_refused_is_shown_in_short(
    seg: NcutSegmenter, wire: Wire, value: Any
) -> None:
    fields = {"edits": [], "images": [], "num_eig": 3, "wants": [], "settings": {}}
    requests = [
        {"type": value, "id": "1"},
        *({"type": "edit", "id": "1", **fields, name: value} for name in fields),
        {"type": "edit", "id": "1", "page": value, "first": value, **fields},
        {"type": "edit", "id": "1", "edits": [value], "images": []},
        {"type": "edit", "id": "1", "edits": [{"op": value}], "images": []},
        {
            "type": "edit",
            "id": "1",
            "edits": [{"op": "click", "click": value}],
            "images": [],
        },
        {"type": "maps", "id": "1", "num_eig": 3, "wants": [value]},
        {"type": "maps", "id": "1", "num_eig": 3, "wants": [{"cell": value}]},
        {"type": "maps", "id": "1", "num_eig": value, "wants": []},
        {"type": "pictures", "id": "1", "kind": value, "images": [0]},
        {"type": "sync", "id": "1", "settings": {"gamma": value}},
        {"type": "sync", "id": "1", "settings": {"x" * 10**6: value}},
        value,
    ]
    for request in requests:
        content, _ = wire.ask(request)
        assert len(json.dumps(content)) < 1000
    for name in ("threshold", "clicks", "denoise", "method", "overlay", "active_image"):
        before = len(wire.sent)
        wire.set(**{name: value})
        assert len(wire.sent) == before + 1
        assert len(json.dumps(wire.sent[-1][0])) < 1000


@pytest.mark.parametrize("value", ["\ud800", "", "x" * 101, 7, None, ["1"], "a\nb"])
def test_an_odd_id_is_answered_without_it(wire: Wire, value: Any) -> None:
    content, _ = wire.ask({"type": "moments", "id": value, "num_eig": 3})
    assert content["type"] == "error"
    assert content["id"] is None
    json.dumps(content, ensure_ascii=False).encode()  # as kernels pack messages
