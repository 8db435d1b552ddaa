"""A row for every single thing: where it is, how large, how sure."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy import ndimage

from ncut_widget.core.arrays import AnyArray, Doubles, Floats, Labels
from ncut_widget.core.checks import as_list, shown
from ncut_widget.core.names import hint
from ncut_widget.masks.resample import enlarge
from ncut_widget.results.labelled import Labelled

PROPERTIES = ("area", "bbox", "centroid")
"""The default properties, of `skimage.measure.regionprops`."""

OURS = ("file", "segment", "segment_number", "label", "similarity", "margin")
"""Columns that every table has."""

RENAMED = {"image": "thing_image"}
"""The property with the name of one of our columns, and its new name."""

Columns = dict[str, AnyArray]


def tabulate(
    labelled: Labelled,
    properties: str | Iterable[str] = PROPERTIES,
    instances: str | None = None,
) -> Columns:
    """Measure things; see `NcutSegmenter.to_table`."""
    measure = Measure(labelled, properties)
    parts = [_rows(0, "", "", 0, measure.nothing(), (np.empty(0), np.empty(0)))]
    for image in labelled.go_through("Measuring"):
        file, picture = labelled.files[image], measure.picture(image)
        for number, segment in labelled.numbered:
            numbers = segment.full_instances(instances)[image]
            measured = measure.things(numbers, picture)
            cells = segment.masker.closeness(segment.recipe, image)
            sure = _similarities(numbers, cells, len(measured["label"]))
            parts.append(_rows(image, file, segment.name, number, measured, sure))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _rows(
    image: int,
    file: str,
    segment: str,
    number: int,
    measured: Columns,
    sure: tuple[Doubles, Doubles],
) -> Columns:
    """Return the rows of the things of a segment in an image."""
    count = len(measured["label"])
    inside, around = sure
    return {
        "image": np.full(count, image),
        "file": np.full(count, file),
        "segment": np.full(count, segment),
        "segment_number": np.full(count, number),
        **measured,
        "similarity": inside,
        "margin": inside - around,
    }


class Measure:
    """Measures properties of things.

    Parameters
    ----------
    labelled : Labelled
    properties : str or iterable of str

    Raises
    ------
    ValueError
        If there is no such property.
    """

    def __init__(self, labelled: Labelled, properties: str | Iterable[str]) -> None:
        # Imported here, as it takes a twentieth of a second.
        from skimage.measure import regionprops

        asked = [properties] if isinstance(properties, str) else properties
        asked = as_list("properties", asked, "names of skimage.measure.regionprops")
        named = [name for name in asked if name not in OURS]
        block = np.ones((3, 3), dtype=np.uint8)
        (plain,), (imaged,) = regionprops(block), regionprops(block, block)
        for name in named:
            # A region's methods and private attributes are not properties.
            is_name = isinstance(name, str) and not name.startswith("_")
            if not is_name or callable(getattr(imaged, name, len)):
                raise ValueError(
                    "properties must be names of skimage.measure.regionprops, got "
                    f"{shown(name)}; {hint(str(name), list(imaged))}"
                )
        self._names = list(dict.fromkeys(["label", *named]))
        self._labelled = labelled
        self._needs_images = not all(hasattr(plain, name) for name in named)
        self._is_grey = self._needs_images and self._are_grey()

    def _are_grey(self) -> bool:
        """Whether all images are grey; the first coloured one ends the search."""
        images = map(self._labelled.pixels, self._labelled.chosen)
        return all(rgb is None or (rgb == rgb[..., :1]).all() for rgb in images)

    def picture(self, image: int) -> AnyArray | None:
        """Return an image's values, (h, w) or (h, w, 3); None if none are needed.

        They are NaN if there is no image, or if it cannot be read.
        """
        if not self._needs_images:
            return None
        rgb = self._labelled.pixels(image)
        if rgb is None:
            rgb = np.full((*self._labelled.sizes[image], 3), np.nan)
        return rgb[..., 0] if self._is_grey else rgb

    def things(self, numbers: Labels, picture: AnyArray | None) -> Columns:
        """Measure the things that have numbers in an image."""
        from skimage.measure import regionprops_table

        # A black thing has no weighted centroid: it is NaN.
        with np.errstate(divide="ignore", invalid="ignore"):
            table = regionprops_table(numbers, picture, properties=self._names)
        return {RENAMED.get(name, name): values for name, values in table.items()}

    def nothing(self) -> Columns:
        """Return the columns without rows."""
        numbers = np.zeros((3, 3), dtype=np.int32)
        rgb = np.zeros((3, 3, 3), dtype=np.uint8)
        picture = rgb[..., 0] if self._is_grey else rgb
        return self.things(numbers, picture if self._needs_images else None)


def _similarities(
    numbers: Labels, cells: Floats, count: int
) -> tuple[Doubles, Doubles]:
    """Mean similarity in each thing, and within a cell around it."""
    from skimage.segmentation import expand_labels  # as slow an import as `Measure`'s

    similarity = enlarge(cells, numbers.shape)
    inside = _means(numbers, similarity, count)
    if count == 0 or (numbers > 0).all():
        return inside, np.full(count, np.nan)
    reach = max(
        side / across for side, across in zip(numbers.shape, cells.shape, strict=True)
    )
    around = np.where(numbers, 0, expand_labels(numbers, reach))
    return inside, _means(around, similarity, count)


def _means(numbers: Labels, values: Doubles, count: int) -> Doubles:
    """Mean of the values of each number's pixels; NaN if it has none."""
    with np.errstate(invalid="ignore"):
        return np.asarray(ndimage.mean(values, numbers, np.arange(1, count + 1)))
