"""Session, traits and observers agree, whatever comes between; and all is let go."""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import linecache
import logging
import pickle
import sys
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import traitlets
from numpy.typing import NDArray

import ncut_widget
from ncut_widget import NcutSegmenter
from ncut_widget.page.callbacks import TOLD
from tests.support.page import Wire, click

OURS = [
    str(Path(ncut_widget.__file__).parent / f"{name}.py")
    for name in (
        *("widget", "sessions/session", "sessions/history"),
        *("page/traits", "page/callbacks", "page/receiving", "page/edits"),
    )
]
assert all(Path(path).exists() for path in OURS)


SETTING = ("__setattr__", "_check_attribute")


@pytest.fixture
def seg(eigvecs: NDArray) -> NcutSegmenter:
    return NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])


# Interrupts -------------------------------------------------------------------------


class Interrupt:
    """Ctrl-C at the n-th line of the widget's own code.

    Not at those of ``with``: where a block ends Python looks for signals before it
    leaves it, or after. Nor where an attribute is set, which traitlets takes for one
    step.
    """

    def __init__(self, line: int) -> None:
        self.left = line

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        code = frame.f_code
        if code.co_filename not in OURS or code.co_name in SETTING:
            return None
        line = linecache.getline(code.co_filename, frame.f_lineno)
        if event == "line" and not line.lstrip().startswith("with "):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self

    def during(self, action: Any) -> bool:
        """Return whether it came before the end."""
        before = sys.gettrace()
        sys.settrace(self)
        try:
            action()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
        return False


ACTIONS = {
    "a click": lambda seg: seg.add_click(9, 9),
    "undo": lambda seg: seg.undo(),
    "clear": lambda seg: seg.clear(),
    "commit": lambda seg: seg.commit(),
    "all clicks": lambda seg: setattr(seg, "clicks", [[1, 2, 2, 1], [0, 4, 4, 0]]),
    "a slider": lambda seg: setattr(seg, "threshold", 0.2),
    "an edit of the page": lambda seg: seg._receive(
        seg,
        {
            "type": "edit",
            "id": "p-1",
            "page": "p",
            "first": 1,
            "edits": [click(0, 9, 9, 1), {"op": "undo"}, click(1, 2, 2, 1)],
            "images": [0],
        },
        [],
    ),
    "sliders of the page": lambda seg: seg.set_state({"threshold": 0.2, "gamma": 2}),
    "a slider's way": lambda seg: [
        seg.set_state({"threshold": k / 10, "_step": f"p-1.{k}"}) for k in (2, 3, 5)
    ],
}


@pytest.mark.parametrize("name", ACTIONS)
def test_an_interrupt_at_any_line_leaves_session_traits_and_page_in_step(
    eigvecs: NDArray, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for line in range(1 + len(name), 800, 17):
        seg = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])
        heard: list[Any] = []
        seg.observe(heard.append, "masks")
        wire = Wire(seg, monkeypatch)
        begun = seg.get_state()
        came = Interrupt(line).during(lambda seg=seg: ACTIONS[name](seg))
        session = seg._session
        assert seg.clicks == [list(click) for click in session.prompts]
        assert seg.threshold == session.settings.threshold
        assert seg._revision == session.revision
        shown = dict(begun)  # by a page that nothing more is told
        for state in wire.states:
            shown.update(state)
        assert [shown[each] for each in TOLD] == [getattr(seg, each) for each in TOLD]
        clicks, gamma = seg.clicks, seg.gamma
        seg.gamma = 3.0  # the next slider move reverts nothing, and tells all
        assert seg.clicks == clicks
        told: dict[str, Any] = {}
        for state in wire.states:
            told.update(state)
        assert told["gamma"] == 3
        assert told.get("clicks", [[0, 3, 3, 1]]) == clicks
        assert told["_revision"] == session.revision
        seg.undo()
        assert seg.gamma == gamma
        seg.redo()
        assert (seg.clicks, seg.gamma) == (clicks, 3)
        while seg._history[0]:
            seg.undo()
        assert (seg.clicks, seg.threshold, seg.gamma) == ([], 0.5, 1)
        assert seg._session.lock.acquire(blocking=False)
        seg._session.lock.release()
        if not came:
            break


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
    monkeypatch.setattr("ncut_widget.widget.get_ipython", lambda: shell)
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
    monkeypatch.setattr("ncut_widget.widget.get_ipython", lambda: shell)
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
    monkeypatch.setattr("ncut_widget.widget.get_ipython", lambda: shell)
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


