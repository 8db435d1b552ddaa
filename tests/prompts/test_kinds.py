"""Every kind of prompt, and one that the package does not know."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ncut_widget.methods.diffusion
from ncut_widget import NcutSegmenter
from ncut_widget.methods import METHODS
from ncut_widget.methods.walker.constants import SCALES
from ncut_widget.prompts import Click, check_prompt, check_prompts
from ncut_widget.prompts.kinds import KINDS
from tests.support.contracts.prompts import SIZES, PromptTests
from tests.support.stroke import Stroke


class TestClick(PromptTests):
    kind = Click
    examples = (Click(0, 12, 12.5, 1), Click(1, 3, 30, 0), Click(0, 63.75, 47, 1))
    wrong = (None, "here", [], [0, 1, 2], [0, 1, 2, True], [9, 1, 2, 1], [0, 64, 2, 1])


class TestStroke(PromptTests):
    kind = Stroke
    examples = (
        Stroke(0, (4.0, 30.0), 12.5, 1),
        Stroke(1, (0.0, 19.5), 30, 0),
        Stroke(2, (5.0, 5.0), 3, 1),
    )
    wrong = (
        {"kind": "stroke"},
        {"kind": "stroke", "image": 0, "ends": [1], "y": 1, "label": 1},
        {"kind": "stroke", "image": 0, "ends": [9, 1], "y": 1, "label": 1},
        {"kind": "stroke", "image": 3, "ends": [1, 9], "y": 1, "label": 1},
        {"kind": "stroke", "image": 0, "ends": [1, 64], "y": 1, "label": 1},
        {"kind": "stroke", "image": 0, "ends": [1, "9"], "y": 1, "label": 1},
        {"kind": "stroke", "image": 0, "ends": [1, 9], "y": 1, "label": 2},
    )


def test_every_kind_is_tested() -> None:
    assert {each.kind for each in PromptTests.__subclasses__()} >= {*KINDS.values()}


def test_a_kind_that_is_not_known_is_refused() -> None:
    for told in ({"kind": "stroke", "image": 0}, {"image": 0}, {"kind": ["click"]}, {}):
        with pytest.raises(ValueError, match="a prompt's kind must be one of click"):
            check_prompt(told, SIZES)
    with pytest.raises(TypeError, match="clicks must be a list"):
        check_prompts({"kind": "click"}, SIZES)


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> NcutSegmenter:
    """Make a segmenter of 4 x 220 cells that knows strokes."""
    monkeypatch.setitem(KINDS, "stroke", Stroke)
    rng = np.random.default_rng(0)
    eigvecs = rng.standard_normal((3, 4, 220, 4))
    eigvecs[..., :2, :, 1] += 3
    unit = np.linalg.qr(eigvecs.reshape(-1, 4))[0].reshape(eigvecs.shape)
    return NcutSegmenter(unit, eigvals=[1.0, 0.9, 0.6, 0.5])


@pytest.mark.parametrize("method", METHODS)
def test_a_stroke_of_200_cells_is_one_field_and_one_regression(
    wide: NcutSegmenter, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    wide.method = method
    fits: list[int] = []
    made: list[Any] = []
    fit = ncut_widget.methods.diffusion.fit_groups
    masker = wide._session.masker
    make = masker._make_field

    def count_fits(positives: Any, *rest: Any) -> Any:
        fits.append(sum(map(len, positives)))
        return fit(positives, *rest)

    def count_fields(seeds: Any) -> Any:
        made.append(seeds)
        return make(seeds)

    monkeypatch.setattr(ncut_widget.methods.diffusion, "fit_groups", count_fits)
    monkeypatch.setattr(masker, "_make_field", count_fields)
    wide.clicks = [Stroke(1, (10.0, 209.0), 1, 1).tell()]
    assert wide.masks.any()
    wide.full_masks()[1]
    (seeds,) = made
    (group,) = seeds.positives
    grid = masker.grid_of(seeds, 1)
    assert group == Stroke(1, (10.0, 209.0), 1, 1).seeds((4, 220), grid)
    assert len(group) == (200 if grid == (4, 220) else 117)
    expected = {"diffusion": [200], "random_walker": [117] * (1 + len(SCALES))}
    assert fits == expected.get(method, [])
