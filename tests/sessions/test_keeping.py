"""A session is kept in a file after every change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from ncut_widget import NcutSegmenter
from ncut_widget.segments import provenance
from tests.support import killed
from tests.support.page import Wire
from tests.support.saved import told, used

# After every change -----------------------------------------------------------------


def test_every_change_is_saved_and_a_cell_that_runs_again_goes_on(
    make: Callable[..., NcutSegmenter], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seg = make(autosave="auto.json")
    path = tmp_path / "auto.json"
    assert seg.autosave == path
    wire = Wire(seg, monkeypatch)
    edit = {"op": "add", "prompt": [0, 5, 5, 1]}
    changes: list[Callable[[], object]] = [
        lambda: seg.add_click(3, 3),
        lambda: wire.ask({"type": "edit", "id": "a", "edits": [edit], "images": [0]}),
        lambda: wire.set(threshold=0.3),
        lambda: seg.commit("hand"),
        lambda: setattr(seg.segments["hand"], "color", "red"),
        lambda: seg.reopen("hand"),
        lambda: seg.undo(),
    ]
    for change in changes:
        before = path.read_bytes()
        change()
        assert path.read_bytes() != before
        assert told(make(autosave="auto.json")) == told(seg)
    monkeypatch.chdir("/")
    seg.add_click(9, 9)
    assert json.loads(path.read_text())["clicks"] == [[0, 9, 9, 1]]
    seg.autosave = None
    seg.clear()
    assert json.loads(path.read_text())["clicks"] == [[0, 9, 9, 1]]


def test_versions_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes a millisecond, and every change that is saved tells all of them."""
    before = provenance.software()
    monkeypatch.delattr(provenance, "version")
    assert provenance.software() == before


def test_an_autosave_of_another_batch_is_kept_and_refused(
    make: Callable[..., NcutSegmenter], tmp_path: Path, eigvecs: NDArray
) -> None:
    path = tmp_path / "auto.json"
    used(make(autosave=path))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="saved for another batch"):
        NcutSegmenter(eigvecs[:1], autosave=path)
    assert path.read_bytes() == before


def test_from_images_and_from_features_autosave(tmp_path: Path) -> None:
    tiles = np.zeros((2, 32, 32, 3), dtype=np.uint8)
    tiles[:, :16, :16] = 255
    path = tmp_path / "auto.json"
    seg = NcutSegmenter.from_images(tiles, num_eig=3, autosave=path, progress=False)
    seg.add_click(4, 4)
    content = json.loads(path.read_text())
    made = content["ways"]["appearance"]
    assert made["backbone"]["model"] == "texture"
    assert made["ncut"]["num_eig"] == 3
    again = NcutSegmenter.from_images(tiles, num_eig=3, autosave=path, progress=False)
    np.testing.assert_array_equal(again.masks, seg.masks)


def test_a_save_that_fails_is_shown_and_refuses_no_click(
    make: Callable[..., NcutSegmenter], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seg = make(autosave=tmp_path / "auto.json")
    wire = Wire(seg, monkeypatch)

    def fail(*_: Any) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fail)
        seg.add_click(3, 3)
    assert seg.clicks == [[0, 3, 3, 1]]
    (failure,) = wire.failures
    assert failure["what"] == "autosave"
    assert "no space left on device" in failure["traceback"]
    seg.threshold = 0.7
    saved = json.loads((tmp_path / "auto.json").read_text())
    assert saved["clicks"] == [[0, 3, 3, 1]]


@pytest.mark.parametrize("times", [10, pytest.param(100, marks=pytest.mark.soak)])
def test_kills_leave_whole_files_that_lack_the_last_change_at_most(
    tmp_path: Path, report: list[str], times: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killed", str(tmp_path), str(times)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert len(lines) == times
    found = 0
    for number, last in lines:
        path = tmp_path / f"{number}.json"
        if not path.exists():
            assert last == 0
            continue
        content = json.loads(path.read_text())  # whole
        # Told is what was made and saved; one more may have been made since.
        assert last <= content["revision"] <= last + 1
        found += last > 5
        killed.make().load_session(path)
    assert found > times / 2
    changes = sum(last for _, last in lines)
    report.append(
        f"kill -9 {times} times during {changes} changes that were autosaved: "
        "every file was whole, and lacked no change that had returned"
    )


def test_auto_off_brings_the_threshold_back_after_loading(tmp_path: Path) -> None:
    """Also of a segment that is opened again, and in another widget."""
    seg = NcutSegmenter.from_images(
        [data.coffee()], progress=False, method="diffusion", threshold=0.4
    )
    seg.auto_threshold = True
    seg.add_click(300, 200)
    found = seg.threshold
    assert found != 0.4
    segment = seg.commit("cup")
    masks = segment.masks
    seg.add_click(300, 200)
    path = seg.save_session(tmp_path / "a.json")
    loaded = NcutSegmenter(seg.eigvecs, [data.coffee()], eigvals=seg.eigvals)
    loaded.load_session(path)
    assert (loaded.threshold, loaded.auto_threshold) == (found, True)
    np.testing.assert_array_equal(loaded.segments["cup"].masks, masks)
    loaded.auto_threshold = False
    assert loaded.threshold == 0.4
    loaded.reopen("cup")
    assert loaded.threshold == found
    loaded.auto_threshold = False
    assert loaded.threshold == 0.4
