"""Features kept on disk: folders that cannot be used, several writers, keys."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import pytest
import torch

from ncut_widget.backbone.extraction.cache import FeatureCache
from ncut_widget.core.writing.locks import lock
from tests.support.kept import FEATURES, IMAGES, Counted, files, run

NOBODY = 65534
"""Number of a user that every system has, and that may do next to nothing."""


# Folders ----------------------------------------------------------------------------


def test_a_directory_named_as_a_file_costs_that_file_only(folder: Path) -> None:
    first, _, _ = run(folder)
    path = files(folder)[0]
    path.unlink()
    (path / "kept").mkdir(parents=True)
    found, computed, said = run(folder)
    assert (computed, len(said)) == (1, 1)
    assert "cannot be kept" in said[0]
    assert torch.equal(found, first)
    assert list(folder.glob("*.part")) == []


@pytest.mark.parametrize("target", ["nowhere", "/dev/zero", "itself"])
def test_a_link_named_as_a_file_is_replaced(folder: Path, target: str) -> None:
    first, _, _ = run(folder)
    path = files(folder)[0]
    path.unlink()
    path.symlink_to(path.name if target == "itself" else target)
    found, computed, _ = run(folder)
    assert computed == 1
    assert torch.equal(found, first)
    assert not path.is_symlink()
    assert run(folder)[1] == 0


def test_a_pipe_named_as_a_file_is_not_waited_for(folder: Path) -> None:
    run(folder)
    path = files(folder)[0]
    path.unlink()
    os.mkfifo(path)
    assert run(folder)[1] == 1
    assert run(folder)[1] == 0


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOTDIR])
def test_a_folder_that_cannot_be_made_is_a_warning(
    folder: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "mkdir", refuse)
    found, computed, said = run(folder)
    assert (computed, len(said)) == (3, 1)
    assert f"are not kept in cache_dir={str(folder)!r}" in said[0]
    assert os.strerror(code) in said[0]
    assert torch.equal(found, Counted()(list(IMAGES)))


def test_a_file_above_the_folder_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    _, computed, said = run(tmp_path / "file" / "cache")
    assert (computed, len(said)) == (3, 1)


def test_a_folder_that_cannot_be_read_is_a_warning(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _, _ = run(folder)

    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    found, computed, said = run(folder)
    assert (computed, len(said)) == (3, 1)
    assert "Permission denied" in said[0]
    assert torch.equal(found, first)


@pytest.fixture
def a_user_s_folder() -> Iterator[Path]:
    """Make a folder of a user who may not do all: root is somebody else meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        root = os.geteuid() == 0
        if root:
            os.chown(path, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield path / "cache"
        finally:
            if root:
                os.seteuid(0)


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
@pytest.mark.parametrize("mode", [0o000, 0o300, 0o500])
def test_permissions_cost_the_cache_only(a_user_s_folder: Path, mode: int) -> None:
    folder = a_user_s_folder
    first, _, _ = run(folder)
    folder.chmod(mode)
    try:
        found, _, _ = run(folder)
    finally:
        folder.chmod(0o700)
    assert torch.equal(found, first)


def test_a_folder_that_is_deleted_meanwhile_is_made_again(folder: Path) -> None:
    cache = FeatureCache(folder, "recipe")
    (key,) = cache.keys(IMAGES[0], [None])
    folder.rmdir()
    cache.save(key, FEATURES)
    assert cache.load(key) is not None


def test_a_disk_that_gets_full_leaves_no_part_of_a_file(folder: Path) -> None:
    resource = pytest.importorskip("resource")
    program = (
        "import resource, signal, sys, torch, warnings\n"
        "from ncut_widget.backbone.extraction.cache import FeatureCache\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "cache = FeatureCache(sys.argv[1], 'recipe')\n"
        "(key,) = cache.keys(torch.ones(3, 4, 4), [None])\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    cache.save(key, torch.ones(1, 64, 64, 8))\n"
        "assert 'File too large' in str(caught[0].message), caught\n"
    )
    assert resource
    subprocess.run([sys.executable, "-c", program, str(folder)], check=True)
    assert list(folder.iterdir()) == []


# Writers ----------------------------------------------------------------------------


WRITER = """
import sys, torch
from ncut_widget.backbone.extraction.cache import FeatureCache
cache = FeatureCache(sys.argv[1], "recipe")
features = torch.ones(1, 64, 64, 512)
print("ready", flush=True)
while True:
    for value in range(4):
        (key,) = cache.keys(torch.full((3, 4, 4), float(value)), [None])
        cache.save(key, value * features)
"""


@pytest.fixture
def writer(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate()


def test_a_killed_writer_leaves_sound_files_and_its_litter_is_swept(
    folder: Path, writer: subprocess.Popen[str]
) -> None:
    while not (files(folder) and list(folder.glob("*.part"))):
        assert writer.poll() is None
    os.kill(writer.pid, 9)
    writer.wait()
    # Whether or not it was killed while it wrote, leave what it would have.
    (folder / f"{'0' * 64}.{'1' * 32}.part").write_bytes(b"half")
    cache = FeatureCache(folder, "recipe")
    assert list(folder.glob("*.part")) == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for value in range(4):
            (key,) = cache.keys(torch.full((3, 4, 4), float(value)), [None])
            found = cache.load(key)
            assert not key.exists() or bool((torch.as_tensor(found) == value).all())


def test_what_another_process_is_writing_is_not_swept(
    folder: Path, writer: subprocess.Popen[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(40):
            cache = FeatureCache(folder, "recipe")
            for value in range(4):
                (key,) = cache.keys(torch.full((3, 4, 4), float(value)), [None])
                found = cache.load(key)
                assert found is None or bool((torch.as_tensor(found) == value).all())
    assert writer.poll() is None


@pytest.mark.parametrize(
    ("name", "age", "swept"),
    [
        (f"{'a' * 64}.1234.part", 7200, True),  # of an earlier version
        (f"{'a' * 64}.{'b' * 32}.part", 7200, True),
        ("film.mp4.part", 7200, False),
        (f"{'a' * 64}.safetensors", 7200, False),
    ],
)
def test_only_own_old_temporary_files_are_swept(
    folder: Path, name: str, age: float, swept: bool
) -> None:
    folder.mkdir()
    path = folder / name
    path.touch()
    os.utime(path, (time.time() - age,) * 2)
    FeatureCache(folder, "recipe")
    assert path.exists() != swept


def test_a_file_that_is_held_by_its_writer_is_kept(folder: Path) -> None:
    folder.mkdir()
    path = folder / f"{'a' * 64}.{'b' * 32}.part"
    with path.open("xb") as file:
        assert lock(file)
        FeatureCache(folder, "recipe")
        assert path.exists()
    FeatureCache(folder, "recipe")
    assert not path.exists()


def test_threads_that_keep_the_same_image_do_not_meet(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts: list[Path] = []
    replace = Path.replace

    def record(path: Path, target: Path) -> Path:
        parts.append(path)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", record)
    cache = FeatureCache(folder, "recipe")
    (key,) = cache.keys(IMAGES[0], [None])
    features = torch.ones(1, 64, 64, 64)

    def work(_: int) -> bool:
        cache.save(key, features)
        found = cache.load(key)
        return found is not None and torch.equal(torch.as_tensor(found), features)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(work, range(80)))
    assert len(set(parts)) == 80
    assert list(folder.iterdir()) == [key]


# Keys -------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [torch, PIL, np])
def test_versions_of_what_computes_features_are_in_the_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    run(folder)
    assert run(folder)[1] == 0
    monkeypatch.setattr(module, "__version__", "0.0.1")
    assert run(folder)[1] == 3


def test_our_own_preprocessing_is_in_the_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(folder)
    monkeypatch.setattr("ncut_widget.backbone.layers.PREPROCESSING", 0)
    assert run(folder)[1] == 3


def test_a_file_says_what_it_is_of(folder: Path) -> None:
    run(folder)
    for path in files(folder):
        data = path.read_bytes()
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        assert header["__metadata__"]["key"] == path.stem
        assert len(header["__metadata__"]["sha256"]) == 64
