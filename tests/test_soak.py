"""What is thrown at a segmenter for long: messages, threads, clicks.

A tenth of it runs every time, all of it with `make soak`. Other long tests: damaged
images in `images/test_broken.py`, damaged sessions in `sessions/test_damaged.py`, kills
in `sessions/test_file.py`, a walk beside a model in `test_model.py`, and batches of all
kinds in `results/test_round_trips.py`.
"""

from __future__ import annotations

import copy
import gc
import logging
import random
import threading
import time
from typing import Any

import numpy as np
import pytest
import traitlets
from numpy.typing import NDArray

import ncut_widget.methods.masker
from ncut_widget import NcutSegmenter
from tests.benchmarks.memory import anonymous_bytes
from tests.support.damage import spot
from tests.support.page import Wire, click, seeds
from tests.support.soaked import soaked

EIGVALS = np.linspace(1, 0.2, 6)


JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**70, 0.5, 1e308, float("nan"),
    float("inf"), "", "edit", "x" * 1000, "ä\0\n", [], [[]], [0], [0, 0, 0, 1],
    [0, 3, 3, 1], {}, {"op": "add"}, {"type": "fields"}, [1e999] * 4,
    "../../etc/passwd", "<script>", ["a"] * 50, [[0, 0]] * 50, "similarity",
    {"seeds": {"method": "diffusion", "positives": [], "negatives": []}},
    [[[0, 3, 3, 0.5]], [[2, 9, 9]]], {"granularity": 3.0},
)  # fmt: skip

GROUPS = [[[0, 3, 3]], [[1, 5, 5], [1, 5, 6, 0.5]]]
SETS = [
    {
        "method": "diffusion",
        "positives": GROUPS,
        "negatives": [],
        "parameters": {"by": "semantics", "granularity": 3.0},
    },
    {
        "method": "biased_ncut",
        "positives": GROUPS[:1],
        "negatives": GROUPS[1:],
        "parameters": {
            "by": "semantics",
            "num_eig": 6,
            "click_weight": 0.5,
            "bg_weight": 0.1,
        },
    },
]
EDITS = [
    click(0, 3, 3, 1),
    click(1, 5, 5, 0),
    *({"op": op} for op in ("undo", "redo", "clear", "commit")),
    {"op": "reopen", "segment": 1},
    {"op": "change", "segment": 1, "fields": {"name": "a", "visible": False}},
    {"op": "delete", "segment": 1},
]
WHOLE: list[dict[str, Any]] = [
    {"type": "edit", "page": "p", "first": 1, "edits": EDITS[:3], "images": [0, 1]},
    *({"type": "edit", "edits": [edit], "images": [0]} for edit in EDITS),
    {
        "type": "fields",
        "wants": [{"seeds": seeds([0, 3, 3], num_eig=4), "images": [0, 2]}],
    },
    *({"type": "fields", "wants": [{"seeds": each, "images": [1]}]} for each in SETS),
    {"type": "vectors", "by": "semantics", "images": [0, 1], "sample": True},
    {"type": "moments", "by": "semantics", "num_eig": 3},
    *(
        {"type": "pictures", "by": "semantics", "kind": kind, "images": [0, 1]}
        for kind in ("stage", "x")
    ),
    {"type": "pictures", "by": "semantics", "kind": "eigvecs", "images": [2]},
    {"type": "segments", "kind": "stage", "segments": [[1, 0]], "images": [0]},
    {"type": "sync", "settings": {"threshold": 0.4, "method": "similarity"}},
]


def malformed(chance: random.Random) -> Any:
    """Make a message of the page that is hardly one any more."""
    message: Any = {
        "id": f"p-{chance.randrange(99)}",
        **copy.deepcopy(chance.choice(WHOLE)),
    }
    for _ in range(chance.randrange(4)):
        place, name = spot(message, chance)
        what = chance.randrange(3)
        if what == 0 and isinstance(place, dict):
            del place[name]
        elif what == 1 and isinstance(place, list):
            place.insert(name, copy.deepcopy(chance.choice(JUNK)))
        else:
            place[name] = copy.deepcopy(chance.choice(JUNK))
    return copy.deepcopy(chance.choice(JUNK)) if chance.random() < 0.02 else message


@pytest.mark.filterwarnings("ignore")
@soaked(2000)
def test_messages_that_are_none_are_answered_and_change_nothing_by_halves(
    eigvecs: NDArray,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    report: list[str],
    count: int,
) -> None:
    chance = random.Random(0)
    seg = NcutSegmenter(eigvecs, eigvals=EIGVALS)
    wire = Wire(seg, monkeypatch)
    refused = 0
    with caplog.at_level(logging.ERROR, logger="ncut_widget"):
        for number in range(count):
            message = malformed(chance)
            wire.sent.clear()
            if number % 10 == 0:
                names = [*seg.keys, "no such"]
                wire.set(**{chance.choice(names): chance.choice(JUNK)})
                continue
            answer, _ = wire.ask(message)
            refused += answer["type"] == "error"
            assert "\n" not in answer.get("message", "")
    # A sentence, and never a fault of ours.
    assert not caplog.records
    assert count / 20 < refused < count
    check(seg)
    report.append(
        f"{count} malformed messages: {refused} refused in a sentence, 0 faults"
    )