# In place, or misspelt --------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.append([0, 6, 6, 1]),
        lambda c: c.extend([[0, 6, 6, 1]]),
        lambda c: c.insert(0, [0, 6, 6, 1]),
        lambda c: c.pop(),
        lambda c: c.remove([0, 3, 3, 1]),
        lambda c: c.clear(),
        lambda c: c.sort(),
        lambda c: c.reverse(),
        lambda c: c.__setitem__(0, [0, 6, 6, 1]),
        lambda c: c.__delitem__(0),
        lambda c: c.__imul__(2),
        lambda c: c[0].__setitem__(1, 6),
        lambda c: c[0].append(6),
    ],
)
def test_a_change_of_clicks_in_place_is_refused(
    seg: NcutSegmenter, change: Any
) -> None:
    with pytest.raises(TypeError, match="cannot be changed in place: replace the list"):
        change(seg.clicks)
    assert seg.clicks == [[0, 3, 3, 1]]


def test_adding_to_clicks_takes_effect(seg: NcutSegmenter, eigvecs: NDArray) -> None:
    seg.clicks += [[0, 12, 12, 1]]
    other = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1], [0, 12, 12, 1]])
    assert seg.clicks == other.clicks == [[0, 3, 3, 1], [0, 12, 12, 1]]
    np.testing.assert_array_equal(seg.masks, other.masks)
    seg.undo()
    assert seg.clicks == [[0, 3, 3, 1]]


def test_copies_of_clicks_are_plain_lists(seg: NcutSegmenter) -> None:
    for copied in (copy.deepcopy(seg.clicks), pickle.loads(pickle.dumps(seg.clicks))):
        copied.append([0, 6, 6, 1])
        copied[0][1] = 7
    assert seg.clicks == [[0, 3, 3, 1]]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("treshold", "did you mean 'threshold'?"),
        ("num_eigs", "did you mean 'num_eig'?"),
        ("active_imag", "did you mean 'active_image'?"),
        ("zoom", "known: "),
    ],
)
def test_an_attribute_that_is_none_is_refused(
    seg: NcutSegmenter, name: str, hint: str
) -> None:
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'") as caught:
        setattr(seg, name, 0.5)
    assert hint in str(caught.value)
    assert not hasattr(seg, name)


@pytest.mark.parametrize("name", ["color", "clear", "add_click", "commit"])
def test_a_method_is_not_replaced(seg: NcutSegmenter, name: str) -> None:
    with pytest.raises(AttributeError, match=rf"call seg\.{name}\("):
        setattr(seg, name, True)


@pytest.mark.parametrize("name", ["treshold", "mask", "heatmaps"])
def test_what_never_changes_cannot_be_observed(seg: NcutSegmenter, name: str) -> None:
    with pytest.raises(ValueError, match=f"no trait '{name}'"):
        seg.observe(print, name)


def test_all_traits_can_be_observed_and_linked(seg: NcutSegmenter) -> None:
    heard: list[str] = []
    seg.observe(lambda change: heard.append(change.name))
    other = NcutSegmenter(seg.eigvecs)
    traitlets.link((seg, "threshold"), (other, "threshold"))
    other.threshold = 0.2
    seg.add_click(9, 9)
    assert seg.threshold == 0.2
    assert {"threshold", "clicks", "masks", "_revision"} <= set(heard)
    seg.unobserve_all()
    count = len(heard)
    seg.undo()
    assert len(heard) == count


def test_clicks_are_numbers_that_messages_can_carry(seg: NcutSegmenter) -> None:
    seg.add_click(Fraction(7, 2), np.longdouble(3))
    assert json.loads(json.dumps(seg.clicks)) == [[0, 3, 3, 1], [0, 3.5, 3, 1]]
    with pytest.raises(ValueError, match="positive must be True or False"):
        seg.add_click(3, 3, positive=0.5)


def test_a_segment_is_made_of_clicks_and_not_assigned(seg: NcutSegmenter) -> None:
    seg.commit("thing")
    with pytest.raises(TypeError, match=r"call seg.commit\(name\)"):
        seg.segments["thing"] = seg.masks  # type: ignore[index]
    assert list(seg.segments) == ["thing"]


# Let go -----------------------------------------------------------------------------


def test_closed_widgets_are_freed_with_their_eigenvectors(eigvecs: NDArray) -> None:
    kept: list[weakref.ref[Any]] = []
    for _ in range(40):
        seg = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])
        kept += map(weakref.ref, (seg, seg._session.store, seg.layout))
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
    assert not hasattr(seg._pipeline._ncut, "eigenvectors_")
    assert seg.predict(features=features).shape == (2, 12, 12)
