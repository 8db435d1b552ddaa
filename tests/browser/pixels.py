"""The mask that a stage shows, canvas pixel by canvas pixel.

Read off the colours: the images are to be flat grey 128 and the mask opaque.
"""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator

READ = """(canvas) => {
    const { width, height } = canvas;
    const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const bytes = new Uint8Array(Math.ceil((width * height) / 8));
    for (let i = 0; i < width * height; i++) {
        const away = (k) => Math.abs(pixels[4 * i + k] - 128) > 8;
        if (away(0) || away(1) || away(2)) bytes[i >> 3] |= 128 >> (i & 7);
    }
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return { width, height, view: canvas.dataset.view ?? null, bits: btoa(text) };
}"""


READ_COLORS = """(canvas) => {
    const { width, height } = canvas;
    const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    let text = "";
    for (let i = 0; i < pixels.length; i += 4)
        text += String.fromCharCode(pixels[i], pixels[i + 1], pixels[i + 2]);
    return { width, height, colors: btoa(text) };
}"""


def read_colors(stage: Locator) -> NDArray:
    """Colours on the canvas: uint8, (height, width, 3)."""
    read = stage.evaluate(READ_COLORS)
    colors = np.frombuffer(base64.b64decode(read["colors"]), np.uint8)
    return colors.reshape(read["height"], read["width"], 3)


def read_mask(stage: Locator) -> tuple[NDArray, list[float] | None]:
    """Mask on the canvas, and the view: x, y, width, height in image pixels."""
    read = stage.evaluate(READ)
    shape = (read["height"], read["width"])
    bits = np.frombuffer(base64.b64decode(read["bits"]), np.uint8)
    mask = np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).astype(bool)
    view = read["view"]
    return mask, None if view is None else [float(part) for part in view.split(",")]


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
