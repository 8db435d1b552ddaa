"""Files of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.images import scene


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files of a scene, each further to the right."""
    for number in range(3):
        Image.fromarray(np.roll(scene(), 8 * number, 1)).save(
            tmp_path / f"{number}.png"
        )
    return tmp_path
