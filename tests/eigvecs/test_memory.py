"""Stores: in memory, and one that can hold but two images at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ncut_widget.eigvecs.memory import MemoryStore
from tests.support.contracts.stores import SHAPE, StoreTests
from tests.support.file_store import FileStore


class TestMemoryStore(StoreTests):
    def make(self, eigvecs: NDArray, folder: Path) -> MemoryStore:
        return MemoryStore(eigvecs, "cpu")


class TestFileStore(StoreTests):
    def make(self, eigvecs: NDArray, folder: Path) -> FileStore:
        return FileStore(folder, eigvecs)


def test_more_than_two_images_of_files_are_refused(tmp_path: Path) -> None:
    store = FileStore(tmp_path, np.ones(SHAPE, np.float32))
    with pytest.raises(AssertionError, match="3 images are asked for at once"):
        store.read(slice(1, 4))


def test_what_is_given_is_copied(tmp_path: Path) -> None:
    given = torch.ones(SHAPE)
    store = MemoryStore(given, "cpu")
    given[:] = 7
    assert (store.array() == 1).all()


@pytest.mark.parametrize(
    ("eigvecs", "error", "sentence"),
    [
        (np.ones((2, 4, 4)), ValueError, r"shape \(B, H, W, K\).* got \(2, 4, 4\)"),
        (np.ones((1, 4, 4, 3), int), TypeError, "floating-point, got dtype int64"),
        (np.full((1, 4, 4, 3), np.nan), ValueError, "finite, got NaN or infinite"),
    ],
)
def test_wrong_eigenvectors_are_refused(
    eigvecs: Any, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        MemoryStore(eigvecs)
