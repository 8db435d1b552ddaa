"""Flat drawings, screenshots and small things: one click is enough."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data
from skimage.draw import disk, rectangle

from ncut_widget import NcutSegmenter

SIZE = (480, 640)
WHITE, GREY, RED, BLUE = (255,) * 3, (240,) * 3, (200, 30, 30), (20, 60, 200)


class Drawing(NamedTuple):
    """Images, what is on each, and where the first is clicked (x, y)."""

    images: list[NDArray]
    things: list[NDArray]
    click: tuple[int, int]


def blank(color: tuple[int, ...] = WHITE) -> tuple[NDArray, NDArray]:
    """Return an image, and a mask of nothing on it."""
    return np.full((*SIZE, 3), color, np.uint8), np.zeros(SIZE, bool)


def square(noise: float = 0) -> Drawing:
    image, thing = blank()
    thing[rectangle((140, 220), extent=(200, 200))] = True
    image[thing] = RED
    if noise:
        noisy = np.random.default_rng(0).normal(image, noise)
        image = noisy.clip(0, 255).astype(np.uint8)
    return Drawing([image], [thing], (320, 240))


def ground() -> Drawing:
    images, (thing,), _ = square()
    return Drawing(images, [~thing], (50, 50))


def half(side: int) -> Drawing:
    image, thing = blank((0, 0, 0))
    image[:, 320:] = 255
    thing[:, 320 * side : 320 * (side + 1)] = True
    return Drawing([image], [thing], (160 + 320 * side, 240))


def logos(count: int) -> Drawing:
    images, things = zip(*[blank(GREY) for _ in range(count)], strict=True)
    for number, (image, thing) in enumerate(zip(images, things, strict=True)):
        thing[disk((100 + 80 * number, 500 - 100 * number), 20)] = True
        image[thing] = BLUE
    return Drawing([*images], [*things], (500, 100))


def logo_on_photograph() -> Drawing:
    image = data.astronaut()
    thing = np.zeros(image.shape[:2], bool)
    thing[40:80, 40:80] = True
    image[thing] = (255, 140, 0)
    return Drawing([image], [thing], (60, 60))


def discs() -> Drawing:
    image, thing = blank((30, 30, 60))
    for centre in ((100, 100), (120, 480), (340, 300)):
        thing[disk(centre, 50)] = True
    image[thing] = (240, 220, 20)
    return Drawing([image], [thing], (100, 100))


def disc_on_gradient() -> Drawing:
    image, thing = blank()
    image[:] = np.linspace(0, 255, 640)[:, None]
    thing[disk((240, 320), 90)] = True
    image[thing] = (255, 0, 0)
    return Drawing([image], [thing], (320, 240))


def screenshot(picture: bool) -> Drawing:
    """Draw lines of text, a picture and a bar above them."""
    rng = np.random.default_rng(0)
    image, thing = blank()
    for y in range(80, 450, 24):
        for x in range(40, 400, 9):
            image[y : y + rng.integers(8, 14), x : x + 6] = rng.integers(0, 90)
    image[120:320, 440:600] = BLUE
    image[:50] = 60
    thing[(slice(120, 320), slice(440, 600)) if picture else slice(50)] = True
    return Drawing([image], [thing], (520, 220) if picture else (320, 25))


DRAWINGS = {
    "square": (square(), 0.75),
    "noisy square": (square(noise=6), 0.75),
    "what is about a square": (ground(), 0.75),
    "left half": (half(0), 0.85),
    "right half": (half(1), 0.85),
    "logo": (logos(1), 0.7),
    "logos": (logos(4), 0.6),
    "logo on a photograph": (logo_on_photograph(), 0.8),
    "discs": (discs(), 0.85),
    "disc on a gradient": (disc_on_gradient(), 0.85),
    "picture on a screenshot": (screenshot(picture=True), 0.85),
    "bar of a screenshot": (screenshot(picture=False), 0.85),
}


PHOTOGRAPHS = {"logo on a photograph": 0.5}
"""What counts as a photograph, and is found less well by what it is."""


@pytest.mark.parametrize("given", [{}, {"by": "appearance"}], ids=["default", "looks"])
@pytest.mark.parametrize("name", DRAWINGS)
def test_one_click_is_enough(name: str, given: dict[str, str]) -> None:
    """A cell is 10 x 7.5 pixels: along the outline no mask is better than these."""
    (images, things, (x, y)), least = DRAWINGS[name]
    if not given:
        least = PHOTOGRAPHS.get(name, least)
    seg = NcutSegmenter.from_images(images, progress=False, **given)
    seg.add_click(x, y)
    for mask, thing in zip(seg.full_masks(), things, strict=True):
        assert (mask & thing).sum() / (mask | thing).sum() > least
