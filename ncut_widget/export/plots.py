"""Figures as papers print them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncut_widget.export.labelled import Labelled
from ncut_widget.export.needs import needs
from ncut_widget.export.pictures import MASK, paint_segments, tint
from ncut_widget.images import RGBImage
from ncut_widget.masker import Masker
from ncut_widget.masks.coordinates import Click
from ncut_widget.prompts import Prompts
from ncut_widget.segments.instances import enlarge

ROWS = ("images", "masks", "heatmaps")

SIDE = 2.4
"""Inches of an image in a figure."""


def plot_images(
    labelled: Labelled,
    show: Callable[[int], RGBImage],
    prompts: Prompts,
    masker: Masker,
    rows: Sequence[str],
) -> Any:
    """Draw images, masks and heatmaps; see `NcutSegmenter.plot`."""
    with needs("plot"):
        from matplotlib import patches
    count = len(labelled.chosen)
    figure, axes = _grid(len(rows), count, labelled)
    files = labelled.files
    heat, heat_of = _heat(labelled, prompts, masker)
    for column, image in enumerate(labelled.chosen):
        picture = show(image)
        for axis, what in zip(axes[:, column], rows, strict=True):
            if what == rows[0]:
                axis.set_title(files[image], fontsize=8, wrap=True)
            if column == 0:
                label = what if what != "heatmaps" else f"heatmaps{heat_of}"
                axis.set_ylabel(label, fontsize=9)
            if what == "images":
                axis.imshow(picture)
                _mark(axis, prompts.clicks, image)
            elif what == "masks":
                laid = paint_segments(picture, labelled.segments, image)
                axis.imshow(tint(laid, masker.full_mask(prompts, image)))
                for segment in labelled.segments:
                    _mark(axis, segment.clicks, image)
                _mark(axis, prompts.clicks, image)
            else:
                drawn = axis.imshow(
                    enlarge(heat[image], picture.shape[:2]), "magma", vmin=0, vmax=1
                )
                if column == count - 1:
                    figure.colorbar(drawn, ax=axis, fraction=0.02, pad=0.01)
    handles = [
        patches.Patch(color=segment.color, label=segment.name)
        for segment in labelled.segments
    ]
    if prompts.clicked(label=1):
        handles.append(patches.Patch(color=MASK, label="not committed"))
    if handles and "masks" in rows:
        figure.legend(
            handles=handles,
            loc="outside lower center",
            ncols=min(len(handles), 6),
            fontsize=8,
            frameon=False,
        )
    return figure


def plot_eigenvectors(
    eigvecs: NDArray,
    eigvals: NDArray | None,
    labelled: Labelled,
    count: int,
) -> Any:
    """Draw eigenvectors as images; see `NcutSegmenter.plot_eigvecs`."""
    figure, axes = _grid(len(labelled.chosen), count, labelled, turned=True)
    files = labelled.files
    for row, image in enumerate(labelled.chosen):
        for column in range(count):
            axis = axes[row][column]
            values = eigvecs[image, ..., column]
            # One scale for all images, as signs and sizes compare across them.
            limit = float(np.quantile(np.abs(eigvecs[..., column]), 0.99)) or 1.0
            axis.imshow(values, "RdBu_r", vmin=-limit, vmax=limit)
            height, width = labelled.sizes[image]
            axis.set_aspect(height / width * values.shape[1] / values.shape[0])
            if row == 0:
                value = "" if eigvals is None else f"\nλ = {eigvals[column]:.3f}"
                axis.set_title(f"eigenvector {column + 1}{value}", fontsize=8)
            if column == 0:
                axis.set_ylabel(files[image], fontsize=8)
    return figure


def _new_figure(size: tuple[float, float]) -> Any:
    """Make a figure that is no part of pyplot's: whoever gets it shows it, once."""
    with needs("plot"):
        from matplotlib.figure import Figure

    class ShownFigure(Figure):
        """A figure that a notebook shows, also where pyplot was never imported."""

        def _repr_png_(self) -> bytes:
            buffer = io.BytesIO()
            self.savefig(buffer, format="png", bbox_inches="tight")
            return buffer.getvalue()

    return ShownFigure(figsize=size, layout="constrained")


def _grid(
    rows: int, columns: int, labelled: Labelled, *, turned: bool = False
) -> tuple[Any, Any]:
    """Lay out a figure, for images of the shape of those chosen."""
    shapes = [labelled.sizes[image] for image in labelled.chosen]
    aspects = [width / height for height, width in shapes]
    if turned:
        size = (SIDE * columns * float(np.mean(aspects)), SIDE * rows)
        ratios = None
    else:
        size = (SIDE * sum(aspects), SIDE * rows)
        ratios = aspects
    figure = _new_figure((max(size[0], 3.0), size[1] + 0.6))
    axes = figure.subplots(rows, columns, width_ratios=ratios, squeeze=False)
    for axis in axes.flat:
        axis.set_xticks([])
        axis.set_yticks([])
        for spine in axis.spines.values():
            spine.set_visible(False)
    return figure, axes


def _heat(labelled: Labelled, prompts: Prompts, masker: Masker) -> tuple[NDArray, str]:
    """Heatmaps of the clicks or, without any, of the last segment; and its name."""
    if prompts.clicked(label=1) or not labelled.segments:
        return masker.heatmaps(prompts), ""
    last = labelled.segments[-1]
    return masker.heatmaps(last.prompts), f" of {last.name}"


def _mark(axis: Any, clicks: Sequence[Click], image: int) -> None:
    """Draw the clicks on an image: + and -."""
    for at, x, y, label in clicks:
        if at != image:
            continue
        color = "#0f8a3c" if label else "#d3222f"
        shape = "o" if label else "s"
        axis.plot(x, y, shape, ms=8, mfc=color, mec="white", mew=1)
        axis.plot(x, y, "+" if label else "_", ms=5, mec="white", mew=1.2)
