"""Files and folders that replace others: whole, at once, and nobody's work lost."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from ncut_widget import NcutSegmenter
from ncut_widget.core.paths import as_path
from ncut_widget.core.writing import parts
from ncut_widget.core.writing import whole as writing
from ncut_widget.core.writing.legend import write_legend
from ncut_widget.core.writing.parts import PART
from ncut_widget.core.writing.whole import whole_file, whole_folder
from ncut_widget.results.marks import read_provenance

FOLDERS = ("labels", "tiff", "binary", "overlay", "ome-zarr")


@pytest.fixture
def seg() -> NcutSegmenter:
    """Two images with a segment each: a square on the one, one on the other."""
    eigvecs = np.ones((2, 16, 16, 3), np.float32)
    eigvecs[0, 4:9, 4:9, 1] = eigvecs[1, 9:14, 9:14, 2] = -1
    seg = NcutSegmenter(eigvecs, np.zeros((2, 32, 32, 3), np.uint8))
    seg.add_click(12, 12, image=0)
    seg.commit("dog")
    seg.add_click(22, 22, image=1)
    seg.commit("cat")
    return seg


def tree(folder: Path) -> dict[str, bytes]:
    """Give names and contents of all files in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def legend(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "segments.json").read_text(encoding="utf-8"))


def values(path: Path) -> set[int]:
    with Image.open(path) as picture:
        return set(np.unique(np.asarray(picture)).tolist())


# What an earlier export wrote goes, and nothing else ----------------------------------


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


# Some images --------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["labels", "tiff"])
def test_label_maps_of_other_images_stay_with_their_meaning(
    seg: NcutSegmenter, tmp_path: Path, format: str
) -> None:
    out = seg.export(tmp_path / "out", format)
    suffix = ".png" if format == "labels" else ".tif"
    before = (out / f"image 1{suffix}").read_bytes()
    del seg.segments["dog"]
    seg.add_click(12, 12, image=0)
    seg.commit("wolf")
    with pytest.warns(UserWarning, match="2 = cat, 3 = wolf; export all images to"):
        seg.export(out, format, images=[0], overwrite=True)
    told = legend(out)
    meaning = {each["label"]: each["name"] for each in told["segments"]}
    assert meaning == {1: "dog", 2: "cat", 3: "wolf"}
    assert values(out / f"image 0{suffix}") == {0, 3}
    assert (out / f"image 1{suffix}").read_bytes() == before
    assert [each["index"] for each in told["images"]] == [0]
    (earlier,) = told["earlier"]
    assert [each["index"] for each in earlier["images"]] == [1]
    assert [each["name"] for each in earlier["segments"]] == ["dog", "cat"]
    seg.export(out, format, overwrite=True)
    told = legend(out)
    assert [each["name"] for each in told["segments"]] == ["cat", "wolf"]
    assert values(out / f"image 0{suffix}") == {0, 2}
    assert told["earlier"] == []


@pytest.mark.parametrize("format", FOLDERS[:-1])
def test_images_one_by_one_are_as_all_at_once(
    seg: NcutSegmenter, tmp_path: Path, format: str
) -> None:
    for image in (1, 0):
        seg.export(tmp_path / "one", format, images=[image], overwrite=True)
    seg.export(tmp_path / "all", format)
    assert tree(tmp_path / "one") == tree(tmp_path / "all")


def squares(*names: str) -> NcutSegmenter:
    """Two images with a square in each corner, a segment each."""
    eigvecs = np.ones((2, 16, 16, 3), np.float32)
    eigvecs[:, 2:5, 2:5, 1] = eigvecs[:, 9:14, 9:14, 2] = -1
    seg = NcutSegmenter(eigvecs)
    for name, at in zip(names, (3, 11), strict=True):
        seg.add_click(at, at)
        seg.commit(name)
    return seg


def check_binary(out: Path, masks: dict[str, list[Any]]) -> None:
    """Check that each folder has what the legend tells of it, of all images."""
    told = legend(out)
    for part in (told, *told["earlier"]):
        for segment in part["segments"]:
            if segment.get("earlier"):  # of other images alone
                continue
            for image in part["images"]:
                path = out / segment["written"] / f"{image['written']}.png"
                mask = masks[segment["name"]][image["index"]]
                with Image.open(path) as picture:
                    np.testing.assert_array_equal(np.asarray(picture), mask)


