"""A segmenter that was used, to be saved, and all that must come back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ncut_widget import NcutSegmenter

SIZES = [(48, 64), (33, 20), (16, 40)]


def used(seg: NcutSegmenter) -> NcutSegmenter:
    """Leave segments, one of them open again, and clicks that are not committed."""
    seg.threshold = 0.3
    seg.add_click(12, 9, image=0)
    seg.commit("hand").color = "tomato"
    seg.add_click(10, 20, image=1)
    seg.commit("手").visible = False
    seg.threshold = 0.6
    seg.granularity = 2.5
    seg.reopen("hand")
    seg.add_click(50, 40, image=0, positive=False)
    return seg


def told(seg: NcutSegmenter) -> list[Any]:
    """All that a file brings back."""
    segments = [
        (
            s.name,
            s.color,
            s.visible,
            s.instances,
            s.clicks,
            s.settings,
            s.masks.tolist(),
        )
        for s in seg.segments.values()
    ]
    opened = [each["name"] for each in seg._segments if each["open"]]
    masks = [segment.masks.tolist() for segment in seg.segments.values()]
    made = [seg.masks.tolist(), *masks]
    return [seg.clicks, seg._session.settings, segments, opened, made]


def edited(path: Path, change: Callable[[dict], object]) -> Path:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
