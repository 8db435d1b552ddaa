"""Exports to a path: what is there stays, what is asked for can be written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.io
from numpy.typing import NDArray
from PIL import ExifTags, Image

from ncut_widget import NcutSegmenter
from ncut_widget.results.formats import FORMATS
from tests.support.round_trip import read_png


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_is_overwritten_unless_told(
    seg: NcutSegmenter, tmp_path: Path, format: str
) -> None:
    target = tmp_path / f"out{FORMATS[format].suffix}"
    if FORMATS[format].suffix:
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "mine").write_text("mine")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        seg.export(target, format)
    mine = target if FORMATS[format].suffix else target / "mine"
    assert mine.read_text() == "mine"
    seg.export(target, format, overwrite=True)
    seg.export(target, format, overwrite=True)
    if not FORMATS[format].suffix:
        assert mine.read_text() == "mine"
        assert len(list(target.iterdir())) > 1
    assert not list(tmp_path.glob(".out*"))


@pytest.mark.parametrize("format", FORMATS)
def test_what_fails_leaves_nothing(
    seg: NcutSegmenter, tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError("no space left on device")

    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(os, "fsync", fail)
    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="no space left"):
        seg.export(tmp_path / f"out{FORMATS[format].suffix}", format)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (("x.txt",), ValueError, "format must be one of labels, tiff, binary"),
        (("x", "jpeg"), ValueError, "format must be one of labels, tiff, binary"),
        (("in0/a.png", "labels"), FileExistsError, "is a file: give a folder"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_one_sentence(
    seg: NcutSegmenter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple,
    error: type[Exception],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=sentence):
        seg.export(*arguments)
    with pytest.raises(ValueError, match=r"an image index must be .* got 3"):
        seg.export("y", "labels", images=[3])
    with pytest.raises(KeyError, match="there is no segment 'arm'"):
        seg.export("y", "labels", segments=["arm"])


def test_without_segments_there_is_nothing_to_export(
    eigvecs: NDArray, tmp_path: Path
) -> None:
    seg = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])
    for act in (seg.to_table, lambda: seg.export(tmp_path / "x.json")):
        with pytest.raises(ValueError, match=r"seg.commit\('name'\)"):
            act()
    seg.commit("a")
    with pytest.raises(ValueError, match="there are no images, only eigenvectors"):
        seg.export(tmp_path / "x", "overlay")
    seg.export(tmp_path / "x", "labels")
    assert (tmp_path / "x" / "image 2.png").exists()


def test_photographs_turned_by_exif_come_out_as_they_are_shown(
    tmp_path: Path, folder: Path
) -> None:
    pixels = np.zeros((20, 40, 3), dtype=np.uint8)
    pixels[:, :10] = 255
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # shown turned by a quarter, clockwise
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    shown = np.rot90(pixels, -1)[..., 0] > 0
    eigvecs = np.zeros((1, 40, 20, 2), dtype=np.float32)
    eigvecs[0, shown, 0] = eigvecs[0, ~shown, 1] = 1
    seg = NcutSegmenter(eigvecs, tmp_path / "turned.png")
    seg.add_click(5, 5)
    seg.commit("white")
    seg.export(folder, "labels")
    np.testing.assert_array_equal(read_png(folder / "turned.png"), shown)
    seg.export(tmp_path / "over", "overlay")
    drawn = skimage.io.imread(tmp_path / "over" / "turned.png")
    np.testing.assert_array_equal((drawn > 0).any(axis=-1), shown)
    assert seg.to_dataframe()["bbox-3"].tolist() == [20]


EXTRAS: list[tuple[str, str, Callable[[NcutSegmenter, Path], object]]] = [
    ("ome_zarr.writer", "ome-zarr", lambda seg, at: seg.export(at / "x.zarr")),
    ("supervision", "supervision", lambda seg, at: seg.to_supervision()),
    ("matplotlib", "plot", lambda seg, at: seg.plot()),
]


@pytest.mark.parametrize(("module", "extra", "act"), EXTRAS)
def test_a_missing_library_is_named_with_its_extra(
    seg: NcutSegmenter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    extra: str,
    act: Callable[[NcutSegmenter, Path], object],
) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(ImportError, match=rf"pip install 'ncut-widget\[{extra}\]'"):
        act(seg, tmp_path)
    assert not (tmp_path / "x.json").exists()
