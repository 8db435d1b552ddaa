"""Kept features that are damaged, or of something else, are computed again."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor

from ncut_widget.backbone.extraction.cache import FeatureCache
from tests.support.kept import FEATURES, IMAGES, Counted, files, run


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
