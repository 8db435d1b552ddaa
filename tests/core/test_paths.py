"""Paths as users write them, at every door that writes or reads."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ncut_widget import NcutSegmenter
from ncut_widget.core.paths import as_path
from ncut_widget.core.writing.parts import PART

DOORS: dict[str, tuple[str, Callable[[NcutSegmenter, Any], Any]]] = {
    "npz": ("x.npz", lambda seg, at: seg.export(at, overwrite=True)),
    "labels": ("x", lambda seg, at: seg.export(at, "labels", overwrite=True)),
    "session": ("x.json", lambda seg, at: seg.save_session(at)),
    "page": ("x.html", lambda seg, at: seg.save_html(at, overwrite=True)),
    "autosave": ("x.json", lambda seg, at: setattr(seg, "autosave", at)),
}


doors = pytest.mark.parametrize("door", DOORS)


@doors
@pytest.mark.parametrize("make", [str, Path])
def test_a_tilde_is_the_home_folder(
    seg: NcutSegmenter, home: Path, door: str, make: type
) -> None:
    name, act = DOORS[door]
    act(seg, make(f"~/deep/{name}"))
    assert (home / "deep" / name).exists()
    assert not list(Path.cwd().iterdir())


def test_images_and_sessions_are_read_from_the_home_folder(
    seg: NcutSegmenter, home: Path
) -> None:
    Image.new("RGB", (16, 16)).save(home / "a.png")
    images = ["~/a.png", Path("~/a.png")]
    eigvecs = np.ones((2, 16, 16, 2), np.float32)
    assert NcutSegmenter(eigvecs, images)._pictures.images.paths == [home / "a.png"] * 2  # type: ignore[union-attr]
    seg.save_session("~/x.json")
    seg.clear()
    seg.load_session("~/x.json")
    with pytest.raises(FileNotFoundError):
        seg.load_session("~/y.json")


@doors
def test_a_link_stays_one_and_what_it_leads_to_is_written(
    seg: NcutSegmenter, tmp_path: Path, door: str
) -> None:
    name, act = DOORS[door]
    (tmp_path / "shared").mkdir()
    real, link = tmp_path / "shared" / name, tmp_path / name
    link.symlink_to(real)  # which is not there yet
    for target in ("first", "second"):
        seg.segments["dog"].color = "red" if target == "first" else "blue"
        act(seg, link)
        assert link.is_symlink()
        assert real.exists()
        assert not real.is_symlink()
        seg.autosave = None
    assert sorted(each.name for each in tmp_path.iterdir()) == ["shared", name]
    assert [each.name for each in (tmp_path / "shared").iterdir()] == [name]


def test_a_link_to_itself_is_refused(seg: NcutSegmenter, tmp_path: Path) -> None:
    (tmp_path / "x.json").symlink_to("x.json")
    with pytest.raises(OSError, match="a link that leads to itself"):
        seg.save_session(tmp_path / "x.json")
    assert (tmp_path / "x.json").is_symlink()


@doors
def test_permissions_stay(seg: NcutSegmenter, tmp_path: Path, door: str) -> None:
    name, act = DOORS[door]
    path = tmp_path / name
    act(seg, path)
    parts = [path, *path.rglob("*")]
    modes = [0o750 if part.is_dir() else 0o660 for part in parts]
    for part, mode in zip(parts, modes, strict=True):
        part.chmod(mode)
    seg.segments["dog"].color = "red"
    act(seg, path)
    found = [stat.S_IMODE(part.stat().st_mode) for part in parts]
    assert found == modes


@doors
def test_where_nothing_can_be_made_the_users_own_path_is_named(
    seg: NcutSegmenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    def refuse(suffix: str, prefix: str, folder: Path) -> str:
        hidden = str(folder / f"{prefix}1{suffix}")
        raise PermissionError(errno.EACCES, "Permission denied", hidden)

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    name, act = DOORS[door]
    with pytest.raises(Exception, match="Permission denied") as caught:
        act(seg, tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert PART not in str(caught.value)


def test_a_folder_in_one_that_is_not_the_users_names_the_way_out(
    seg: NcutSegmenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: path == mine)
    for overwrite in (False, True):
        with pytest.raises(PermissionError, match=r"give a folder in it") as caught:
            seg.export(mine, "labels", overwrite=overwrite)
        assert repr(str(mine)) in str(caught.value)
    assert list(tmp_path.iterdir()) == [mine]
    monkeypatch.undo()
    seg.export(mine / "labels", "labels")


@pytest.mark.parametrize(
    ("path", "error", "sentence"),
    [
        ("s3://bucket/x.json", ValueError, "is an address.*copy it there afterwards"),
        ("", ValueError, "path must be a path, got ''"),
        ("nul\0.json", ValueError, "path must be a path"),
        (3, TypeError, "path must be a path, got int"),
        (None, TypeError, "path must be a path, got NoneType"),
    ],
)
def test_what_is_no_path_is_refused_in_one_sentence(
    seg: NcutSegmenter, path: Any, error: type[Exception], sentence: str
) -> None:
    acts: list[Callable[[], Any]] = [
        lambda: seg.export(path),
        lambda: seg.save_session(path),
        lambda: seg.load_session(path),
        lambda: seg.save_html(path),
    ]
    for act in acts:
        with pytest.raises(error, match=sentence):
            act()


def test_without_a_home_folder_no_folder_of_the_name_tilde_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(ValueError, match="this user has no home folder"):
        as_path("~/x")


@pytest.mark.parametrize("name", ["folder.json", "pipe.json"])
def test_what_is_no_file_is_not_replaced_by_one(
    seg: NcutSegmenter, tmp_path: Path, name: str
) -> None:
    if name == "pipe.json":
        os.mkfifo(tmp_path / name)
    else:
        (tmp_path / name).mkdir()
    with pytest.raises(FileExistsError, match="exists and is not a file"):
        seg.export(tmp_path / name, overwrite=True)
