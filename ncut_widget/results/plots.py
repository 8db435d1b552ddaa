"""Figures for papers."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ncut_widget.core.extras import needs
from ncut_widget.images import RGBImage
from ncut_widget.masks.resample import enlarge
from ncut_widget.methods import Spectrum
from ncut_widget.methods.masker import Masker
from ncut_widget.prompts import Prompt, Recipe
from ncut_widget.results.labelled import Labelled
from ncut_widget.results.lettering import SIZE, add_legend, as_name, fitted
from ncut_widget.results.painting import MASK, paint_segments, tint
from ncut_widget.segments.record import SegmentState

ROWS = ("images", "masks", "heatmaps")

SIDE = 2.4
"""Height of an image in a figure, in inches."""

NARROWEST = 1.0
"""Least width of its column, in inches: a name is above it."""

MARGIN = 0.25
"""Inches of a column, or a row, that a name leaves free."""


def plot_images(
    labelled: Labelled,
    show: Callable[[int], RGBImage],
    recipe: Recipe,
    masker: Masker,
    rows: Sequence[str],
) -> Any:
    """Draw images, masks and heatmaps; see `NcutSegmenter.plot`."""
    shown = [each for each in labelled.segments if each.visible]
    figure, axes, widths = _grid(len(rows), len(labelled.chosen), labelled)
    heated, heat_of = _heated(shown, recipe)
    for column, image in enumerate(labelled.chosen):
        picture = show(image)
        name = fitted(labelled.files[image], widths[column] - MARGIN, lines=2)
        axes[0, column].set_title(name, fontsize=SIZE, **as_name(name))
        for axis, what in zip(axes[:, column], rows, strict=True):
            if what == "images":
                axis.imshow(picture)
                _mark(axis, recipe.prompts, image)
            elif what == "masks":
                laid = paint_segments(picture, tuple(shown), image)
                axis.imshow(tint(laid, masker.full_mask(recipe, image)))
                for segment in shown:
                    _mark(axis, segment.prompts, image)
                _mark(axis, recipe.prompts, image)
            else:
                heat = enlarge(masker.heatmap(heated, image), picture.shape[:2])
                drawn = axis.imshow(heat, "magma", vmin=0, vmax=1)
                if column == len(labelled.chosen) - 1:
                    figure.colorbar(drawn, ax=axis, fraction=0.02, pad=0.01)
    for axis, what in zip(axes[:, 0], rows, strict=True):
        _name_row(axis, f"heatmaps{heat_of}" if what == "heatmaps" else what)
    legend = [(segment.color, segment.name) for segment in shown]
    if recipe.positive:
        legend.append((MASK, "not committed"))
    if legend and "masks" in rows:
        add_legend(figure, *zip(*legend, strict=True))
    return figure


def plot_eigenvectors(spectrum: Spectrum, labelled: Labelled, count: int) -> Any:
    """Draw eigenvectors as images; see `NcutSegmenter.plot_eigvecs`."""
    figure, axes, _ = _grid(len(labelled.chosen), count, labelled, turned=True)
    store, moments, eigvals, *_ = spectrum
    # One scale for all images: values can be compared across them.
    sample = moments.lead(store.shape[3]).sample.rows[:count].abs().cpu().numpy()
    limits = np.quantile(sample, 0.99, axis=1)
    for row, image in enumerate(labelled.chosen):
        eigvecs = store.image(image)
        for column in range(count):
            axis = axes[row][column]
            values, limit = eigvecs[..., column], float(limits[column]) or 1.0
            axis.imshow(values, "RdBu_r", vmin=-limit, vmax=limit)
            height, width = labelled.sizes[image]
            axis.set_aspect(height / width * values.shape[1] / values.shape[0])
            if row == 0:
                value = "" if eigvals is None else f"\nλ = {eigvals[column]:.3f}"
                axis.set_title(f"eigenvector {column + 1}{value}", fontsize=SIZE)
        _name_row(axes[row][0], labelled.files[image])
    return figure


def _name_row(axis: Any, name: str) -> None:
    """Write a name beside the first picture of a row, rotated."""
    text = fitted(name, SIDE - MARGIN, lines=2)
    axis.set_ylabel(text, fontsize=SIZE, **as_name(text))


def _new_figure(size: tuple[float, float]) -> Any:
    """Return a figure outside of pyplot, which would show it a second time."""
    with needs("plot"):
        from matplotlib import figure

    class ShownFigure(figure.Figure):
        """A figure that a notebook shows, also where pyplot was never imported."""

        def _repr_png_(self) -> bytes:
            buffer = io.BytesIO()
            self.savefig(buffer, format="png", bbox_inches="tight")
            return buffer.getvalue()

    return ShownFigure(figsize=size, layout="constrained")


def _grid(
    rows: int, columns: int, labelled: Labelled, *, turned: bool = False
) -> tuple[Any, Any, list[float]]:
    """Lay out a figure for the chosen images; return its columns' widths in inches."""
    if not labelled.chosen:
        raise ValueError("there is nothing to draw: images must name at least one")
    aspects = [labelled.sizes[i][1] / labelled.sizes[i][0] for i in labelled.chosen]
    if turned:
        aspects = [float(np.mean(aspects))] * columns
    widths = [max(SIDE * aspect, NARROWEST) for aspect in aspects]
    wider = max(3.0 / sum(widths), 1.0)
    widths = [width * wider for width in widths]
    figure = _new_figure((sum(widths), SIDE * rows + 0.8))
    axes = figure.subplots(rows, columns, width_ratios=widths, squeeze=False)
    for axis in axes.flat:
        axis.set_xticks([])
        axis.set_yticks([])
        for spine in axis.spines.values():
            spine.set_visible(False)
    return figure, axes, widths


def _heated(segments: Sequence[SegmentState], recipe: Recipe) -> tuple[Recipe, str]:
    """Return the recipe of the heatmaps, and what their title adds.

    It is that of the clicks or, without any, of the last segment.
    """
    if recipe.positive or not segments:
        return recipe, ""
    return segments[-1].recipe, f" of {segments[-1].name}"


def _mark(axis: Any, prompts: Sequence[Prompt], image: int) -> None:
    """Draw the prompts on an image: + and -."""
    for prompt in prompts:
        if prompt.image != image:
            continue
        color = "#0f8a3c" if prompt.label else "#d3222f"
        shape = "o" if prompt.label else "s"
        x, y = zip(*prompt.points(), strict=True)
        axis.plot(x, y, shape, ms=8, mfc=color, mec="white", mew=1)
        axis.plot(x, y, "+" if prompt.label else "_", ms=5, mec="white", mew=1.2)
