"""What a segmenter must be after anything that is done to it: plain lists and dicts.

It knows nothing of how `ncut_widget` keeps its state. Undo goes back to a copy of all
that was; what is refused changes nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Found = Callable[[list[Any], dict[str, Any]], float]
"""Gives the threshold that ``auto_threshold`` finds for clicks and settings."""


Step = tuple[dict[str, Any], "str | None"]
"""What was before a change, or after it; and the step that the change is a part of."""


class Refused(Exception):
    """What cannot be done."""


class Model:
    """A segmenter's state.

    Parameters
    ----------
    settings : dict
        All that masks depend on. ``threshold`` is the user's own, whatever is found.
    view : dict
        Settings of how it looks, which undo leaves.
    found : callable
    """

    def __init__(
        self, settings: Mapping[str, Any], view: Mapping[str, Any], found: Found
    ) -> None:
        self.now: dict[str, Any] = {
            "clicks": [],
            "settings": dict(settings),
            "segments": [],
            "open": None,
        }
        self.view = dict(view)
        self.found = found
        self.past: list[Step] = []
        self.future: list[Step] = []
        self.revision = 0
        self.made = 0
        self.colors: dict[int, str] = {}
        self.done: dict[str, tuple[int, bool]] = {}

    # What can be done ---------------------------------------------------------------

    def act(self, op: Mapping[str, Any]) -> None:
        """Do one thing; raise `Refused` where it cannot be done."""
        getattr(self, f"do_{op['op']}")(
            **{k: v for k, v in op.items() if k not in ("op", "by")}
        )

    def edit(self, page: str, first: int, ops: list[Any]) -> bool:
        """Do what a page sends, unless it has been done; return whether all of it."""
        number, refused = self.done.get(page, (first - 1, False))
        last = first - 1 + len(ops)
        if last <= number:
            return not refused
        for op in ops[max(number - first + 1, 0) :]:
            try:
                self.act(op)
            except Refused:
                self.done[page] = last, True
                return False
        self.done[page] = last, False
        return True

    def do_click(self, click: list[Any]) -> None:
        self._turn(clicks=[*self.now["clicks"], click])

    def do_clicks(self, clicks: list[Any]) -> None:
        self._turn(clicks=clicks)

    def do_clear(self) -> None:
        self._turn(clicks=[])

    def do_undo(self) -> None:
        self._go(self.past, self.future)

    def do_redo(self) -> None:
        self._go(self.future, self.past)

    def do_set(self, values: dict[str, Any], step: str | None = None) -> None:
        """Set settings; those of one step that follow each other are one change."""
        settings = self.now["settings"]
        values = dict(values)
        if "threshold" in values:
            if values["threshold"] != self.found(self.now["clicks"], settings):
                values.setdefault("auto_threshold", False)
            elif values.get("auto_threshold", settings["auto_threshold"]):
                del values["threshold"]  # it is the one that is found
        self._turn(step, settings={**settings, **values})

    def do_look(self, values: dict[str, Any]) -> None:
        self.view |= values

    def do_commit(self, name: str | None = None, color: str | None = None) -> None:
        """Keep the clicks; which colour was chosen, the walk tells in `colors`."""
        if not any(label == 1 for *_, label in self.now["clicks"]):
            raise Refused
        segments, opened = [*self.now["segments"]], self.now["open"]
        target = self._named(name) if name is not None else opened and opened["key"]
        made = {"clicks": self.now["clicks"], "settings": self.now["settings"]}
        place = self._place(target)
        if place is None:
            if name is None:
                taken = {each["name"] for each in segments}
                free = (f"segment {n}" for n in range(1, len(segments) + 2))
                name = next(each for each in free if each not in taken)
            self.made += 1
            look = {"visible": True, "instances": "connected", "color": color}
            one = {"key": self.made, "name": composed(name), **look, **made}
            segments.append(one)
        else:
            look = {"color": color} if color else {}
            segments[place] = {**segments[place], **look, **made}
        settings = opened["settings"] if opened else self.now["settings"]
        self._turn(segments=segments, clicks=[], open=None, settings=settings)

    def do_change(self, segment: int, fields: dict[str, Any]) -> None:
        place = self._known(segment)
        segments = [*self.now["segments"]]
        changed = dict(fields)
        to = changed.pop("place", None)
        if "name" in changed:
            changed["name"] = composed(changed["name"])
            if self._named(changed["name"]) not in (None, segment):
                raise Refused
        segments[place] = {**segments[place], **changed}
        if to is not None:
            one = segments.pop(place)
            segments.insert(to if to >= 0 else len(segments) + 1 + to, one)
        self._turn(segments=segments)

    def do_delete(self, segment: int) -> None:
        place = self._known(segment)
        segments, opened = list(self.now["segments"]), self.now["open"]
        del segments[place]
        if opened is not None and opened["key"] == segment:
            settings = opened["settings"]
            self._turn(segments=segments, clicks=[], settings=settings, open=None)
        else:
            self._turn(segments=segments)

    def do_reopen(self, segment: int | None) -> None:
        opened = self.now["open"]
        before = opened["settings"] if opened else self.now["settings"]
        if segment is None:
            if opened:
                self._turn(clicks=[], settings=before, open=None)
            return
        one = self.now["segments"][self._known(segment)]
        opened = {"key": segment, "settings": before}
        self._turn(clicks=one["clicks"], settings=one["settings"], open=opened)

    def do_load(self, saved: dict[str, Any]) -> None:
        """Become what was saved, with segments that are new ones."""
        keys = {}
        for each in saved["segments"]:
            self.made += 1
            keys[each["key"]] = self.made
            if each["key"] in self.colors:
                self.colors[self.made] = self.colors[each["key"]]
        segments = [{**each, "key": keys[each["key"]]} for each in saved["segments"]]
        opened = saved["open"] and {**saved["open"], "key": keys[saved["open"]["key"]]}
        self._turn(**{**saved, "segments": segments, "open": opened})

    def begin(self, saved: dict[str, Any]) -> None:
        """Become what was saved; nothing before it can be undone."""
        before = self.revision
        self.do_load(saved)
        if self.revision != before:
            self.past.clear()

    def do_wrong(self, **_: Any) -> None:
        raise Refused

    # Undo ---------------------------------------------------------------------------

    def _turn(self, step: str | None = None, /, **changes: Any) -> None:
        new = {**self.now, **changes}
        if new == self.now:
            return
        goes_on = self.past and not self.future and step and self.past[-1][1] == step
        if not goes_on:
            self.past.append((self.now, step))
        elif self.past[-1][0] == new:  # a slider is back where it began
            self.past.pop()
        self.future.clear()
        self.now = new
        self.revision += 1

    def _go(self, source: list[Step], other: list[Step]) -> None:
        if source:
            moment, step = source.pop()
            other.append((self.now, step))
            self.now = moment
            self.revision += 1

    # What is known ------------------------------------------------------------------

    def _place(self, key: int | None) -> int | None:
        keys = [each["key"] for each in self.now["segments"]]
        return keys.index(key) if key in keys else None

    def _known(self, key: int) -> int:
        place = self._place(key)
        if place is None:
            raise Refused
        return place

    def _named(self, name: str) -> int | None:
        keys = {each["name"]: each["key"] for each in self.now["segments"]}
        return keys.get(composed(name))

    def state(self) -> dict[str, Any]:
        """All that can be read of it, with the thresholds that are found."""

        def shown(each: dict[str, Any]) -> dict[str, Any]:
            threshold = self.found(each["clicks"], each["settings"])
            settings = {**each["settings"], "threshold": threshold}
            color = each.get("color") or self.colors.get(each.get("key", 0))
            return {**each, "settings": settings, "color": color}

        opened = self.now["open"]
        names = {each["key"]: each["name"] for each in self.now["segments"]}
        segments = [shown(each) for each in self.now["segments"]]
        return {
            "clicks": self.now["clicks"],
            "settings": shown(self.now)["settings"],
            "segments": [
                {name: value for name, value in each.items() if name != "key"}
                for each in segments
            ],
            "open": opened and names[opened["key"]],
            "view": self.view,
            "history": [bool(self.past), bool(self.future)],
            "revision": self.revision,
        }


def composed(name: str) -> str:
    """Return the one form of a name that can be written in several."""
    return unicodedata.normalize("NFC", name).strip()


# Masks ------------------------------------------------------------------------------


def similar(eigvecs: NDArray, clicks: list[Any], settings: Any) -> tuple[Any, Any]:
    """Masks as ``get_mask`` of ncut-pytorch 1.8 gives them, and where they are sure.

    Parameters
    ----------
    eigvecs : ndarray, shape (B, H, W, K)
    clicks : list of [image, row, column, label]
    settings : dict

    Returns
    -------
    masks, near : ndarray of bool, shape (B, H, W)
        ``near``: the heatmap is so near the threshold that rounding decides.
    """
    said = eigvecs.reshape(len(eigvecs), -1).any(axis=1)
    vectors = eigvecs[..., : settings["num_eig"]].astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1)
    masks = np.zeros(eigvecs.shape[:3], dtype=bool)
    near = masks.copy()
    for label in (1, 0):
        threshold = settings["threshold" if label else "negative_threshold"]
        for image, row, col, own in clicks:
            if own != label:
                continue
            away = 1 - unit @ unit[image, row, col]
            z = (away - away[said].mean()) / away[said].std(ddof=1)
            heat = np.exp(-settings["gamma"] * z)
            low, high = np.quantile(heat[said], [0.01, 0.99])
            heat = (heat - low) / (high - low)
            near |= abs(heat - threshold) < 1e-3 * max(1, settings["gamma"])
            masks = masks | (heat > threshold) if label else masks & (heat <= threshold)
    masks[~said] = near[~said] = False
    return masks, near


def without_small(mask: NDArray, area_th: int) -> NDArray:
    """Drop the 8-connected parts of a mask (H, W) that have fewer cells."""
    parts, _ = ndimage.label(mask, np.ones((3, 3)))
    return (np.bincount(parts.ravel())[parts] >= area_th) & mask
