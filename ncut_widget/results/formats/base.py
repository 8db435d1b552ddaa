"""The contract of formats of files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ncut_widget.core.writing.legend import LEGEND
from ncut_widget.results.labelled import Labelled

LAST = 100
"""Place of a format that names none."""


@dataclass(frozen=True)
class Format:
    """How a format is written: as one file, or as a folder of images.

    Attributes
    ----------
    name : str
        Its name in `NcutSegmenter.export`.
    write : callable
        Called with the segments, and a file or a folder to write.
    suffix : str
        Suffix of the one file; empty if it is a folder.
    each : str
        Suffix of each image's file, in a folder of these.
    each_is_folder : bool
        Whether each image is written to a folder, not to a file.
    by_segment : bool
        Whether the images' files are in a folder for each segment.
    alone : Format, optional
        The format to use instead, if the path itself ends with the suffix ``each``.
    legend : str
        File in the folder that says how its files were made.
    is_default : bool
        Whether a path with the suffix means this format if none is named.
    place : int
        Its place in lists of formats; the smallest is first.
    """

    name: str
    write: Callable[[Labelled, Path], None]
    suffix: str = ""
    each: str = ""
    each_is_folder: bool = False
    by_segment: bool = False
    alone: Format | None = None
    legend: str = LEGEND
    is_default: bool = True
    place: int = LAST

    def files(self, labelled: Labelled) -> list[str]:
        """Name the files that it writes to a folder, without images' folders."""
        files: list[str] = []
        if self.each and not self.each_is_folder:
            files = [f"{labelled.stems[image]}{self.each}" for image in labelled.chosen]
        if self.by_segment:
            files = [f"{part}/{file}" for part in labelled.folders for file in files]
        return [self.legend, *files]
