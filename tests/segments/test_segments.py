"""Segments: kept by name, changed, opened again, undone; label maps and instances."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter, Segment
from ncut_widget.masks.runs import to_runs
from ncut_widget.prompts import Click
from ncut_widget.segments.palette import PALETTE, free_color
from tests.support.page import Wire, click

SIZES = [(16, 16), (33, 20), (8, 40)]


@pytest.fixture
def seg(eigvecs: NDArray) -> NcutSegmenter:
    images = [np.full((*size, 3), 128, dtype=np.uint8) for size in SIZES]
    return NcutSegmenter(eigvecs, images, eigvals=np.linspace(1, 0.3, 6))


@pytest.fixture
def wire(seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(seg, monkeypatch)


def edit(*edits: dict) -> dict:
    return {"type": "edit", "id": "a", "edits": list(edits), "images": [0]}


def commit(seg: NcutSegmenter, name: str, x: float, y: float) -> Segment:
    seg.add_click(x, y)
    return seg.commit(name)


def known(seg: NcutSegmenter) -> list[Any]:
    """All that undo and redo bring back."""
    state = seg._session.state
    segments = [
        (s.id, s.name, s.color, s.visible, s.instances, s.prompts, s.settings)
        for s in state.shelf.segments
    ]
    return [seg.clicks, vars(seg._session.settings), segments, state.shelf.editing]


# By name ----------------------------------------------------------------------------


def test_a_segment_keeps_what_it_is_made_of(seg: NcutSegmenter) -> None:
    seg.threshold = 0.3
    seg.add_click(3, 3)
    masks, full = seg.masks, seg.image_masks()
    hand = seg.commit("hand", color="tomato")
    assert seg.clicks == []
    seg.threshold = 0.8
    assert (hand.name, hand.color, hand.clicks) == (
        "hand",
        "#ff6347",
        (Click(0, 3, 3, 1),),
    )
    assert hand.settings.threshold == 0.3
    np.testing.assert_array_equal(hand.masks, masks)
    for mask, expected in zip(hand.full_masks(), full, strict=True):
        np.testing.assert_array_equal(mask, expected)
    assert 0.3 < hand.score <= 1
    assert seg.segments["hand"] == hand
    assert repr(seg.segments) == "Segments:\n  1 Segment('hand', '#ff6347', 1 clicks)"


def test_what_is_set_from_python_shows_on_the_page(
    seg: NcutSegmenter, wire: Wire
) -> None:
    hand = commit(seg, "hand", 3, 3)
    commit(seg, "cup", 12, 12)
    hand.color = (1, 0, 0)
    hand.visible = False
    hand.instances = "whole"
    hand.name = "left hand"
    seg.segments.move("left hand", 1)
    told = wire.states[-1]["_segments"]
    assert [each["name"] for each in told] == ["cup", "left hand"] == list(seg.segments)
    assert told[1] | {"id": 0} == {
        "id": 0,
        "edition": 0,
        "name": "left hand",
        "color": "#ff0000",
        "visible": False,
        "instances": "whole",
        "clicks": 1,
        "open": False,
    }
    del seg.segments["cup"]
    assert [each["name"] for each in wire.states[-1]["_segments"]] == ["left hand"]


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        (lambda s: setattr(s["a"], "color", "reddish"), ValueError, "color must be"),
        (lambda s: setattr(s["a"], "color", (1, 2, 3)), ValueError, r"within \[0, 1\]"),
        (lambda s: setattr(s["a"], "color", 7), TypeError, "color must be a string"),
        (lambda s: setattr(s["a"], "name", "b"), ValueError, "of the name 'b' already"),
        (lambda s: setattr(s["a"], "name", " "), ValueError, "must not be empty"),
        (lambda s: setattr(s["a"], "name", "x" * 201), ValueError, "at most 200"),
        (lambda s: setattr(s["a"], "visible", 1), TypeError, "True or False"),
        (lambda s: setattr(s["a"], "instances", "two"), ValueError, "connected, water"),
        (lambda s: setattr(s["a"], "colour", "red"), AttributeError, "'color'"),
        (lambda s: setattr(s["a"], "masks", 1), AttributeError, "masks|setter"),
        (lambda s: s["c"], KeyError, "there is no segment 'c'"),
        (lambda s: s.move("c", 0), KeyError, "there is no segment 'c'"),
    ],
)
def test_what_a_segment_cannot_be_is_refused(
    seg: NcutSegmenter, change: Callable, error: type[Exception], sentence: str
) -> None:
    commit(seg, "a", 3, 3)
    commit(seg, "b", 12, 12)
    before = known(seg)
    with pytest.raises(error, match=sentence):
        change(seg.segments)
    assert known(seg) == before


def test_a_deleted_segment_can_still_be_read(seg: NcutSegmenter) -> None:
    hand = commit(seg, "hand", 3, 3)
    masks = hand.masks
    del seg.segments["hand"]
    assert "hand" not in seg.segments
    assert hand.name == "hand"
    np.testing.assert_array_equal(hand.masks, masks)
    with pytest.raises(KeyError):
        hand.name = "arm"
    seg.undo()
    hand.name = "arm"
    assert list(seg.segments) == ["arm"]


def test_a_segment_that_is_opened_again_gets_the_new_clicks(
    seg: NcutSegmenter,
) -> None:
    seg.threshold = 0.7
    hand = commit(seg, "hand", 3, 3)
    commit(seg, "cup", 12, 12)
    seg.threshold = 0.4
    seg.reopen("hand")
    assert seg.clicks == [[0, 3, 3, 1]]
    assert seg.threshold == 0.7
    assert [each["open"] for each in seg._segments] == [True, False]
    before = hand.masks
    seg.add_click(12, 3)
    masks = seg.masks
    assert (masks != before).any()
    np.testing.assert_array_equal(hand.masks, before)
    assert seg.commit() == hand
    np.testing.assert_array_equal(hand.masks, masks)
    assert list(seg.segments) == ["hand", "cup"]
    assert seg.threshold == 0.4  # that of before, for the next thing
    seg.undo()
    assert (seg.threshold, len(seg.clicks)) == (0.7, 2)
    np.testing.assert_array_equal(hand.masks, before)


def test_one_that_is_opened_can_be_left_as_it_was(seg: NcutSegmenter) -> None:
    hand = commit(seg, "hand", 3, 3)
    masks = hand.masks
    seg.threshold = 0.4
    seg.reopen("hand")
    seg.add_click(12, 3)
    seg.reopen(None)
    assert seg.clicks == []
    assert seg.threshold == 0.4
    assert not seg._segments[0]["open"]
    np.testing.assert_array_equal(hand.masks, masks)
    seg.reopen("hand")
    seg.add_click(12, 3)
    assert seg.commit("both hands").name == "both hands"
    assert list(seg.segments) == ["hand", "both hands"]
    np.testing.assert_array_equal(hand.masks, masks)


def test_one_that_is_opened_and_deleted_takes_its_clicks_and_settings_along(
    seg: NcutSegmenter,
) -> None:
    seg.threshold = 0.7
    commit(seg, "hand", 3, 3)
    commit(seg, "cup", 12, 12)
    seg.threshold = 0.4
    seg.reopen("hand")
    seg.add_click(12, 3)
    del seg.segments["hand"]
    assert (seg.clicks, seg.threshold) == ([], 0.4)
    seg.undo()
    assert (seg.clicks, seg.threshold) == ([[0, 3, 3, 1], [0, 12, 3, 1]], 0.7)
    del seg.segments["cup"]  # another one than that which is open
    assert (seg.clicks, seg.threshold) == ([[0, 3, 3, 1], [0, 12, 3, 1]], 0.7)


def test_undo_of_a_colour_leaves_the_sliders(seg: NcutSegmenter) -> None:
    hand = commit(seg, "hand", 3, 3)
    hand.color = "red"
    seg.threshold = 0.8
    hand.color = "blue"
    seg.undo()
    assert (hand.color, seg.threshold) == ("#ff0000", 0.8)
    seg.undo()
    seg.undo()
    assert (hand.color, seg.threshold) == (PALETTE[0], 0.5)
    seg.undo()  # the commit: its clicks come back, with the settings they had
    assert (len(seg.clicks), seg.threshold) == (1, 0.5)
    seg.redo()
    assert seg.clicks == []


OPERATIONS: list[Callable[[NcutSegmenter, int], object]] = [
    lambda seg, n: seg.add_click(n % 16, n // 4 % 16),
    lambda seg, n: seg.clear(),
    lambda seg, n: seg.clicks and seg.masks.any() and seg.commit(f"name {n % 5}"),
    lambda seg, n: (
        seg.segments and setattr(_any(seg, n), "color", f"hsl({7 * n % 360}, 50%, 50%)")
    ),
    lambda seg, n: seg.segments and setattr(_any(seg, n), "name", f"new {n}"),
    lambda seg, n: (
        seg.segments and setattr(_any(seg, n), "visible", not _any(seg, n).visible)
    ),
    lambda seg, n: seg.segments and seg.segments.move(_any(seg, n).name, n % 3),
    lambda seg, n: seg.segments and seg.reopen(_any(seg, n).name),
    lambda seg, n: seg.segments and seg.segments.__delitem__(_any(seg, n).name),
    lambda seg, n: seg.reopen(None),
]


def _any(seg: NcutSegmenter, n: int) -> Segment:
    segments = list(seg.segments.values())
    return segments[n % len(segments)]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 255)), max_size=25))
def test_undo_goes_back_to_the_beginning_and_redo_to_the_end(
    steps: list[tuple[int, int]],
) -> None:
    rng = np.random.default_rng(0)
    seg = NcutSegmenter(
        rng.standard_normal((1, 16, 16, 4)).astype(np.float32),
        eigvals=np.linspace(1, 0.3, 4),
    )
    states = [known(seg)]
    for which, n in steps:
        with suppress(ValueError):  # a name that another one has
            OPERATIONS[which](seg, n)
        if known(seg) != states[-1]:
            states.append(known(seg))
    changes = 0
    while seg._history[0]:
        seg.undo()
        changes += 1
    assert known(seg) == states[0]
    for _ in range(changes):
        seg.redo()
    assert known(seg) == states[-1]
    assert not seg._history[1]


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


def bits(buffer: bytes, shape: tuple[int, int]) -> NDArray:
    values = np.unpackbits(np.frombuffer(buffer, np.uint8), count=shape[0] * shape[1])
    return values.reshape(shape).astype(bool)


def painted(buffer: bytes, size: tuple[int, int]) -> NDArray:
    labels = np.zeros(size[0] * size[1], dtype=np.int32)
    for start, stop, label in np.frombuffer(buffer, "<u4").reshape(3, -1).T:
        labels[start:stop] = label
    return labels.reshape(size)


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


# Label maps and instances -----------------------------------------------------------


def test_later_segments_lie_over_earlier_ones(seg: NcutSegmenter) -> None:
    assert not seg.label_map.any()
    seg.threshold = 0.1
    below, above = commit(seg, "below", 3, 3), commit(seg, "above", 12, 12)
    both = below.masks & above.masks
    assert both.any()
    labels = seg.label_map
    assert labels.dtype == np.int32
    assert labels.shape == (3, 16, 16)
    np.testing.assert_array_equal(labels == 2, above.masks)
    np.testing.assert_array_equal(labels == 1, below.masks & ~above.masks)
    full = seg.full_label_maps()
    seg.segments.move("above", 0)
    assert (seg.label_map[both] == 2).all()
    np.testing.assert_array_equal(seg.label_map == 2, below.masks)
    assert [labels.shape for labels in full] == SIZES
    np.testing.assert_array_equal(full[1] == 2, above.full_masks()[1])


def test_instances_of_clicks_and_of_segments(seg: NcutSegmenter) -> None:
    seg.threshold = 0.3
    seg.add_click(3, 3)
    now = [labels.tolist() for labels in seg.instances()]
    hand = seg.commit("hand")
    assert [labels.tolist() for labels in seg.instances("hand")] == now
    hand.instances = "whole"
    assert max(int(labels.max()) for labels in seg.instances("hand")) == 1
    assert [labels.tolist() for labels in seg.instances("hand", "connected")] == now
    with pytest.raises(KeyError, match="there is no segment 'arm'; known: hand"):
        seg.instances("arm")
    with pytest.raises(ValueError, match="how must be one of connected"):
        seg.instances(how="apart")


@given(st.lists(st.integers(0, 2), min_size=12, max_size=12), st.sampled_from([3, 4]))
def test_runs_are_the_labels(values: list[int], rows: int) -> None:
    labels = np.array(values).reshape(rows, -1)
    runs = to_runs(labels)
    assert runs.dtype == np.uint32
    np.testing.assert_array_equal(
        painted(runs.astype("<u4").tobytes(), labels.shape), labels
    )
    starts, stops, _ = runs.astype(int)
    assert (starts < stops).all()
    assert (starts // labels.shape[1] == (stops - 1) // labels.shape[1]).all()


# Colours ----------------------------------------------------------------------------


def test_the_first_free_colour_is_taken(seg: NcutSegmenter) -> None:
    for n in range(14):
        commit(seg, f"s{n}", n, 3)
    colors = [segment.color for segment in seg.segments.values()]
    assert tuple(colors) == PALETTE[:14]
    del seg.segments["s2"]
    assert commit(seg, "another", 9, 9).color == PALETTE[2]
    assert free_color([]) == PALETTE[0]


# Names as people write them --------------------------------------------------------


WRITTEN = {
    "Japanese": "左\u3000手",
    "Persian": "می\u200cخواهم",
    "Sinhala": "ශ්\u200dරී",
    "emoji of several": "👩\u200d🔬",
    "a flag of a part": "🏴" + "".join(chr(0xE0000 + ord(c)) for c in "gbeng\x7f"),
    "an emoji of 2025": "\U0001faea",
    "French": "zone\u00a01 \u202f!",
    "Thai": "มือ",
    "Mongolian": "ᠪ\u180eᠠ",
    "markup": "<b>$x_1$</b>",
}


@pytest.mark.parametrize("name", WRITTEN.values(), ids=WRITTEN)
def test_names_as_people_write_them_are_taken_and_kept(
    seg: NcutSegmenter, tmp_path: Path, name: str
) -> None:
    commit(seg, name, 3, 3)
    assert list(seg.segments) == [name]
    path = seg.save_session(tmp_path / "a.json")
    del seg.segments[name]
    seg.load_session(path)
    assert list(seg.segments) == [name]
    with np.load(seg.export(tmp_path / "a.npz")) as arrays:
        told = json.loads(str(arrays["provenance"]))
    assert [segment["name"] for segment in told["segments"]] == [name]


@pytest.mark.parametrize(
    "letter",
    [
        *("\0", "\n", "\t", "\x7f", "\x85", "\u2028", "\u2029", "\ud800", "\ufeff"),
        *("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2069"),
        *("\u200b", "\u2060", "\u00ad", "\ufffe"),
    ],
)
def test_controls_and_turns_of_direction_are_refused(
    seg: NcutSegmenter, letter: str
) -> None:
    hand = commit(seg, "hand", 3, 3)
    with pytest.raises(ValueError, match="must be printable"):
        hand.name = f"a{letter}b"
    with pytest.raises(ValueError, match=r"must (be printable|not be empty)"):
        hand.name = letter
    assert hand.name == "hand"


@pytest.mark.parametrize("name", ["", " ", "\u3000", "\u00a0\u200d", "\u200c"])
def test_a_name_that_shows_nothing_is_refused(seg: NcutSegmenter, name: str) -> None:
    seg.add_click(3, 3)
    with pytest.raises(ValueError, match="must not be empty"):
        seg.commit(name)


def test_both_forms_of_a_letter_are_one_name_everywhere(seg: NcutSegmenter) -> None:
    composed, parts = "caf\u00e9", "cafe\u0301"
    first = commit(seg, parts, 3, 3)
    assert first.name == composed
    assert seg.segments[parts] == seg.segments[composed] == first
    assert parts in seg.segments
    seg.add_click(12, 12)
    assert seg.commit(f" {parts}\u3000") == first  # the same one again
    assert len(seg.segments) == 1
    other = commit(seg, "other", 3, 3)
    with pytest.raises(ValueError, match="there is a segment of the name"):
        other.name = parts
    seg.segments.move(parts, -1)
    assert list(seg.segments) == ["other", composed]
    assert len(seg.to_table(segments=[parts])["image"]) > 0
    seg.reopen(parts)
    seg.reopen(None)
    first.name = "hand"
    assert composed not in seg.segments
    first.name = parts
    del seg.segments[parts]
    assert list(seg.segments) == ["other"]


def test_a_session_of_names_in_parts_is_loaded_with_its_open_segment(
    seg: NcutSegmenter, tmp_path: Path
) -> None:
    commit(seg, "caf\u00e9", 3, 3)
    seg.reopen("caf\u00e9")
    path = seg.save_session(tmp_path / "a.json")
    text = path.read_text(encoding="utf-8")
    path.write_text(unicodedata.normalize("NFD", text), encoding="utf-8")
    seg.load_session(path)
    assert [s["open"] for s in seg._segments] == [True]


@pytest.mark.parametrize(
    ("place", "order"),
    [
        *((0, "cab"), (1, "acb"), (2, "abc"), (9, "abc")),
        *((-1, "abc"), (-2, "acb"), (-3, "cab"), (-9, "cab"), (np.int64(1), "acb")),
    ],
)
def test_places_count_from_both_ends_as_in_lists(
    seg: NcutSegmenter, place: int, order: str
) -> None:
    for name in "abc":
        commit(seg, name, 3, 3)
    seg.segments.move("c", place)
    assert "".join(seg.segments) == order


@pytest.mark.parametrize("place", [0.5, float("inf"), float("nan"), 10**400, True, "1"])
def test_a_place_is_a_whole_number(seg: NcutSegmenter, place: Any) -> None:
    commit(seg, "a", 3, 3)
    commit(seg, "b", 3, 3)
    with pytest.raises((TypeError, ValueError), match="place must be a whole number"):
        seg.segments.move("a", place)
    assert list(seg.segments) == ["a", "b"]
