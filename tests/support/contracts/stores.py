"""What every store of eigenvectors does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.eigvecs.moments import Moments
from ncut_widget.eigvecs.quantised import quantise_image, quantise_sample
from ncut_widget.eigvecs.store import Store

SHAPE = (5, 6, 7, 4)


class StoreTests(ABC):
    """A subclass says how a store is made."""

    @abstractmethod
    def make(self, eigvecs: NDArray, folder: Path) -> Store:
        """Make a store of eigenvectors (B, H, W, K); what it writes is in a folder."""

    @pytest.fixture
    def eigvecs(self) -> NDArray:
        return np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32)

    @pytest.fixture
    def store(self, eigvecs: NDArray, tmp_path: Path) -> Store:
        return self.make(eigvecs, tmp_path)

    @pytest.fixture
    def rows(self, eigvecs: NDArray) -> NDArray:
        return eigvecs.reshape(5, 42, 4).swapaxes(1, 2)

    def test_it_says_what_it_holds(self, store: Store) -> None:
        assert store.shape == SHAPE
        assert (store.grid, store.cells) == ((6, 7), 42)
        assert store.exponent == 0
        assert store.blank == frozenset()
        assert store.telling.tolist() == [0, 1, 2, 3, 4]
        assert store.most_at_once >= 1

    @pytest.mark.parametrize("num_eig", [None, 4, 3, 1])
    @pytest.mark.parametrize("first", range(5))
    def test_a_slice_of_images_is_read_one_row_an_eigenvector(
        self, store: Store, rows: NDArray, first: int, num_eig: int | None
    ) -> None:
        run = slice(first, min(first + int(min(store.most_at_once, 5)), 5))
        read = store.read(run, num_eig)
        assert read.dtype == torch.float32
        assert read.device == store.device
        np.testing.assert_array_equal(read.cpu(), rows[run, :num_eig])

    @pytest.mark.parametrize("images", [[0, 3], [4], []])
    def test_images_are_read_by_their_numbers(
        self, store: Store, rows: NDArray, images: list[int]
    ) -> None:
        numbers = np.array(images, dtype=np.int64)
        np.testing.assert_array_equal(store.read(numbers, 3).cpu(), rows[numbers, :3])

    def test_cells_of_many_images_are_read_at_once(
        self, store: Store, rows: NDArray
    ) -> None:
        rng = np.random.default_rng(1)
        images, places = rng.integers(0, 5, 99), rng.integers(0, 42, 99)
        read = store.at(images, places, 3)
        assert read.dtype == torch.float32
        assert read.device == store.device
        np.testing.assert_array_equal(read.cpu(), rows[images, :3, places])

    def test_users_get_what_they_gave(self, store: Store, eigvecs: NDArray) -> None:
        assert store.image(3).dtype == np.float32
        np.testing.assert_array_equal(store.image(3), eigvecs[3])
        np.testing.assert_array_equal(store.array(), eigvecs)

    def test_parts_are_no_larger_than_may_be_read_at_once(self, store: Store) -> None:
        images = np.array([0, 1, 2, 4])
        parts = list(store.parts(images))
        assert [i for part in parts for i in range(5)[part]] == images.tolist()
        for part in parts:
            assert part.stop - part.start <= store.most_at_once
            assert len(store.read(part)) == part.stop - part.start
        assert list(store.parts(images[:0])) == []

    def test_slices_go_through_every_image_once(self, store: Store) -> None:
        seen: list[int] = []

        def note(part: slice) -> None:
            assert len(store.read(part, 2)) <= store.most_at_once
            seen.extend(range(5)[part])

        store.slices(2).each(note)
        assert sorted(seen) == [0, 1, 2, 3, 4]

    def test_images_of_which_nothing_is_known_are_told_apart(
        self, eigvecs: NDArray, tmp_path: Path
    ) -> None:
        eigvecs[[1, 4]] = 0
        store = self.make(eigvecs, tmp_path)
        assert store.blank == {1, 4}
        assert store.telling.tolist() == [0, 2, 3]

    def test_where_nothing_is_known_of_any_all_count(
        self, eigvecs: NDArray, tmp_path: Path
    ) -> None:
        store = self.make(np.zeros_like(eigvecs), tmp_path)
        assert store.blank == {0, 1, 2, 3, 4}
        assert store.telling.tolist() == [0, 1, 2, 3, 4]

    @pytest.mark.parametrize("power", [-900, -60, 60, 900])
    def test_values_of_any_size_are_held_by_an_exponent(
        self, eigvecs: NDArray, tmp_path: Path, power: int
    ) -> None:
        wide = np.ldexp(eigvecs.astype(np.float64), power)
        store = self.make(wide, tmp_path)
        held = store.array().astype(np.float64)
        assert np.abs(held).max() < 2**30
        np.testing.assert_array_equal(np.ldexp(held, store.exponent), wide)

    def test_any_thread_may_read(self, store: Store, rows: NDArray) -> None:
        images = [*range(5)] * 20
        with ThreadPoolExecutor(4) as pool:
            read = list(
                pool.map(lambda i: store.read(slice(i, i + 1))[0].cpu(), images)
            )
        for image, each in zip(images, read, strict=True):
            np.testing.assert_array_equal(each, rows[image])

    def test_its_moments_and_bytes_are_those_of_memory(
        self, store: Store, eigvecs: NDArray
    ) -> None:
        held = MemoryStore(eigvecs, "cpu")
        ours, theirs = Moments(store), Moments(held)
        assert (ours.count, ours.values) == (theirs.count, theirs.values)
        for one, other in zip(ours.prefix(3), theirs.prefix(3), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12)
        for one, other in zip(
            (quantise_image(store, ours, 3), quantise_sample(store, ours)),
            (quantise_image(held, theirs, 3), quantise_sample(held, theirs)),
            strict=True,
        ):
            np.testing.assert_array_equal(one.levels, other.levels)
