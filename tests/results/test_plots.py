"""Names in figures: nothing overlaps, nothing is cut, letters are what they are."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from ncut_widget import NcutSegmenter
from ncut_widget.results.lettering import fitted

LONG = "a long name of a patient 0001 session 03 slice 0004 of the left lung.png"
NAMES = [
    LONG,
    f"x{LONG}",
    "$alpha_1$ costs $5.png",
    "手術台の写真_003.png",
    "צילום.png",
]
SIZES = [(32, 32), (32, 32), (32, 8), (64, 8), (16, 48)]


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("images")
    for name, (height, width) in zip(NAMES, SIZES, strict=True):
        Image.new("RGB", (width, height)).save(folder / name)
    return [folder / name for name in NAMES]


def segmented(images: Any, names: list[str]) -> NcutSegmenter:
    eigvecs = np.ones((len(images), 8, 8, 2), dtype=np.float32)
    eigvecs[:, 2:4, 2:4, 1] = -1
    seg = NcutSegmenter(eigvecs, images, eigvals=[1, 0.5])
    for name in names:
        seg.add_click(2, 2)
        seg.commit(name)
    return seg


def boxes(figure: Figure) -> list[Any]:
    """Draw a figure; give where each text of it lies, in pixels."""
    figure.savefig(io.BytesIO(), format="png")
    texts = [axis.title for axis in figure.axes if axis.get_title()]
    texts += [axis.yaxis.label for axis in figure.axes if axis.get_ylabel()]
    texts += [text for legend in figure.legends for text in legend.get_texts()]
    return [text.get_window_extent() for text in texts]


def check(figure: Figure) -> None:
    """Check that all texts are in the figure, and none over another."""
    found = boxes(figure)
    for number, box in enumerate(found):
        assert -1 <= box.x0 <= box.x1 <= figure.bbox.width + 1
        assert -1 <= box.y0 <= box.y1 <= figure.bbox.height + 1
        assert not any(box.overlaps(other) for other in found[number + 1 :])


@pytest.mark.filterwarnings("ignore:Glyph")
def test_names_of_files_never_overlap(paths: list[Path]) -> None:
    seg = segmented(paths, ["a"])
    check(seg.plot(rows=("images", "masks", "heatmaps")))
    check(seg.plot_eigvecs())
    check(seg.plot_eigvecs(images=[3]))


@pytest.mark.parametrize(("count", "images"), [(3, 1), (12, 2), (40, 2)])
def test_a_legend_is_whole_and_leaves_the_pictures_their_size(
    count: int, images: int
) -> None:
    names = ["left hand", "motorcycle", "a name longer than all others, by far"]
    names = [f"{names[n % 3]} {n}" for n in range(count)]
    seg = segmented(np.zeros((images, 32, 32, 3), np.uint8), names)
    figure = seg.plot()
    check(figure)
    assert len(figure.legends[0].get_texts()) == count
    for axis in figure.axes:
        assert min(axis.get_window_extent().bounds[2:]) > 0.8 * 2.4 * figure.dpi


def test_names_are_no_formulas_and_none_is_left_out() -> None:
    names = ["$x$ and $", "_below", r"\alpha", "50 %"]
    seg = segmented(np.zeros((1, 32, 32, 3), np.uint8), names)
    figure = seg.plot()
    check(figure)
    texts = figure.legends[0].get_texts()
    assert [text.get_text() for text in texts] == names
    assert not any(text.get_parse_math() or text.get_usetex() for text in texts)
    assert not figure.axes[0].title.get_parse_math()


def test_a_longer_dollar_sign_is_drawn_as_letters() -> None:
    plain = segmented(np.zeros((1, 32, 32, 3), np.uint8), ["$a$"])
    figure = plain.plot()
    boxes(figure)
    text = figure.legends[0].get_texts()[0]
    drawn = text.get_window_extent().width
    text.set_parse_math(True)
    assert text.get_window_extent().width < drawn


def test_hidden_segments_are_in_no_figure() -> None:
    seg = segmented(np.zeros((1, 32, 32, 3), np.uint8), ["a", "b"])
    seg.segments["b"].visible = False
    figure = seg.plot()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a"]
    seg.segments["a"].visible = False
    figure = seg.plot()
    assert figure.legends == []
    drawn = figure.axes[1].get_images()[0].get_array()
    assert not np.asarray(drawn).any()
    assert len(figure.axes[1].lines) == 0


def test_no_image_is_no_figure() -> None:
    seg = segmented(np.zeros((1, 32, 32, 3), np.uint8), ["a"])
    with pytest.raises(ValueError, match="images must name at least one"):
        seg.plot(images=[])
    with pytest.raises(ValueError, match="images must name at least one"):
        seg.plot_eigvecs(images=[])


def test_a_name_that_is_too_long_lacks_its_middle() -> None:
    assert fitted("short.png", 2) == "short.png"
    cut = fitted("beginning " * 20 + "_0004.png", 2)
    assert cut.startswith("beginning")
    assert "…" in cut
    assert cut.endswith("_0004.png")
    two = fitted("beginning " * 20 + "_0004.png", 2, lines=2)
    assert two.count("\n") == 1
    assert len(two) > 1.8 * len(cut)
    assert fitted("wide", 0.01) == "…"
