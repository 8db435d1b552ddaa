"""Segments on the page, and functions that are called for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ncut_widget import NcutSegmenter
from ncut_widget.prompts import Click
from tests.support.page import Wire, click
from tests.support.segments import SIZES, bits, commit, edit, painted

# The page ---------------------------------------------------------------------------


def test_the_page_can_do_with_segments_what_python_can(
    seg: NcutSegmenter, wire: Wire
) -> None:
    content, _ = wire.ask(
        edit(click(0, 3, 3, 1), {"op": "commit", "name": "hand"}, click(0, 9, 9, 1))
    )
    assert content["error"] is None
    (told,) = wire.states[-1]["_segments"]
    change = {"op": "change", "segment": told["id"]}
    wire.ask(edit({**change, "fields": {"name": "arm", "color": "#123456"}}))
    assert [(s.name, s.color) for s in seg.segments.values()] == [("arm", "#123456")]
    content, _ = wire.ask(edit({"op": "reopen", "segment": told["id"]}))
    assert content["prompts"] == {"keep": 0, "added": [[0, 3, 3, 1]]}
    assert content["fields"] != []
    wire.ask(edit({"op": "reopen", "segment": None}))
    assert seg.clicks == []
    wire.ask(edit({"op": "delete", "segment": told["id"]}))
    assert not seg.segments
    content, _ = wire.ask(edit({"op": "delete", "segment": told["id"]}))
    assert content["error"] == "that segment is not there any more"


def test_segments_are_told_before_the_answer_that_is_painted_with_them(
    seg: NcutSegmenter, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    monkeypatch.setattr(seg, "send", lambda content, _=None: order.append("answer"))
    monkeypatch.setattr(seg, "_send", lambda m: order.extend(m["state"]))
    seg.add_click(3, 3)
    seg.threshold = 0.3
    seg.commit("hand")
    seg.threshold = 0.9
    order.clear()
    content = edit({"op": "reopen", "segment": seg._segments[0]["id"]})
    data = {"method": "custom", "content": content}
    seg._handle_msg({"content": {"data": data}, "buffers": []})
    answer = order.index("answer")
    assert {"_segments", "threshold"} <= set(order[:answer])


def test_the_page_gets_masks_of_segments(seg: NcutSegmenter, wire: Wire) -> None:
    hand, cup = commit(seg, "hand", 3, 3), commit(seg, "cup", 12, 12)
    wanted = [[told["id"], told["edition"]] for told in seg._segments]
    ask = {"type": "segments", "id": "s", "segments": [*wanted, [99, 0]]}
    content, buffers = wire.ask({**ask, "kind": "stage", "images": [1]})
    assert [part["id"] for part in content["parts"]] == [id for id, _ in wanted]
    for segment, buffer in zip((hand, cup), buffers, strict=True):
        labels = painted(buffer, SIZES[1])
        np.testing.assert_array_equal(labels, seg.instances(segment.name)[1])
        np.testing.assert_array_equal(labels > 0, segment.full_masks()[1])
    content, buffers = wire.ask({**ask, "kind": "thumb", "images": [2, 0]})
    assert [part["image"] for part in content["parts"]] == [2, 2, 0, 0]
    np.testing.assert_array_equal(bits(buffers[1], (16, 16)), cup.masks[2])
    np.testing.assert_array_equal(bits(buffers[2], (16, 16)), hand.masks[0])


def test_an_answer_of_many_masks_ends_in_time(
    seg: NcutSegmenter, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        commit(seg, f"s{n}", 2 * n, 3)
    wanted = [[told["id"], told["edition"]] for told in seg._segments]
    ask = {"type": "segments", "id": "s", "kind": "stage", "segments": wanted}
    monkeypatch.setattr("ncut_widget.page.requests.segments.REPLY_SECONDS", 0)
    content, buffers = wire.ask({**ask, "images": [0]})
    assert len(content["parts"]) == len(buffers) == 1


@pytest.mark.parametrize("wrong", [7, [[1]], [["a", 1]], [[1, 2, 3]], [[True, 1]]])
def test_segments_that_are_none_are_refused(wire: Wire, wrong: Any) -> None:
    ask = {"type": "segments", "id": "s", "kind": "stage", "images": [0]}
    content, _ = wire.ask({**ask, "segments": wrong})
    assert content["type"] == "error"


# Called back ------------------------------------------------------------------------


def test_functions_are_called_after_clicks_and_changes_of_segments(
    seg: NcutSegmenter, wire: Wire
) -> None:
    heard: list[Any] = []

    def clicked(at: Click) -> None:
        assert not seg._session.locked_here
        heard.append((at.image, at.x, at.y, at.label))

    seg.on_click(clicked)
    seg.observe(lambda change: heard.append(list(change.new)), "segments")
    wire.ask(edit(click(0, 3, 3, 1), click(0, 9, 9, 0)))
    seg.add_click(5, 5)
    assert heard == [(0, 3, 3, 1), (0, 9, 9, 0), (0, 5, 5, 1)]
    seg.undo()
    seg.redo()
    seg.clicks = [[0, 1, 1, 1]]
    assert len(heard) == 3
    seg.commit("hand").color = "red"
    del seg.segments["hand"]
    assert heard[3:] == [["hand"], ["hand"], []]
    seg.on_click(clicked, remove=True)
    seg.add_click(5, 5)
    assert len(heard) == 6


def test_a_function_that_fails_is_shown_and_refuses_no_click(
    seg: NcutSegmenter, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(at: Click) -> None:
        raise RuntimeError(f"no use for {at.x}")

    seg.on_click(fail)
    content, _ = wire.ask(edit(click(0, 3, 3, 1)))
    assert content["error"] is None
    assert seg.clicks == [[0, 3, 3, 1]]
    (failure,) = wire.failures
    assert failure["what"] == "click"
    assert failure["traceback"].endswith("RuntimeError: no use for 3\n")
    assert "no use for 3" in caplog.text
    seg.add_click(5, 5)
    assert len(wire.failures) == 2
