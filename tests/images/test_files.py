"""Files of images: kinds, turned ones, broken ones, read when they are asked for."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from ncut_widget.images import Images, load_images, read_ahead
from tests.support.images import RGB, WIDE, only


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (b"\0\0\0\x18ftypheic", "a HEIC file, .* pillow_heif.register_heif_opener"),
        (b"\0\0\0\x18ftypmif1", "a HEIC file"),
        (b"\0\0\0\x18ftypisom", "a video, .* give its frames"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL file, .* pillow-jxl-plugin"),
        (b"\x93NUMPY\x01\0", r"a file of NumPy's, .* np.load\(path\)"),
        (b"\0" * 128 + b"DICM", "a DICOM file, .* pydicom"),
        (b"%PDF-1.7", "a PDF file"),
        (b'<?xml version="1.0"?>\n<svg/>', "an SVG file"),
    ],
)
def test_a_kind_of_file_that_nothing_reads_has_a_way_out(
    tmp_path: Path, head: bytes, sentence: str
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(head + bytes(300))
    for given in (path, path.read_bytes()):
        with pytest.raises(ValueError, match=rf"^images\[0\].* is {sentence}"):
            load_images(given)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr"])
def test_every_mode_of_pillow_is_read(mode: str) -> None:
    white = Image.new("RGB", (3, 2), "white").convert(mode)
    assert np.array_equal(only(white), np.full((2, 3, 3), 255))


def test_sixteen_bit_files_are_scaled_not_clipped(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.array([[0, 32896, 65535]], np.uint16)).save(path)
    assert only(path)[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("kind", [str, Path])
def test_files_are_read(tmp_path: Path, kind: type) -> None:
    path = tmp_path / "wide.png"
    Image.fromarray(WIDE).save(path)
    assert np.array_equal(only(kind(path)), WIDE)
    assert len(load_images([kind(path)] * 3)) == 3


def test_the_camera_orientation_is_applied(tmp_path: Path) -> None:
    path = tmp_path / "turned.png"
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it a quarter turn clockwise
    Image.fromarray(WIDE).save(path, exif=exif)
    assert np.array_equal(only(path), np.rot90(WIDE, -1))
    with Image.open(path) as image:
        assert np.array_equal(only(image), np.rot90(WIDE, -1))


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    text = tmp_path / "notes.png"
    text.write_text("no image")
    cut = tmp_path / "cut.png"
    file = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(file, "PNG")
    cut.write_bytes(file.getvalue()[:2000])
    with pytest.raises(FileNotFoundError, match=r"images\[1\].*nowhere.png"):
        load_images([RGB, tmp_path / "nowhere.png"])
    with pytest.raises(ValueError, match=r"images\[0\].*notes.png.*cannot be read"):
        load_images(text)
    with pytest.raises(ValueError, match=r"images\[0\].*cut.png.*cannot be read"):
        load_images(cut)
    with pytest.raises(ValueError, match=r"images\[0\] is a folder"):
        load_images(str(tmp_path))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_sizes_are_known_before_files_are_read(
    orientation: int, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.new("RGB", (40, 30)).save(tmp_path / "photo.jpg", exif=exif)
    images = Images([tmp_path / "photo.jpg", np.zeros((5, 6))])
    assert images.sizes == [images[0].shape[:2], (5, 6)]
    assert images.sizes[0] == ((40, 30) if orientation > 4 else (30, 40))


def test_files_are_read_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    Image.new("RGB", (3, 2), (1, 1, 1)).save(path)
    images = Images(path)
    Image.new("RGB", (3, 2), (7, 7, 7)).save(path)
    assert (images[0] == 7).all()
    path.unlink()
    assert Images(images).sizes == images.sizes  # without another look at the file
    with pytest.raises(FileNotFoundError, match=r"images\[0\]: there is no file"):
        images[0]


def test_images_that_are_read_ahead_come_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)

    class Late:
        """The first images take longest."""

        def __init__(self) -> None:
            self.read: list[int] = []
            self.gates = [threading.Event() for _ in range(10)]

        def __len__(self) -> int:
            return 10

        def __getitem__(self, index: int) -> int:
            if index < 2:
                assert self.gates[index + 1].wait(10)
            self.gates[index].set()
            self.read.append(index)
            return index

    late = Late()
    given = read_ahead(late, 3)  # type: ignore[type-var]
    assert next(given) == 0
    assert max(late.read) <= 3
    assert list(given) == list(range(1, 10))


def test_an_error_in_reading_ahead_comes_in_its_turn() -> None:
    class Broken(list[int]):
        def __getitem__(self, index: Any) -> Any:
            if index == 2:
                raise ValueError("images[2] is broken")
            return index

    given = read_ahead(Broken(range(9)), 4)
    assert [next(given), next(given)] == [0, 1]
    with pytest.raises(ValueError, match=r"images\[2\] is broken"):
        next(given)


def test_what_is_wrong_with_a_file_is_said_before_any_is_read(tmp_path: Path) -> None:
    Image.new("RGB", (3, 2)).save(tmp_path / "image.png")
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(ValueError, match=r"images\[1\] .*text\.png.* cannot be read"):
        Images([tmp_path / "image.png", tmp_path / "text.png"])
    with pytest.raises(FileNotFoundError, match=r"images\[1\]"):
        Images([tmp_path / "image.png", tmp_path / "nowhere.png"])


def test_a_jpeg_is_decoded_no_larger_than_it_is_shown(tmp_path: Path) -> None:
    gradient = np.linspace(0, 255, 1600).astype(np.uint8)
    image = np.broadcast_to(gradient[None, :, None], (1200, 1600, 3))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(image).save(tmp_path / "photo.jpg", exif=exif, quality=95)
    images = Images(tmp_path / "photo.jpg")
    small = images.reduced(0, 100)
    assert small.shape == (200, 150, 3)
    whole = Image.fromarray(images[0]).resize((150, 200), Image.Resampling.BOX)
    np.testing.assert_allclose(small, np.asarray(whole), atol=4)
    assert images.reduced(0, 1000).shape == (1600, 1200, 3)
    assert Images(image).reduced(0, 100).shape == (1200, 1600, 3)
