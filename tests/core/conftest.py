"""Two images, each with a segment; a home folder, and a current one beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ncut_widget import NcutSegmenter
from tests.support.exported import two_images


@pytest.fixture
def seg() -> NcutSegmenter:
    return two_images()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"
