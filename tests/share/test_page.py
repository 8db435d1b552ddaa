"""What a host is told without a browser: Colab, marimo, and what shows a widget."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ncut_widget.share.display
import ncut_widget.share.page
from ncut_widget import NcutSegmenter

COLAB = "https://ssl.gstatic.com/colaboratory-static/widgets/colab-cdn-widget-manager"


def test_colab_s_widget_manager_is_switched_on(
    eigvecs: NDArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As anywidget does, which is how Colab is told of it; Colab itself is not here."""
    enabled: list[bool] = []
    output = ModuleType("google.colab.output")
    output.enable_custom_widget_manager = lambda: enabled.append(True)  # type: ignore[attr-defined]
    output._widgets = SimpleNamespace(_installed_url=COLAB)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "google.colab.output", output)
    import anywidget._util

    anywidget._util.enable_custom_widget_manager_once.cache_clear()
    seg = NcutSegmenter(eigvecs)
    assert enabled == [True]
    data, metadata = seg._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png"} <= data.keys()
    (told,) = metadata.values()
    assert told == {"colab": {"custom_widget_manager": {"url": COLAB}}}


def test_a_picture_that_cannot_be_made_hides_no_widget(
    eigvecs: NDArray, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seg = NcutSegmenter(eigvecs)

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(ncut_widget.share.display, "picture_stage", fail)
    data, _ = seg._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "image/png" not in data
    assert "no picture" in caplog.text


@pytest.mark.parametrize("shape", [(1, 4, 4, 2), (3, 7, 5, 4), (60, 2, 2, 1)])
def test_every_batch_has_a_picture(shape: tuple[int, ...]) -> None:
    eigvecs = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    seg = NcutSegmenter(eigvecs)
    data, _ = seg._repr_mimebundle_()
    assert 100 < len(data["image/png"]) < 400_000
    assert seg._still["image"] == 0


def test_no_method_of_ours_is_where_marimo_writes(eigvecs: NDArray) -> None:
    """Its element passes on what it sets, as ``_value``, to a widget that has it."""
    marimo = pytest.importorskip("marimo")
    seg = NcutSegmenter(eigvecs)
    element = marimo.ui.anywidget(seg)
    element._update({"threshold": 0.25, "_seen": 3})
    assert seg.threshold == 0.25
    assert element.value["threshold"] == 0.25
    element.add_click(3, 3)
    assert element.value["clicks"] == [[0, 3, 3, 1]]
    element.commit("one")
    assert element.value["_segments"][0]["name"] == "one"


def test_a_widget_can_be_clicked_while_its_page_is_written(
    eigvecs: NDArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [np.zeros((32, 32, 3), np.uint8)] * 3
    seg = NcutSegmenter(eigvecs, images, clicks=[[0, 3, 3, 1]])
    seg.commit("one")
    seg.add_click(5, 5)
    encode = ncut_widget.share.page.encode_picture
    clicked: list[int] = []

    def click_and_encode(*given: Any, **how: Any) -> Any:
        thread = threading.Thread(target=seg.add_click, args=(9, 9, 2), daemon=True)
        thread.start()
        thread.join(30)
        assert not thread.is_alive(), "the click waits for the page"
        clicked.append(len(seg.clicks))
        return encode(*given, **how)

    monkeypatch.setattr(ncut_widget.share.page, "encode_picture", click_and_encode)
    page = seg.save_html(tmp_path / "page.html", [0], progress=False)
    assert clicked == [2]
    assert page.images == (0,)
    assert page.iou > 0.99
    del seg.segments["one"]
    seg.clear()
    seg.active_image = 1
    monkeypatch.undo()
    page = seg.save_html(tmp_path / "page.html", overwrite=True, progress=False)
    assert page.images == (0, 1, 2)
