"""Colours of segments: free ones, told apart, as CSS writes them, and shades."""

from __future__ import annotations

from collections import Counter

import numpy as np
import skimage.color
import skimage.measure

from ncut_widget import NcutSegmenter
from ncut_widget.results.painting import MASK as MASK_COLOR
from ncut_widget.segments.palette import PALETTE, as_rgb, check_color, free_color, shade
from tests.support.segments import commit

# Colours ----------------------------------------------------------------------------


def test_the_first_free_colour_is_taken(seg: NcutSegmenter) -> None:
    for n in range(14):
        commit(seg, f"s{n}", n, 3)
    colors = [segment.color for segment in seg.segments.values()]
    assert tuple(colors) == PALETTE[:14]
    del seg.segments["s2"]
    assert commit(seg, "another", 9, 9).color == PALETTE[2]
    assert free_color([]) == PALETTE[0]


def test_colours_are_repeated_when_all_are_taken() -> None:
    colors: list[str] = []
    for _ in range(100):
        colors.append(free_color(colors))
    count = len(PALETTE)
    assert all(tuple(colors[at : at + count]) == PALETTE for at in (0, count))
    uses = Counter(colors)
    assert set(uses) == set(PALETTE)
    assert max(uses.values()) - min(uses.values()) == 1


def test_a_colour_much_like_one_of_ours_takes_it() -> None:
    assert free_color(["#e79e02"]) == PALETTE[1]
    assert free_color(["#e79e02", *PALETTE]) == PALETTE[1]


def test_colours_are_told_apart() -> None:
    """From each other, and from the blue of the mask that is being made."""
    colors = np.array([as_rgb(color) for color in (MASK_COLOR, *PALETTE)]) / 255
    lab = skimage.color.rgb2lab(colors)
    distances = skimage.color.deltaE_ciede2000(lab[:, None], lab[None])
    np.fill_diagonal(distances, np.inf)
    assert distances.min() >= 12
    assert distances[:20, :20].min() >= 12.8
    assert (lab[1:, 0] > 35).all()


def test_colours_are_read_as_css_and_matplotlib_write_them() -> None:
    assert check_color("#E69F00") == "#e69f00"
    assert check_color("#fff") == check_color("white") == check_color((1, 1, 1.0))
    assert check_color("rgb(255, 0, 128)") == "#ff0080"
    assert check_color(np.array([1, 0, 0.5]).tolist()) == "#ff0080"


def test_the_first_instance_has_the_segments_colour_the_others_shades() -> None:
    shades = [shade("#e69f00", n) for n in range(1, 9)]
    assert shades[0] == (0xE6, 0x9F, 0x00)
    assert len(set(shades[:6])) == 6
    assert shades[6] == shades[0]
