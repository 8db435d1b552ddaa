"""Segments: kept by name, changed, opened again, undone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from ncut_widget import NcutSegmenter, Segment
from ncut_widget.prompts import Click
from ncut_widget.segments.palette import PALETTE
from tests.support.page import Wire
from tests.support.segments import commit


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


@settings(deadline=None)
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
