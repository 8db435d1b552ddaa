"""Segments -> a file or a folder; the format is named, or follows from the path."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from ncut_widget.core.checks import check_choice, check_flag
from ncut_widget.core.paths import as_path
from ncut_widget.core.writing.carrying import check_own
from ncut_widget.core.writing.legend import write_legend
from ncut_widget.core.writing.whole import whole_file, whole_folder
from ncut_widget.results.formats import FORMATS, Format
from ncut_widget.results.labelled import Labelled
from ncut_widget.results.updating import Staying


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
    chosen = _format_of(target, format)
    labelled.require_segments()
    if chosen.suffix:
        with whole_file(target, overwrite=overwrite) as file:
            chosen.write(labelled, file)
        return target
    if chosen.alone and target.suffix.lower() == chosen.each:
        chosen = chosen.alone
    _export_folder(labelled, target, chosen, overwrite=overwrite)
    return target


def _export_folder(
    labelled: Labelled, target: Path, chosen: Format, *, overwrite: bool
) -> None:
    """Write a folder and its legend; `Staying` keeps files of an earlier export."""

    def finish(folder: Path) -> None:
        staying = Staying(target, labelled, chosen)
        if staying.called != called:
            raise FileExistsError(
                f"{str(target)!r} was written meanwhile, with other numbers for the "
                "same segments: export again"
            )
        staying.add_to(folder)
        write_legend(folder, staying.tell(adapted.provenance()))

    with whole_folder(target, overwrite=overwrite, finish=finish) as folder:
        staying = Staying(target, labelled, chosen)
        called = staying.called
        adapted = replace(labelled, numbers=called.numbers, folders=called.folders)
        check_own(target, chosen.files(adapted))  # before the long work
        staying.warn()
        chosen.write(adapted, folder)


def _format_of(path: Path, format: Any) -> Format:
    if format is not None:
        return FORMATS[check_choice("format", format, FORMATS)]
    known = [each for each in FORMATS.values() if each.is_default]
    files = {each.suffix: each for each in known if each.suffix}
    folders = {each.each: each for each in known if each.alone}
    meant = {**folders, **files}.get(path.suffix.lower())
    if meant:
        return meant
    raise ValueError(
        f"format must be one of {', '.join(FORMATS)}, or follow from the path's "
        f"suffix, {', '.join(files)}: got the path {str(path)!r} and no format"
    )
