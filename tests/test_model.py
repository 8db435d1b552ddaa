"""A random walk through all that users and pages do, beside a model of plain lists.

Hypothesis walks, 100 steps at a time. Where the segmenter and the model differ, it
looks for the shortest walk that shows it, and prints it as a program.
"""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import skimage.measure
import traitlets
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from numpy.typing import NDArray
from PIL import Image

from ncut_widget import NcutSegmenter, Segment
from ncut_widget.page.callbacks import TOLD
from ncut_widget.sessions.session import Session
from ncut_widget.settings import MASK, VIEW
from tests.support.model import Model, Refused, similar, without_small
from tests.support.page import Wire
from tests.support.segments import painted
from tests.support.soaked import soaked

STEPS = 100
OFTEN = 15
"""Steps after which masks are looked at, too."""
GRID = (8, 8)
SIZES = [(8, 8), (20, 30), (17, 9)]
FEW = 8
"""Segments, which all have colours of their own."""
KINDS = (MASK, VIEW)
REFUSALS = (ValueError, TypeError, KeyError, OSError, traitlets.TraitError)


# Batches ----------------------------------------------------------------------------


def eigenvectors(blank: int | None = None) -> NDArray:
    """Make 6 of length 1 over 3 images, orthogonal, in patches."""
    rng = np.random.default_rng(5)
    patches = rng.standard_normal((3, 4, 4, 6)).repeat(2, axis=1).repeat(2, axis=2)
    rows = patches + 0.3 * rng.standard_normal((3, *GRID, 6))
    rows[..., 0] = 1
    if blank is not None:
        rows[blank] = 0
    unit, _ = np.linalg.qr(rows.reshape(-1, 6))
    return unit.reshape(3, *GRID, 6).astype(np.float32)


def pictures() -> list[NDArray]:
    rng = np.random.default_rng(6)
    return [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in SIZES]


@cache
def folder_of_files() -> Path:
    """Write the images, and beside them one that cannot be read."""
    folder = Path(tempfile.mkdtemp())
    for number, picture in enumerate(pictures()):
        Image.fromarray(picture).save(folder / f"{number}.png")
    (folder / "1.png").write_bytes(b"no image")
    return folder


EIGVALS = np.linspace(1, 0.3, 6)
BATCHES: dict[str, Callable[[], dict[str, Any]]] = {
    "arrays": lambda: {
        "eigvecs": eigenvectors(),
        "images": pictures(),
        "eigvals": EIGVALS,
    },
    "files, one of them not to be read": lambda: {
        "eigvecs": eigenvectors(blank=1),
        "images": [folder_of_files() / f"{number}.png" for number in range(3)],
        "eigvals": EIGVALS,
        "errors": "skip",
    },
    "no images, no eigenvalues": lambda: {"eigvecs": eigenvectors()},
}


@cache
def other_batch() -> Path:
    """Write the session of another batch."""
    seg = NcutSegmenter(eigenvectors()[:2], clicks=[[0, 3, 3, 1]])
    seg.commit("of others")
    return seg.save_session(folder_of_files() / "others.json")


# What is done -----------------------------------------------------------------------