def check(seg: NcutSegmenter) -> None:
    """Check that a segmenter is what its clicks and settings say."""
    settings = {name: getattr(seg, name) for name in seg._info["settings"]}
    other = NcutSegmenter(
        seg.eigvecs, eigvals=EIGVALS, **{**settings, "auto_threshold": False}
    )
    other.clicks = [list(each) for each in seg.clicks]
    np.testing.assert_array_equal(seg.masks, other.masks)
    for segment in seg.segments.values():
        assert segment.masks.shape == seg.masks.shape
    assert len(seg._segments) == len(seg.segments)


@pytest.mark.filterwarnings("ignore")
@soaked(6)
def test_threads_that_all_change_it_leave_it_whole(
    eigvecs: NDArray, monkeypatch: pytest.MonkeyPatch, report: list[str], count: int
) -> None:
    seg = NcutSegmenter(eigvecs, eigvals=EIGVALS)
    heard: list[int] = []
    seg.observe(lambda change: heard.append(int(change["new"].sum())), "masks")
    monkeypatch.setattr(seg, "send", lambda *_: None)
    end = time.monotonic() + count
    failures: list[BaseException] = []
    done = [0] * 4

    def work(number: int) -> None:
        chance = random.Random(number)
        acts = [
            lambda: seg.add_click(chance.randrange(16), chance.randrange(16)),
            lambda: seg.add_click(
                chance.randrange(16), chance.randrange(16), image=1, positive=False
            ),
            seg.undo,
            seg.redo,
            seg.clear,
            lambda: setattr(seg, "threshold", chance.random()),
            lambda: setattr(seg, "method", chance.choice(["diffusion", "similarity"])),
            lambda: setattr(seg, "active_image", chance.randrange(3)),
            lambda: seg.masks.sum(),
            lambda: seg.heatmaps.sum(),
            lambda: seg.full_masks()[0].sum(),
            lambda: len(seg.segments) < 20 and seg.masks.any() and seg.commit(),
            lambda: list(seg.segments) and seg.reopen(next(iter(seg.segments))),
            lambda: seg._handle_msg(
                {
                    "content": {
                        "data": {"method": "custom", "content": malformed(chance)}
                    },
                    "buffers": [],
                }
            ),
        ]
        while time.monotonic() < end:
            try:
                chance.choice(acts)()
            except (KeyError, ValueError, TypeError, traitlets.TraitError):
                pass  # what another has undone meanwhile
            except BaseException as error:
                failures.append(error)
                raise
            done[number] += 1

    threads = [threading.Thread(target=work, args=(k,), daemon=True) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(count + 60)
        assert not thread.is_alive(), "a deadlock"
    assert not failures
    assert min(done) > 20
    seg.reopen(None)
    check(seg)
    report.append(f"{sum(done)} operations in 4 threads for {count} s: 0 faults")


MOST = 8 * 2**20
"""Bytes that may come and go."""


@soaked(1000)
def test_clicks_do_not_pile_up(
    eigvecs: NDArray, monkeypatch: pytest.MonkeyPatch, report: list[str], count: int
) -> None:
    monkeypatch.setattr(ncut_widget.methods.masker, "CACHE_BYTES", 2**20)
    monkeypatch.setattr(ncut_widget.methods.masker, "MASKS_BYTES", 2**20)
    seg = NcutSegmenter(eigvecs, eigvals=EIGVALS)
    wire = Wire(seg, monkeypatch)
    chance = random.Random(0)

    def use(clicks: int) -> None:
        for number in range(clicks):
            place = chance.random() * 16, chance.random() * 16
            edits = [click(chance.randrange(3), *place, chance.randrange(2))]
            if number % 8 == 7:
                edits.append({"op": "clear"})
            asked = {"type": "edit", "id": "p-1", "edits": edits, "images": [0, 1, 2]}
            wire.ask(asked)
            seg.masks  # noqa: B018 - as a cell would
            wire.sent.clear()
            wire.states.clear()

    use(count // 4)
    gc.collect()
    before = anonymous_bytes()
    use(count)
    gc.collect()
    grown = anonymous_bytes() - before
    # What can be undone is kept, up to its limit: some hundred bytes a click.
    assert grown < MOST + 1000 * count
    report.append(f"{count} clicks by messages: {grown / 2**20:+.1f} MiB of memory")
