"""What a page without a kernel has of a method that it cannot compute."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from ncut_widget import NcutSegmenter
from ncut_widget.share.page import _Page, compare_masks, take_moment
from tests.support.fine import EIGVALS, SIZES, make_eigvecs


@pytest.fixture
def seg() -> NcutSegmenter:
    images = [np.zeros((*size, 3), np.uint8) for size in SIZES]
    return NcutSegmenter(
        make_eigvecs(), images, eigvals=EIGVALS, method="random_walker"
    )


def page_of(seg: NcutSegmenter, images: list[int]) -> tuple[dict, dict]:
    session = seg._session
    traits: Any = {name: getattr(seg, name) for name in seg.keys}
    moment = take_moment(session, traits, images, 12)
    page = _Page(session, seg._pictures, moment)
    assert compare_masks(session, moment) == 1
    return page.traits(), page.content(progress=False)


def test_it_has_the_kernel_s_maps_of_the_clicks(seg: NcutSegmenter) -> None:
    seg.clicks = [[2, 9, 9, 1], [1, 50, 50, 0]]
    traits, content = page_of(seg, [1, 2])
    assert traits["method"] == "random_walker"
    assert "random_walker" in traits["_info"]["settings"]["method"]["choices"]
    assert traits["_info"]["methods"]["random_walker"]["side"] == 128
    assert traits["_info"]["instead"] == {"of": "Image by image", "by": "diffusion"}
    session = seg._session
    field = session.masker.field(session.masker.seeds(session.recipe).positives[0])
    maps = content["maps"]
    assert [tuple(grid) for grid in maps["grids"]] == [field.grid(1), field.grid(2)]
    assert maps["presence"] == [1, 1]
    for image, part in zip((1, 2), maps["parts"], strict=True):
        raw = base64.b64decode(content["parts"][part])
        sent = np.frombuffer(raw, "<f4").reshape(field.grid(image))
        np.testing.assert_array_equal(sent, field.map(image))


def test_without_a_positive_click_it_begins_with_the_other_method(
    seg: NcutSegmenter,
) -> None:
    seg.add_click(9, 9)
    segment = seg.commit("thing")
    assert segment.settings.method == "random_walker"
    traits, content = page_of(seg, [0])
    assert traits["method"] == "diffusion"
    assert "random_walker" not in traits["_info"]["methods"]
    assert traits["_info"]["instead"]["by"] == "diffusion"
    assert content["maps"] is None
    assert "1 0" in content["segments"]["stage"]


@pytest.mark.parametrize("method", ["diffusion", "similarity"])
def test_a_method_with_a_twin_is_computed_there(
    seg: NcutSegmenter, method: str
) -> None:
    seg.method = method
    session = seg._session
    traits: Any = {name: getattr(seg, name) for name in seg.keys}
    seg.add_click(9, 9)
    moment = take_moment(session, traits, [0], 12)
    page = _Page(session, seg._pictures, moment)
    assert page.content(progress=False)["maps"] is None
    assert "instead" not in page.traits()["_info"]
