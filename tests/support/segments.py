"""Segments for tests: sizes of images, commits, edits, masks as the page gets them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter, Segment

SIZES = [(16, 16), (33, 20), (8, 40)]


def edit(*edits: dict) -> dict:
    return {"type": "edit", "id": "a", "edits": list(edits), "images": [0]}


def commit(seg: NcutSegmenter, name: str, x: float, y: float) -> Segment:
    seg.add_click(x, y)
    return seg.commit(name)


def bits(buffer: bytes, shape: tuple[int, int]) -> NDArray:
    values = np.unpackbits(np.frombuffer(buffer, np.uint8), count=shape[0] * shape[1])
    return values.reshape(shape).astype(bool)


def painted(buffer: bytes, size: tuple[int, int]) -> NDArray:
    labels = np.zeros(size[0] * size[1], dtype=np.int32)
    for start, stop, label in np.frombuffer(buffer, "<u4").reshape(3, -1).T:
        labels[start:stop] = label
    return labels.reshape(size)
