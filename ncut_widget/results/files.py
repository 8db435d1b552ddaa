"""Which writer writes which format, and where to."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from ncut_widget.core.checks import check_choice, check_flag
from ncut_widget.core.paths import as_path
from ncut_widget.core.writing.carrying import check_own
from ncut_widget.core.writing.legend import GROUP, LEGEND, write_legend
from ncut_widget.core.writing.whole import whole_file, whole_folder
from ncut_widget.results.formats.arrays import write_npz
from ncut_widget.results.formats.coco import write_coco, write_coco_polygons
from ncut_widget.results.formats.ome_zarr import write_ome_zarr, write_ome_zarrs
from ncut_widget.results.formats.pictures import (
    write_binary,
    write_labels,
    write_overlay,
    write_tiff,
)
from ncut_widget.results.labelled import Labelled
from ncut_widget.results.updating import Staying


class Format(NamedTuple):
    """How a format is written.

    Attributes
    ----------
    write : callable
        Called with what is to be written, and a file or a folder.
    suffix : str
        Of the one file; empty where it is a folder.
    each : str
        Of the file or the folder that is written of an image, in a folder of these.
    """

    write: Callable[[Labelled, Path], None]
    suffix: str = ""
    each: str = ""


FORMATS = {
    "labels": Format(write_labels, each=".png"),
    "tiff": Format(write_tiff, each=".tif"),
    "binary": Format(write_binary, each=".png"),
    "overlay": Format(write_overlay, each=".png"),
    "coco-polygons": Format(write_coco_polygons, ".json"),
    "coco": Format(write_coco, ".json"),  # what a path's .json is: the last with it
    "npz": Format(write_npz, ".npz"),
    "ome-zarr": Format(write_ome_zarrs, each=".zarr"),
}


def export(
    labelled: Labelled,
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Write segments to a file or a folder; see `NcutSegmenter.export`."""
    check_flag("overwrite", overwrite)
    target = as_path(path)
    name = _format_of(target, format)
    chosen = FORMATS[name]
    labelled.require_segments()
    if chosen.suffix:
        with whole_file(target, overwrite=overwrite) as file:
            chosen.write(labelled, file)
        return target
    if name == "ome-zarr" and target.suffix.lower() == ".zarr":
        chosen = Format(write_ome_zarr)
    _export_folder(labelled, target, name, chosen, overwrite=overwrite)
    return target


def _export_folder(
    labelled: Labelled, target: Path, name: str, chosen: Format, *, overwrite: bool
) -> None:
    """Write a folder, and what it tells; see `Staying` for what stays of another."""

    def finish(folder: Path) -> None:
        staying = Staying(target, labelled, name, chosen.each)
        if staying.called != called:
            raise FileExistsError(
                f"{str(target)!r} was written meanwhile, with other numbers for the "
                "same segments: export again"
            )
        staying.add_to(folder)
        write_legend(folder, staying.tell(adapted.provenance()))

    with whole_folder(target, overwrite=overwrite, finish=finish) as folder:
        staying = Staying(target, labelled, name, chosen.each)
        called = staying.called
        adapted = replace(labelled, numbers=called.numbers, folders=called.folders)
        check_own(target, _files(adapted, chosen))  # before the work, not after it
        staying.warn()
        chosen.write(adapted, folder)


def _files(labelled: Labelled, chosen: Format) -> list[str]:
    """Name the files that will be written, but for those within a Zarr group."""
    files = [f"{labelled.stems[image]}{chosen.each}" for image in labelled.chosen]
    if chosen.write is write_binary:
        files = [f"{part}/{file}" for part in labelled.folders for file in files]
    if not chosen.each:
        return [GROUP]
    return [LEGEND] if chosen.each == ".zarr" else [LEGEND, *files]


def _format_of(path: Path, format: Any) -> str:
    if format is not None:
        return check_choice("format", format, FORMATS)
    by_suffix = {each.suffix: name for name, each in FORMATS.items() if each.suffix}
    if path.suffix.lower() in by_suffix:
        return by_suffix[path.suffix.lower()]
    if path.suffix.lower() == ".zarr":
        return "ome-zarr"
    raise ValueError(
        f"format must be one of {', '.join(FORMATS)}, or follow from the path's "
        f"suffix, {', '.join(by_suffix)}: got the path {str(path)!r} and no format"
    )
