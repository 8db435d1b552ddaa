"""Reads a session's file, checked: all of it, or the parts that fit this batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ncut_widget.core.checks import shown
from ncut_widget.prompts import Prompt
from ncut_widget.prompts.kinds import image_told, told_on
from ncut_widget.prompts.recipe import OWN_THRESHOLD
from ncut_widget.segments.record import check_field, spelled
from ncut_widget.settings import MASK, Setting

WRONG = (AttributeError, ArithmeticError, IndexError, KeyError, TypeError, ValueError)
"""The errors that a file with wrong content raises."""


class Content(NamedTuple):
    """The checked content of a session's file.

    Attributes
    ----------
    prompts : tuple of Prompt
    settings : dict
        The settings of `MASK` that the file has, and `OWN_THRESHOLD`.
    segments : list of dict
        ``name``, ``color``, ``visible``, ``instances``, ``prompts`` and ``settings``.
    opened : (str, dict) or None
        Name of the segment that is open again, and the settings before.
    left_out : list of str
        What does not fit, and why.
    """

    prompts: tuple[Prompt, ...]
    settings: dict[str, Any]
    segments: list[dict[str, Any]]
    opened: tuple[str, dict[str, Any]] | None
    left_out: list[str]


class Reader:
    """Reads the content of a session's file.

    Parameters
    ----------
    check : callable
        ``(name, value)`` of ``clicks`` or a setting -> the value, or an error.
    table : mapping of str to Setting
        Of this batch.
    places : sequence of int or None, optional
        For each image of the file its index in this batch. If given, parts that do not
        fit are left out; else they raise.
    """

    def __init__(
        self,
        check: Callable[[str, Any], Any],
        table: Mapping[str, Setting],
        places: Sequence[int | None] | None = None,
    ) -> None:
        self._check = check
        self._table = table
        self._places = places
        self._left_out: list[str] = []

    def read(self, content: dict[str, Any]) -> Content:
        """Read the content.

        Raises
        ------
        ValueError
            In one sentence, if a part is not allowed, and nothing may be left out.
        """
        prompts = self._part(
            "clicks", lambda: self._prompts(content["clicks"], "clicks")
        )
        settings = self._part(
            "settings", lambda: self._settings(content["settings"], "settings")
        )
        segments: list[dict[str, Any]] = []
        told = self._part("segments", lambda: list(content["segments"]), [])
        for number, each in enumerate(told):
            segment = self._part(
                f"segment {number}", partial(self._segment, each, segments)
            )
            if segment is not None:
                segments.append(segment)
        opened = self._part("open", lambda: self._opened(content["open"], segments))
        return Content(prompts or (), settings or {}, segments, opened, self._left_out)

    def _part(self, of: str, read: Callable[[], Any], instead: Any = None) -> Any:
        """Read a part; if it is wrong, leave it out or raise."""
        try:
            return read()
        except WRONG as error:
            reason = str(error)
            if isinstance(error, KeyError):
                reason = f"it lacks {shown(error.args[0])}"
            if self._places is None:
                raise ValueError(f"{of}: {reason}") from error
            self._left_out.append(f"{of}: {reason}")
        return instead

    def _prompts(self, told: Any, of: str) -> tuple[Prompt, ...]:
        if self._places is None:
            checked: tuple[Prompt, ...] = self._check("clicks", told)
            return checked
        kept = [self._part(of, partial(self._prompt, each)) for each in told]
        return tuple(prompt for prompt in kept if prompt is not None)

    def _prompt(self, told: Any) -> Prompt:
        assert self._places is not None
        image = image_told(told)
        if image in range(len(self._places)):
            place = self._places[int(image)]
            if place is None:
                raise ValueError(f"image {image} of the click {told} is not here")
            told = told_on(told, place)
        prompt: Prompt = self._check("clicks", [told])[0]
        return prompt

    def _settings(self, told: Mapping[str, Any], of: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, value in told.items():
            try:
                if name not in (*MASK, OWN_THRESHOLD):
                    raise ValueError(f"there is no setting {shown(name)}")
                setting = "threshold" if name == OWN_THRESHOLD else name
                made[name] = self._check(setting, value)
            except WRONG as error:
                if self._places is None:
                    raise
                nearest = self._nearest(name, value)
                more = "" if nearest is None else f"; {nearest} is taken"
                self._left_out.append(f"{of}: {error}{more}")
                if nearest is not None:
                    made[name] = nearest
        return made

    def _nearest(self, name: str, value: Any) -> Any:
        """Return the end of a setting's range that a number exceeds, or None."""
        entry = self._table.get(name)
        if entry is None or entry.high is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        ends = [entry.high] * (value > entry.high) + [entry.low] * (value < entry.low)
        return ends[0] if ends else None

    def _segment(self, told: Any, before: Sequence[Any]) -> dict[str, Any]:
        name = check_field("name", told["name"])
        of = f"segment {name!r}"
        if name in [each["name"] for each in before]:
            raise ValueError(f"two segments have the same name, {name!r}")
        made = {
            "name": name,
            "color": check_field("color", told["color"]),
            "visible": check_field("visible", told["visible"]),
            "instances": check_field("instances", told["instances"]),
            "prompts": self._prompts(told["clicks"], of),
            "settings": self._settings(told["settings"], of),
        }
        if self._places is not None and not any(each.label for each in made["prompts"]):
            raise ValueError(f"no positive click of {name!r} is left")
        return made

    def _opened(
        self, told: Any, segments: Sequence[Any]
    ) -> tuple[str, dict[str, Any]] | None:
        if told is None:
            return None
        name = spelled(told["name"])
        if name not in [each["name"] for each in segments]:
            raise ValueError(f"there is no segment {shown(name)}")
        return name, self._settings(told["settings"], "open")


def holds_work(content: Mapping[str, Any], work: Mapping[str, Any]) -> bool:
    """Whether a session holds all work of another: every segment, and the clicks.

    Settings do not count as work: setting them again takes a moment.
    """
    segments, clicks = content["segments"], work["clicks"]
    if any(segment not in segments for segment in work["segments"]):
        return False
    begun = [content["clicks"], *(segment["clicks"] for segment in segments)]
    return any(each[: len(clicks)] == clicks for each in begun)
