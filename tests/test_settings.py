"""One entry of the table is all that a setting needs, one class all of a request."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import traitlets
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from ncut_widget.page.protocol import Fields, Message
from ncut_widget.page.requests.base import Desk, Request
from ncut_widget.sessions.session import Session
from ncut_widget.settings import (
    CELLS,
    MASK,
    TABLE,
    Batch,
    Setting,
    choice,
    number,
    read_table,
    whole,
)
from tests.support.page import Wire

BATCH = Batch(images=3, cells=256, num_eig=6)


class MadeUp:
    """Settings that do not exist."""

    sharpness: float = number(0.5, 0, 2, usual=1, unit="1 / cell")
    """How sharp edges are; higher means
    sharper.

    More of it.
    """

    margin: int = whole(CELLS, 0, CELLS)
    """Cells around it."""

    shape: str = choice("round", "square")
    """What it looks like."""


MADE_UP = read_table("mask", MadeUp)


def test_an_entry_is_read_with_its_text() -> None:
    entry = MADE_UP["sharpness"]
    assert entry.sentence == "How sharp edges are; higher means sharper."
    assert entry.document() == (
        "sharpness : float, 0 to 2, default 0.5\n"
        "    How sharp edges are; higher means\n    sharper.\n\n    More of it."
    )
    assert MADE_UP["margin"].document() == (
        "margin : int, 0 to H * W, default H * W\n    Cells around it."
    )
    assert MADE_UP["shape"].document() == (
        'shape : {"round", "square"}, default "round"\n    What it looks like.'
    )


def test_what_follows_from_the_batch_is_a_number_there() -> None:
    entry = MADE_UP["margin"].at(BATCH)
    assert (entry.default, entry.low, entry.high) == (256, 0, 256)
    assert entry.check(256) == 256
    with pytest.raises(ValueError, match="between 0 and 256, got 257"):
        entry.check(257)


def test_the_page_is_told_range_unit_and_sentence() -> None:
    assert MADE_UP["sharpness"].describe() == {
        "kind": "number",
        "default": 0.5,
        "unit": "1 / cell",
        "sentence": "How sharp edges are; higher means sharper.",
        "of": "mask",
        "low": 0,
        "high": 2,
        "usual": 1,
    }
    assert MADE_UP["shape"].describe()["choices"] == ["round", "square"]


@pytest.mark.parametrize("name", TABLE)
def test_every_setting_is_a_documented_trait(name: str, eigvecs: NDArray) -> None:
    seg = NcutSegmenter(eigvecs)
    entry: Setting = TABLE[name]
    assert entry.text
    assert seg.traits()[name].help == entry.text
    assert entry.sentence.split(".")[0] in " ".join((inspect.getdoc(seg) or "").split())
    assert getattr(seg, name) == entry.at(BATCH).default


@pytest.mark.parametrize("name", [name for name in TABLE if TABLE[name].high])
def test_page_and_kernel_have_one_range(name: str, eigvecs: NDArray) -> None:
    seg = NcutSegmenter(eigvecs)
    told = seg._info["settings"][name]
    for value in (told["low"], told["high"], told["usual"]):
        setattr(seg, name, value)
        assert getattr(seg, name) == value
    for value in (told["low"] - 1, told["high"] + 1):
        with pytest.raises((ValueError, traitlets.TraitError), match=name):
            setattr(seg, name, value)


def test_settings_of_a_moment_are_those_of_the_table(eigvecs: NDArray) -> None:
    settings = Session(eigvecs).settings
    assert list(vars(settings)) == list(MASK)


# A request ---------------------------------------------------------------------------


@pytest.fixture
def areas() -> Iterator[None]:
    @dataclass(frozen=True)
    class AreasRequest(Request):
        """Send the areas of the masks of some images."""

        message_type = "areas"
        id: str
        images: list[int]

        @classmethod
        def read(cls, id: str, fields: Fields, session: Session) -> AreasRequest:
            return cls(id, fields.indices("images", session))

        def answer(self, desk: Desk) -> Message:
            areas = desk.session.masks().sum(axis=(1, 2))
            found = {str(image): int(areas[image]) for image in self.images}
            return {"type": "areas", "id": self.id, "areas": found}, []

    yield
    del Request.kinds["areas"]


@pytest.mark.usefixtures("areas")
def test_a_new_kind_of_request_is_found_by_its_type(
    eigvecs: NDArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    seg = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])
    wire = Wire(seg, monkeypatch)
    reply, _ = wire.ask({"type": "areas", "id": "p-1", "images": [0, 2]})
    areas = seg.masks.sum(axis=(1, 2))
    assert reply["areas"] == {"0": areas[0], "2": areas[2]}
    refused, _ = wire.ask({"type": "areas", "id": "p-2", "images": [3]})
    assert (refused["type"], refused["id"]) == ("error", "p-2")


# A slider ----------------------------------------------------------------------------

MOVES = [
    *({"threshold": 0.3}, {"gamma": 2}, {"denoise": False}, {"num_eig": 3}),
    *({"method": "diffusion"}, {"denoise_area_th": 9}, {"granularity": 3}),
]


@pytest.mark.parametrize("move", MOVES, ids=[name for move in MOVES for name in move])
def test_a_move_of_a_slider_is_one_check_and_one_change(
    eigvecs: NDArray, monkeypatch: pytest.MonkeyPatch, move: dict[str, Any]
) -> None:
    seg = NcutSegmenter(eigvecs, eigvals=np.linspace(1, 0.3, 6), method="similarity")
    wire = Wire(seg, monkeypatch)
    ((name, value),) = move.items()
    checks: list[str] = []
    changes: list[dict[str, Any]] = []
    check, change = Setting.check, Session.set

    def count_checks(entry: Setting, given: Any) -> Any:
        checks.append(entry.name)
        return check(entry, given)

    def count_changes(session: Session, *step: Any, **checked: Any) -> bool:
        if checked:
            changes.append(checked)
        return change(session, *step, **checked)

    monkeypatch.setattr(Setting, "check", count_checks)
    monkeypatch.setattr(Session, "set", count_changes)
    wire.set(**move, _step="p-1.1")
    assert getattr(seg, name) == value
    assert checks == [name]
    assert changes == [move]
    assert seg._revision == 1
