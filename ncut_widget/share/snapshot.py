"""A picture of the page, stage and strip, for notebooks without a kernel."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from ncut_widget.images import RGBImage
from ncut_widget.page.pictures import Pictures, shrink
from ncut_widget.results.painting import paint_segments, tint
from ncut_widget.segments.record import SegmentState
from ncut_widget.sessions.session import Session

SIDE = 480
"""Longest side of the stage, in pixels."""

THUMB = 54
"""Height of a thumb, in pixels."""

GAP = 6

MOST_BYTES = 300_000

CLICKS = ("#d3222f", "#0f8a3c")


def picture_stage(session: Session, pictures: Pictures, image: int) -> Image.Image:
    """Draw an image with its segments, mask and clicks."""
    stage = _painted(session, pictures, image, SIDE)
    draw = ImageDraw.Draw(stage)
    height, width = session.sizes[image]
    for prompt in session.prompts:
        for x, y in prompt.points() if prompt.image == image else ():
            place = ((x + 0.5) * stage.width / width, (y + 0.5) * stage.height / height)
            draw.circle(place, 6, CLICKS[prompt.label], "white", 2)
    return stage


def picture_widget(
    session: Session, pictures: Pictures, image: int, stage: Image.Image
) -> bytes:
    """Draw stage and strip, as a PNG file of at most 300 kB.

    Parameters
    ----------
    session : Session
    pictures : Pictures
    image : int
        Index of the image on the stage.
    stage : Image
        As `picture_stage` draws it.
    """
    width = max(stage.width, SIDE // 2)
    thumbs = []
    if len(session.sizes) > 1:
        thumbs = _thumbs(session, pictures, image, width)
    below = THUMB + GAP if thumbs else 0
    whole = Image.new("RGBA", (width, stage.height + below))
    whole.paste(stage, ((width - stage.width) // 2, 0))
    left = 0
    for thumb in thumbs:
        whole.paste(thumb, (left, stage.height + GAP))
        left += thumb.width + GAP
    return _encode(whole)


def _thumbs(
    session: Session, pictures: Pictures, image: int, width: int
) -> list[Image.Image]:
    """Draw as many thumbs as there is room for, with the active image's."""
    thumbs: list[Image.Image] = []
    room = width
    for each in range(max(0, image - 3), len(session.sizes)):
        height, across = session.sizes[each]
        side = THUMB if across <= height else min(THUMB * across // height, 2 * THUMB)
        thumb = _painted(session, pictures, each, side)
        if thumb.width > room:
            break
        thumbs.append(thumb)
        room -= thumb.width + GAP
    return thumbs


def _painted(
    session: Session, pictures: Pictures, image: int, side: int
) -> Image.Image:
    """Draw an image, or grey if it cannot be read, with segments and mask."""
    try:
        small = pictures.small(image, side)
    except (OSError, ValueError):
        small = np.full((side // 2, side // 2, 3), 128, np.uint8)
    shelf = session.shelf
    opened = shelf.editing and shelf.editing.id
    kept: Sequence[SegmentState] = [
        each for each in shelf.segments if each.visible and each.id != opened
    ]
    painted: RGBImage = paint_segments(small, tuple(kept), image)
    if session.recipe.positive:
        mask = session.masker.full_mask(session.recipe, image, small.shape[:2])
        painted = tint(painted, mask)
    return Image.fromarray(painted)


def _encode(whole: Image.Image) -> bytes:
    """Encode as PNG of 256 colours: a tenth of the time, and of the size."""
    for side, colors in ((SIDE * 2, 256), (SIDE // 2, 256), (SIDE // 2, 64)):
        buffer = io.BytesIO()
        few = shrink(whole, side).quantize(colors, Image.Quantize.FASTOCTREE)
        few.save(buffer, "PNG")
        if buffer.tell() < MOST_BYTES:
            break
    return buffer.getvalue()
