"""Images in files, a segmenter of them, and a session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ncut_widget import NcutSegmenter
from ncut_widget.sessions.session import Session
from tests.support.saved import SIZES


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    paths = []
    for number, size in enumerate(SIZES):
        path = tmp_path / f"photo {number}.png"
        Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)).save(path)
        paths.append(path)
    return paths


@pytest.fixture
def make(eigvecs: NDArray, images: list[Path]) -> Callable[..., NcutSegmenter]:
    def make(**settings: Any) -> NcutSegmenter:
        eigvals = np.linspace(1, 0.3, 6)
        return NcutSegmenter(eigvecs, images, eigvals=eigvals, **settings)

    return make


@pytest.fixture
def session(eigvecs: NDArray) -> Session:
    return Session(eigvecs, sizes=[(32, 32), (48, 64), (16, 16)])
