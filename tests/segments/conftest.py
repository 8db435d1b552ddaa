"""A segmenter of three images, and the page's end of its line."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from tests.support.segments import SIZES


@pytest.fixture
def seg(eigvecs: NDArray) -> NcutSegmenter:
    images = [np.full((*size, 3), 128, dtype=np.uint8) for size in SIZES]
    return NcutSegmenter(eigvecs, images, eigvals=np.linspace(1, 0.3, 6))