PLACES = st.tuples(
    st.sampled_from([0, 0, 1, 2]),
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from([1, 1, 0]),
)
SETTINGS = {
    "threshold": st.integers(0, 20).map(lambda n: n / 20),
    "gamma": st.sampled_from([0.1, 0.5, 1.0, 2.0, 10.0]),
    "negative_threshold": st.integers(0, 20).map(lambda n: n / 20),
    "denoise": st.booleans(),
    "denoise_area_th": st.integers(0, 12),
    "num_eig": st.integers(2, 6),
    "granularity": st.sampled_from([1.0, 2.0, 3.5, 5.0]),
    "click_weight": st.sampled_from([0.1, 0.5, 0.9]),
    "bg_weight": st.sampled_from([0.0, 0.1, 1.0]),
    "auto_threshold": st.booleans(),
    "method": st.sampled_from(["similarity", "diffusion", "diffusion", "biased_ncut"]),
}
LOOKS = {
    "active_image": st.integers(0, 2),
    "overlay": st.sampled_from(["image", "eigvecs", "heatmap"]),
    "opacity": st.integers(0, 4).map(lambda n: n / 4),
    "hover_preview": st.booleans(),
}
NAMES = st.sampled_from(
    [
        "hand", "Hand", " hand ", "é", "e\u0301", "左\u3000手", "می\u200cخواهم",
        "👩\u200d🔬", "a/b", "../x", "zone\u00a01", "0", "segment 1", "<b>x</b>", "$x$",
    ]
)  # fmt: skip
NO_NAMES = st.sampled_from(
    ["", "  ", "\u3000", "a\nb", "\u202eabc", "\0", "x" * 201, "\ud800", 7, True]
)
COLORS = st.sampled_from(["#ff0000", "#123456", "#00a877"])
FIELDS = {
    "name": NAMES,
    "color": COLORS,
    "visible": st.booleans(),
    "instances": st.sampled_from(["connected", "watershed", "whole"]),
}
WRONG_FIELDS = st.sampled_from(
    [
        {"id": 1}, {"prompts": None}, {"masker": 0}, {"edition": 9}, {"clicks": []},
        {"settings": {}}, {"place": float("inf")}, {"place": 0.5}, {"place": "0"},
        {"place": float("nan")}, {"place": True}, {"color": "reddish"},
        {"color": [2, 0, 0]}, {"visible": 1}, {"instances": "two"}, {"colour": "red"},
        {"name": "ok", "color": "reddish"}, {"name": "new", "edition": 9},
    ]
)  # fmt: skip
WRONG_CLICKS = st.sampled_from(
    [
        [0, -1, 0, 1], [0, 8, 0, 1], [3, 0, 0, 1], [-1, 0, 0, 1], [0, 0, 0, 2],
        [0, 0, 0], [0, "1", 0, 1], [0, float("nan"), 0, 1], [True, 0, 0, 1], None, 7,
        [0, 1e400, 0, 1], [0.5, 0, 0, 1],
    ]
)  # fmt: skip
WRONG_SETTINGS = st.sampled_from(
    [
        {"threshold": 1.5}, {"threshold": "0.5"}, {"threshold": True},
        {"threshold": float("nan")}, {"gamma": 0}, {"gamma": 11}, {"num_eig": 7},
        {"num_eig": 2.5}, {"denoise": 1}, {"denoise_area_th": -1}, {"method": "cut"},
        {"method": None}, {"granularity": 6}, {"granularity": 0.5}, {"bg_weight": -1},
        {"active_image": 3}, {"overlay": "mask"}, {"opacity": 2}, {"hover_preview": 0},
        {"gamma": 2.0, "threshold": 9}, {"opacity": 0.25, "gamma": "x"},
        {"threshold": 0.33, "clicks": [[0, 99, 0, 1]]},
    ]
)  # fmt: skip


NOBODY = st.sampled_from(["nobody", "", 7])
WRONG_EDITS = st.one_of(
    WRONG_CLICKS.map(lambda click: {"op": "add", "prompt": click}),
    NO_NAMES.map(lambda name: {"op": "commit", "name": name}),
    WRONG_FIELDS.map(lambda fields: {"op": "change", "fields": fields}),
    st.just({"op": "delete", "segment": None}),
)
EDITS = (
    ["click"] * 6
    + ["undo", "undo", "redo", "clear", "commit", "commit", "change", "change"]
    + ["delete", "reopen", "wrong"]
)
ATS = st.integers(0, 99)
SLOTS = st.integers(0, 2)


def some(named: dict[str, Any], most: int) -> st.SearchStrategy[dict[str, Any]]:
    """Give values to some of what has a name."""
    names = st.lists(st.sampled_from([*named]), min_size=1, max_size=most, unique=True)
    return names.flatmap(
        lambda names: st.fixed_dictionaries({name: named[name] for name in names})
    )


