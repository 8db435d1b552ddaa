"""Files and folders are written whole or not at all."""

from __future__ import annotations

import errno
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ncut_widget import NcutSegmenter
from ncut_widget.core.writing import whole as writing
from ncut_widget.core.writing.parts import PART
from ncut_widget.core.writing.whole import whole_file, whole_folder
from tests.support.exported import NEW, OLD, legend, tree, write

STEPS: list[tuple[Any, str]] = [
    (os, "rename"),
    (Path, "mkdir"),
    (Path, "rmdir"),
    (os, "link"),
    (os, "replace"),
    (writing, "_exchange"),
]


def interrupted(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, at: int, after: bool
) -> list[int]:
    """Interrupt one of a function's calls, before or after it has done its work."""
    real = getattr(where, name)
    calls = [0]

    def call(*arguments: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == at and not after:
            raise KeyboardInterrupt
        result = real(*arguments, **options)
        if calls[0] == at:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(where, name, call)
    return calls


@pytest.mark.parametrize("exchanges", [True, False])
@pytest.mark.parametrize("after", [False, True])
def test_whenever_it_is_interrupted_a_folder_is_the_old_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool, exchanges: bool
) -> None:
    if not exchanges:
        monkeypatch.setattr(writing, "_exchange", lambda *_: False)
    seen = set()
    for where, name in STEPS:
        at = 0
        calls = [1]
        while calls[0] > at:  # until there are no so many calls
            at += 1
            out = tmp_path / f"{name} {at}"
            write(out, old=True)
            (out / "notes.txt").write_text("mine")
            with monkeypatch.context() as patch:
                calls = interrupted(patch, where, name, at, after)
                with suppress(KeyboardInterrupt):
                    write(out, old=False)
            found = tree(out)
            assert found.pop("notes.txt") == b"mine"
            found.pop("segments.json")
            assert found in (OLD, NEW)
            seen.add(found == NEW)
            write(tmp_path / "sweeps", old=True)
            assert not list(tmp_path.glob(f"*{PART}"))
    assert seen == {True, False}


def test_of_two_at_once_one_is_there_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, old=True)
    (out / "notes.txt").write_text("mine")
    failed: list[BaseException] = []

    def work(old: bool) -> None:
        try:
            for _ in range(20):
                write(out, old=old)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(old,)) for old in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    found = tree(out)
    assert found.pop("notes.txt") == b"mine"
    found.pop("segments.json")
    assert found in (OLD, NEW)
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_workers_that_export_an_image_each_all_find_theirs(
    seg: NcutSegmenter, tmp_path: Path
) -> None:
    def work(image: int) -> None:
        for _ in range(5):
            seg.export(tmp_path / "out", "labels", images=[image], overwrite=True)

    threads = [threading.Thread(target=work, args=(image,)) for image in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seg.export(tmp_path / "whole", "labels")
    out, whole = tree(tmp_path / "out"), tree(tmp_path / "whole")
    images = sorted(each["index"] for each in legend(tmp_path / "out")["images"])
    assert images == [0, 1]
    assert out.keys() == whole.keys()
    assert out["image 0.png"] == whole["image 0.png"]


def test_a_folder_that_cannot_be_renamed_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write(out, old=True)
    (out / "notes.txt").write_text("mine")
    real = os.rename

    def rename(one: Any, other: Any) -> None:
        if one == out:  # as of overlayfs, for a folder of its lower layer
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(one, other)

    monkeypatch.setattr(writing, "_exchange", lambda *_: False)
    monkeypatch.setattr(os, "rename", rename)
    write(out, old=False)
    assert set(tree(out)) == {*NEW, "notes.txt", "segments.json"}
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_of_two_to_a_new_folder_the_second_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    second = whole_folder(out, overwrite=False)
    (second.__enter__() / "a").write_bytes(b"second")
    write(out, old=True, overwrite=False)
    with pytest.raises(FileExistsError, match="is not empty"):
        second.__exit__(None, None, None)
    assert "a" not in tree(out)
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_an_error_of_a_writer_names_the_users_own_path(tmp_path: Path) -> None:
    for whole in (whole_file, whole_folder):
        with (
            pytest.raises(FileNotFoundError) as caught,
            whole(tmp_path / "x", overwrite=True) as written,
        ):
            (written / "deep" / "file").write_bytes(b"")
        assert PART not in str(caught.value)
        assert str(tmp_path / "x") in str(caught.value)


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_current_folder_can_be_written_and_stays_the_current_one(
    seg: NcutSegmenter, home: Path, overwrite: bool
) -> None:
    here = Path.cwd()
    if overwrite:
        Path("notes.txt").write_text("mine")
    seg.export(".", "labels", overwrite=overwrite)
    seg.export(".", "labels", overwrite=True)
    assert Path.cwd() == here
    names = {each.name for each in Path().iterdir()}
    assert names == {"image 0.png", "image 1.png", "segments.json"} | (
        {"notes.txt"} if overwrite else set()
    )
    Path("sub").mkdir()
    os.chdir("sub")
    seg.export("..", "labels", overwrite=True)
    assert Path.cwd() == here / "sub"
    assert Path("../image 0.png").exists()
