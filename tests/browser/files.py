"""Pages in files: written by a segmenter, and opened where there is no network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page as BrowserPage

from ncut_widget import NcutSegmenter

OpenFile = Callable[..., BrowserPage]


def shared(seg: NcutSegmenter, tmp_path: Path, **how: Any) -> Path:
    """Write the page."""
    page = seg.save_html(tmp_path / "page.html", progress=False, **how)
    assert page.nbytes == page.path.stat().st_size
    return page.path
