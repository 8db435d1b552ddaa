"""One array for each image: a sequence, whose items are made when asked for."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ncut_widget.masks.full import PerImage

SIZES = [(2, 3), (1, 2), (3, 3)]


def numbered(image: int, size: tuple[int, int]) -> NDArray:
    return np.full(size, image)


@pytest.fixture
def arrays() -> PerImage:
    return PerImage(SIZES, numbered)


def test_it_is_indexed_as_a_list_is(arrays: PerImage) -> None:
    listed = list(arrays)
    assert [each.shape for each in listed] == SIZES
    for index in (0, 2, -1, -3, np.int64(1), True):
        np.testing.assert_array_equal(arrays[index], listed[index])
    for some in (slice(1, None), slice(None, None, -2), slice(5, 9)):
        found = arrays[some]
        assert isinstance(found, list)
        assert list(map(np.ndarray.tolist, found)) == [e.tolist() for e in listed[some]]


@pytest.mark.parametrize("index", [3, -4, 10**30])
def test_an_index_beyond_the_images_is_told(arrays: PerImage, index: int) -> None:
    with pytest.raises(IndexError) as caught:
        arrays[index]
    assert str(caught.value) == f"an image index must be between -3 and 2, got {index}"


@pytest.mark.parametrize("index", ["a", 1.0, None, (0, 1), [0], slice("a", None)])
def test_what_is_no_index_is_told(arrays: PerImage, index: Any) -> None:
    with pytest.raises(TypeError, match="must be a whole number or a slice, got "):
        arrays[index]


def test_of_no_images_there_is_no_index() -> None:
    with pytest.raises(IndexError, match="an image index must be of an image, got 0"):
        PerImage([], numbered)[0]


def test_arrays_are_found_by_what_they_hold(arrays: PerImage) -> None:
    assert np.ones((1, 2)) in arrays
    assert [[1, 1]] in arrays
    for other in (np.ones((2, 3)), "a", None, 1, [[1], [1, 1]]):
        assert other not in arrays
    assert arrays.index(np.full((3, 3), 2)) == 2
    assert arrays.index([[1, 1]], 1) == 1
    assert arrays.count([[1, 1]]) == 1
    with pytest.raises(ValueError, match="no image has this array"):
        arrays.index([[1, 1]], 2)


def test_what_is_not_looked_at_is_not_made() -> None:
    made = []

    def make(image: int, size: tuple[int, int]) -> NDArray:
        made.append(image)
        return numbered(image, size)

    assert next(iter(PerImage(SIZES, make))).shape == (2, 3)
    assert np.zeros((2, 3)) in PerImage(SIZES, make)
    assert made == [0, 0]


def test_an_error_in_the_making_does_not_end_a_loop() -> None:
    def fail(image: int, size: tuple[int, int]) -> NDArray:
        raise IndexError("from within")

    with pytest.raises(IndexError, match="from within"):
        list(PerImage(SIZES, fail))


def test_pickled_it_is_a_list_of_the_arrays(arrays: PerImage) -> None:
    unmade = PerImage(SIZES, lambda image, size: numbered(image, size))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        back = pickle.loads(pickle.dumps(unmade, protocol))
        assert isinstance(back, list)
        assert [each.tolist() for each in back] == [each.tolist() for each in arrays]
