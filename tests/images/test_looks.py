"""Drawings are first clicked by how they look, photographs by what is on them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from ncut_widget.images import Images
from ncut_widget.images.looks import MOST, first_way, flatness
from tests.support.photographs import COFFEE, mask
from tests.test_drawings import DRAWINGS

GREY, RED, WHITE, BLACK = (240, 240, 230), (200, 30, 30), (255,) * 3, (0,) * 3

COLOR = ("astronaut", "cat", "coffee", "hubble_deep_field", "retina", "rocket")
WITHOUT_COLOR = ("brick", "camera", "coins", "grass", "gravel", "moon", "page")

LIKE_PHOTOGRAPHS = ("noisy square", "logo on a photograph")
"""Drawings that are not flat."""


def drawing() -> NDArray:
    image = np.full((100, 100, 3), GREY, np.uint8)
    image[30:60, 30:60] = RED
    return image


def noise(size: tuple[int, int] = (100, 100), seed: int = 0) -> NDArray:
    return np.random.default_rng(seed).integers(5, 250, (*size, 3), dtype=np.uint8)


def encoded(image: NDArray, form: str, **options: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, form, **options)
    return file.getvalue()


def way(*images: object) -> str:
    return first_way(Images(list(images)))


@pytest.mark.parametrize("name", [*COLOR, *WITHOUT_COLOR])
def test_photographs_go_by_semantics_also_without_colour(name: str) -> None:
    assert way(getattr(data, name)()) == "semantics"


@pytest.mark.parametrize(
    "name", [name for name in DRAWINGS if name not in LIKE_PHOTOGRAPHS]
)
def test_drawings_go_by_appearance(name: str) -> None:
    assert way(*DRAWINGS[name][0].images) == "appearance"


@pytest.mark.parametrize("name", LIKE_PHOTOGRAPHS)
def test_what_is_not_flat_goes_by_semantics(name: str) -> None:
    assert way(*DRAWINGS[name][0].images) == "semantics"


@pytest.mark.parametrize("quality", [50, 75, 95])
def test_jpeg_changes_nothing(quality: int) -> None:
    (images, _, _), _ = DRAWINGS["discs"]
    assert way(encoded(images[0], "JPEG", quality=quality)) == "appearance"
    assert way(encoded(data.coffee(), "JPEG", quality=quality)) == "semantics"


@pytest.mark.parametrize("ground", [WHITE, BLACK])
def test_a_thing_cut_out_of_a_photograph_goes_by_semantics(
    ground: tuple[int, int, int],
) -> None:
    image = data.coffee()
    image[mask(image, COFFEE["cup, saucer and spoon"]) == 0] = ground
    assert way(encoded(image, "JPEG", quality=90)) == "semantics"


def test_a_transparent_drawing_lies_on_white() -> None:
    opaque = np.zeros((100, 100, 1), np.uint8)
    opaque[20:80, 20:80] = 255
    assert way(np.concatenate([drawing(), opaque], -1)) == "appearance"
    assert way(np.concatenate([noise(), opaque], -1)) == "semantics"


def test_a_large_photograph_is_as_flat_as_a_small_one() -> None:
    large = Image.fromarray(data.chelsea()).resize(
        (1804, 1200), Image.Resampling.BICUBIC
    )
    assert way(large) == "semantics"


def test_flatness_is_the_share_of_equal_neighbours() -> None:
    """Of 4 pairs side by side 3 are equal, and none of 3 one above the other."""
    a, b, c = (10, 20, 30), (10, 20, 31), (90, 90, 90)
    assert flatness(np.array([[a, a, a], [b, c, c]], np.uint8)) == pytest.approx(3 / 7)


def test_white_and_black_do_not_count() -> None:
    image = np.array([[WHITE, (253, 254, 255), BLACK, (2, 1, 0), RED, RED]], np.uint8)
    assert flatness(image) == 1 / 2


def test_nothing_but_black_and_white_is_flat() -> None:
    assert flatness(np.zeros((1, 1, 3), np.uint8)) == 1
    assert way(np.eye(40, dtype=bool)) == "appearance"


@pytest.mark.parametrize(
    ("drawings", "photographs", "expected"),
    [(2, 1, "appearance"), (1, 2, "semantics"), (2, 2, "semantics")],
)
def test_most_images_of_a_batch_decide(
    drawings: int, photographs: int, expected: str
) -> None:
    images = [drawing()] * drawings + [noise()] * photographs
    assert way(*images) == expected
    assert way(*images[::-1]) == expected


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note which images are read."""
    indices: list[int] = []
    reduced = Images.reduced

    def note(images: Images, index: int, side: int) -> NDArray:
        indices.append(index)
        return reduced(images, index, side)

    monkeypatch.setattr(Images, "reduced", note)
    return indices


def test_images_are_read_from_the_whole_batch(read: list[int]) -> None:
    mixed = [drawing(), noise()] * 100
    way(*mixed)
    assert len(read) <= MOST
    assert read == sorted({*read})
    assert read[0] == 0
    assert read[-1] >= 100


def test_reading_ends_when_the_rest_cannot_change_it(read: list[int]) -> None:
    assert way(*[drawing()] * 200) == "appearance"
    assert len(read) == MOST // 2 + 1


def test_images_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    good, gone = tmp_path / "good.png", tmp_path / "gone.png"
    good.write_bytes(encoded(drawing(), "PNG"))
    gone.write_bytes(encoded(noise(), "PNG"))
    images = Images([gone, gone, gone, good])
    gone.unlink()
    assert first_way(images) == "appearance"
    good.unlink()
    assert first_way(images) == "semantics"
