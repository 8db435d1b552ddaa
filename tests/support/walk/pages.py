"""What somebody does on pages."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import rule

from ncut_widget.settings import MASK, VIEW
from tests.support.model import Refused
from tests.support.walk.base import Beside
from tests.support.walk.draws import (
    EDITS,
    FIELDS,
    LOOKS,
    NAMES,
    PLACES,
    SETTINGS,
    WRONG_EDITS,
    WRONG_SETTINGS,
    some,
)


class OnPages(Beside):
    """Somebody who moves sliders and edits on pages."""

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

    @rule(values=WRONG_SETTINGS)
    def slide_to_what_is_refused(self, values: dict[str, Any]) -> None:
        self.send(values)
        assert self.wire.sent.pop()[0]["type"] == "error"
