"""A session's file that is kept up to date, and that others write, too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ncut_widget import NcutSegmenter
from tests.support.page import Wire

ROOT = Path(__file__).parents[2]


def make(**settings: Any) -> NcutSegmenter:
    """Make a segmenter of one image with a square at (4, 4) and one at (11, 11)."""
    eigvecs = np.ones((1, 16, 16, 3), dtype=np.float32)
    eigvecs[:, 3:7, 3:7, 1] = -1
    eigvecs[:, 10:14, 10:14, 2] = -1
    return NcutSegmenter(eigvecs, **settings)


def keep(seg: NcutSegmenter, name: str) -> NcutSegmenter:
    """Click the first square, and commit it."""
    seg.add_click(4, 4)
    seg.commit(name)
    return seg


def names_in(path: Path) -> list[str]:
    return [each["name"] for each in json.loads(path.read_bytes())["segments"]]


def others(path: Path) -> list[Path]:
    """Find what was put beside a file."""
    return sorted(each for each in path.parent.iterdir() if each != path)


def full_disk(*_: Any) -> None:
    raise OSError("no space left on device")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.json"


# Written at once ----------------------------------------------------------------------


def test_a_path_is_written_to_when_it_is_set(path: Path) -> None:
    seg = keep(make(), "a")
    seg.autosave = path
    assert names_in(path) == ["a"]
    other = path.with_name("t.json")
    seg.autosave = other
    assert names_in(other) == ["a"]
    path.unlink()
    seg.autosave = path
    assert names_in(path) == ["a"]
    keep(seg, "b")
    seg.autosave = other  # which this very segmenter wrote
    assert names_in(other) == ["a", "b"]


def test_a_session_that_was_only_opened_is_not_written(path: Path) -> None:
    keep(make(autosave=path), "a")
    before = path.read_bytes(), path.stat().st_mtime_ns
    make(autosave=path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_what_a_start_brings_back_cannot_be_undone(path: Path) -> None:
    """Undo would empty the file, and the next change would lose the redo."""
    keep(make(autosave=path), "a")
    started = make(clicks=[[0, 4, 4, 1]])
    started.clear()
    started.autosave = path
    for seg in (started, make(autosave=path)):
        assert seg._history == [False, False]
        seg.undo()
        assert list(seg.segments) == names_in(path) == ["a"]
    keep(seg, "b")
    seg.undo()
    seg.undo()
    seg.undo()
    assert names_in(path) == ["a"]


# Onto the work of others --------------------------------------------------------------


def test_work_is_not_replaced_by_a_files_without_asking(path: Path) -> None:
    keep(make(autosave=path), "old")
    seg = make(autosave=path.with_name("mine.json"))
    keep(seg, "new")
    with pytest.raises(ValueError, match=r"would lose work: .*load_session.*save_sess"):
        seg.autosave = path
    assert list(seg.segments) == ["new"]
    assert names_in(path) == ["old"]
    keep(seg, "newer")
    assert names_in(path.with_name("mine.json")) == ["new", "newer"]


@pytest.mark.parametrize(
    ("way", "left"), [("load_session", ["old"]), ("save_session", ["new"])]
)
def test_the_ways_out_lead_out(path: Path, way: str, left: list[str]) -> None:
    keep(make(autosave=path), "old")
    seg = keep(make(), "new")
    getattr(seg, way)(path)
    seg.autosave = path
    assert list(seg.segments) == names_in(path) == left
    keep(seg, "more")
    assert names_in(path) == [*left, "more"]
    assert others(path) == []


def test_a_cell_that_runs_again_goes_on_whatever_became_of_its_clicks(
    path: Path,
) -> None:
    first = make(clicks=[[0, 4, 4, 1]], autosave=path)
    first.undo()
    first.add_click(11, 11)
    first.commit("b")
    again = make(clicks=[[0, 4, 4, 1]], autosave=path)
    assert (list(again.segments), again.clicks) == (["b"], [])
    with pytest.raises(ValueError, match=r"1 segments .* 0 segments and 1 clicks"):
        make(clicks=[[0, 5, 5, 1]], autosave=path)
    assert names_in(path) == ["b"]


def test_what_this_segmenter_saved_before_is_not_replaced_either(path: Path) -> None:
    seg = keep(keep(make(), "a"), "b")
    seg.save_session(path)
    del seg.segments["a"]
    with pytest.raises(ValueError, match=r"would lose work: .* 2 segments .* 1 seg"):
        seg.autosave = path
    assert (list(seg.segments), names_in(path)) == (["b"], ["a", "b"])
    seg.undo()
    seg.autosave = path
    assert names_in(path) == ["a", "b"]


def test_autosave_goes_on_where_it_was_turned_off(path: Path) -> None:
    seg = keep(keep(make(autosave=path), "a"), "b")
    seg.autosave = None
    del seg.segments["a"]
    seg.autosave = path
    assert names_in(path) == ["b"]
    seg.autosave = None
    keep(make(), "theirs").save_session(path)
    with pytest.raises(ValueError, match="would lose work"):
        seg.autosave = path
    assert names_in(path) == ["theirs"]


def test_a_file_that_lags_behind_is_still_ones_own(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seg = keep(keep(make(autosave=path), "a"), "b")
    wire = Wire(seg, monkeypatch)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", full_disk)
        del seg.segments["a"]
    assert wire.failures
    seg.autosave = path
    assert names_in(path) == ["b"]


def test_loading_another_session_and_undoing_it_loses_neither(path: Path) -> None:
    seg = keep(make(autosave=path), "a")
    checkpoint = keep(make(), "b").save_session(path.with_name("b.json"))
    with pytest.warns(UserWarning, match="holds another session now. What it held"):
        seg.load_session(checkpoint)
    keep(seg, "c")
    for _ in range(2):
        seg.undo()
    assert names_in(path) == ["b"]
    with pytest.warns(UserWarning, match="holds another session now. What it held"):
        seg.undo()
    seg.undo()
    assert names_in(path) == []
    assert sorted(map(names_in, others(path))) == [["a"], ["b"], ["b"]]


def test_undoing_what_was_loaded_before_autosave_keeps_the_files_work(
    path: Path,
) -> None:
    keep(make(autosave=path), "old")
    seg = keep(make(), "new")
    seg.load_session(path)
    seg.autosave = path
    keep(seg, "more")
    seg.undo()
    seg.undo()
    assert others(path) == []
    with pytest.warns(UserWarning, match="holds another session now. What it held"):
        seg.undo()
    assert names_in(path) == ["new"]
    assert [names_in(each) for each in others(path)] == [["old"]]


def test_a_cell_guards_its_own_clicks_when_it_runs_again(path: Path) -> None:
    """As the docstring says: else they come on top of the user's."""

    def cell() -> NcutSegmenter:
        seg = make(autosave=path)
        if not (seg.segments or seg.clicks):
            keep(seg, "a")
        return seg

    cell().add_click(11, 11)
    again = cell()
    assert again.clicks == [[0, 11, 11, 1]]
    assert again.segments["a"].clicks == ((0, 4, 4, 1),)


