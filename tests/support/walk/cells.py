"""What somebody does in cells."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis.stateful import precondition, rule

from tests.support.walk.base import Beside, segments
from tests.support.walk.draws import (
    ATS,
    COLORS,
    FIELDS,
    LOOKS,
    NAMES,
    NO_NAMES,
    NOBODY,
    PLACES,
    SETTINGS,
    WRONG_CLICKS,
    WRONG_SETTINGS,
    some,
)

FEW = 8
"""Segments, which all have colours of their own."""


class InCells(Beside):
    """Somebody who clicks, sets and commits in cells."""

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
