"""The mask that a stage shows, canvas pixel by canvas pixel.

Read off the colours: the images are to be flat grey 128 and the mask opaque. Colours
travel as runs of equal pixels, of which such a stage has a few thousand.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator

READ = """(canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const pixels = new Uint32Array(data.buffer);
    const runs = [];
    for (let begin = 0, i = 1; i <= pixels.length; i++) {
        if (i < pixels.length && pixels[i] === pixels[begin]) continue;
        runs.push(pixels[begin], i - begin);
        begin = i;
    }
    let text = "";
    for (const byte of new Uint8Array(Uint32Array.from(runs).buffer))
        text += String.fromCharCode(byte);
    return { width, height, view: canvas.dataset.view ?? null, runs: btoa(text) };
}"""

GREY, AWAY = 128, 8
"""Of the images, and how far from it a pixel of the mask is at least."""


def read_colors(stage: Locator) -> NDArray:
    """Colours on the canvas: uint8, (height, width, 3)."""
    return colors_of(stage.evaluate(READ))


def colors_of(read: dict[str, Any]) -> NDArray:
    """Give the colours in what `READ` has read."""
    colors, counts = _runs(read)
    return colors.repeat(counts, axis=0).reshape(read["height"], read["width"], 3)


def read_mask(stage: Locator) -> tuple[NDArray, list[float] | None]:
    """Mask on the canvas, and the view: x, y, width, height in image pixels."""
    return mask_of(stage.evaluate(READ))


def mask_of(read: dict[str, Any]) -> tuple[NDArray, list[float] | None]:
    """Give the mask and the view in what `READ` has read."""
    colors, counts = _runs(read)
    away = (abs(colors.astype(int) - GREY) > AWAY).any(axis=1)
    view = read["view"]
    return (
        away.repeat(counts).reshape(read["height"], read["width"]),
        None if view is None else [float(part) for part in view.split(",")],
    )


def _runs(read: dict[str, Any]) -> tuple[NDArray, NDArray]:
    """Give the colours of runs, and how long they are."""
    data = base64.b64decode(read["runs"])
    counts = np.frombuffer(data, "<u4").reshape(-1, 2)[:, 1]
    return np.frombuffer(data, np.uint8).reshape(-1, 8)[:, :3], counts


def on_canvas(
    mask: NDArray, shape: tuple[int, int], view: list[float] | None = None
) -> NDArray:
    """Take from a mask of an image what a canvas of that shape is to show."""
    x, y, width, height = view or [0, 0, mask.shape[1], mask.shape[0]]
    rows = np.floor(y + (np.arange(shape[0]) + 0.5) * height / shape[0]).astype(int)
    cols = np.floor(x + (np.arange(shape[1]) + 0.5) * width / shape[1]).astype(int)
    # Beside the image, where a view reaches there, is no mask.
    padded = np.pad(mask, 1)
    rows = np.clip(rows + 1, 0, mask.shape[0] + 1)
    cols = np.clip(cols + 1, 0, mask.shape[1] + 1)
    return padded[np.ix_(rows, cols)]
