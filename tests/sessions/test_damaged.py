"""Sessions' files that something has happened to: loaded whole, or refused.

What loads is what the file says, as far as a segmenter can be so. What is refused is
refused in one sentence, and nothing has changed.
"""

from __future__ import annotations

import copy
import json
import random
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from ncut_widget.settings import MASK
from tests.support.damage import damaged, spot
from tests.support.saved import SIZES, told, used
from tests.support.soaked import soaked

JUNK: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 0.5, 1e308, -1e-320, 2**31, 2**63, 2**70, 10**400,
    float("nan"), float("inf"), "", " ", "x", "hand", "手", "\0", "a\nb", "\ud800",
    "\u202ex", "x" * 300, "9" * 5000, "#ff0000", "red", "rgb(300, 0, 0)", "whole",
    "similarity", "biased_ncut", "0.5", [], [[]], [None], [0, 3, 3, 1], [[0, 3, 3, 1]],
    [[0, 3, 3, 0]], [[9, 3, 3, 1]], [0.2, 0.4, 0.6], {}, {"name": "hand"},
    {"threshold": 2}, {"a": {"b": {}}}, [[0, 3, 3, 1]] * 300,
)  # fmt: skip
DEEP = "[" * 100_000 + "]" * 100_000
MARK = '"what is put in its place"'


def replaced(content: dict[str, Any], chance: random.Random) -> bytes:
    """Put something else in some places, or nothing."""
    content = copy.deepcopy(content)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        place, name = spot(content, chance)
        what = chance.randrange(6)
        if what == 0:
            del place[name]
        elif what == 1 and isinstance(place, list):
            place.insert(name, copy.deepcopy(place[name]))
        elif what == 2:  # what another place has
            other, key = spot(content, chance)
            place[name] = copy.deepcopy(other[key])
        elif what == 3 and isinstance(place, dict):
            place[chance.choice(["id", "prompts", "own", "x" * 99])] = place.pop(name)
        else:
            place[name] = copy.deepcopy(chance.choice(JUNK))
    return json.dumps(content).encode()


def rewritten(content: dict[str, Any], chance: random.Random) -> bytes:
    """Write what no `json.dumps` would: too deep, too large, named twice."""
    content = copy.deepcopy(content)
    place, name = spot(content, chance)
    text = chance.choice(
        [
            DEEP,
            "1" * 5000,
            "1e999",
            "-Infinity",
            "NaN",
            "",
            "{'a': 1}",
            "01",
            '"\ud83d"',
        ]
    )
    if isinstance(place, dict) and chance.random() < 0.2:
        twice = {name: place[name], f"{name} again": chance.choice(JUNK)}
        place |= twice
        return json.dumps(content).replace(f"{name} again", name).encode()
    place[name] = json.loads(MARK)
    return json.dumps(content).replace(MARK, text).encode("utf-8", "surrogatepass")


def encoded(content: dict[str, Any], chance: random.Random) -> bytes:
    """Write it as other programs do."""
    text = json.dumps(content, ensure_ascii=False)
    how = ("utf-8-sig", "utf-16", "utf-32", "cp1251", "ascii", "utf-7", "utf-8")
    data = text.encode(chance.choice(how), "replace")
    return data + chance.choice([b"", b"\n", b"\0", b" {}", b"\x1a"])


def broken(content: dict[str, Any], chance: random.Random) -> bytes:
    """Let a disk or a line damage it."""
    return damaged(json.dumps(content, ensure_ascii=False).encode(), chance)


def of_another_batch(content: dict[str, Any], chance: random.Random) -> bytes:
    """Take it from other images or eigenvectors."""
    content = copy.deepcopy(content)
    known = content["fingerprint"]
    (eigvecs,) = known["ways"].values()
    what = chance.randrange(4)
    if what == 0:
        known["images"].reverse()
    elif what == 1:
        known["images"].append(known["images"][0])
    elif what == 2:
        eigvecs["shape"][-1] += 10
        content["settings"]["num_eig"] += 10
    else:
        eigvecs |= {"digest": "", "cosines": eigvecs["cosines"][::-1]}
    return json.dumps(content).encode()


