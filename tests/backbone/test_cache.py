"""The cache of features: whatever is wrong with it, the features are right."""

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
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor

from ncut_widget.backbone import extract_features
from ncut_widget.backbone.extraction.cache import FeatureCache
from ncut_widget.core.writing.locks import lock

IMAGES = np.random.default_rng(0).integers(0, 255, (3, 12, 10, 3), np.uint8)
FEATURES = torch.arange(24, dtype=torch.float16).reshape(1, 2, 3, 4)


class Counted:
    """A backbone of means that counts the images it is given."""

    def __init__(self, grid: int = 2, kind: Any = torch.tensor) -> None:
        self.grid = grid
        self.kind = kind
        self.images = 0

    def __call__(self, images: list[np.ndarray]) -> Any:
        self.images += len(images)
        means = np.array([image.mean((0, 1)) for image in images], np.float32)
        cells = means[:, None, None].repeat(self.grid, 1).repeat(self.grid, 2)
        return self.kind(cells)

    def fingerprint(self) -> str:
        return "the same, whatever the grid"


NOBODY = 65534
"""Number of a user that every system has, and that may do next to nothing."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def run(folder: Path, model: Counted | None = None) -> tuple[Any, int, list[str]]:
    """Extract features; how many images were computed, and what was warned of."""
    model = model or Counted()
    model.images = 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        features = extract_features(IMAGES, model, cache_dir=folder, progress=False)
    return features, model.images, [str(warning.message) for warning in caught]


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


def reshaped(path: Path) -> None:
    ((kind, features),) = load_file(path).items()
    save_file({kind: features.reshape(1, 1, 4, 3)}, path)


def retyped(path: Path) -> None:
    ((kind, features),) = load_file(path).items()
    save_file({kind: features.to(torch.int64)}, path)


def as_another_kind(path: Path) -> None:
    ((_, features),) = load_file(path).items()
    save_file({"array": features}, path)


def of_another_image(path: Path) -> None:
    path.write_bytes(next(f for f in files(path.parent) if f != path).read_bytes())


def with_two_tensors(path: Path) -> None:
    save_file({"tensor": FEATURES, "array": FEATURES + 1}, path)


def deep(path: Path) -> None:
    text = b"[" * 100_000
    path.write_bytes(len(text).to_bytes(8, "little") + text)


DAMAGES = [
    reshaped,
    retyped,
    as_another_kind,
    of_another_image,
    with_two_tensors,
    deep,
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(b"x"),
    lambda path: path.write_bytes(path.read_bytes()[:-7]),
    lambda path: path.write_bytes(path.read_bytes() + b"more"),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_is_not_what_was_kept_is_computed_again(
    folder: Path, damage: Any
) -> None:
    first, _, _ = run(folder)
    damage(files(folder)[0])
    found, computed, said = run(folder)
    assert computed == 1
    assert len(said) == 1
    assert "were not used" in said[0]
    assert torch.equal(found, first)
    assert run(folder)[1:] == (0, [])


def test_all_damaged_files_are_one_warning(folder: Path) -> None:
    run(folder)
    for path in files(folder):
        path.write_bytes(b"x")
    _, computed, said = run(folder)
    assert (computed, len(said)) == (3, 1)


@pytest.fixture(scope="module")
def one_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[FeatureCache, Path]:
    cache = FeatureCache(tmp_path_factory.mktemp("flips"), "recipe")
    (key,) = cache.keys(IMAGES[0], [None])
    cache.save(key, FEATURES)
    return cache, key


def test_a_flipped_bit_anywhere_is_noticed(
    one_file: tuple[FeatureCache, Path],
) -> None:
    cache, key = one_file
    sound = key.read_bytes()
    assert len(sound) > 8 + 100 + 48  # the header's length, the header, the data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for at in range(8 * len(sound)):
            flipped = bytearray(sound)
            flipped[at // 8] ^= 1 << at % 8
            key.write_bytes(flipped)
            assert cache.load(key) is None, f"bit {at % 8} of byte {at // 8}"
    key.write_bytes(sound)
    assert torch.equal(torch.as_tensor(cache.load(key)), FEATURES)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_bytes_that_are_lost_or_changed_are_noticed(
    one_file: tuple[FeatureCache, Path], data: st.DataObject
) -> None:
    cache, key = one_file
    sound = key.read_bytes()
    start = data.draw(st.integers(0, len(sound)))
    stop = data.draw(st.integers(start, len(sound)))
    changed = sound[:start] + data.draw(st.binary(max_size=40)) + sound[stop:]
    try:
        key.write_bytes(changed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = cache.load(key)
        assert found is None or changed == sound
    finally:
        key.write_bytes(sound)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_every_precision_comes_back_as_it_was(folder: Path, dtype: torch.dtype) -> None:
    cache = FeatureCache(folder, "recipe")
    (key,) = cache.keys(torch.ones(3, 4, 4, dtype=dtype), [("block", 1)])
    cache.save(key, FEATURES.to(dtype))
    found = cache.load(key)
    assert isinstance(found, Tensor)
    assert found.dtype == dtype
    assert torch.equal(found, FEATURES.to(dtype))


@pytest.mark.parametrize("kept", [0, 2])
def test_features_of_another_shape_under_the_same_fingerprint_are_computed_again(
    folder: Path, kept: int
) -> None:
    run(folder, Counted(grid=2))
    for path in files(folder)[kept:]:
        path.unlink()
    found, computed, said = run(folder, Counted(grid=3))
    assert found.shape == (3, 3, 3, 3)
    if kept:
        assert computed >= 3
        assert ["computed again" in text for text in said] == [True]
    assert run(folder, Counted(grid=3))[1:] == (0, [])


def test_features_of_another_kind_under_the_same_fingerprint_are_computed_again(
    folder: Path,
) -> None:
    run(folder, Counted(kind=torch.tensor))
    files(folder)[0].unlink()
    found, _, said = run(folder, Counted(kind=np.array))
    assert isinstance(found, np.ndarray)
    assert ["computed again" in text for text in said] == [True]


def test_features_that_are_not_finite_are_not_kept(folder: Path) -> None:
    cache = FeatureCache(folder, "recipe")
    (key,) = cache.keys(IMAGES[0], [None])
    cache.save(key, FEATURES / 0)
    assert list(folder.iterdir()) == []


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
