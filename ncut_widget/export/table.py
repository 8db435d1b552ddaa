"""A row for every single thing: where it is, how large, how sure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from ncut_widget.export.labelled import Labelled
from ncut_widget.segments.instances import enlarge

PROPERTIES = ("area", "bbox", "centroid")
"""Of `skimage.measure.regionprops`, by default."""


def tabulate(
    labelled: Labelled,
    properties: Sequence[str] = PROPERTIES,
    instances: str | None = None,
) -> dict[str, NDArray]:
    """Measure things; see `NcutSegmenter.to_table`."""
    # A twentieth of a second, which an import of ours need not take.
    from skimage.measure import regionprops_table

    labelled.require_segments()
    files = labelled.files
    wanted = ["label", *(name for name in properties if name != "label")]
    columns: dict[str, list[Any]] = {}
    for image in labelled.go_through("Measuring"):
        for number, segment in labelled.numbered:
            numbers = segment.full_instances(instances)[image]
            cells = segment.masker.closeness(segment.prompts, image)
            similarity = enlarge(cells, numbers.shape)
            measured = regionprops_table(numbers, similarity, properties=wanted)
            count = len(measured["label"])
            inside, around = _similarities(numbers, similarity, cells.shape, count)
            part = {
                "image": np.full(count, image),
                "file": np.full(count, files[image]),
                "segment": np.full(count, segment.name),
                "segment_number": np.full(count, number),
                **measured,
                "similarity": inside,
                "margin": inside - around,
            }
            for name, values in part.items():
                columns.setdefault(name, []).append(values)
    return {name: np.concatenate(parts) for name, parts in columns.items()}


def _similarities(
    numbers: NDArray, similarity: NDArray, grid: tuple[int, ...], count: int
) -> tuple[NDArray, NDArray]:
    """Mean similarity in each thing, and in what is around it, a cell wide."""
    inside = _means(numbers, similarity, count)
    if count == 0 or (numbers > 0).all():
        return inside, np.full(count, np.nan)
    reach = max(side / cells for side, cells in zip(numbers.shape, grid, strict=True))
    away, (rows, cols) = distance_transform_edt(numbers == 0, return_indices=True)
    nearest = np.where((away > 0) & (away <= reach), numbers[rows, cols], 0)
    return inside, _means(nearest, similarity, count)


def _means(numbers: NDArray, values: NDArray, count: int) -> NDArray:
    """Mean of values where each number is; NaN where it is not."""
    flat = numbers.ravel()
    sums = np.bincount(flat, weights=values.ravel(), minlength=count + 1)
    sizes = np.bincount(flat, minlength=count + 1)
    with np.errstate(invalid="ignore"):
        return (sums / sizes)[1 : count + 1]
