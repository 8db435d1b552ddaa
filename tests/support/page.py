"""The page's end of the line, for tests of `NcutSegmenter` without a browser."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ncut_widget import NcutSegmenter


class Wire:
    """The page's end of the line: what was sent, and sending."""

    def __init__(self, seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seg = seg
        self.sent: list[tuple[dict, list]] = []
        self.states: list[dict] = []
        self.failures: list[dict] = []
        monkeypatch.setattr(seg, "send", self._send)
        monkeypatch.setattr(seg, "_send", self._take)

    def _send(self, content: dict, buffers: list | None = None) -> None:
        json.dumps(content, allow_nan=False)  # the wire is strict JSON
        if content["type"] == "failed":  # answers nothing
            self.failures.append(content)
        else:
            self.sent.append((content, buffers or []))

    def _take(self, message: dict, buffers: list | None = None) -> None:
        self.states.append(message["state"])

    def ask(self, content: Any) -> tuple[dict, list]:
        """Send a custom message; return the one answer."""
        before = len(self.sent)
        self._arrive({"method": "custom", "content": content})
        assert len(self.sent) == before + 1
        return self.sent[-1]

    def set(self, **state: Any) -> None:
        """Set traits as the page does."""
        self._arrive({"method": "update", "state": state, "buffer_paths": []})

    def _arrive(self, data: dict) -> None:
        self.seg._handle_msg({"content": {"data": data}, "buffers": []})


def click(*values: float) -> dict:
    """Return an edit."""
    return {"op": "add", "prompt": list(values)}


def seeds(*cells: list[int], num_eig: int = 6) -> dict:
    """Return what a wanted field by similarity is of: one group of cells."""
    return {
        "method": "similarity",
        "positives": [list(cells)],
        "negatives": [],
        "parameters": {"by": "semantics", "num_eig": num_eig},
    }
