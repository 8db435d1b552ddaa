"""What the page may ask for and set, and how much it gets for it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from ncut_widget.page.protocol import REPLY_BYTES
from ncut_widget.page.receiving import FROM_PAGE
from tests.support.page import Wire, click, seeds

MAP = 4 * 16 * 16


@pytest.fixture
def seg(eigvecs: NDArray) -> NcutSegmenter:
    return NcutSegmenter(eigvecs)


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
        assert (content["fields"], buffers) == ([], [])
    # The same pixel once more, and one beside it of the same cell.
    wire.ask(edit(17, UNDO))
    content, _ = wire.ask(edit(18, click(0, 0, 0, 1), click(0, 0.5, 0, 1)))
    assert content["fields"] == []


def test_many_clicks_in_one_message_bring_no_more_than_a_megabyte(wire: Wire) -> None:
    cells = [
        click(image, x, y, 1)
        for image in range(3)
        for x in range(16)
        for y in range(16)
    ]
    content, buffers = wire.ask(edit(1, *cells, *cells, images=[2, 0, 1]))
    assert len(content["prompts"]["added"]) == 2 * 768
    assert {tuple(described["images"]) for described in content["fields"]} == {(2,)}
    assert len(buffers) == 768
    _, buffers = wire.ask(edit(2 * 768 + 1, UNDO))
    assert buffers == []


def test_an_edit_that_is_sent_again_is_not_made_again(
    seg: NcutSegmenter, wire: Wire
) -> None:
    first = edit(1, click(0, 3, 3, 1), click(0, 9, 9, 1), UNDO)
    for _ in range(3):  # its answers were lost
        content, _ = wire.ask(first)
        assert content["prompts"]["added"] == seg.clicks == [[0, 3, 3, 1]]
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
    wants = [
        {"seeds": seeds([0, 0, x], num_eig=30), "images": list(range(100))}
        for x in range(7)
    ]
    requests = [
        {"type": "fields", "wants": wants},
        {"type": "fields", "wants": [{**wants[0], "images": []}] * 641},
        {
            "type": "vectors",
            "by": "semantics",
            "images": list(range(100)),
            "sample": False,
        },
    ]
    for request in requests:
        content, buffers = wire.ask({**request, "id": "p-1"})
        assert content["type"] == "error"
        assert "ask for the others afterwards" in content["message"]
        assert buffers == []
    wants = wants[:6]
    content, buffers = wire.ask({**requests[0], "wants": wants, "id": "p-2"})
    assert sum(map(len, buffers)) == 6 * 100 * 4 * 64 * 64 <= REPLY_BYTES


@pytest.mark.parametrize("kind", ["fields", "vectors", "pictures", "edit"])
def test_images_of_a_request_are_different_ones(wire: Wire, kind: str) -> None:
    content, buffers = wire.ask(
        {
            "type": kind,
            "id": "p-1",
            "images": [0, 0],
            "sample": False,
            "kind": "stage",
            "edits": [],
            "by": "semantics",
            "num_eig": 3,
            "wants": [{"seeds": seeds([0, 0, 0]), "images": [1, 1]}],
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
            "edits": [{"op": "add", "prompt": value}],
            "images": [],
        },
        {"type": "fields", "id": "1", "wants": [value]},
        *(
            {"type": "fields", "id": "1", "wants": [{"seeds": each, "images": [0]}]}
            for each in (
                value,
                seeds(value),
                seeds([0, 0, value]),
                seeds([0, 0, 0, value]),
                seeds([0, 0, 0], num_eig=value),
                *({**seeds([0, 0, 0]), name: value} for name in seeds()),
                {**seeds([0, 0, 0]), "x" * 10**6: value},
            )
        ),
        {"type": "fields", "id": "1", "wants": value},
        {"type": "moments", "by": "semantics", "id": "1", "num_eig": value},
        {
            "type": "pictures",
            "by": "semantics",
            "id": "1",
            "kind": value,
            "images": [0],
        },
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
    content, _ = wire.ask(
        {"type": "moments", "by": "semantics", "id": value, "num_eig": 3}
    )
    assert content["type"] == "error"
    assert content["id"] is None
    json.dumps(content, ensure_ascii=False).encode()  # as kernels pack messages


# What is not the page's ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        *(
            ({name: 1}, f"a segment's '{name}' cannot be set; ")
            for name in ("id", "prompts", "masker", "edition", "clicks", "self", "zoom")
        ),
        ({"segment": 2}, "a segment's 'segment' cannot be set; "),
        ({"visibel": True}, "did you mean 'visible'"),
        ({"place": 0.5}, "place must be a whole number, got 0.5"),
        ({"place": float("inf")}, "place must be a whole number, got inf"),
        ({"place": 10**400}, "place must be a whole number, got 1000"),
        ({"place": None}, "place must be a whole number, got None"),
        ({"name": "b"}, "there is a segment of the name 'b' already"),
        ({"color": "red", "visible": 1}, "visible must be True or False, got 1"),
    ],
)
def test_a_page_sets_nothing_of_a_segment_that_is_not_its(
    wire: Wire, fields: dict, sentence: str
) -> None:
    seg = wire.seg
    for name in ("a", "b"):
        seg.clicks = [[0, 3, 3, 1]]
        seg.commit(name)
    before, revision = seg._segments, seg._revision
    number = before[0]["id"]
    change = {"op": "change", "segment": number, "fields": fields}
    content, _ = wire.ask({"type": "edit", "id": "1", "edits": [change], "images": [0]})
    assert sentence in content["error"]
    assert (seg._segments, seg._revision) == (before, revision)
    assert seg.segments["a"].masks.any()


@pytest.mark.parametrize(
    "edit",
    [
        {"op": "undo", "segment": 1},
        {**click(0, 3, 3, 1), "label": 1},
        {"op": "commit", "name": "a", "color": "red"},
    ],
)
def test_an_edit_has_no_other_fields(wire: Wire, edit: dict) -> None:
    content, _ = wire.ask({"type": "edit", "id": "1", "edits": [edit], "images": [0]})
    assert content["error"].startswith("an edit has no field ")


WRONG = [None, "\u00e9", -1, float("inf"), float("nan"), 10**400, [1], {"a": 1}, [[]]]


@pytest.mark.parametrize("name", NcutSegmenter.class_trait_names(sync=True))
def test_a_page_sets_no_trait_but_its_own_and_none_to_what_it_cannot_be(
    wire: Wire, name: str
) -> None:
    """`FROM_PAGE` has them all; a host may send any, and ``read_only`` stops none."""
    seg = wire.seg
    before = seg.get_state()
    for value in WRONG:
        if name == "_view_count" and value is None:
            continue
        # What comes with what is refused is refused, too; by `sync`, of all traits.
        told = {"gamma": 2, "threshold": 0.9, name: value}
        wire.ask({"type": "sync", "id": "1", "settings": told})
        wire.set(**(told if name in FROM_PAGE else {name: value}))
        assert seg.get_state() == before


def test_changes_of_a_page_are_one_step_until_another_begins(wire: Wire) -> None:
    seg = wire.seg
    for k, value in enumerate((0.6, 0.7)):
        wire.set(threshold=value, _step=f"p-1.{k}")
    wire.set(threshold=0.8, _step="p-2.3")
    wire.ask(
        {"type": "sync", "id": "1", "settings": {"threshold": 0.9, "_step": "p-2.4"}}
    )
    wire.set(threshold=0.1)  # by a host that knows no steps
    wire.set(threshold=0.2)
    seen = []
    while seg._history[0]:
        seg.undo()
        seen.append(seg.threshold)
    assert seen == [0.1, 0.9, 0.7, 0.5]


def test_deep_and_giant_fields_are_refused_in_a_sentence(wire: Wire) -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (deep, "A" * 20_000_000, {"a": deep}, 10**5000):
        for edit in (
            value,
            {"op": value},
            {"op": "add", "prompt": value},
            {"op": "commit", "name": value},
            {"op": "change", "segment": 1, "fields": {"name": value}},
        ):
            content, _ = wire.ask(
                {"type": "edit", "id": "1", "edits": [edit], "images": [0]}
            )
            said = content.get("error") or content["message"]
            assert 10 < len(said) < 300
            assert "recursion" not in said
        wire.set(threshold=value)
        assert wire.seg.threshold == 0.5
