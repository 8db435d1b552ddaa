"""Figures of photographs."""

from __future__ import annotations

import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from tests.support.round_trip import FILES, SIZES


def test_figures_show_images_masks_clicks_and_names(seg: NcutSegmenter) -> None:
    seg.add_click(3, 3)
    figure = seg.plot(rows=("images", "masks", "heatmaps"))
    images = [axis for axis in figure.axes if axis.get_images()]
    assert len(images) == 3 * 3
    titles = [axis.get_title() for axis in images[:3]]
    assert titles == FILES
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == [*seg.segments, "not committed"]
    marks = [line for axis in images for line in axis.lines]
    assert len(marks) == 2 * (1 + 3)  # on image 0: one click, then all three
    drawn = images[3].get_images()[0].get_array()
    assert drawn.shape == (*SIZES[0], 3)


def test_a_figure_shows_itself_once_and_is_none_of_pyplots(
    seg: NcutSegmenter,
) -> None:
    before = pyplot.get_fignums()
    figure = seg.plot()
    assert isinstance(figure, Figure)
    assert pyplot.get_fignums() == before
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_figures_of_chosen_images(seg: NcutSegmenter) -> None:
    assert len(seg.plot(images=[2], rows="masks").axes) == 1
    figure = seg.plot_eigvecs(images=[0, 2], num_eig=4)
    assert len(figure.axes) == 8
    assert "λ = 1.000" in figure.axes[0].get_title()
    assert len(seg.plot_eigvecs(num_eig=50).axes) == 3 * 6
    with pytest.raises(ValueError, match="rows must be one of images, masks, heatm"):
        seg.plot(rows=("image",))


def test_a_figure_needs_no_images_and_no_segments(eigvecs: NDArray) -> None:
    seg = NcutSegmenter(eigvecs)
    figure = seg.plot(rows=("images", "masks", "heatmaps"))
    assert figure.legends == []
