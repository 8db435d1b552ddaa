"""Names as people write them, and places."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ncut_widget import NcutSegmenter
from tests.support.segments import commit

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
