"""A segmenter and its page beside their model, compared after each step."""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import skimage.measure
import traitlets
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ncut_widget import NcutSegmenter, Segment
from ncut_widget.page.callbacks import TOLD
from ncut_widget.settings import MASK, VIEW
from tests.support.model import Model, Refused, similar, without_small
from tests.support.page import Wire
from tests.support.segments import painted
from tests.support.walk.batches import BATCHES, GRID, oracle

OFTEN = 15
"""Steps after which masks are looked at, too."""
KINDS = (MASK, VIEW)
REFUSALS = (ValueError, TypeError, KeyError, OSError, traitlets.TraitError)


def segments(walk: Beside) -> bool:
    return bool(walk.model.now["segments"])


class Beside(RuleBasedStateMachine):
    """A segmenter and its page, and the model of both."""

    observed = False
    walked = 0
    """Steps of all walks."""

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
            type(self).walked += self.steps

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

    @rule()
    def reload_page(self) -> None:
        self.page_name, self.first, self.last = f"page {next(self.pages)}", 1, None
        self.known = self.seg._revision, [*self.seg.clicks]
        self.slides = 0

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

    def setting(
        self, values: dict[str, Any], step: str | None = None
    ) -> dict[str, Any]:
        method = values.get("method", "similarity")
        if method != "similarity" and self.seg.eigvals is None:
            return {"op": "wrong"}
        return {"op": "set", "values": values, "step": step}

    def send(self, values: dict[str, Any]) -> None:
        """Set traits on the page."""
        self.page |= {name: values[name] for name in values if name in self.page}
        self.wire.set(**values)

    def key(self, at: int) -> int:
        """Choose one of the segments."""
        keys = [each["key"] for each in self.model.now["segments"]]
        return keys[at % len(keys)]

    def handle(self, key: int) -> Segment:
        segments = self.model.now["segments"]
        (name,) = (each["name"] for each in segments if each["key"] == key)
        return self.seg.segments[name]

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
