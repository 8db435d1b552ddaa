"""Which writer writes which format, and where to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ncut_widget.checks import check_choice, check_flag
from ncut_widget.export.arrays import write_npz
from ncut_widget.export.coco import write_coco
from ncut_widget.export.labelled import Labelled
from ncut_widget.export.ome_zarr import write_ome_zarr
from ncut_widget.export.pictures import (
    write_binary,
    write_labels,
    write_overlay,
    write_tiff,
)
from ncut_widget.export.writing import check_free, whole_file, whole_folder


class Format(NamedTuple):
    """How a format is written.

    Attributes
    ----------
    write : callable
        Called with what is to be written, and a file or a folder.
    suffix : str
        Of the one file; empty where it is a folder.
    """

    write: Callable[[Labelled, Path], None]
    suffix: str = ""


FORMATS = {
    "labels": Format(write_labels),
    "tiff": Format(write_tiff),
    "binary": Format(write_binary),
    "overlay": Format(write_overlay),
    "coco": Format(write_coco, ".json"),
    "npz": Format(write_npz, ".npz"),
    "ome-zarr": Format(write_ome_zarr),
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
    target = Path(path)
    chosen = FORMATS[_format_of(target, format)]
    labelled.require_segments()
    if chosen.suffix:
        check_free([target], overwrite=overwrite)  # before the work, not after it
        with whole_file(target, overwrite=overwrite) as file:
            chosen.write(labelled, file)
    else:
        if target.is_dir() and any(target.iterdir()) and not overwrite:
            raise FileExistsError(
                f"the folder {str(target)!r} is not empty: give another, or "
                "overwrite=True"
            )
        with whole_folder(target, overwrite=overwrite) as folder:
            chosen.write(labelled, folder)
    return target


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
