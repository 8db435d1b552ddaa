"""Segments of photographs, to be exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ncut_widget import NcutSegmenter
from tests.support.round_trip import FILES, SIZES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def seg(eigvecs: NDArray, tmp_path: Path) -> NcutSegmenter:
    """Segment files, in two folders, of which two have the same name but the suffix."""
    rng = np.random.default_rng(0)
    paths = []
    for number, (size, name) in enumerate(zip(SIZES, FILES, strict=True)):
        path = tmp_path / f"in{number}" / name
        path.parent.mkdir()
        Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)).save(path)
        paths.append(path)
    seg = NcutSegmenter(eigvecs, paths, eigvals=np.linspace(1, 0.3, 6), threshold=0.4)
    seg.add_click(12, 9, image=0)
    seg.commit("hand")
    seg.add_click(50, 40, image=0)
    seg.commit("../cup: a/b")
    assert (seg.segments["hand"].masks & seg.segments["../cup: a/b"].masks).any()
    return seg
