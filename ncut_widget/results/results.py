"""Users' methods on segments: label maps, things, tables, files, figures."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ncut_widget.core.arrays import AnyArray, Labels
from ncut_widget.core.checks import (
    as_list,
    check_choice,
    check_number,
)
from ncut_widget.core.extras import needs
from ncut_widget.core.progress import heeds_progress
from ncut_widget.masks.full import PerImage
from ncut_widget.page.pictures import Pictures
from ncut_widget.results.chosen import Names, choose, choose_segments
from ncut_widget.results.detections import to_detections
from ncut_widget.results.files import export
from ncut_widget.results.labelled import Labelled
from ncut_widget.results.labels import full_label_maps, label_map
from ncut_widget.results.plots import ROWS, plot_eigenvectors, plot_images
from ncut_widget.results.table import PROPERTIES, tabulate
from ncut_widget.segments.things import INSTANCES, number_instances
from ncut_widget.sessions.origin import Origin
from ncut_widget.sessions.segment import Segment
from ncut_widget.sessions.session import Session

PLOTTED = 8
"""Images of a figure, by default."""


class Results:
    """Results of a segmenter: label maps, instances, tables, files, figures.

    Parameters
    ----------
    session : Session
    pictures : Pictures
        As the page shows the images.
    origin : Origin
    active : callable
        Gives the index of the image on the stage.
    """

    def __init__(
        self,
        session: Session,
        pictures: Pictures,
        origin: Origin,
        active: Callable[[], int],
    ) -> None:
        self._session = session
        self._pictures = pictures
        self._origin = origin
        self._active = active

    @property
    def label_map(self) -> Labels:
        """All segments at once: int32, shape (B, H, W), on the latent grid.

        0 = background, 1 = the first segment and so on; where segments overlap, the
        last.
        """
        session = self._session
        return label_map(session.shelf.segments, session.shape[:3])

    def full_label_maps(self) -> PerImage:
        """Return label maps at the images' own sizes, each made when it is read.

        Returns
        -------
        PerImage
            A sequence of ndarray of int32, shapes (h_i, w_i), as `label_map`.
        """
        numbered = enumerate(self._session.shelf.segments, 1)
        return full_label_maps(numbered, self._session.sizes)

    def instances(
        self, segment: str | Segment | None = None, how: str | None = None
    ) -> PerImage:
        """Label the single things in a segment, image by image.

        Parameters
        ----------
        segment : str or Segment, optional
            The segment or its name; by default the masks of the clicks that are not
            committed.
        how : {"connected", "watershed", "whole"}, optional
            How things are counted: connected parts, parts split where they touch, or
            one. By default as set for the segment.

        Returns
        -------
        PerImage
            A sequence of ndarray of int32, shapes (h_i, w_i): 0 = background, 1, 2,
            ... = things. Each is made when it is read.

        Raises
        ------
        KeyError, ValueError
            If there is no such segment, or ``how`` is not one of these.

        Notes
        -----
        As `skimage.measure.label` and `skimage.segmentation.watershed`.

        Examples
        --------
        >>> from ncut_widget import NcutSegmenter
        >>> eigvecs = np.ones((1, 8, 8, 2), dtype=np.float32)
        >>> eigvecs[:, 1:4, 1:4, 1] = eigvecs[:, 5:7, 5:8, 1] = -1
        >>> seg = NcutSegmenter(eigvecs, clicks=[[0, 2, 2, 1]])
        >>> int(seg.instances()[0].max())
        2
        """
        if how is not None:
            check_choice("how", how, INSTANCES)
        if segment is not None:
            (chosen,) = choose_segments(self._session, [segment]).values()
            return chosen.full_instances(how)
        session = self._session
        masker, recipe = session.masker, session.recipe

        def number(image: int, size: tuple[int, int]) -> Labels:
            mask = masker.full_mask(recipe, image, size)
            similarity = masker.closeness(recipe, image)
            return number_instances(mask, how or INSTANCES[0], similarity)

        return PerImage(session.sizes, number)

    # Tables -------------------------------------------------------------------------

    @heeds_progress
    def to_table(
        self,
        properties: str | Sequence[str] | None = PROPERTIES,
        *,
        instances: str | None = None,
        images: int | Sequence[int] | None = None,
        segments: Names | None = None,
        progress: bool = True,
    ) -> dict[str, AnyArray]:
        """Measure every single thing.

        Parameters
        ----------
        properties : sequence of str, optional
            Any of `skimage.measure.regionprops`, one or many; the columns are those of
            ``skimage.measure.regionprops_table(labels, image)``. Intensities are of the
            image as it is shown, 0 to 255: if all images are grey in one column, as
            ``intensity_mean``, else in one for each of red, green and blue,
            ``intensity_mean-0`` to ``-2``. They are NaN without images, and for an
            image that cannot be read.
        instances : {"connected", "watershed", "whole"}, optional
            How segments are split into things; by default as set for each segment.
        images : int or sequence of int, optional
            By default all of the batch.
        segments : str, Segment, or sequence of these, optional
            Names; by default all.
        progress : bool
            Show a progress bar.

        Returns
        -------
        dict of ndarray
            A column each, a row for each image, segment and thing: ``image``,
            ``file`` (with folders where names are alike), ``segment``,
            ``segment_number`` (its number in `label_map`), ``label``
            (of the thing, from 1 on in each image and segment), ``area``,
            ``bbox-0`` to ``bbox-3``, ``centroid-0``, ``centroid-1``, all in pixels of
            the image, rows first; ``similarity`` to what was clicked, the mean over
            the thing, and ``margin``, how much higher that is than the mean within a
            latent pixel around the thing. The property ``image`` is named
            ``thing_image``. All columns exist even if there are no rows.

        Raises
        ------
        KeyError, ValueError
            If there are no segments, or there is no such segment or property.

        Examples
        --------
        ``polars.DataFrame(seg.to_table())`` needs no pandas.

        >>> from ncut_widget import NcutSegmenter
        >>> eigvecs = np.ones((1, 8, 8, 2), dtype=np.float32)
        >>> eigvecs[:, 2:5, 2:5, 1] = -1
        >>> seg = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])
        >>> segment = seg.commit("square")
        >>> table = seg.to_table()
        >>> table["segment"].tolist(), table["area"].tolist(), table["bbox-2"].tolist()
        (['square'], [9.0], [5])
        """
        if instances is not None:
            check_choice("instances", instances, INSTANCES)
        labelled = self._labelled(images, segments, progress)
        if segments is None:
            labelled.require_segments()
        asked = PROPERTIES if properties is None else properties
        return tabulate(labelled, asked, instances)

    def to_dataframe(self, *arguments: Any, **options: Any) -> Any:
        """Measure every single thing; as `to_table`, as a `pandas.DataFrame`.

        Raises
        ------
        ImportError
            If pandas is not installed, extra [tables].
        """
        with needs("tables"):
            import pandas
        frame = pandas.DataFrame(self.to_table(*arguments, **options))
        # Strings as objects: every library that reads pandas reads these.
        return frame.astype({"file": object, "segment": object})

    # Files --------------------------------------------------------------------------

    @heeds_progress
    def export(
        self,
        path: str | os.PathLike[str],
        format: str | None = None,
        *,
        images: int | Sequence[int] | None = None,
        segments: Names | None = None,
        overwrite: bool = False,
        progress: bool = True,
    ) -> Path:
        """Write the segments to a file or a folder, whole or not at all.

        The export also says how they were made: images, clicks, settings, backbone,
        versions. In a folder that is in ``segments.json``, or in the attributes of a
        Zarr group, with the names of the labels; each file has the ``id`` of this.
        Segments that are hidden on the page are written, too.

        Parameters
        ----------
        path : str or Path
            ``~`` is the home folder; links are followed, not replaced.
        format : str, optional
            By default by the path's suffix: ``.json`` COCO, ``.npz``, ``.zarr``.

            - ``"labels"``: a folder with a label map of each image, PNG with the
              segments' colours as its palette: ``np.asarray(PIL.Image.open(file))``
              has the numbers. Readers that turn palettes into colours, as scikit-image,
              need ``"tiff"``. Above 255 segments it has 16 bits and no colours.
            - ``"tiff"``: the same as TIFF of 16 bits.
            - ``"binary"``: a folder for each segment, with its masks, PNG of 1 bit.
            - ``"overlay"``: the images with the segments in their colours, PNG.
            - ``"coco"``: one JSON file, an annotation for every single thing, as
              uncompressed RLE: exact, with holes and parts, and no crowd. pycocotools,
              torchvision, DETR and detectron2 read it, supervision from 0.30 on.
            - ``"coco-polygons"``: the same as polygons, which every loader reads;
              ultralytics and older ones read only these. pycocotools fills the same
              pixels; slits lead into holes.
            - ``"npz"``: one file with all masks and label maps, for `numpy.load`.
            - ``"ome-zarr"``: images with labels and colours; extra [ome-zarr]. A path
              that ends with ``.zarr`` is one image, or many as bioformats2raw lays
              them out; any other is a folder with ``<name>.zarr`` of each.
        images : int or sequence of int, optional
            By default all of the batch.
        segments : str, Segment, or sequence of these, optional
            Names; by default all. Numbers and classes are always those of `label_map`.
        overwrite : bool
            Replace a file. In a folder only the files that an earlier export wrote are
            replaced: files of images that are not exported now stay, with their
            numbers, as do all files that no export wrote.
        progress : bool
            Show a progress bar.

        Returns
        -------
        Path
            What was written.

        Raises
        ------
        FileExistsError
            If the file exists, or the folder is not empty; or if a file to be replaced
            is not as an export wrote it.
        ImportError
            If the format's library is not installed.
        ValueError
            If there are no segments, if no segments or images are chosen, or if there
            is no such format.
        """
        labelled = self._labelled(images, segments, progress)
        if segments is not None and not labelled.segments:
            raise ValueError("segments must name at least one to export, got none")
        if not labelled.chosen:
            raise ValueError(
                "there is nothing to export: images must name at least one that can be "
                "read"
            )
        return export(labelled, path, format, overwrite=overwrite)

    def to_supervision(self, image: int | None = None) -> Any:
        """Return the single things in one image as `supervision.Detections`.

        Parameters
        ----------
        image : int, optional
            Index in the batch; by default the active one.

        Returns
        -------
        supervision.Detections
            With ``mask``, ``xyxy``, ``class_id`` (0 = the first segment),
            ``confidence`` (mean similarity) and ``data["class_name"]``.

        Raises
        ------
        ImportError
            If supervision is not installed, extra [supervision].
        """
        image = self._active() if image is None else image
        # An image that was skipped has no things.
        images = [] if image in self._failures else [image]
        return to_detections(self._labelled(images, None, progress=False))

    # Figures ------------------------------------------------------------------------

    def plot(
        self,
        images: int | Sequence[int] | None = None,
        rows: str | Sequence[str] | None = ("images", "masks"),
    ) -> Any:
        """Draw images, masks with clicks and names, and heatmaps, for papers.

        Segments that are hidden on the page are left out. A name that is too long is
        shortened in its middle.

        Parameters
        ----------
        images : int or sequence of int, optional
            By default all, or the first 8.
        rows : sequence of {"images", "masks", "heatmaps"}, optional
            Heatmaps are of the clicks or, without any, of the last segment shown.

        Returns
        -------
        matplotlib.figure.Figure
            ``figure.savefig("figure.pdf")`` writes it.

        Raises
        ------
        ImportError
            If matplotlib is not installed, extra [plot].
        """
        rows = ROWS[:2] if rows is None else [rows] if isinstance(rows, str) else rows
        rows = as_list("rows", rows, f"some of {', '.join(ROWS)}")
        if not rows:
            raise ValueError(f"rows must be some of {', '.join(ROWS)}, got none")
        for row in rows:
            check_choice("each of rows", row, ROWS)
        labelled = self._labelled(self._few(images), None, progress=False)
        session = self._session
        show = self._pictures.shown
        return plot_images(labelled, show, session.recipe, session.masker, rows)

    def plot_eigvecs(
        self, images: int | Sequence[int] | None = None, num_eig: int = 6
    ) -> Any:
        """Draw the leading eigenvectors, each on one scale for all images.

        Parameters
        ----------
        images : int or sequence of int, optional
            By default all, or the first 8.
        num_eig : int
            Number of eigenvectors.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ImportError
            If matplotlib is not installed, extra [plot].
        """
        session = self._session
        most = session.shape[-1]
        count = int(check_number("num_eig", num_eig, 1, np.inf, whole=True))
        labelled = self._labelled(self._few(images), None, progress=False)
        return plot_eigenvectors(session.spectrum, labelled, min(count, most))

    def _few(self, images: int | Sequence[int] | None) -> int | Sequence[int]:
        """Return the images of a figure: as given, or the first ones."""
        if images is not None:
            return images
        failures = self._failures
        shown = [i for i in range(len(self._session.sizes)) if i not in failures]
        if not shown:
            raise ValueError(f"there is no image to plot: {failures[0]}")
        return shown[:PLOTTED]

    @property
    def _failures(self) -> dict[int, str]:
        return self._origin.failures

    def _labelled(
        self,
        images: int | Sequence[int] | None,
        segments: Names | None,
        progress: bool,
    ) -> Labelled:
        return choose(self._session, self._origin, images, segments, progress)
