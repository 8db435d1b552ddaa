"""A widget that can be used when its first image is there; the others follow."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import traitlets
from PIL import Image

from ncut_widget import NcutSegmenter
from ncut_widget.backbone import TextureBackbone
from ncut_widget.build.growing import Growing
from tests.support.gated import CLICK, Gated, growing, red_squares
from tests.support.page import Wire, click

pytestmark = pytest.mark.filterwarnings("ignore:the latent grid of")


def until(condition: Callable[[], Any]) -> None:
    """Wait for what a thread does."""
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def ready(seg: NcutSegmenter) -> int:
    return int(seg.ready.sum())


def masks_so_far(seg: NcutSegmenter) -> Any:
    return seg._session.masks()


# The whole batch ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("backbone", "count", "options"),
    [
        (TextureBackbone(grid=12), 17, {}),
        (TextureBackbone(grid=12), 6, {"graph": "full"}),
        (TextureBackbone(grid=12), 17, {"random_state": np.random.default_rng}),
        ("lite", 3, {}),
        (lambda images: np.stack([image[::4, ::4] / 255.0 for image in images]), 6, {}),
    ],
    ids=["texture", "full", "generator", "lite", "all at once"],
)
def test_in_the_end_all_is_as_if_it_had_been_waited_for(
    backbone: Any, count: int, options: dict[str, Any]
) -> None:
    made = {}
    for waits in (True, False):
        given = {
            name: value(3) if callable(value) else value
            for name, value in options.items()
        }
        seg = growing(backbone, red_squares(count), wait=waits, **given)
        seg.add_click(14, 14)
        seg.add_click(2, 2, image=2, positive=False)
        made[waits] = seg
    waited, grown = made[True], made[False]
    np.testing.assert_array_equal(grown.eigvecs, waited.eigvecs)
    np.testing.assert_array_equal(grown.eigvals, waited.eigvals)
    np.testing.assert_array_equal(grown.masks, waited.masks)
    np.testing.assert_array_equal(grown.presence, waited.presence)
    np.testing.assert_array_equal(grown.colors, waited.colors)
    for one, other in zip(grown.full_masks(), waited.full_masks(), strict=True):
        np.testing.assert_array_equal(one, other)
    fresh = red_squares(20)[18:]
    np.testing.assert_array_equal(grown.predict(fresh), waited.predict(fresh))
    assert grown._info == {**waited._info, "mark": grown._info["mark"]}
    assert grown.ready.all()
    assert waited.ready.all()


@pytest.mark.filterwarnings("ignore:.*cannot be read")
def test_images_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    paths = []
    for number, image in enumerate(red_squares(8)):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(image).save(paths[-1])
    whole = paths[1].read_bytes()
    for number in (0, 5):
        paths[number].write_bytes(whole[: len(whole) // 2])
    backbone = Gated(1)
    seg = growing(backbone, paths, errors="skip")
    assert seg.ready.nonzero()[0].tolist() == [1]
    backbone.allow()
    waited = growing(Gated(100), paths, errors="skip", wait=True)
    np.testing.assert_array_equal(seg.eigvecs, waited.eigvecs)
    assert seg._info["ways"]["semantics"]["blank"] == [0, 5]


def test_each_image_but_the_first_is_computed_once() -> None:
    backbone = Gated(100)
    growing(backbone).wait()
    assert backbone.calls == 21


def test_rounds_have_four_times_the_images_of_those_before() -> None:
    backbone = Gated(1)
    seg = growing(backbone, red_squares(64))
    calls = 1
    for allowed, there in ((3, 1), (1, 4), (11, 4), (1, 16), (47, 16), (1, 64)):
        backbone.allow(allowed)
        calls += allowed
        until(lambda: backbone.calls == calls and ready(seg) >= there)  # noqa: B023
        assert ready(seg) == there
        assert seg.ready[:there].all()


def test_rounds_with_fewer_cells_than_eigenvectors_are_left_out() -> None:
    def tiny(images: Any) -> Any:
        return np.stack([image[::16, ::16] / 255.0 for image in images])

    tiny.batch_size = 1  # type: ignore[attr-defined]
    seg = growing(tiny, num_eig=12)
    assert ready(seg) >= 4
    assert seg.eigvecs.shape == (20, 2, 2, 12)


def test_the_other_way_is_made_after_the_whole() -> None:
    backbone, other = Gated(1), Gated(100)
    other.by = "appearance"
    seg = growing([backbone, other], by="semantics")
    assert seg._session.spectra.begin("appearance") is None
    assert other.calls == 0
    backbone.allow()
    seg.by = "appearance"
    assert seg.ready.all()
    assert other.calls == 20
    waited = growing([Gated(100), other], by="semantics", wait=True)
    waited.by = "appearance"
    np.testing.assert_array_equal(seg.eigvecs, waited.eigvecs)


# Use while images are to come ---------------------------------------------------------


def test_the_first_image_can_be_clicked_before_the_others_are_there() -> None:
    backbone = Gated(1)
    seg = growing(backbone)
    assert ready(seg) == 1
    seg.add_click(14, 14)
    masks = masks_so_far(seg)
    assert masks[0].any()
    assert not masks[1:].any()
    backbone.allow()
    assert seg.masks[2].any()
    assert seg.clicks == [CLICK]


def test_a_click_on_an_image_to_come_is_kept_and_counts_later(
    recwarn: pytest.WarningsRecorder,
) -> None:
    backbone = Gated(1)
    seg = growing(backbone)
    seg.add_click(14, 14, image=5)
    assert not masks_so_far(seg).any()
    seg.add_click(14, 14)
    assert masks_so_far(seg)[0].any()
    backbone.allow()
    waited = growing(Gated(100), wait=True, clicks=[[5, 14, 14, 1], CLICK])
    np.testing.assert_array_equal(seg.masks, waited.masks)
    assert seg.masks[5].any()
    assert not [each for each in recwarn if "all zero" in str(each.message)]


def test_undo_settings_and_segments_outlast_the_rounds() -> None:
    backbone = Gated(1)
    seg = growing(backbone, clicks=[CLICK], threshold=0.4)
    seg.commit("square")
    seg.add_click(2, 2, positive=False)
    seg.threshold = 0.6
    backbone.allow()
    seg.wait()
    assert (seg.threshold, len(seg.clicks)) == (0.6, 1)
    assert seg.segments["square"].masks[2].any()
    seg.undo()
    assert (seg.threshold, len(seg.clicks)) == (0.4, 1)
    seg.undo()
    seg.undo()
    assert seg.clicks == [CLICK]
    assert not seg.segments
    seg.redo()
    assert seg.segments["square"].presence[2] > 0.5


def test_a_found_threshold_is_found_again() -> None:
    made = {}
    for waits in (True, False):
        seg = growing(Gated(100), wait=waits, method="similarity", auto_threshold=True)
        seg.add_click(14, 14)
        seg.wait()
        made[waits] = seg.threshold
    assert made[True] == made[False]


def test_observers_are_told_of_each_round() -> None:
    backbone = Gated(1)
    seg = growing(backbone, clicks=[CLICK])
    told: list[Any] = []
    seg.observe(lambda change: told.append(change.new.any(axis=(1, 2))), "masks")
    backbone.allow(5)
    until(lambda: ready(seg) == 4)
    backbone.allow()
    seg.wait()
    assert told[0][2]
    assert not told[0][5]
    assert told[-1][5]


def test_without_a_loop_only_python_that_asks_takes_new_images() -> None:
    backbone = Gated(100)
    seg = growing(backbone)
    until(lambda: backbone.calls == 21)
    assert len(seg._session.spectra.awaited) == 19
    assert seg.heatmaps.shape == (20, 12, 12)
    assert not seg._session.spectra.awaited


def test_a_page_that_asks_takes_new_images(monkeypatch: pytest.MonkeyPatch) -> None:
    backbone = Gated(1)
    seg = growing(backbone)
    wire = Wire(seg, monkeypatch)
    backbone.allow()
    rest = seg._session.spectra._rest
    assert rest is not None
    rest.end()
    assert seg._session.spectra.awaited
    ping = {"type": "fields", "id": "p-1", "wants": []}
    assert wire.ask(ping)[0]["type"] == "fields"
    assert not seg._session.spectra.awaited


def test_a_running_loop_takes_new_images_by_itself() -> None:
    backbone = Gated(1)

    async def use() -> None:
        seg = growing(backbone, clicks=[CLICK])
        backbone.allow()
        while seg._session.spectra.awaited:
            await asyncio.sleep(0.01)
        assert seg.masks[2].any()

    # Tests of the page leave a loop in this thread.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, asyncio.wait_for(use(), 60)).result()


def test_two_widgets_grow_at_once() -> None:
    backbones = [Gated(1), Gated(1)]
    segs = [growing(each) for each in backbones]
    for each in reversed(backbones):
        each.allow()
    np.testing.assert_array_equal(segs[0].eigvecs, segs[1].eigvecs)


# Files --------------------------------------------------------------------------------


def test_autosave_begins_with_the_whole_batch(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    backbone = Gated(1)
    seg = growing(backbone, autosave=path)
    seg.add_click(14, 14)
    assert not path.exists()
    backbone.allow()
    assert seg.autosave == path
    assert path.exists()
    again = growing(Gated(100), autosave=path)  # its session needs the whole batch
    assert again.ready.all()
    assert again.clicks == [CLICK]
    seg.save_session(tmp_path / "other.json")
    waited = growing(Gated(100), wait=True)
    waited.load_session(tmp_path / "other.json")
    np.testing.assert_array_equal(waited.masks, seg.masks)


# The page -----------------------------------------------------------------------------


def test_the_page_is_told_which_images_are_to_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backbone = Gated(1)
    seg = growing(backbone)
    wire = Wire(seg, monkeypatch)
    assert seg._info["ways"]["semantics"]["awaited"] == [*range(1, 20)]
    edit = {"type": "edit", "id": "p-1", "page": "p", "first": 1, "since": 0}
    reply, _ = wire.ask({**edit, "edits": [click(*CLICK)], "images": [0, 5]})
    assert reply["error"] is None
    wire.states.clear()
    backbone.allow()
    seg.wait()
    *_, last = (each["_info"] for each in wire.states if "_info" in each)
    assert "awaited" not in last["ways"]["semantics"]
    assert any("_colors" in each for each in wire.states)
    assert seg.clicks == [CLICK]


# Trouble ------------------------------------------------------------------------------


def test_an_error_of_a_later_image_is_told_in_a_sentence() -> None:
    backbone = Gated(100)
    backbone.fails_at = 8
    seg = growing(backbone)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="cannot be made ready: no current any"):
            seg.wait()
    with pytest.raises(RuntimeError, match="no current"):
        _ = seg.masks
    with pytest.raises(RuntimeError, match="no current"):
        seg.to_table()
    assert ready(seg) == 4
    assert "no current" in seg._info["failure"]
    seg.add_click(14, 14)
    assert masks_so_far(seg)[[0, 2]].any(axis=(1, 2)).all()


def test_an_error_of_the_first_image_is_raised_at_once() -> None:
    backbone = Gated(100)
    backbone.fails_at = 1
    with pytest.raises(ValueError, match="no current"):
        growing(backbone)


def test_what_can_be_refused_is_refused_at_once() -> None:
    backbone = Gated()
    with pytest.raises(traitlets.TraitError, match="threshold must be"):
        growing(backbone, threshold=5)
    with pytest.raises(FileNotFoundError):
        growing(backbone, [*red_squares(2), "nowhere.png"])
    with pytest.raises(TypeError, match="wait must be"):
        growing(backbone, wait="no")
    assert backbone.calls == 0


def test_an_interrupt_ends_only_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    backbone = Gated(1)
    seg = growing(backbone)

    def interrupt(_: Growing) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Growing, "_await_news", interrupt)
        with pytest.raises(KeyboardInterrupt):
            seg.wait()
    seg.add_click(14, 14)
    assert masks_so_far(seg)[0].any()
    backbone.allow()
    assert seg.masks[2].any()


def test_images_are_not_lost_by_an_interrupt_while_they_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backbone = Gated(100)
    seg = growing(backbone)

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(seg._session), "renew", interrupt)
        with pytest.raises(KeyboardInterrupt):
            seg.wait()
    waited = growing(Gated(100), wait=True)
    np.testing.assert_array_equal(seg.eigvecs, waited.eigvecs)


def test_an_interrupt_of_the_first_image_ends_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backbone = Gated()
    made: list[Growing] = []

    def interrupt(growing: Growing) -> None:
        made.append(growing)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Growing, "_await_news", interrupt)
        with pytest.raises(KeyboardInterrupt):
            growing(backbone)
    backbone.allow()
    with pytest.raises(RuntimeError, match="closed"):
        made[0].end()
    assert backbone.calls <= 2


def test_a_closed_widget_makes_no_more_images() -> None:
    backbone = Gated(1)
    seg = growing(backbone)
    seg.close()
    backbone.allow()
    with pytest.raises(RuntimeError, match="the widget was closed"):
        seg.wait()
    assert backbone.calls < 5


def test_a_widget_that_is_gone_makes_no_more_images() -> None:
    backbone = Gated(1)
    seg = growing(backbone)
    rest = seg._session.spectra._rest
    assert rest is not None
    seg._display.cell_overwritten()
    del seg
    gc.collect()
    backbone.allow()
    with pytest.raises(RuntimeError, match="the widget was closed"):
        rest.end()
    assert backbone.calls < 5


SCRIPT = """
from tests.support.gated import Gated, growing, red_squares
seg = growing(Gated(10**6), red_squares(3000))
seg.add_click(14, 14)
print(seg.ready.sum())
"""


def test_a_program_can_end_while_images_are_made() -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert int(ended.stdout) < 3000
