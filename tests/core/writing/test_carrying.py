"""What is in an export's folder: what an export wrote goes, and nothing else."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ncut_widget import NcutSegmenter
from tests.support.exported import FOLDERS, legend, tree


@pytest.mark.parametrize("format", FOLDERS)
def test_a_second_export_is_as_one_to_a_new_folder(
    seg: NcutSegmenter, tmp_path: Path, format: str
) -> None:
    seg.export(tmp_path / "out", format)
    del seg.segments["dog"]
    seg.export(tmp_path / "out", format, overwrite=True)
    seg.export(tmp_path / "new", format)
    assert tree(tmp_path / "out") == tree(tmp_path / "new")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["new", "out"]


def test_another_format_replaces_the_one_before(
    seg: NcutSegmenter, tmp_path: Path
) -> None:
    folders = {
        "labels": {"image 0.png", "image 1.png"},
        "ome-zarr": {"image 0.zarr", "image 1.zarr"},
        "binary": {"dog", "cat"},
        "tiff": {"image 0.tif", "image 1.tif"},
    }
    for format, expected in folders.items():
        seg.export(tmp_path / "out", format, overwrite=True)
        found = {each.name for each in (tmp_path / "out").iterdir()}
        assert found == expected | {"segments.json"}


def test_what_a_user_has_in_the_folder_stays(
    seg: NcutSegmenter, tmp_path: Path
) -> None:
    out = seg.export(tmp_path / "out", "binary")
    (out / "notes.txt").write_text("mine")
    (out / "dog" / "painted.png").write_bytes(b"mine")
    (out / "dog" / "image 1.png").write_bytes(b"painted by hand")
    (out / "empty" / "deep").mkdir(parents=True)
    (out / "link").symlink_to("elsewhere")
    node = (out / "notes.txt").stat().st_ino
    del seg.segments["dog"]
    for _ in range(2):
        seg.export(out, "binary", overwrite=True)
        assert (out / "notes.txt").read_text() == "mine"
        assert (out / "notes.txt").stat().st_ino == node
        assert (out / "dog" / "painted.png").read_bytes() == b"mine"
        assert (out / "dog" / "image 1.png").read_bytes() == b"painted by hand"
        assert not (out / "dog" / "image 0.png").exists()
        assert (out / "empty" / "deep").is_dir()
        assert os.readlink(out / "link") == "elsewhere"
        assert "notes.txt" not in legend(out)["files"]


@pytest.mark.parametrize("name", ["image 0.png", "segments.json"])
def test_a_file_that_no_export_wrote_is_in_the_way(
    seg: NcutSegmenter, tmp_path: Path, name: str
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / name).write_bytes(b"a photograph")
    with pytest.raises(FileExistsError, match="is not as an earlier export wrote it"):
        seg.export(tmp_path / "photos", "labels", overwrite=True)
    assert tree(tmp_path) == {f"photos/{name}": b"a photograph"}


@pytest.mark.parametrize("format", ["labels", "binary"])
def test_what_was_painted_over_is_not_replaced(
    seg: NcutSegmenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    out = seg.export(tmp_path / "out", format)
    path = out / ("image 0.png" if format == "labels" else "dog/image 0.png")
    path.write_bytes(b"painted by hand")
    before = tree(out)
    # Nothing is drawn: it is refused before the work.
    monkeypatch.setattr(f"ncut_widget.results.formats.{format}.save_png", None)
    with pytest.raises(FileExistsError, match="is not as an earlier export wrote it"):
        seg.export(out, format, overwrite=True)
    assert tree(out) == before


@pytest.mark.parametrize(
    ("format", "name"),
    [
        ("labels", "out/image 0.png"),
        ("tiff", "out/image 0.tif"),
        ("binary", "out/dog/image 0.png"),
        ("overlay", "out/image 0.png"),
        ("ome-zarr", "out/image 0.zarr/labels/segments/s0/c/0/0"),
        ("ome-zarr", "out.zarr/0/labels/segments/s0/c/0/0"),
    ],
)
def test_a_change_that_keeps_a_files_size_and_time_is_not_replaced(
    seg: NcutSegmenter, tmp_path: Path, format: str, name: str
) -> None:
    out = seg.export(tmp_path / name.split("/")[0], format)
    path = tmp_path / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_bytes(content)
    os.utime(path, ns=times)
    before = tree(out)
    with pytest.raises(FileExistsError, match="is not as an earlier export wrote it"):
        seg.export(out, format, overwrite=True)
    assert tree(out) == before
    seg.export(out, "overlay" if format == "tiff" else "tiff", overwrite=True)
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["out/segments.json", "out.zarr/zarr.json"])
def test_what_was_added_to_a_legend_is_not_replaced(
    seg: NcutSegmenter, tmp_path: Path, name: str
) -> None:
    out = seg.export(tmp_path / name.split("/")[0], "ome-zarr")
    path = tmp_path / name
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content))  # written otherwise, it tells the same
    seg.export(out, "ome-zarr", overwrite=True)
    path.write_text(json.dumps({**content, "notes": "checked by A. B."}))
    with pytest.raises(FileExistsError, match="is not as an earlier export wrote it"):
        seg.export(out, "ome-zarr", overwrite=True)
    assert "checked by" in path.read_text()


def test_a_legend_that_tells_sizes_is_read(seg: NcutSegmenter, tmp_path: Path) -> None:
    out = seg.export(tmp_path / "out", "labels")
    told = legend(out)
    del told["files"]["segments.json"]
    told["files"] = {name: (out / name).stat().st_size for name in told["files"]}
    (out / "segments.json").write_text(json.dumps(told))
    seg.export(out, "labels", images=[0], overwrite=True)
    assert (out / "image 1.png").exists()
    seg.export(out, "tiff", overwrite=True)
    assert not list(out.glob("*.png"))


def test_where_there_are_no_links_files_are_copied(
    seg: NcutSegmenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    out = seg.export(tmp_path / "out", "labels")
    (out / "notes.txt").write_text("mine")
    seg.export(out, "labels", images=[0], overwrite=True)
    assert (out / "notes.txt").read_text() == "mine"
    assert (out / "image 1.png").exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told: told | {"files": 3},
        lambda told: told | {"segments": [{"name": "dog", "label": -1}]},
        lambda told: told | {"images": [{}]},
        lambda told: [told],
    ],
)
def test_a_legend_that_someone_has_edited_is_not_replaced(
    seg: NcutSegmenter, tmp_path: Path, spoil: Callable[[dict], Any]
) -> None:
    out = seg.export(tmp_path / "out", "labels")
    told = json.dumps(spoil(legend(out)))
    (out / "segments.json").write_text(told)
    with pytest.raises(FileExistsError, match="is not as an earlier"):
        seg.export(out, "labels", images=[0], overwrite=True)
    assert (out / "segments.json").read_text() == told
    assert (out / "image 1.png").exists()
