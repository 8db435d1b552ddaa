"""Fields of methods whose maps and seeds lie on a grid of each image, on the wire."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ncut_widget import NcutSegmenter
from ncut_widget.page import protocol
from tests.support.fine import EIGVALS, SIZES, make_eigvecs
from tests.support.page import Wire, click

GRIDS = [[96, 128], [128, 64], [90, 90]]


@pytest.fixture
def seg() -> NcutSegmenter:
    images = [np.zeros((*size, 3), np.uint8) for size in SIZES]
    return NcutSegmenter(
        make_eigvecs(), images, eigvals=EIGVALS, method="random_walker"
    )


@pytest.fixture
def wire(seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(seg, monkeypatch)


def edit(*edits: dict) -> dict:
    return {"type": "edit", "id": "a", "edits": [*edits], "images": [1, 0, 2]}


def ask(wants: Any) -> dict:
    return {"type": "fields", "id": "m", "wants": wants}


def first_seeds(wire: Wire) -> dict:
    content, _ = wire.ask(edit(click(0, 639, 0, 1), click(2, 3, 3, 0)))
    return dict(content["fields"][0]["seeds"])


def test_the_page_is_told_what_the_method_asks_of_it(seg: NcutSegmenter) -> None:
    told = seg._info["methods"]
    sides = {name: (each["side"], each["ordered"]) for name, each in told.items()}
    assert sides == {
        "similarity": (None, False),
        "diffusion": (None, False),
        "biased_ncut": (None, False),
        "random_walker": (128, True),
    }


def test_an_edit_brings_the_first_image_on_view_alone(wire: Wire) -> None:
    content, buffers = wire.ask(edit(click(0, 639, 0, 1)))
    (told,) = content["fields"]
    assert told["images"] == [1]
    assert [len(each) for each in buffers] == [4 * 128 * 64]


def test_each_map_comes_on_its_images_grid_with_its_presence(
    seg: NcutSegmenter, wire: Wire
) -> None:
    seeds = first_seeds(wire)
    assert seeds["positives"] == [[[0, 0, 127]]]
    assert seeds["negatives"] == [[[2, 3, 3]]]
    assert seeds["order"] == "+-"
    content, (buffer,) = wire.ask(ask([{"seeds": seeds, "images": [2, 0, 1]}]))
    (told,) = content["fields"]
    assert [list(grid) for grid in told["grids"]] == [GRIDS[2], GRIDS[0], GRIDS[1]]
    images = told["images"]
    assert told["presence"] == pytest.approx(wire.seg.presence[images].tolist())
    session = seg._session
    field = session.masker.field(session.masker.seeds(session.recipe).positives[0])
    expected = np.concatenate([field.map(image).ravel() for image in (2, 0, 1)])
    np.testing.assert_array_equal(np.frombuffer(buffer, "<f4"), expected)


def test_a_reply_is_limited_by_the_real_size_of_its_maps(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = first_seeds(wire)
    monkeypatch.setattr(protocol, "REPLY_BYTES", 4 * (96 * 128 + 90 * 90))
    content, _ = wire.ask(ask([{"seeds": seeds, "images": [0, 2]}]))
    assert content["type"] == "fields"
    content, _ = wire.ask(ask([{"seeds": seeds, "images": [0, 2, 1]}]))
    assert "at most 1 maps, which take 49152 bytes each, got 3" in content["message"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"order": "+"}, "the order of seeds must have a sign for each group"),
        ({"order": "++"}, "'\\+-' in any order, got '\\+\\+'"),
        ({"order": None}, "in any order, got None"),
        ({"order": ["+", "-"]}, "in any order"),
        ({"positives": [[[0, 96, 0]]]}, "a cell's row must be .* 0 and 95, got 96"),
        ({"positives": [[[1, 0, 64]]]}, "a cell's col must be .* 0 and 63, got 64"),
        ({"method": "diffusion", "order": ""}, "a cell's col must be .* 0 and 7"),
    ],
)
def test_seeds_that_are_none_are_refused_in_a_sentence(
    wire: Wire, change: dict, sentence: str
) -> None:
    wants = [{"seeds": {**first_seeds(wire), **change}, "images": [0]}]
    content, _ = wire.ask(ask(wants))
    assert content["type"] == "error"
    with pytest.raises(ValueError, match=sentence):
        raise ValueError(content["message"])
