"""Observers hear of changes in order, once, and without the lock; all is let go."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import traitlets
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from tests.support.page import Wire, click


@pytest.fixture
def seg(eigvecs: NDArray) -> NcutSegmenter:
    return NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])


# Observers --------------------------------------------------------------------------


def test_a_failing_observer_refuses_nothing_and_its_traceback_is_logged(
    seg: NcutSegmenter,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(change: Any) -> None:
        raise RuntimeError("the user's own mistake")

    heard: list[Any] = []
    for name in ("clicks", "threshold", "opacity", "masks"):
        seg.observe(fail, name)
        seg.observe(heard.append, name)
    wire = Wire(seg, monkeypatch)
    edit = {"type": "edit", "id": "a", "edits": [click(0, 9, 9, 1)], "images": [0]}
    content, _ = wire.ask(edit)
    assert content["type"] == "edited"
    assert content["error"] is None
    assert seg.clicks == [[0, 3, 3, 1], [0, 9, 9, 1]]
    wire.set(threshold=0.2, opacity=0.9)
    assert (seg.threshold, seg.opacity) == (0.2, 0.9)
    seg.add_click(5, 5)
    assert len(seg.clicks) == 3
    assert not [content for content, _ in wire.sent if content["type"] == "error"]
    assert {event.name for event in heard} == {
        "clicks",
        "threshold",
        "opacity",
        "masks",
    }
    assert "the user's own mistake" in caplog.text
    assert "Traceback" in caplog.text
    assert {failure["what"] for failure in wire.failures} == {e.name for e in heard}
    (text,) = {failure["traceback"] for failure in wire.failures}
    assert text.startswith("Traceback")
    assert "in fail" in text
    assert "telling.py" not in text
    assert all(record.levelno == logging.ERROR for record in caplog.records)


def test_in_a_notebook_the_traceback_is_shown(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Any] = []
    shell = SimpleNamespace(showtraceback=lambda: shown.append(sys.exc_info()[1]))
    monkeypatch.setattr("ncut_widget.page.callbacks.get_ipython", lambda: shell)
    seg.observe(lambda change: 1 / 0, "masks")
    seg.add_click(9, 9)
    assert [type(error) for error in shown] == [ZeroDivisionError]


@pytest.fixture
def elsewhere() -> Iterator[Executor]:
    """Make a thread without an event loop; Playwright leaves its own on the main."""
    with ThreadPoolExecutor(1) as thread:
        yield thread


def test_async_functions_are_waited_for_where_there_is_no_event_loop(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch, elsewhere: Executor
) -> None:
    wire = Wire(seg, monkeypatch)
    heard: list[Any] = []

    async def hear(told: Any) -> None:
        await asyncio.sleep(0)
        heard.append(told)

    async def fail(told: Any) -> None:
        await asyncio.sleep(0)
        raise RuntimeError("the user's own mistake")

    def script() -> None:
        seg.on_click(hear)
        for name in ("threshold", "masks", "segments"):
            seg.observe(hear, name)
        seg.on_click(fail)
        seg.add_click(9, 9)
        seg.threshold = 0.2
        seg.commit("a")

    elsewhere.submit(script).result(60)
    names = [told.name for told in heard if not isinstance(told, tuple)]
    assert (0, 9, 9, 1) in heard
    assert {"threshold", "masks", "segments"} == set(names)
    (failure,) = wire.failures
    assert failure["what"] == "click"
    assert "in fail" in failure["traceback"]
    assert "telling.py" not in failure["traceback"]


def test_async_functions_go_on_beside_a_cell(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch, elsewhere: Executor
) -> None:
    wire = Wire(seg, monkeypatch)
    heard: list[Any] = []

    async def cell() -> None:
        go_on = asyncio.Event()

        async def hear(click: Any) -> None:
            await go_on.wait()
            heard.append(click)
            raise RuntimeError("the user's own mistake")

        seg.on_click(hear)
        seg.add_click(9, 9)
        assert heard == []  # a cell is not held up
        gc.collect()
        go_on.set()
        while not wire.failures:
            await asyncio.sleep(0)

    elsewhere.submit(asyncio.run, asyncio.wait_for(cell(), 60)).result()
    assert heard == [(0, 9, 9, 1)]
    assert seg._tasks == set()


@pytest.mark.parametrize("name", ["masks", "clicks", "threshold", "active_image"])
def test_observers_are_called_without_the_lock(seg: NcutSegmenter, name: str) -> None:
    free: list[bool] = []

    def read(change: Any) -> None:
        """Use the widget on another thread, as an observer may that waits for one."""
        other = threading.Thread(target=lambda: free.append(bool(seg.masks.any() + 1)))
        other.start()
        other.join(timeout=20)
        assert not other.is_alive()

    seg.observe(read, name)
    seg.active_image = 1
    seg.threshold = 0.1
    seg.add_click(9, 9)
    assert free
    assert all(free)


def test_observers_hear_of_changes_in_their_order(seg: NcutSegmenter) -> None:
    """Also of those that an observer makes, and that another thread makes."""
    heard: list[float] = []

    def follow(change: Any) -> None:
        heard.append(change.new)
        if change.new < 0.5:
            seg.threshold = change.new + 0.1

    seg.observe(follow, "threshold")
    seg.threshold = 0.1
    assert heard == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    other = threading.Thread(target=lambda: setattr(seg, "threshold", 0.7))
    other.start()
    seg.threshold = 0.9
    other.join()
    assert heard[-1] == seg.threshold


def test_ctrl_c_in_an_observer_silences_nobody(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = SimpleNamespace(user_ns={}, showtraceback=lambda: None)
    monkeypatch.setattr("ncut_widget.page.callbacks.get_ipython", lambda: shell)
    heard: list[Any] = []

    def interrupted(change: Any) -> None:
        raise KeyboardInterrupt

    seg.bind("found")
    seg.observe(heard.append, "threshold")
    seg.observe(interrupted, "gamma")
    with pytest.raises(KeyboardInterrupt) as kept:  # as notebooks keep the last one
        seg.gamma = 2
    seg.threshold = 0.1
    seg.add_click(12, 12)
    assert len(heard) == 1
    np.testing.assert_array_equal(shell.user_ns["found"], seg.masks)
    assert kept.value.__traceback__ is not None


def test_bound_variables_follow_at_once_each_with_an_array_of_its_own(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = SimpleNamespace(user_ns={})
    monkeypatch.setattr("ncut_widget.page.callbacks.get_ipython", lambda: shell)
    seg.bind("one")
    seg.bind("two")
    telling, go_on = threading.Event(), threading.Event()

    def slow(change: Any) -> None:
        telling.set()
        go_on.wait(20)

    seg.observe(slow, "gamma")
    other = threading.Thread(target=lambda: setattr(seg, "gamma", 2))
    other.start()
    assert telling.wait(20)
    seg.add_click(12, 12)  # while another thread's observer takes its time
    np.testing.assert_array_equal(shell.user_ns["one"], seg.masks)
    shell.user_ns["one"][:] = False
    np.testing.assert_array_equal(shell.user_ns["two"], seg.masks)
    go_on.set()
    other.join()


# Blocks -----------------------------------------------------------------------------


def test_a_block_that_holds_notifications_sets_at_once_and_tells_once(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Wire(seg, monkeypatch)
    heard: list[Any] = []
    seg.observe(heard.append, ["clicks", "masks"])
    with seg.hold_trait_notifications():
        seg.clicks = [[0, 1, 1, 1]]
        seg.add_click(9, 9)
        assert seg.clicks == [[0, 1, 1, 1], [0, 9, 9, 1]]
        assert seg.masks.any()
        seg.threshold = 0.2
        assert heard == []
    assert sorted(event.name for event in heard) == ["clicks", "masks"]
    told: dict[str, Any] = {}
    for state in wire.states:
        told.update(state)
    assert told["clicks"] == seg.clicks
    assert told["threshold"] == 0.2
    assert told["_revision"] == seg._revision


def test_a_block_that_is_refused_leaves_page_and_observers_in_step(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = SimpleNamespace(user_ns={})
    monkeypatch.setattr("ncut_widget.page.callbacks.get_ipython", lambda: shell)
    wire = Wire(seg, monkeypatch)
    seg.bind("found")

    def change() -> None:
        with seg.hold_trait_notifications():
            seg.add_click(9, 9)
            seg.gamma = 99

    with pytest.raises(traitlets.TraitError, match="gamma"):
        change()
    told = {"clicks": [[0, 3, 3, 1]], "_revision": 1}
    for state in wire.states:
        told.update(state)
    assert told["clicks"] == seg.clicks
    assert told["_revision"] == seg._revision
    np.testing.assert_array_equal(shell.user_ns["found"], seg.masks)


def test_segments_can_be_gone_through_while_the_page_commits(
    seg: NcutSegmenter,
) -> None:
    seg.commit("one")
    for name in seg.segments:
        seg.add_click(3, 3)
        seg.commit(f"after {name}")
    assert list(seg.segments) == ["one", "after one"]


def test_a_subclass_may_observe_and_have_attributes(eigvecs: NDArray) -> None:
    class Counting(NcutSegmenter):
        count = 0

        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.note = "mine"

        @traitlets.observe("threshold")
        def _count(self, change: Any) -> None:
            self.count += 1

    seg = Counting(eigvecs)
    seg.threshold = 0.3
    assert seg.count == 1


# Let go -----------------------------------------------------------------------------


def test_closed_widgets_are_freed_with_their_eigenvectors(eigvecs: NDArray) -> None:
    kept: list[weakref.ref[Any]] = []
    for _ in range(40):
        seg = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])
        kept += map(weakref.ref, (seg, seg._session.spectrum.store, seg.layout))
        seg.close()
    del seg
    gc.collect()
    assert [ref for ref in kept if ref() is not None] == []


def test_eigenvectors_are_held_once(eigvecs: NDArray) -> None:
    features = np.random.default_rng(0).standard_normal((2, 12, 12, 5))
    seg = NcutSegmenter.from_features(features, num_eig=4)
    gc.collect()
    size = seg.eigvecs.size
    arrays = [
        value
        for value in gc.get_objects()
        if isinstance(value, np.ndarray) and value.size == size and value.base is None
    ]
    assert arrays == []
    assert not hasattr(seg._origin.pipelines["semantics"]._ncut, "eigenvectors_")
    assert seg.predict(features=features).shape == (2, 12, 12)
