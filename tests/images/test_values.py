"""Black and white: values of all widths become uint8 by one rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from ncut_widget import load_images
from tests.support.images import sized

GREY = (np.arange(48 * 64).reshape(48, 64) * 21).astype(np.uint16)


def written(folder: Path, values: NDArray, kind: str = "tif", **how: Any) -> Path:
    path = folder / f"values.{kind}"
    if kind == "png":
        Image.fromarray(values).save(path)
    else:
        tifffile.imwrite(path, values, **how)
    return path


WANTED = np.rint(GREY / 257).astype(np.uint8)


@pytest.mark.parametrize(
    ("values", "how"),
    [
        (GREY, {}),
        (GREY, {"byteorder": ">"}),
        (GREY, {"kind": "png"}),
        (GREY, {"compression": "deflate"}),
        (GREY, {"tile": (16, 16)}),
        (GREY, {"bigtiff": True}),
        (np.dstack([GREY] * 3), {"photometric": "rgb"}),
        (np.stack([GREY] * 3), {"photometric": "rgb", "planarconfig": "separate"}),
        (65535 - GREY, {"photometric": "miniswhite"}),
        (GREY.astype(np.int32), {}),
        (GREY.astype(np.uint32), {}),
        (GREY / 65535, {}),
        ((GREY / 65535).astype(np.float32), {}),
        ((GREY / 65535).astype(">f8"), {"byteorder": ">"}),
    ],
)
def test_files_are_scaled_by_the_width_of_their_numbers(
    tmp_path: Path, values: NDArray, how: dict[str, Any]
) -> None:
    image = sized(written(tmp_path, values, **how))
    assert np.abs(image[..., 0].astype(int) - WANTED).max() <= 1
    assert (image == image[..., :1]).all()


def test_half_floats_and_bytes_in_tiff_are_read(tmp_path: Path) -> None:
    half = sized(written(tmp_path, (GREY / 65535).astype(np.float16)))
    assert np.abs(half[..., 0].astype(int) - WANTED).max() <= 1
    low = (GREY // 600).astype(np.int8)
    np.testing.assert_array_equal(sized(written(tmp_path, low))[..., 0], low)


@pytest.mark.parametrize("order", "<>")
def test_the_order_of_bytes_changes_nothing(tmp_path: Path, order: str) -> None:
    dark = (GREY // 300).astype(f"{order}u2")
    with pytest.warns(UserWarning, match=r"nearly black.*value_range=\(0, 255\)"):
        array = sized(dark)
    with pytest.warns(UserWarning, match="nearly black"):
        file = sized(written(tmp_path, dark, byteorder=order))
    assert array.max() == file.max() == 1


def test_one_black_and_one_white_for_the_whole_batch(tmp_path: Path) -> None:
    twelve = GREY // 16
    paths = [written(tmp_path, twelve, "png"), written(tmp_path, twelve)]
    for image in load_images([*paths, twelve], value_range=(0, 4095)):
        wanted = np.rint(twelve / 4095 * 255)
        np.testing.assert_array_equal(image[..., 0], wanted)
    # Whether integers are meant for 8 or for 16 bits, one of them says for all.
    small = np.full((2, 2), 200)
    assert load_images([small])[0].max() == 200
    with pytest.warns(UserWarning, match="nearly black"):
        assert load_images([small, np.full((2, 2), 65535)])[0].max() == 1
    ct = (np.arange(12).reshape(3, 4) * 200 - 1000).astype(np.int16)
    with pytest.raises(ValueError, match=r"images\[0\].*-1000.*value_range=\(low"):
        load_images(ct)
    (image,) = load_images(ct, value_range=(-1000, 400))
    assert image[0, 0, 0] == 0
    assert image[2, 3, 0] == 255
    assert load_images(np.full((2, 3), 127.5), value_range=(0, 255))[0][0, 0, 0] == 128
    rgba = np.zeros((1, 2, 4), np.uint8)
    rgba[0, :, 3] = (0, 255)
    assert load_images(rgba, value_range=(0, 100))[0][0, :, 0].tolist() == [255, 0]


@pytest.mark.parametrize("wrong", [3, (1,), (1, 1), (2, 1), ("a", 2), (0, np.inf)])
def test_a_value_range_is_two_numbers(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="value_range"):
        load_images(np.zeros((2, 2)), value_range=wrong)


def test_what_is_no_picture_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    five = written(
        tmp_path, np.zeros((4, 5, 5), np.uint8), photometric="minisblack",
        planarconfig="contig",
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"images\[0\].*values.tif.*5 bands: choose"):
        load_images(five)
    with pytest.raises(ValueError, match=r"choose three bands, as array\[\.\.\., :3\]"):
        load_images([np.zeros((40, 50, 7))])
    big = tmp_path / "big.png"
    Image.new("L", (200, 200)).save(big)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    with pytest.raises(ValueError, match=r"big.png.*set PIL.Image.MAX_IMAGE_PIXELS"):
        load_images(big)
    deep = written(tmp_path, np.zeros((200, 200), np.uint16))
    with pytest.raises(ValueError, match=r"values.tif.*set PIL.Image.MAX_IMAGE_PIXELS"):
        load_images(deep)