WAYS: dict[Callable[..., bytes], int] = {
    replaced: 70,
    rewritten: 8,
    encoded: 5,
    broken: 12,
    of_another_batch: 5,
}


@pytest.fixture
def seg(eigvecs: NDArray) -> NcutSegmenter:
    images = [np.full((*size, 3), 128, dtype=np.uint8) for size in SIZES]
    return NcutSegmenter(eigvecs, images, eigvals=np.linspace(1, 0.3, 6))


@pytest.mark.filterwarnings("ignore")
@soaked(500)
def test_a_damaged_session_is_loaded_whole_or_refused_in_one_sentence(
    seg: NcutSegmenter, tmp_path: Path, report: list[str], count: int
) -> None:
    chance = random.Random(count)
    path = used(seg).save_session(tmp_path / "whole.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    whole, brief = told(seg), (seg.clicks, len(seg.segments))
    damage = tmp_path / "damaged.json"
    outcomes: Counter[str] = Counter()
    for number in range(count):
        (way,) = chance.choices([*WAYS], [*WAYS.values()])
        damage.write_bytes(way(content, chance))
        strict = chance.random() < 0.8
        before = seg._session.state
        try:
            outcomes[load(seg, damage, strict)] += 1
            if seg._session.state is not before:
                works(seg)
                seg.load_session(path)
                assert (seg.clicks, len(seg.segments)) == brief
            if number % 50 == 0:
                assert told(seg) == whole
        except Exception as error:
            what = f"file {number}, {way.__name__}, strict={strict}, in {damage}"
            raise AssertionError(f"{what}: {error!r}") from error
    assert outcomes["loaded"] > count / 20
    assert outcomes["refused"] > count / 4
    report.append(f"{count} damaged sessions: {dict(outcomes)}, 0 faults")


def load(seg: NcutSegmenter, path: Path, strict: bool) -> str:
    """Load a file, and check what has come of it; say whether it was refused."""
    before, history = seg._session.state, seg._history
    refusal = None
    try:
        seg.load_session(path, strict=strict)
    except (ValueError, TypeError) as error:
        refusal = error
    if refusal is None:
        if strict:  # else what does not fit is left out
            says(seg, json.loads(path.read_bytes()))
        return "loaded"
    sentence = str(refusal)
    assert repr(str(path)) in sentence
    assert "\n" not in sentence
    assert len(sentence) < 1500
    assert seg._session.state is before
    assert seg._history == history
    return "refused"


def says(seg: NcutSegmenter, content: dict[str, Any]) -> None:
    """Check that a segmenter is what a file says."""

    def same_settings(one: dict[str, Any], other: dict[str, Any]) -> None:
        found = one["auto_threshold"]
        for name in set(MASK) & set(other):
            assert one[name] == other[name] or (found and name == "threshold"), name

    assert seg.clicks == content["clicks"]
    same_settings(vars(seg._session.settings), content["settings"])
    assert len(seg.segments) == len(content["segments"])
    for segment, other in zip(seg.segments.values(), content["segments"], strict=True):
        assert segment.name == unicodedata.normalize("NFC", other["name"])
        assert [list(click) for click in segment.clicks] == other["clicks"]
        assert segment.visible is other["visible"]
        assert segment.instances == other["instances"]
        if str(other["color"]).startswith("#"):
            assert segment.color == other["color"].lower()
        same_settings(vars(segment.settings), other["settings"])
    opened = [each["name"] for each in seg._segments if each["open"]]
    names = [content["open"]["name"]] if content["open"] else []
    assert opened == [unicodedata.normalize("NFC", name) for name in names]


def works(seg: NcutSegmenter) -> None:
    """Use a segmenter, and leave it as it was."""
    before = seg._session.state
    assert seg.label_map.shape == seg.masks.shape
    assert [each.shape for each in seg.full_masks()] == SIZES
    seg.add_click(3, 3, image=0)
    segment = seg.commit("a name that no other has")
    assert segment.name in seg.segments
    for _ in range(2):
        seg.undo()
    now = seg._session.state
    assert (now.recipe, now.shelf) == (before.recipe, before.shelf)
