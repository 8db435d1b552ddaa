"""How images are turned: by orientation in their metadata, damaged or not."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ncut_widget import NcutSegmenter, load_images
from tests.support.images import scene, sized

BACK: dict[int, Callable[[NDArray], NDArray]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a),
}


@pytest.mark.parametrize("orientation", BACK)
@pytest.mark.parametrize("kind", ["tif", "png", "webp", "16 bits", "big endian", "PIL"])
def test_size_and_pixels_are_turned_by_one_rule(
    tmp_path: Path, kind: str, orientation: int
) -> None:
    path = tmp_path / f"turned.{kind if len(kind) < 5 else 'tif'}"
    exif = Image.Exif()
    exif[274] = orientation
    if kind in ("16 bits", "big endian"):
        values = scene().astype(np.uint16) * 257
        order = ">" if kind == "big endian" else "<"
        tags = [(274, 3, 1, orientation, True)]
        tifffile.imwrite(
            path, values, photometric="rgb", extratags=tags, byteorder=order
        )
    else:
        how = {"lossless": True} if kind == "webp" else {}
        as_file = "png" if kind == "PIL" else None
        path = path.with_suffix(".png") if kind == "PIL" else path
        Image.fromarray(scene()).save(path, as_file, exif=exif, **how)
    given = Image.open(path) if kind == "PIL" else path
    np.testing.assert_array_equal(sized(given), BACK[orientation](scene()))


def test_a_turned_tiff_is_clicked_where_it_is_shown(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(scene()).save(tmp_path / "turned.tif", exif=exif)
    seg = NcutSegmenter.from_images(tmp_path / "turned.tif", num_eig=4, progress=False)
    shown = load_images(tmp_path / "turned.tif")[0]
    red = shown[..., 0] > 150
    ys, xs = np.nonzero(red)
    seg.add_click(int(xs.mean()), int(ys.mean()))
    mask = seg.image_masks()[0]
    assert (mask & red).sum() / (mask | red).sum() > 0.95
    seg.add_click(shown.shape[1] // 2, shown.shape[0] - 3, positive=False)


def tiff_tags(entries: list[tuple], more: bytes = b"") -> bytes:
    """Make EXIF of (tag, kind, count, four bytes)."""
    tags = [struct.pack("<HHL", *entry[:3]) + entry[3] for entry in entries]
    head = b"II*\0" + struct.pack("<LH", 8, len(entries))
    return head + b"".join(tags) + struct.pack("<L", 0) + more


def short(value: int) -> bytes:
    return struct.pack("<HH", value, 0)


SIX = (274, 3, 1, short(6))
AFTER = struct.pack("<L", 8 + 2 + 12 * 2 + 4)

TURNING = {
    "alone": tiff_tags([SIX]),
    "negative fraction": tiff_tags(
        [SIX, (282, 10, 1, AFTER)], struct.pack("<ll", -1, 0)
    ),
    "fraction as text": tiff_tags([SIX, (282, 2, 3, b"72\0\0")]),
    "not a number": tiff_tags([SIX, (282, 12, 1, AFTER)], struct.pack("<d", np.nan)),
    "negative float": tiff_tags([SIX, (282, 11, 1, struct.pack("<f", -3.0))]),
    "negative width": tiff_tags([SIX, (256, 9, 1, struct.pack("<l", -5))]),
    "a pointer nowhere": tiff_tags([SIX, (34665, 4, 1, struct.pack("<L", 99999))]),
    "an unknown kind": tiff_tags([SIX, (40000, 99, 1, short(1))]),
    "text beyond the end": tiff_tags([SIX, (270, 2, 500, AFTER)]),
    "two orientations": tiff_tags([(274, 3, 2, struct.pack("<HH", 6, 6))]),
    "a second header": b"Exif\0\0" + tiff_tags([SIX]),
}
UPRIGHT = {
    "0": tiff_tags([(274, 3, 1, short(0))]),
    "9": tiff_tags([(274, 3, 1, short(9))]),
    "text": tiff_tags([(274, 2, 2, b"6\0\0\0")]),
}
BROKEN = {
    "cut off": b"II*\0\x08",
    "more tags than bytes": b"II*\0\x08\0\0\0\xff\xff" + bytes(range(256)),
    "garbage": b"\0\x08\0\x02\x01\x12\0\x03",
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF", "ignore:Tag data")
@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
@pytest.mark.parametrize("name", [*TURNING, *UPRIGHT, *BROKEN])
def test_metadata_never_decides_on_pixels(
    tmp_path: Path, name: str, kind: str, recwarn: pytest.WarningsRecorder
) -> None:
    body = {**TURNING, **UPRIGHT, **BROKEN}[name]
    path = tmp_path / f"photo.{kind}"
    Image.fromarray(scene()).save(path, exif=b"Exif\0\0" + body)
    recwarn.clear()
    image = sized(path)
    turned = name in TURNING
    assert image.shape == ((64, 48, 3) if turned else (48, 64, 3))
    red = (image[..., 0] > 150).mean()
    assert 0.05 < red < 0.07
    told = [str(each.message) for each in recwarn if "images[0]" in str(each.message)]
    assert len(told) == (name in BROKEN)
    assert all(f"photo.{kind}" in each for each in told)


def test_long_texts_in_a_png_are_no_reason_to_refuse_it(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_text("workflow", "x" * 3_000_000, zip=True)
    path = tmp_path / "generated.png"
    Image.fromarray(scene()).save(path, pnginfo=info)
    with pytest.warns(UserWarning, match="metadata is damaged, and was left out"):
        image = sized(path)
    np.testing.assert_array_equal(image, scene())


def test_a_png_may_have_its_metadata_behind_its_pixels(tmp_path: Path) -> None:
    path = tmp_path / "late.png"
    Image.fromarray(scene()).save(path, exif=b"Exif\0\0" + tiff_tags([SIX]))
    data = path.read_bytes()
    at = data.index(b"eXIf") - 4
    length = 12 + int.from_bytes(data[at : at + 4], "big")
    exif, rest = data[at : at + length], data[:at] + data[at + length :]
    path.write_bytes(rest[:-12] + exif + rest[-12:])
    np.testing.assert_array_equal(sized(path), np.rot90(scene(), -1))
    with Image.open(path) as image:
        np.testing.assert_array_equal(sized(image), np.rot90(scene(), -1))
