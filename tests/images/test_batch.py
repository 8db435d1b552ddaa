"""Whatever came becomes a batch of images."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from ncut_widget.images import Images, load_images
from ncut_widget.page.pictures import encode_picture
from tests.support.images import RGB, WIDE, only


@pytest.mark.parametrize(
    "image",
    [
        RGB,
        np.asfortranarray(RGB),
        RGB.astype(np.int64),
        RGB.astype(np.uint16) * 257,
        RGB / 255,
        (RGB / 255).astype(np.float16),
        RGB.transpose(2, 0, 1),
        torch.from_numpy(RGB),
        torch.from_numpy(RGB).permute(2, 0, 1),
        torch.from_numpy(RGB).permute(2, 0, 1) / 255,
        (torch.from_numpy(RGB).permute(2, 0, 1) / 255).requires_grad_(),
        Image.fromarray(RGB),
        np.dstack([RGB, np.full((2, 2), 255, np.uint8)]),
    ],
)
def test_one_image_in_any_form_is_the_same(image: object) -> None:
    assert np.array_equal(only(image), RGB)
    assert np.array_equal(only([image]), RGB)


def test_bfloat16_tensors_are_read() -> None:
    assert only(torch.ones(3, 2, 2, dtype=torch.bfloat16)).min() == 255


@pytest.mark.parametrize(
    ("image", "value"),
    [
        (np.full((2, 3), 7, np.uint8), 7),
        (np.full((2, 3, 1), 7, np.uint8), 7),
        (np.full((2, 3), 0.5), 128),
        (np.ones((2, 3), bool), 255),
        (np.full((2, 3), 65535, np.uint16), 255),
        (np.full((2, 3), 40000, np.int32), 156),
        (np.full((2, 3), 1 + 1e-6), 255),
    ],
)
def test_grey_becomes_rgb(image: np.ndarray, value: int) -> None:
    assert np.array_equal(only(image), np.full((2, 3, 3), value))


def test_transparent_images_are_laid_on_white() -> None:
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0, :, 3] = [0, 51, 255]
    expected = [[[255] * 3, [204] * 3, [0] * 3]]
    assert only(rgba).tolist() == expected
    assert only(Image.fromarray(rgba)).tolist() == expected


@pytest.mark.parametrize(
    ("batch", "count", "size"),
    [
        (np.zeros((5, 8, 9), np.uint8), 5, (8, 9)),
        (np.zeros((5, 8, 9, 3), np.uint8), 5, (8, 9)),
        (np.zeros((5, 3, 8, 9)), 5, (8, 9)),
        (torch.zeros(5, 1, 8, 9), 5, (8, 9)),
        (torch.zeros(5, 4, 8, 9), 5, (8, 9)),
        (torch.zeros(3, 8, 9), 1, (8, 9)),
        (torch.zeros(1, 8, 9), 1, (8, 9)),
        # Both ends could be channels: arrays end with them, tensors begin.
        (np.zeros((3, 9, 3)), 1, (3, 9)),
        (torch.zeros(3, 9, 3), 1, (9, 3)),
    ],
)
def test_shapes_tell_batches_from_images(
    batch: object, count: int, size: tuple[int, int]
) -> None:
    assert [image.shape for image in load_images(batch)] == [(*size, 3)] * count


def test_lists_hold_images_of_different_kinds_and_sizes() -> None:
    images = load_images((RGB, WIDE[..., 0], Image.new("L", (4, 6))))
    assert [image.shape for image in images] == [(2, 2, 3), (5, 7, 3), (6, 4, 3)]


def test_generators_are_read() -> None:
    assert len(load_images(image for image in [RGB, RGB])) == 2


COLORS = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]


def gif() -> io.BytesIO:
    frames = [Image.new("RGB", (16, 8), color) for color in COLORS]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], disposal=2)
    file.seek(0)
    return file


def tiff() -> io.BytesIO:
    frames = [Image.new("RGB", (16, 8), color) for color in COLORS]
    file = io.BytesIO()
    frames[0].save(file, "TIFF", save_all=True, append_images=frames[1:])
    file.seek(0)
    return file


def arrays() -> Iterator[NDArray]:
    buffer = np.empty((8, 16, 3), np.uint8)
    for color in COLORS:
        buffer[:] = color
        yield buffer


def views() -> Iterator[NDArray]:
    buffer = np.empty((8, 16, 3), np.uint8)
    for color in COLORS:
        buffer[:] = color
        yield buffer[:]


def tensors() -> Iterator[torch.Tensor]:
    buffer = torch.empty(3, 8, 16, dtype=torch.uint8)
    for color in COLORS:
        buffer[:] = torch.tensor(color, dtype=torch.uint8)[:, None, None]
        yield buffer


def drawings() -> Iterator[Image.Image]:
    canvas = Image.new("RGB", (16, 8))
    for color in COLORS:
        canvas.paste(color, (0, 0, 16, 8))
        yield canvas


def files() -> Iterator[io.BytesIO]:
    file = io.BytesIO()
    for color in COLORS:
        file.seek(0)
        Image.new("RGB", (16, 8), color).save(file, "PNG")
        file.truncate()
        yield file


def encoded() -> Iterator[memoryview]:
    buffer = bytearray(1000)
    for color in COLORS:
        file = io.BytesIO()
        Image.new("RGB", (16, 8), color).save(file, "PNG")
        buffer[: file.tell()] = file.getvalue()
        yield memoryview(buffer)


def closed() -> Iterator[io.BytesIO]:
    for color in COLORS:
        with io.BytesIO() as file:
            Image.new("RGB", (16, 8), color).save(file, "PNG")
            yield file


def closed_images() -> Iterator[Image.Image]:
    for file in closed():
        with Image.open(file) as image:
            yield image


class Reader:
    """A reader of videos: it can be gone through again, and has one buffer."""

    def __iter__(self) -> Iterator[NDArray]:
        """Read the frames."""
        return arrays()


@pytest.mark.parametrize(
    "make",
    [
        lambda: ImageSequence.Iterator(Image.open(gif())),
        lambda: ImageSequence.Iterator(Image.open(tiff())),
        arrays,
        views,
        tensors,
        drawings,
        files,
        encoded,
        closed,
        closed_images,
        Reader,
        lambda: map(np.asarray, arrays()),
    ],
    ids=lambda make: getattr(make, "__name__", ""),
)
def test_images_that_come_in_one_buffer_are_copied_as_they_come(make: Any) -> None:
    for images in (load_images(make()), list(Images(make()))):
        assert [tuple(image[0, 0].tolist()) for image in images] == COLORS
        assert {image.shape for image in images} == {(8, 16, 3)}


def test_images_of_a_generator_are_turned_once_and_named() -> None:
    stored = Image.fromarray(WIDE)
    exif = Image.Exif()
    exif[274] = 6
    file = io.BytesIO()
    stored.save(file, "PNG", exif=exif)
    turned = only(file.getvalue())
    opened = Image.open(io.BytesIO(file.getvalue()))
    np.testing.assert_array_equal(only(image for image in [opened]), turned)
    with pytest.raises(ValueError, match=r"images\[1\] cannot be read as an image"):
        load_images(io.BytesIO(data) for data in (file.getvalue(), b"no image"))


def test_arrays_of_a_list_are_not_copied() -> None:
    assert np.shares_memory(load_images([RGB])[0], RGB)


@pytest.mark.parametrize("head", ["", "data:image/png;base64,"])
def test_base64_is_no_path(head: str) -> None:
    with pytest.raises(
        ValueError, match=r"text of \d+ characters.*b64decode"
    ) as caught:
        load_images(head + "A" * 10_000_000)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        ([], ValueError, "at least one image"),
        (None, TypeError, "got NoneType"),
        (b"png", ValueError, r"images\[0\] cannot be read as an image"),
        ([RGB, 3], TypeError, r"images\[1\].*got int"),
        ([RGB, np.zeros(4)], ValueError, r"images\[1\].*got \(4,\)"),
        ([RGB, np.zeros((6, 5, 2))], ValueError, r"images\[1\].*got \(6, 5, 2\)"),
        ([np.zeros((2, 4, 5, 3))], ValueError, r"images\[0\].*\(2, 4, 5, 3\)"),
        ([np.zeros((0, 5, 3))], ValueError, r"images\[0\] has no pixels"),
        (np.zeros((4, 8, 9)), ValueError, "one RGBA image or 4 grey ones"),
        (np.zeros((4, 5, 2)), ValueError, r"2 bands choose one, as images\[..., 0\]"),
        ([RGB, RGB / 255 * np.nan], ValueError, r"images\[1\].*NaN"),
        (torch.full((3, 4, 5), -1.0), ValueError, "undo a normalisation"),
        (np.full((4, 5), 255.0), ValueError, r"floats from 255 to 255"),
        (np.full((4, 5), -1), ValueError, "integers from -1"),
        (np.full((4, 5), 70000), ValueError, "65535"),
        (np.zeros((4, 5), complex), TypeError, "complex128"),
        (np.full((4, 5), "a"), TypeError, "dtype <U1"),
    ],
)
def test_what_is_no_image_gets_one_sentence(
    image: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        load_images(image)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mime", ["image/jpeg", "image/png"])
@pytest.mark.parametrize(
    ("max_side", "size"),
    [(None, (40, 20)), (80, (40, 20)), (10, (10, 5)), (1, (1, 1))],
)
def test_pictures_are_scaled_down_only(
    mime: str, max_side: int | None, size: tuple[int, int]
) -> None:
    picture = encode_picture(np.zeros((20, 40, 3), np.uint8), max_side, mime)
    assert (picture.mime, picture.width, picture.height) == (mime, *size)
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.size == size
        assert image.get_format_mimetype() == mime


def test_png_is_exact_and_jpeg_is_close() -> None:
    def decode(data: bytes) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)

    smooth = np.broadcast_to(np.arange(64, dtype=np.uint8)[:, None, None], (64, 64, 3))
    smooth = np.ascontiguousarray(smooth)
    assert np.array_equal(decode(encode_picture(smooth, mime="image/png").data), smooth)
    jpeg = decode(encode_picture(smooth, quality=95).data)
    assert np.abs(jpeg - smooth).max() <= 4


def test_other_formats_are_refused() -> None:
    with pytest.raises(ValueError, match="image/webp"):
        encode_picture(RGB, mime="image/webp")