@pytest.mark.parametrize("names", [("cell: a", "cell_ a"), ("Cell", "cell")])
def test_folders_of_segments_are_the_same_whichever_are_exported(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    seg = squares(*names)
    masks = {name: list(each.full_masks()) for name, each in seg.segments.items()}
    out = seg.export(tmp_path / "out", "binary")
    folder = legend(out)["segments"][1]["written"]
    seg.export(out, "binary", images=[0], segments=[names[1]], overwrite=True)
    check_binary(out, masks)
    assert legend(out)["segments"][0]["written"] == folder
    new = seg.export(tmp_path / "new", "binary", segments=[names[1]])
    assert {each.name for each in new.iterdir()} == {folder, "segments.json"}


def test_folders_of_segments_are_those_of_masks_that_stay(tmp_path: Path) -> None:
    seg = squares("cell: a", "cell_ a")
    masks = {name: list(each.full_masks()) for name, each in seg.segments.items()}
    out = seg.export(tmp_path / "out", "binary")
    del seg.segments["cell: a"]
    seg.add_click(3, 3)
    seg.commit("CELL_ A-2")
    masks["CELL_ A-2"] = masks["cell: a"]
    with pytest.warns(UserWarning, match="keep the numbers"):
        seg.export(out, "binary", images=[0], overwrite=True)
    check_binary(out, masks)
    told = legend(out)
    written = {each["name"]: each["written"] for each in told["segments"]}
    assert written == {
        "cell: a": "cell_ a",
        "cell_ a": "cell_ a-2",
        "CELL_ A-2": "CELL_ A-2-2",
    }


def test_files_of_images_that_are_no_more_in_the_batch_go(tmp_path: Path) -> None:
    eigvecs = np.ones((2, 8, 8, 2), np.float32)
    eigvecs[:, 2:5, 2:5, 1] = -1
    paths = [tmp_path / f"{name}.png" for name in "abc"]
    for path in paths:
        Image.new("RGB", (8, 8)).save(path)
    for some in (paths[:2], paths[1:]):
        seg = NcutSegmenter(eigvecs, some, clicks=[[0, 3, 3, 1]])
        seg.commit("x")
        seg.export(tmp_path / "out", "labels", images=[0], overwrite=True)
    assert set(tree(tmp_path / "out")) == {"b.png", "segments.json"}


def test_files_of_another_batch_go(tmp_path: Path) -> None:
    eigvecs = np.ones((2, 8, 8, 2), np.float32)
    eigvecs[:, 2:5, 2:5, 1] = -1
    for batch in range(2):
        paths = [tmp_path / str(batch) / f"{name}.png" for name in "ab"]
        paths[0].parent.mkdir()
        for grey, path in enumerate(paths):  # b.png is the same in both
            Image.new("L", (8, 8), 9 * grey or batch).save(path)
        seg = NcutSegmenter(eigvecs, paths, clicks=[[0, 3, 3, 1]])
        seg.commit("x")
        seg.export(tmp_path / "out", "labels", images=[1 - batch], overwrite=True)
        seg.export(tmp_path / "other", "labels", images=[batch], overwrite=True)
    assert set(tree(tmp_path / "out")) == {"a.png", "b.png", "segments.json"}
    assert set(tree(tmp_path / "other")) == {"b.png", "segments.json"}


@pytest.mark.parametrize("pictured", [True, False])
def test_files_of_other_images_are_told_of_as_their_export_made_them(
    tmp_path: Path, pictured: bool
) -> None:
    made = []
    for batch in range(2):
        eigvecs = np.ones((2, 8, 8, 2), np.float32)
        eigvecs[:, 2:5, 2 : 5 + batch, 1] = -1
        images = np.zeros((2, 8, 8, 3), np.uint8) if pictured else None
        seg = NcutSegmenter(eigvecs, images, clicks=[[0, 3, 3, 1]])
        seg.commit("x")
        out = seg.export(tmp_path, "labels", images=[batch], overwrite=True)
        made.append(legend(out)["id"])
    told = [read_provenance(out / f"image {image}.png") for image in range(2)]
    assert [each["id"] for each in told] == made
    assert len(set(made)) == 2
    assert told[0]["eigvecs"] != told[1]["eigvecs"]


# Whole or not at all ------------------------------------------------------------------

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


OLD = {"a.png": b"old", "b/c.png": b"old"}
NEW = {"a.png": b"new", "d/e.png": b"new"}


def write(out: Path, *, old: bool, overwrite: bool = True) -> None:
    """Write a folder as an export does."""
    with whole_folder(out, overwrite=overwrite) as folder:
        for name, content in (OLD if old else NEW).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        write_legend(folder, {"software": {}})


@pytest.fixture
def child() -> Iterator[Callable[[Callable[[], None]], int]]:
    """Give what runs a function in a process of its own, until it ends that itself."""
    children = []

    def start(act: Callable[[], None]) -> int:
        process = os.fork()
        if process == 0:
            try:
                act()
            finally:
                os._exit(1)
        children.append(process)
        return process

    yield start
    for process in children:
        with suppress(ChildProcessError, ProcessLookupError):
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def kill(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_while_writing(out: Path) -> None:
    with whole_folder(out, overwrite=True) as folder:
        (folder / "half").write_bytes(b"")
        kill()


def killed_while_a_file_is_written(out: Path) -> None:
    with whole_file(out / "x.json", overwrite=True) as file:
        file.write_bytes(b"")
        kill()


def killed_after_the_swap(out: Path) -> None:
    real = writing._exchange

    def exchange(aside: Path, target: Path) -> bool:
        (target / "late.txt").write_text("mine")  # after what is there was carried over
        done = real(aside, target)
        kill()
        return done

    writing._exchange = exchange
    write(out, old=False)


def killed_between_two_renames(out: Path) -> None:
    writing._exchange = lambda *_: False
    real = os.rename

    def rename(one: Path, other: Path) -> None:
        real(one, other)
        if one == out:
            kill()

    os.rename = rename  # type: ignore[assignment]
    write(out, old=False)


@pytest.mark.parametrize(
    "killed",
    [
        killed_while_writing,
        killed_while_a_file_is_written,
        killed_after_the_swap,
        killed_between_two_renames,
    ],
)
def test_what_a_killed_run_leaves_is_swept_and_what_is_a_users_comes_back(
    tmp_path: Path,
    child: Callable[[Callable[[], None]], int],
    killed: Callable[[Path], None],
) -> None:
    out = tmp_path / "out"
    write(out, old=True)
    (out / "notes.txt").write_text("mine")
    _, status = os.waitpid(child(lambda: killed(out)), 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    place = out if killed is killed_while_a_file_is_written else tmp_path
    assert list(place.glob(f"*{PART}"))
    with whole_file(place / "another", overwrite=True) as file:
        file.write_bytes(b"")
    assert not list(tmp_path.rglob(f"*{PART}"))
    found = tree(out)
    assert found.pop("notes.txt") == b"mine"
    late = found.pop("late.txt", None)
    assert late == (b"mine" if killed is killed_after_the_swap else None)
    assert found.items() >= (NEW if late else OLD).items()


def test_what_another_process_still_writes_is_left_alone(
    tmp_path: Path, child: Callable[[Callable[[], None]], int]
) -> None:
    started, begin = os.pipe()
    go_on, end = os.pipe()

    def work() -> None:
        with whole_folder(tmp_path / "theirs", overwrite=True) as folder:
            (folder / "a").write_bytes(b"theirs")
            os.write(begin, b"x")
            os.read(go_on, 1)
        os._exit(0)

    process = child(work)
    os.read(started, 1)
    write(tmp_path / "ours", old=True)
    write(tmp_path / "theirs", old=True)
    assert len(list(tmp_path.glob(f"*{PART}"))) == 1
    os.write(end, b"x")
    assert os.waitpid(process, 0)[1] == 0
    assert tree(tmp_path / "theirs")["a"] == b"theirs"
    assert not list(tmp_path.glob(f"*{PART}"))


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


def test_of_two_to_a_new_folder_the_second_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    second = whole_folder(out, overwrite=False)
    (second.__enter__() / "a").write_bytes(b"second")
    write(out, old=True, overwrite=False)
    with pytest.raises(FileExistsError, match="is not empty"):
        second.__exit__(None, None, None)
    assert "a" not in tree(out)
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


# Paths --------------------------------------------------------------------------------

DOORS: dict[str, tuple[str, Callable[[NcutSegmenter, Any], Any]]] = {
    "npz": ("x.npz", lambda seg, at: seg.export(at, overwrite=True)),
    "labels": ("x", lambda seg, at: seg.export(at, "labels", overwrite=True)),
    "session": ("x.json", lambda seg, at: seg.save_session(at)),
    "page": ("x.html", lambda seg, at: seg.save_html(at, overwrite=True)),
    "autosave": ("x.json", lambda seg, at: setattr(seg, "autosave", at)),
}

doors = pytest.mark.parametrize("door", DOORS)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


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


def test_an_error_of_a_writer_names_the_users_own_path(tmp_path: Path) -> None:
    for whole in (whole_file, whole_folder):
        with (
            pytest.raises(FileNotFoundError) as caught,
            whole(tmp_path / "x", overwrite=True) as written,
        ):
            (written / "deep" / "file").write_bytes(b"")
        assert PART not in str(caught.value)
        assert str(tmp_path / "x") in str(caught.value)


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


def test_what_is_being_removed_is_settled_by_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "out", old=True)
    real, left = shutil.rmtree, []

    def remove(part: Path, **options: Any) -> None:
        left.extend(each for each in part.iterdir() if each.name == parts.ASIDE)
        real(part, **options)

    monkeypatch.setattr(shutil, "rmtree", remove)
    write(tmp_path / "out", old=False)
    assert not left


def test_a_part_that_another_takes_for_a_leftover_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    class Lock(FileLock):
        def acquire(self, *arguments: Any, **options: Any) -> Any:
            made.append(Path(self.lock_file).parent)
            if len(made) == 1:
                made[0].rmdir()  # as another writer does before there is a lock
                raise FileNotFoundError(self.lock_file)
            return super().acquire(*arguments, **options)

    monkeypatch.setattr(parts, "FileLock", Lock)
    write(tmp_path / "out", old=True)
    assert len(made) == 2
    assert tree(tmp_path / "out").items() >= OLD.items()


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
    with pytest.raises(FileExistsError, match="is there, and no file"):
        seg.export(tmp_path / name, overwrite=True)
