"""What people really have: files of all kinds, broken ones, arrays of all kinds."""

from __future__ import annotations

import io
import os
import random
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ncut_widget import NCUT, NcutSegmenter, get_mask, load_images, rgb_from_pca_3d
from ncut_widget.images import Images
from tests.support.damage import damaged, encodings
from tests.support.page import Wire

BLUE, RED = (30, 60, 200), (220, 40, 30)


def scene(height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """Draw a red box on blue ground."""
    image = np.zeros((height, width, 3), np.uint8)
    image[...] = BLUE
    image[height // 4 : height // 2, width // 4 : width // 2] = RED
    return image


def only(images: Any, **how: Any) -> NDArray[np.uint8]:
    """Read one image, whose size was known before."""
    lazy = Images(images, **how)
    (image,) = lazy
    assert lazy.sizes == [image.shape[:2]]
    return image


# Size and turn ----------------------------------------------------------------------

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
    np.testing.assert_array_equal(only(given), BACK[orientation](scene()))


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


# Metadata ---------------------------------------------------------------------------


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
    image = only(path)
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
        image = only(path)
    np.testing.assert_array_equal(image, scene())


# Values -----------------------------------------------------------------------------

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
    image = only(written(tmp_path, values, **how))
    assert np.abs(image[..., 0].astype(int) - WANTED).max() <= 1
    assert (image == image[..., :1]).all()


def test_half_floats_and_bytes_in_tiff_are_read(tmp_path: Path) -> None:
    half = only(written(tmp_path, (GREY / 65535).astype(np.float16)))
    assert np.abs(half[..., 0].astype(int) - WANTED).max() <= 1
    low = (GREY // 600).astype(np.int8)
    np.testing.assert_array_equal(only(written(tmp_path, low))[..., 0], low)


@pytest.mark.parametrize("order", "<>")
def test_the_order_of_bytes_changes_nothing(tmp_path: Path, order: str) -> None:
    dark = (GREY // 300).astype(f"{order}u2")
    with pytest.warns(UserWarning, match=r"nearly black.*value_range=\(0, 255\)"):
        array = only(dark)
    with pytest.warns(UserWarning, match="nearly black"):
        file = only(written(tmp_path, dark, byteorder=order))
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


# Where images come from -------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        Image.fromarray(np.roll(scene(), 8 * number, 1)).save(
            tmp_path / f"{number}.png"
        )
    return tmp_path


FORMS: dict[str, Callable[[list[Path]], Any]] = {
    "a list of strings": lambda paths: list(map(str, paths)),
    "a generator": lambda paths: (path for path in paths),
    "a glob": lambda paths: paths[0].parent.glob("*.png"),
    "a pandas column": lambda paths: pd.DataFrame({"file": map(str, paths)})["file"],
    "a pandas column of paths": lambda paths: pd.Series(paths),
    "a polars column": lambda paths: pl.Series(list(map(str, paths))),
    "an array of strings": lambda paths: np.array(list(map(str, paths))),
    "an array of paths": lambda paths: np.array(paths),
    "bytes": lambda paths: [path.read_bytes() for path in paths],
    "streams": lambda paths: [io.BytesIO(path.read_bytes()) for path in paths],
    "open files": lambda paths: [path.open("rb") for path in paths],
    "a memoryview and others": lambda paths: [
        memoryview(paths[0].read_bytes()),
        bytearray(paths[1].read_bytes()),
        os.fsencode(paths[2]) and paths[2],
    ],
    "arrays in a column": lambda paths: pd.Series(
        [np.asarray(Image.open(path)) for path in paths]
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_images_come_in_many_forms(folder: Path, form: str) -> None:
    given = FORMS[form](sorted(folder.glob("*.png")))
    images = load_images(sorted(given) if form == "a glob" else given)
    for number, image in enumerate(images):
        np.testing.assert_array_equal(image, np.roll(scene(), 8 * number, 1))
    assert len(images) == 3


def test_one_encoded_image_is_a_batch_of_one(folder: Path) -> None:
    data = (folder / "0.png").read_bytes()
    stream = io.BytesIO(data)
    stream.read(100)
    for given in (data, stream, str(folder / "0.png")):
        np.testing.assert_array_equal(only(given), scene())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("https://example.org/cat.jpg", "is an address.*urlretrieve"),
        ("s3://bucket/cat.jpg", "is an address"),
        ("photos/*.jpg", r"glob\(\.\.\.\)"),
        ("nul\0byte", "must be a path"),
        (io.StringIO("text"), "open it with 'rb'"),
        ({"a": 1}, r"list\(images.values\(\)\)"),
        (pd.Series(["a.png", None]), "there is no file"),
        ([None], r"images\[0\] must be a path, the bytes"),
    ],
)
def test_what_cannot_be_an_image_says_what_to_do(given: Any, message: str) -> None:
    with pytest.raises((OSError, TypeError, ValueError), match=message) as caught:
        load_images(given)
    assert "\n" not in str(caught.value)


def test_a_notebook_may_go_to_another_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    images = Images(["0.png", "1.png"])
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(images[0], scene())
    assert images.paths[1] == folder / "1.png"


# One bad image among many -----------------------------------------------------------


@pytest.fixture
def batch(folder: Path) -> list[Path]:
    """Five files: the second breaks off in its pixels, the fourth is no image."""
    paths = [folder / f"{name}.png" for name in "0a1b2"]
    paths[1].write_bytes((folder / "0.png").read_bytes()[:150])
    paths[3].write_text("no image")
    return paths


def test_what_is_broken_is_found_before_the_long_work(batch: list[Path]) -> None:
    def backbone(images: Any) -> Any:
        raise AssertionError("nothing was to be computed")

    del batch[3]
    with pytest.raises(ValueError, match=r"images\[1\].*a\.png.*errors='skip'"):
        NcutSegmenter.from_images(batch, backbone, progress=False)
    good = NcutSegmenter.from_images(scene(), num_eig=4, progress=False)
    good.add_click(20, 15)
    with pytest.raises(ValueError, match=r"images\[1\].*a\.png"):
        good.predict(batch)


def test_skipped_images_keep_their_places(batch: list[Path]) -> None:
    with pytest.warns(UserWarning, match="1 of 5 images cannot be read"):
        seg = NcutSegmenter.from_images(batch, num_eig=4, progress=False, errors="skip")
    others = [path for at, path in enumerate(batch) if at not in (1, 3)]
    alone = NcutSegmenter.from_images(others, num_eig=4, progress=False)
    for method in ("diffusion", "similarity", "biased_ncut"):
        for each, at in ((seg, 4), (alone, 2)):
            each.method = method
            each.clicks = [[0, 20, 15, 1], [at, 5, 5, 0]]
        assert alone.masks.any()
        np.testing.assert_array_equal(seg.masks[[0, 2, 4]], alone.masks)
        assert not seg.masks[[1, 3]].any()
        full = seg.image_masks()
        for one, other in zip(
            [full[0], full[2], full[4]], alone.image_masks(), strict=True
        ):
            np.testing.assert_array_equal(one, other)
        assert not full[1].any()
    seg.commit("red")
    assert [int(each.max()) for each in seg.full_label_maps()] == [1, 0, 1, 0, 1]


def test_the_strip_says_why_an_image_is_not_there(
    batch: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.warns(UserWarning, match="cannot be read"):
        seg = NcutSegmenter.from_images(batch, num_eig=4, progress=False, errors="skip")
    batch[4].unlink()  # and this one goes later
    wire = Wire(seg, monkeypatch)
    asked = {
        "type": "pictures",
        "id": "a-1",
        "kind": "thumb",
        "images": [0, 1, 2, 3, 4],
    }
    reply, buffers = wire.ask(asked)
    told = {entry["image"]: entry.get("error") for entry in reply["pictures"]}
    assert told[0] is told[2] is None
    assert "a.png" in told[1]
    assert "b.png" in told[3]
    assert "there is no file" in told[4]
    assert len(buffers) == 2
    assert reply["left"] == []


def test_predict_goes_on_without_what_is_broken(batch: list[Path]) -> None:
    seg = NcutSegmenter.from_images(scene(), num_eig=4, progress=False)
    seg.add_click(20, 15)
    with pytest.warns(UserWarning, match="cannot be read and are left out"):
        masks = seg.predict(batch, errors="skip")
    assert masks.any(axis=(1, 2)).tolist() == [True, False, True, False, True]
    with pytest.warns(UserWarning, match="cannot be read"):
        full = seg.predict(batch, errors="skip", full_size=True)
    assert [mask.shape for mask in full] == [(48, 64)] * 3 + [(64, 64), (48, 64)]


def test_exports_leave_out_what_cannot_be_read(
    batch: list[Path], tmp_path: Path
) -> None:
    with pytest.warns(UserWarning, match="cannot be read"):
        seg = NcutSegmenter.from_images(batch, num_eig=4, progress=False, errors="skip")
    seg.add_click(20, 15)
    seg.commit("red")
    for kind in ("overlay", "labels"):
        written = seg.export(tmp_path / kind, kind, progress=False)
        names = {path.stem for path in Path(written).glob("*.png")}
        assert names == {"0", "1", "2"}
    assert set(seg.to_table(progress=False)["image"]) == {0, 2, 4}
    with pytest.raises(ValueError, match=r"images\[1\].*a\.png"):
        seg.export(tmp_path / "one", "overlay", images=[1], progress=False)


def test_none_that_can_be_read_is_an_error(batch: list[Path]) -> None:
    with (
        pytest.raises(ValueError, match=r"images\[0\].*a.png.* truncated$"),
        pytest.warns(UserWarning, match="1 of 2 images"),
    ):
        NcutSegmenter.from_images([batch[1], batch[3]], errors="skip", progress=False)
    with pytest.raises(ValueError, match="errors must be one of raise, skip"):
        load_images(scene(), errors="ignore")


COUNT = 1000


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "count", [COUNT, pytest.param(10 * COUNT, marks=pytest.mark.soak)]
)
def test_every_error_names_image_and_path(tmp_path: Path, count: int) -> None:
    rng = random.Random(0)
    wholes = encodings(scene())
    outcomes = [0, 0]
    for number in range(count):
        kind = rng.choice([*wholes])
        path = tmp_path / f"damaged.{kind.partition(' ')[2]}"
        path.write_bytes(damaged(wholes[kind], rng))
        refused = ""
        try:
            lazy = Images([scene(), path])
            size = lazy[1].shape[:2]
        except (ValueError, FileNotFoundError) as error:
            refused = str(error)
        if refused:
            assert refused.startswith(f"images[1] ({str(path)!r})"), refused
            assert "\n" not in refused
        else:
            assert size == lazy.sizes[1], (kind, number)
        outcomes[bool(refused)] += 1
    assert min(outcomes) > count / 20  # both happen, or this tests nothing


# Arrays -----------------------------------------------------------------------------


def read_only(array: NDArray) -> NDArray:
    copy = array.copy()
    copy.setflags(write=False)
    return copy


ARRAYS: dict[str, Callable[[NDArray], Any]] = {
    "big endian": lambda a: a.astype(">f4"),
    "big endian double": lambda a: a.astype(">f8"),
    "longdouble": lambda a: a.astype(np.longdouble),
    "reversed twice": lambda a: a[..., ::-1].copy()[..., ::-1],
    "Fortran's order": np.asfortranarray,
    "read-only": read_only,
    "float16": lambda a: a.astype(np.float16),
    "list": lambda a: a.tolist(),
    "bfloat16": lambda a: torch.tensor(a).bfloat16(),
    "with gradient": lambda a: torch.tensor(a, requires_grad=True),
    "inference": lambda a: torch.inference_mode()(torch.tensor)(a),
    "masked, nothing hidden": lambda a: np.ma.masked_array(a, mask=np.zeros(a.shape)),
}

rng = np.random.default_rng(0)
FEATURES = rng.normal(size=(2, 8, 8, 5)).astype(np.float32)
FEATURES[:, 2:5, 2:5] += 4
EIGVECS, EIGVALS = NCUT(3, progress=False).fit_transform(FEATURES)


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_of_every_kind_enter_by_one_door(kind: str) -> None:
    make = ARRAYS[kind]
    rough = kind in ("bfloat16", "float16")

    def same(one: Any, other: Any) -> None:
        one, other = np.asarray(one, float), np.asarray(other, float)
        share = np.isclose(one, other, atol=0.1 if rough else 1e-4).mean()
        assert share > (0.9 if rough else 0.999)

    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        eigvecs, _ = NCUT(3, progress=False).fit_transform(make(FEATURES))
        eigvecs = torch.as_tensor(eigvecs).detach().numpy()
        same(np.abs(eigvecs), np.abs(EIGVECS))
        masks = []
        for given, values in ((EIGVECS, EIGVALS), (make(EIGVECS), make(EIGVALS))):
            seg = NcutSegmenter(given, eigvals=values, clicks=[[0, 3, 3, 1]])
            masks.append(seg.masks)
        same(*masks)
        same(
            get_mask(make(EIGVECS), make(EIGVECS[0, 3, 3])),
            get_mask(EIGVECS, EIGVECS[0, 3, 3]),
        )
        same(rgb_from_pca_3d(make(EIGVECS))[1], rgb_from_pca_3d(EIGVECS)[1])
        if kind != "list":  # which is many images, or none
            rgb = np.abs(FEATURES[0, :3]).transpose(1, 2, 0) / 20
            made = make(np.ascontiguousarray(rgb))
            if isinstance(made, torch.Tensor):
                made = made.permute(2, 0, 1)
            away = load_images(made)[0].astype(int) - load_images(rgb)[0]
            assert np.abs(away).max() <= 1


def test_hidden_values_are_not_shown() -> None:
    hidden = np.ma.masked_array(FEATURES, mask=FEATURES > 5)
    with pytest.raises(ValueError, match=r"features has masked values.*filled"):
        NCUT(3, progress=False).fit_transform(hidden)
    with pytest.raises(ValueError, match="eigvecs has masked values"):
        NcutSegmenter(np.ma.masked_array(EIGVECS, mask=EIGVECS > 0))


@pytest.mark.parametrize("shape", [(2, 768, 16, 16), (1, 96, 20, 12), (2, 64, 8, 8)])
def test_channels_first_get_a_hint(shape: tuple[int, ...]) -> None:
    features = rng.normal(size=shape).astype(np.float32)
    with pytest.warns(UserWarning, match=r"if they are \(B, C, H, W\).*permute"):
        NcutSegmenter.from_features(features, num_eig=2, progress=False)


@pytest.mark.parametrize("shape", [(2, 16, 16, 768), (1, 40, 30, 64), (1, 30, 20, 5)])
def test_channels_last_get_none(shape: tuple[int, ...]) -> None:
    features = rng.normal(size=shape).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        NcutSegmenter.from_features(features, num_eig=2, progress=False)


def test_of_a_very_long_image_a_part_is_shown_sharply(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    eigvecs = np.ones((2, 4, 4, 2), np.float32)
    images = [np.zeros((40, 6000, 3), np.uint8), np.zeros((600, 3000, 3), np.uint8)]
    wire = Wire(NcutSegmenter(eigvecs, images), monkeypatch)
    asked = {"type": "pictures", "id": "a-1", "kind": "stage", "images": [0, 1]}
    reply, _ = wire.ask(asked)
    sizes = [(entry["width"], entry["height"]) for entry in reply["pictures"]]
    assert sizes == [(6000, 40), (2048, 410)]


def test_a_png_may_have_its_metadata_behind_its_pixels(tmp_path: Path) -> None:
    path = tmp_path / "late.png"
    Image.fromarray(scene()).save(path, exif=b"Exif\0\0" + tiff_tags([SIX]))
    data = path.read_bytes()
    at = data.index(b"eXIf") - 4
    length = 12 + int.from_bytes(data[at : at + 4], "big")
    exif, rest = data[at : at + length], data[:at] + data[at + length :]
    path.write_bytes(rest[:-12] + exif + rest[-12:])
    np.testing.assert_array_equal(only(path), np.rot90(scene(), -1))
    with Image.open(path) as image:
        np.testing.assert_array_equal(only(image), np.rot90(scene(), -1))