# Two at a time ------------------------------------------------------------------------


def test_two_writers_keep_both_and_are_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = make(autosave=path), make(autosave=path)
    wire = Wire(two, monkeypatch)
    keep(one, "cat")
    with pytest.warns(UserWarning, match="written by another segmenter"):
        keep(two, "dog")
    (beside,) = others(path)
    assert (names_in(path), names_in(beside)) == (["dog"], ["cat"])
    saved = json.loads(beside.read_bytes())["saved"]
    assert beside.stem.startswith("s-20")
    assert saved[:4] in beside.stem
    (told,) = wire.failures
    assert told["what"] == "autosave by another"
    assert repr(beside.name) in told["traceback"]
    with pytest.warns(UserWarning, match=f"of others is kept .*{beside.name}"):
        make(autosave=path)


def test_saving_to_the_same_file_keeps_both_too(path: Path) -> None:
    one = keep(make(autosave=path), "a")
    keep(make(autosave=path), "theirs")
    with pytest.warns(UserWarning, match="written by another segmenter"):
        one.save_session(path)
    (beside,) = others(path)
    assert (names_in(path), names_in(beside)) == (["a"], ["a", "theirs"])
    with pytest.raises(FileExistsError, match="overwrite=True"):
        one.save_session(path, overwrite=False)
    path.unlink()
    one.save_session(path, overwrite=False)
    assert names_in(path) == ["a"]


@pytest.mark.parametrize("given", ["autosave", "save_session"])
def test_a_link_leads_to_the_same_file(path: Path, given: str) -> None:
    link = path.with_name("link")
    link.symlink_to(path.parent)
    ways = [path, link / path.name]
    seg = keep(make(autosave=ways[given == "autosave"]), "a")
    seg.save_session(ways[given == "save_session"])
    keep(seg, "b")  # no alarm
    assert names_in(path) == ["a", "b"]
    assert others(path) == [link]


def test_writers_in_turn_do_not_fill_the_folder(path: Path) -> None:
    one, two = make(autosave=path), make(autosave=path)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for number in range(5):
            keep(one, f"one {number}")
            keep(two, f"two {number}")
    assert len(told) == 2  # once each
    assert len(others(path)) == 2
    assert len(json.loads(path.read_bytes())["others"]) == 1
    assert names_in(path) == [f"two {number}" for number in range(5)]
    assert [f"one {number}" for number in range(5)] in map(names_in, others(path))


WRITER = """
import sys
import tests.sessions.test_autosave as other
seg = other.make(autosave=sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(20):
    other.keep(seg, f"theirs {number}")
"""


def test_two_processes_at_once_lose_nothing(path: Path) -> None:
    seg = make(autosave=path)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        env=env,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("go\n")
        process.stdin.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number in range(20):
                keep(seg, f"ours {number}")
    assert process.returncode == 0
    kept = [names_in(each) for each in (path, *others(path))]
    for whose in ("ours", "theirs"):
        assert [f"{whose} {number}" for number in range(20)] in kept
    assert len(kept) <= 3


# What else becomes of files -----------------------------------------------------------


def spoil(path: Path) -> None:
    path.write_text("rubbish")


def unlink_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


@pytest.mark.parametrize(
    ("happens", "left"),
    [(Path.unlink, []), (unlink_folder, []), (spoil, [b"rubbish"])],
)
def test_a_file_that_went_or_was_spoilt_is_written_anew(
    path: Path, happens: Callable[[Path], None], left: list[bytes]
) -> None:
    seg = keep(make(autosave=path), "a")
    happens(path)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        keep(seg, "b")
    assert names_in(path) == ["a", "b"]
    assert [each.read_bytes() for each in others(path)] == left
    assert len(told) == len(left)


def test_a_full_disk_loses_neither_work(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = make(autosave=path), make(autosave=path)
    keep(one, "cat")
    wire = Wire(two, monkeypatch)

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", full_disk)
        keep(two, "dog")
    assert names_in(path) == ["cat"]
    assert {each["what"] for each in wire.failures} == {"autosave"}
    with pytest.warns(UserWarning, match="written by another"):
        two.threshold = 0.6
    assert names_in(path) == ["dog"]
    assert ["cat"] in map(names_in, others(path))
