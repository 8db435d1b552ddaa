"""Two images, each with a segment."""

from __future__ import annotations

import pytest

from ncut_widget import NcutSegmenter
from tests.support.exported import two_images


@pytest.fixture
def seg() -> NcutSegmenter:
    return two_images()