def loses(work: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether there is work that another moment has not."""
    known = [(each["name"], each["clicks"]) for each in other["segments"]]
    if any((each["name"], each["clicks"]) not in known for each in work["segments"]):
        return True
    count = len(work["clicks"])
    begun = [other["clicks"], *(clicks for _, clicks in known)]
    return all(clicks[:count] != work["clicks"] for clicks in begun)


def segments(walk: Walk) -> bool:
    return bool(walk.model.now["segments"])


class Walk(RuleBasedStateMachine):
    """Somebody who does anything, in cells, on pages and with files."""

    observed = False

    @initialize(batch=st.sampled_from([*BATCHES]), observed=st.booleans())
    def begin(self, batch: str, observed: bool) -> None:
        self.batch, self.observed = batch, observed
        self.given = BATCHES[batch]()
        self.patch = pytest.MonkeyPatch()
        self.folder = Path(tempfile.mkdtemp())
        self.saved: dict[int, dict[str, Any]] = {}
        self.pages = itertools.count()
        self.steps = 0
        self.open()
        self.model = self.new_model()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.patch.undo()
            self.seg.close()
            shutil.rmtree(self.folder)
            Walk.walked += self.steps

    walked = 0

    def open(self, **more: Any) -> None:
        """Make a segmenter and its page."""
        self.seg = NcutSegmenter(**self.given, **more)
        self.before = self.seg._revision
        self.written: set[int] = set()
        self.kept: int | None = None
        self.wire = Wire(self.seg, self.patch)
        self.page = self.read(TOLD)
        self.ids: dict[int, int] = {}
        self.heard: dict[str, Any] = {}
        if self.observed:
            heard = self.heard
            names = ["clicks", "threshold", "masks", "segments"]
            self.seg.observe(lambda each: heard.update({each.name: each.new}), names)
        self.reload_page()

    def new_model(self) -> Model:
        table = self.seg._session.table
        defaults = [{name: table[name].default for name in kind} for kind in KINDS]
        return Model(*defaults, self.threshold)

    def read(self, names: Iterable[str]) -> dict[str, Any]:
        return {name: getattr(self.seg, name) for name in names}

    # Clicks and settings, from a cell -----------------------------------------------

    def do(self, op: dict[str, Any], act: Callable[[], object]) -> None:
        """Do it to both."""
        try:
            self.model.act(op)
        except Refused:
            with pytest.raises(REFUSALS):
                act()
            return
        act()

    def click_at(self, place: tuple[int, float, float, int]) -> list[Any]:
        image, across, down, label = place
        height, width = self.seg._session.sizes[image]
        return [image, across * width, down * height, label]

    def add_click(self, place: Any) -> None:
        image, x, y, label = click = self.click_at(place)
        self.do(
            {"op": "click", "click": click},
            lambda: self.seg.add_click(x, y, image=image, positive=bool(label)),
        )

    @rule(places=st.lists(PLACES, min_size=1, max_size=3))
    def click(self, places: Any) -> None:
        for place in places:
            self.add_click(place)

    @rule(places=st.lists(PLACES, max_size=3))
    def replace_clicks(self, places: Any) -> None:
        clicks = [self.click_at(place) for place in places]
        self.do(
            {"op": "clicks", "clicks": clicks},
            lambda: setattr(self.seg, "clicks", clicks),
        )

    @rule(op=st.sampled_from(["undo", "undo", "undo", "redo", "redo", "clear"]))
    def press(self, op: str) -> None:
        self.do({"op": op}, getattr(self.seg, op))

    @rule(count=st.integers(1, 30))
    def there_and_back(self, count: int) -> None:
        for op in ("undo", "redo"):
            for _ in range(count):
                self.do({"op": op}, getattr(self.seg, op))
            self.compare()

    def setting(
        self, values: dict[str, Any], step: str | None = None
    ) -> dict[str, Any]:
        method = values.get("method", "similarity")
        if method != "similarity" and self.seg.eigvals is None:
            return {"op": "wrong"}
        return {"op": "set", "values": values, "step": step}

    @rule(values=some(SETTINGS, 1))
    def set(self, values: dict[str, Any]) -> None:
        ((name, value),) = values.items()
        self.do(self.setting(values), lambda: setattr(self.seg, name, value))

    @rule(values=some(LOOKS, 1))
    def look(self, values: dict[str, Any]) -> None:
        ((name, value),) = values.items()
        op = {"op": "look", "values": values}
        self.do(op, lambda: setattr(self.seg, name, value))

    @rule(places=st.lists(PLACES, max_size=2), values=some(SETTINGS, 2))
    def at_once(self, places: Any, values: dict[str, Any]) -> None:
        """Do several things in a block that holds what is told: settings are one."""
        step = f"block {next(self.pages)}"
        with self.seg.hold_trait_notifications():
            for place in places:
                self.add_click(place)
            for name, value in values.items():
                op = self.setting({name: value}, step)
                self.do(op, partial(setattr, self.seg, name, value))

    # Segments, from a cell ----------------------------------------------------------

    def key(self, at: int) -> int:
        """Choose one of the segments."""
        keys = [each["key"] for each in self.model.now["segments"]]
        return keys[at % len(keys)]

    def handle(self, key: int) -> Segment:
        segments = self.model.now["segments"]
        (name,) = (each["name"] for each in segments if each["key"] == key)
        return self.seg.segments[name]

    @rule(name=st.none() | NAMES, color=st.none() | COLORS)
    def commit(self, name: str | None, color: str | None) -> None:
        others = [segment.color for segment in self.seg.segments.values()]

        def act() -> None:
            made = self.seg.commit(name, color)
            if not (color or made.color in others):
                return
            known = len(self.seg.segments) == len(others)
            assert color or known or len(others) >= FEW, "a colour that is taken"

        self.do({"op": "commit", "name": name, "color": color}, act)

    @precondition(segments)
    @rule(at=ATS, values=some(FIELDS, 1))
    def change(self, at: int, values: dict[str, Any]) -> None:
        key = self.key(at)
        segment = self.handle(key)
        ((name, value),) = values.items()
        op = {"op": "change", "segment": key, "fields": values}
        self.do(op, lambda: setattr(segment, name, value))

    @precondition(segments)
    @rule(at=ATS, to=st.integers(-50, 49))
    def move(self, at: int, to: int) -> None:
        key, count = self.key(at), len(self.model.now["segments"])
        to = to % count if to >= 0 else -(-to % count) - (to % count == 0) * count
        name = self.handle(key).name
        op = {"op": "change", "segment": key, "fields": {"place": to}}
        self.do(op, lambda: self.seg.segments.move(name, to))

    @precondition(segments)
    @rule(at=ATS)
    def delete(self, at: int) -> None:
        key = self.key(at)
        segment = self.handle(key)
        name, masks = segment.name, segment.masks
        op = {"op": "delete", "segment": key}
        self.do(op, lambda: self.seg.segments.__delitem__(name))
        assert segment.name == name  # what it was can still be read
        np.testing.assert_array_equal(segment.masks, masks)

    @precondition(segments)
    @rule(at=ATS)
    def reopen(self, at: int) -> None:
        key = self.key(at)
        name = self.handle(key).name
        self.do({"op": "reopen", "segment": key}, lambda: self.seg.reopen(name))

    @rule()
    def leave(self) -> None:
        self.do({"op": "reopen", "segment": None}, lambda: self.seg.reopen(None))

    # What is refused ----------------------------------------------------------------

    @rule(data=st.data())
    def ask_for_what_is_refused(self, data: Any) -> None:
        """Ask, from a cell, for what nothing can be."""
        values = data.draw(WRONG_SETTINGS)
        setting, value = [*values.items()][-1]
        clicks = [*self.seg.clicks, data.draw(WRONG_CLICKS)]
        name, nobody = data.draw(NO_NAMES), data.draw(NOBODY)
        acts: list[Callable[[], object]] = [
            lambda: setattr(self.seg, setting, value),
            lambda: setattr(self.seg, "clicks", clicks),
            lambda: self.seg.commit(name),
            lambda: self.seg.segments[nobody],
            lambda: self.seg.segments.move(nobody, 0),
            lambda: self.seg.segments.__delitem__(nobody),
            lambda: self.seg.instances(nobody),
            lambda: self.seg.reopen(nobody),
        ]
        if segments(self):
            segment = self.handle(self.key(data.draw(ATS)))
            acts.append(lambda: setattr(segment, "name", name))
        self.do({"op": "wrong"}, data.draw(st.sampled_from(acts)))

    @rule(values=WRONG_SETTINGS)
    def slide_to_what_is_refused(self, values: dict[str, Any]) -> None:
        self.send(values)
        assert self.wire.sent.pop()[0]["type"] == "error"

    # The page -----------------------------------------------------------------------

    def send(self, values: dict[str, Any]) -> None:
        """Set traits on the page."""
        self.page |= {name: values[name] for name in values if name in self.page}
        self.wire.set(**values)

    @rule(values=some({**SETTINGS, **LOOKS}, 3), goes_on=st.booleans())
    def slide(self, values: dict[str, Any], goes_on: bool) -> None:
        """Move sliders on a page, which says what is one movement."""
        self.slides += not goes_on
        step = f"{self.page_name}-{self.slides}"
        ours = {name: values[name] for name in values if name in MASK}
        looks = {name: values[name] for name in values if name in VIEW}
        with suppress(Refused):
            self.model.act(self.setting(ours, step))
            self.model.act({"op": "look", "values": looks})
        self.send({**values, "_step": f"{step}.{next(self.pages)}"})

    @rule(values=some(SETTINGS, 2))
    def sync(self, values: dict[str, Any]) -> None:
        """Tell settings again after the line was lost."""
        self.page |= values
        message = {"type": "sync", "id": "a", "settings": values}
        try:
            self.model.act(self.setting(values))
        except Refused:
            assert self.wire.ask(message)[0]["type"] == "error"
            return
        assert self.wire.ask(message)[0]["type"] == "synced"

    @rule(data=st.data(), count=st.integers(1, 4))
    def edit(self, data: Any, count: int) -> None:
        pairs = [self.draw_edit(data.draw) for _ in range(count)]
        ops, edits = map(list, zip(*pairs, strict=True))
        self.last = self.first, ops, edits
        self.send_edits(*self.last)

    @rule(more=st.integers(0, 2))
    def edit_again(self, more: int) -> None:
        """Send what was sent, as a page does that got no answer, and something new."""
        if self.last is not None:
            first, ops, edits = self.last
            new = [{"op": "undo"}] * more
            self.last = first, [*ops, *new], [*edits, *new]
            self.send_edits(*self.last)

    @rule()
    def reload_page(self) -> None:
        self.page_name, self.first, self.last = f"page {next(self.pages)}", 1, None
        self.known = self.seg._revision, [*self.seg.clicks]
        self.slides = 0

    def send_edits(self, first: int, ops: list[Any], edits: list[Any]) -> None:
        whole = self.model.edit(self.page_name, first, ops)
        self.first = first + len(ops)
        since, known = self.known
        name = {"page": self.page_name, "first": first, "since": since}
        message = {"type": "edit", "id": "a", **name, "edits": edits, "images": [0, 2]}
        answer, _ = self.wire.ask(message)
        assert answer["type"] == "edited", answer
        assert (answer["error"] is None) == whole, answer["error"]
        keep, added = answer["prompts"]["keep"], answer["prompts"]["added"]
        clicks = [*known[:keep], *added]
        told = clicks, answer["history"], answer["revision"]
        assert told == (self.seg.clicks, self.seg._history, self.seg._revision)
        self.known = answer["revision"], clicks

    def draw_edit(self, draw: Callable[..., Any]) -> tuple[dict, dict]:
        """Draw what is done, as the model and as the page has it."""
        keys = [each["key"] for each in self.model.now["segments"]]
        key = draw(st.sampled_from([None, *keys]))
        id = self.ids.get(key, 10**6)
        kind = draw(st.sampled_from(EDITS))
        op: dict[str, Any] = {"op": kind}
        if kind == "click":
            place = self.click_at(draw(PLACES))
            return {**op, "click": place}, {"op": "add", "prompt": place}
        if kind == "commit":
            op |= {"name": draw(st.none() | NAMES)}
        if kind == "change":
            places = st.integers(0, len(keys))
            op |= {"fields": draw(some({**FIELDS, "place": places}, 2))}
        if kind in ("change", "delete"):
            return {**op, "segment": key}, {**op, "segment": id}
        if kind == "reopen":
            return {**op, "segment": key}, {**op, "segment": key and id}
        if kind == "wrong":
            wrong = draw(WRONG_EDITS)
            return op, {**wrong, "segment": id} if wrong["op"] == "change" else wrong
        return op, op

    # Files --------------------------------------------------------------------------

    @rule(slot=SLOTS)
    def save(self, slot: int) -> None:
        path = self.folder / f"{slot}.json"
        if slot in self.saved:
            before = path.read_bytes()
            with pytest.raises(FileExistsError, match="overwrite=True"):
                self.seg.save_session(path, overwrite=False)
            assert path.read_bytes() == before
        self.seg.save_session(path)
        self.saved[slot] = self.model.now
        self.written.add(slot)

    @rule(slot=SLOTS)
    def load(self, slot: int) -> None:
        path = self.folder / f"{slot}.json"
        if slot not in self.saved:
            self.do({"op": "wrong"}, lambda: self.seg.load_session(path))
            return
        op = {"op": "load", "saved": self.saved[slot]}
        self.do(op, lambda: self.seg.load_session(path))

    @rule(text=st.sampled_from(["", "{", "[]", "\ud800", "other batch", "half"]))
    def load_wrong(self, text: str) -> None:
        path = self.folder / "wrong.json"
        if text == "other batch":
            path = other_batch()
        else:
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        if text == "half":
            whole = self.seg.save_session(path).read_bytes()
            path.write_bytes(whole[: len(whole) // 2])
        self.do({"op": "wrong"}, lambda: self.seg.load_session(path))

    @rule(slot=st.none() | SLOTS)
    def autosave(self, slot: int | None) -> None:
        """Keep it in a file from now on, if no work is lost by that."""
        if slot is None:
            self.seg.autosave = None
            return
        path = self.folder / f"{slot}.json"
        ours, theirs = self.model.now, self.saved.get(slot, self.model.now)
        before, revision = path.exists() and path.read_bytes(), self.seg._revision
        try:
            self.seg.autosave = path
        except ValueError:
            assert ours != theirs
            assert path.read_bytes() == before
            return
        if self.seg._revision == revision:  # written over
            assert slot == self.kept or not loses(theirs, ours)
        else:
            assert not loses(ours, theirs)
            if slot in self.written:
                assert not [*ours["clicks"], *ours["segments"]]
            self.model.begin(theirs)
        self.kept = slot

    @rule(slot=SLOTS)
    def run_again(self, slot: int) -> None:
        """Run the cell again, which goes on with what is in a file."""
        if slot not in self.saved:
            return
        self.seg.close()
        self.open(autosave=self.folder / f"{slot}.json")
        self.kept = slot
        self.model = self.new_model()
        self.model.begin(self.saved[slot])
        self.before = self.seg._revision - self.model.revision

    # What must be so ----------------------------------------------------------------

    @invariant()
    def compare(self) -> None:
        self.steps += 1
        seg, model = self.seg, self.model
        told = seg._segments
        keys = [each["key"] for each in model.now["segments"]]
        for key, each in zip(keys, told, strict=False):
            assert self.ids.setdefault(key, each["id"]) == each["id"]
            model.colors.setdefault(key, each["color"])
        fields = ("name", "color", "visible", "instances")
        state = {
            "clicks": seg.clicks,
            "settings": self.read(MASK),
            "segments": [
                {
                    **{name: getattr(each, name) for name in fields},
                    "clicks": [list(click) for click in each.clicks],
                    "settings": vars(each.settings),
                }
                for each in seg.segments.values()
            ],
            "open": next((each["name"] for each in told if each["open"]), None),
            "view": self.read(VIEW),
            "history": seg._history,
            "revision": seg._revision - self.before,
        }
        assert state == model.state()
        self.compare_page()
        if self.steps % OFTEN == 0:
            self.compare_masks()

    def compare_page(self) -> None:
        """Check that pages, observers and the file hold what the segmenter does."""
        seg = self.seg
        for state in self.wire.states:
            self.page |= {name: state[name] for name in state if name in self.page}
        self.wire.states.clear()
        assert self.page == self.read(TOLD)
        self.wire.sent.clear()
        assert self.wire.failures == []
        for name, value in self.heard.items():
            now = getattr(seg, name)
            assert (
                [*value] == [*now] if name == "segments" else np.array_equal(value, now)
            )
        if seg.autosave is not None:
            slot = int(seg.autosave.stem)
            if self.saved.get(slot) != self.model.now:
                self.saved[slot] = self.model.now
                self.written.add(slot)
            told = json.loads(seg.autosave.read_text(encoding="utf-8"))
            assert told["clicks"] == seg.clicks
            assert {name: told["settings"][name] for name in MASK} == self.read(MASK)
            names = [each["name"] for each in told["segments"]]
            assert names == list(seg.segments)

    # Masks --------------------------------------------------------------------------

    def threshold(self, clicks: list[Any], settings: dict[str, Any]) -> float:
        if settings["auto_threshold"] and settings["method"] == "diffusion":
            return oracle(self.batch, clicks, settings).settings.threshold
        return settings["threshold"]

    def compare_masks(self) -> None:
        """Check masks, label maps and things against those of a session made anew."""
        seg, now = self.seg, self.model.now
        fresh = oracle(self.batch, now["clicks"], now["settings"])
        np.testing.assert_array_equal(seg.masks, fresh.masks())
        self.compare_plainly(now)
        image = self.steps // OFTEN % 3
        labels = np.zeros((3, *GRID), int)
        full_labels = np.zeros(seg._session.sizes[image], int)
        for number, each in enumerate(now["segments"], 1):
            segment = seg.segments[each["name"]]
            made = oracle(self.batch, each["clicks"], each["settings"])
            masks, full = made.masks(), made.full_masks()[image]
            np.testing.assert_array_equal(segment.masks, masks)
            np.testing.assert_array_equal(segment.full_masks()[image], full)
            labels[masks] = number
            full_labels[full] = number
        np.testing.assert_array_equal(seg.label_map, labels)
        np.testing.assert_array_equal(seg.full_label_maps()[image], full_labels)
        full = fresh.full_masks()[image]
        np.testing.assert_array_equal(seg.full_masks()[image], full)
        self.compare_things(image)

    def compare_plainly(self, now: dict[str, Any]) -> None:
        """Check masks by similarity against their definition."""
        settings = now["settings"]
        if settings["method"] != "similarity":
            return
        cells = [
            [image, int(y * 8 / h), int(x * 8 / w), label]
            for image, x, y, label in now["clicks"]
            for h, w in [self.seg._session.sizes[image]]
        ]
        eigvecs = self.given["eigvecs"]
        masks, near = similar(eigvecs, cells, settings)
        if near.any() or any(not eigvecs[tuple(cell[:3])].any() for cell in cells):
            return
        if settings["denoise"]:
            least = settings["denoise_area_th"]
            masks = np.stack([without_small(mask, least) for mask in masks])
        np.testing.assert_array_equal(self.seg.masks, masks)

    def compare_things(self, image: int) -> None:
        """Check the numbered things of the last segment, here and on the page."""
        seg = self.seg
        if not seg.segments:
            return
        told = seg._segments[-1]
        segment = seg.segments[told["name"]]
        mask = segment.full_masks()[image]
        connected = skimage.measure.label(mask, connectivity=2)
        things = seg.instances(told["name"])[image]
        np.testing.assert_array_equal(things > 0, mask)
        if told["instances"] != "watershed":
            whole = told["instances"] == "whole"
            np.testing.assert_array_equal(things, mask if whole else connected)
        for number in range(1, things.max() + 1):
            assert len(np.unique(connected[things == number])) == 1 or whole
        asked = [[told["id"], told["edition"]]]
        message = {"type": "segments", "id": "s", "segments": asked, "images": [image]}
        _, buffers = self.wire.ask({**message, "kind": "stage"})
        np.testing.assert_array_equal(painted(buffers[0], mask.shape), things)


def oracle(batch: str, clicks: list[Any], settings: dict[str, Any]) -> Session:
    """Make a session that has known nothing but these clicks and settings."""
    return _oracle(batch, json.dumps([clicks, settings]))


@lru_cache(maxsize=500)
def _oracle(batch: str, told: str) -> Session:
    clicks, settings = json.loads(told)
    given = BATCHES[batch]()
    session = Session(given["eigvecs"], sizes_of(batch), eigvals=given.get("eigvals"))
    session.update(**settings)
    session.update(clicks=clicks)
    return session


@cache
def sizes_of(batch: str) -> list[tuple[int, int]]:
    return NcutSegmenter(**BATCHES[batch]())._session.sizes


@pytest.mark.filterwarnings("ignore")
@pytest.mark.timeout(1200)
@soaked(36)
def test_a_segmenter_is_what_its_model_is(count: int, report: list[str]) -> None:
    Walk.walked = 0
    run_state_machine_as_test(
        seed(count)(Walk),
        settings=settings(
            max_examples=count,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=False,
            phases=[Phase.generate, Phase.shrink],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    report.append(f"{Walk.walked} steps beside a model: the same after each of them")
