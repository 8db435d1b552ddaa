"""Ctrl-C at any line leaves session, traits and page in step."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
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
