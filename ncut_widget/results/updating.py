"""Exports of some images over an earlier export: the files of other images stay valid.

A label map is read with the folder's legend. Where files stay, segments thus keep the
numbers and the folders that they have there, and the legend still says how these files
were made.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from itertools import chain, count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ncut_widget.core.writing.carrying import make_like
from ncut_widget.core.writing.legend import EARLIER, is_own, read_legend
from ncut_widget.results.formats import Format
from ncut_widget.results.labelled import Labelled
from ncut_widget.results.names import unique_names

LAST = np.iinfo(np.uint16).max
"""Largest label that files can hold."""

Told = dict[str, Any]


class Called(NamedTuple):
    """The labels of segments in files, and the names of their folders."""

    numbers: tuple[int, ...]
    folders: tuple[str, ...]


class Staying:
    """The files of an earlier export that stay when some images are exported again.

    Parameters
    ----------
    folder : Path
        Folder of the earlier export, which need not exist.
    labelled : Labelled
        The export now.
    format : Format
        Its format.
    """

    def __init__(self, folder: Path, labelled: Labelled, format: Format) -> None:
        self._folder = folder
        self._labelled = labelled
        self._format = format
        self._told = read_legend(folder)
        if self._told.get("format") != format.name or not format.each:
            self._told = {}
        others = set(range(len(labelled.sizes))) - set(labelled.chosen)
        stay = {each["written"]: each for each in map(labelled.describe, others)}
        self._known: dict[str, tuple[int, str]] = {}
        self._past: list[Told] = []
        with suppress(KeyError, TypeError, AttributeError):  # someone has edited it
            told = self._told
            self._known = {
                each["name"]: (_label(each["label"]), _folder(each["written"]))
                for each in told["segments"]
            }
            self._past = _only(told, stay)
        images = [image for each in self._past for image in each["images"]]
        written = {image["written"] + format.each for image in images}
        own = self._told.get("files", {})
        part = 0 if format.each_is_folder else -1  # of the path: a folder, or a file
        self._files = [
            name
            for name in own
            if name.split("/")[part] in written and is_own(folder, name, own)
        ]

    @property
    def called(self) -> Called:
        """Labels and folders of the segments, as in the files that stay, if any do."""
        if not self._past:
            return Called(self._labelled.numbers, self._labelled.folders)
        taken = {number for number, _ in self._known.values()}
        others = [folder for _, folder in self._known.values()]
        numbers, folders = [], []
        for (number, segment), folder in zip(
            self._labelled.numbered, self._labelled.folders, strict=True
        ):
            if segment.name in self._known:
                number, folder = self._known[segment.name]
            else:
                number = next(n for n in chain([number], count(1)) if n not in taken)
                (folder,) = unique_names([folder], others)
                taken.add(number)
                others.append(folder)
            numbers.append(number)
            folders.append(folder)
        return Called(tuple(numbers), tuple(folders))

    def warn(self) -> None:
        """Warn if numbers differ from those in the segmenter's label maps."""
        numbers = self.called.numbers
        if numbers != self._labelled.numbers:
            pairs = zip(numbers, self._labelled.segments, strict=True)
            warnings.warn(
                f"labels in {str(self._folder)!r} keep the numbers that other images "
                f"there have: {', '.join(f'{n} = {s.name}' for n, s in pairs)}; export "
                "all images to number them anew",
                UserWarning,
                stacklevel=4,
            )

    def add_to(self, new: Path) -> None:
        """Put the files that stay into the new folder as well."""
        for name in self._files:
            make_like(self._folder / name, new / name)

    def tell(self, told: Told) -> Told:
        """Return the legend of the new files with that of the files that stay."""
        told = {**told, "format": self._format.name, EARLIER: []}
        for each in self._past:
            if each["id"] == told["id"]:
                images = [*told["images"], *each["images"]]
                told["images"] = sorted(images, key=lambda image: image["index"])
            else:
                told[EARLIER].append(each)
        known = {segment["label"] for segment in told["segments"]}
        for each in told[EARLIER]:
            for segment in each["segments"]:
                if segment["label"] not in known:
                    known.add(segment["label"])
                    told["segments"] = [*told["segments"], {**segment, EARLIER: True}]
        return told


def _only(told: Told, stay: dict[str, Told]) -> list[Told]:
    """Return the earlier legends of some images, by the exports that wrote them."""
    parts = []
    for each in (told, *told.get(EARLIER, ())):
        images = [
            image
            for image in each["images"]
            if _is_same(image, stay.get(image["written"]))
        ]
        segments = [s for s in each["segments"] if not s.get(EARLIER)]
        kept = {k: v for k, v in each.items() if k not in (EARLIER, "files")}
        if images:
            parts.append({**kept, "segments": segments, "images": images})
    return parts


def _label(value: Any) -> int:
    if isinstance(value, int) and 0 < value <= LAST:
        return value
    raise TypeError(value)


def _folder(value: Any) -> str:
    if isinstance(value, str) and not value.startswith(".") and not {*value} & {*"/\\"}:
        return value
    raise TypeError(value)


def _is_same(then: Told, now: Told | None) -> bool:
    """Whether two descriptions are of one image, as far as known: files may be gone."""
    if now is None:
        return False
    known = ["file", "written", "height", "width"]
    if then.get("kind") == now["kind"]:
        known.append("digest")
    return all(then[key] == now[key] for key in known)
