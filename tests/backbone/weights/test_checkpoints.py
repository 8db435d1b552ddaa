"""Checkpoints in the cache: found, verified, refused."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import platformdirs
import pytest
from platformdirs import windows
from platformdirs.macos import MacOS
from platformdirs.unix import Unix
from platformdirs.windows import Windows

from ncut_widget.backbone.weights import checkpoints
from ncut_widget.backbone.weights.checkpoints import (
    Checkpoint,
    checkpoint_dir,
    fetch_checkpoint,
    find_checkpoint,
)
from tests.support.served import DATA, FileServer, flipped, no_hashing, refusal


def test_the_cache_is_where_its_variable_says(cache: Path) -> None:
    assert checkpoint_dir() == cache


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "", "/home/x/.cache/ncut_widget/checkpoints"),
        ("linux", "XDG_CACHE_HOME", "/fast/ncut_widget/checkpoints"),
        ("darwin", "", "/home/x/Library/Caches/ncut_widget/checkpoints"),
        ("win32", "LOCALAPPDATA", "/fast/ncut_widget/checkpoints"),
    ],
)
def test_the_cache_is_where_the_platform_keeps_caches(
    monkeypatch: pytest.MonkeyPatch, platform: str, variable: str, expected: str
) -> None:
    for name in ("NCUT_WIDGET_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/x")
    kinds = {"linux": Unix, "darwin": MacOS, "win32": Windows}
    monkeypatch.setattr(platformdirs, "PlatformDirs", kinds[platform])
    monkeypatch.setattr(windows, "get_win_folder", lambda _: os.environ["LOCALAPPDATA"])
    if variable:
        monkeypatch.setenv(variable, "/fast")
    assert checkpoint_dir() == Path(expected)


def test_the_cache_of_a_mac_stays_where_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("NCUT_WIDGET_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "/fast")
    kept = tmp_path / "Library/Caches/ncut_widget/checkpoints"
    assert checkpoint_dir() != kept
    kept.mkdir(parents=True)
    assert checkpoint_dir() == kept


def test_a_checkpoint_is_found_by_name_and_size(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    path = cache / "weights.pth"
    assert find_checkpoint(checkpoint) is None
    path.write_bytes(DATA[:-1])
    assert find_checkpoint(checkpoint) is None
    path.write_bytes(DATA)
    assert find_checkpoint(checkpoint) == path
    assert not server.requests


def test_a_second_fetch_neither_downloads_nor_hashes(
    checkpoint: Checkpoint, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fetch_checkpoint(checkpoint)
    monkeypatch.setattr(checkpoints, "_sha256", no_hashing)
    assert fetch_checkpoint(checkpoint) == path
    assert len(server.requests) == 1


@pytest.mark.parametrize("sidecar", [None, b"", b"\xff\x00{"])
def test_a_file_without_a_valid_sidecar_is_hashed(
    checkpoint: Checkpoint,
    cache: Path,
    server: FileServer,
    monkeypatch: pytest.MonkeyPatch,
    sidecar: bytes | None,
) -> None:
    (cache / "weights.pth").write_bytes(DATA)
    if sidecar is not None:
        (cache / "weights.pth.verified").write_bytes(sidecar)
    assert fetch_checkpoint(checkpoint) == cache / "weights.pth"
    assert not server.requests
    monkeypatch.setattr(checkpoints, "_sha256", no_hashing)
    fetch_checkpoint(checkpoint)


def test_a_verified_file_with_another_time_is_hashed_again(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fetch_checkpoint(checkpoint)
    os.utime(path, ns=(1, 1))
    monkeypatch.setattr(checkpoints, "_sha256", no_hashing)
    with pytest.raises(AssertionError, match="was hashed"):
        fetch_checkpoint(checkpoint)


def test_a_verified_file_of_another_size_is_refused_though_its_time_is_kept(
    checkpoint: Checkpoint,
) -> None:
    path = fetch_checkpoint(checkpoint)
    time = path.stat().st_mtime_ns
    path.write_bytes(DATA[:-1])
    os.utime(path, ns=(time, time))
    assert f"found {len(DATA) - 1}" in refusal(checkpoint)


def test_a_flipped_byte_in_the_cached_file_is_refused_and_left_alone(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    path = cache / "weights.pth"
    path.write_bytes(flipped(DATA))
    message = refusal(checkpoint)
    found = hashlib.sha256(flipped(DATA)).hexdigest()
    for part in (str(path), checkpoint.sha256, found, "delete it", "checkpoint=path"):
        assert part in message
    assert path.read_bytes() == flipped(DATA)
    assert not server.requests


def test_a_truncated_cached_file_is_refused_and_left_alone(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    path = cache / "weights.pth"
    path.write_bytes(DATA[:100])
    message = refusal(checkpoint)
    assert f"{path} was not used, expected {len(DATA)} bytes, found 100" in message
    assert path.read_bytes() == DATA[:100]
    assert not server.requests


def test_a_directory_in_place_of_the_file_is_named(
    checkpoint: Checkpoint, cache: Path
) -> None:
    (cache / "weights.pth").mkdir()
    assert f"{cache / 'weights.pth'} is a directory" in refusal(checkpoint)


def test_a_cache_that_cannot_be_written_is_named(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NCUT_WIDGET_CACHE", str(tmp_path / "file"))
    folder = tmp_path / "file" / "checkpoints"
    assert f"{folder} cannot be written to" in refusal(checkpoint)
