"""Single things in a mask, with numbers of their own."""

from __future__ import annotations

from time import process_time

import hypothesis.strategies as st
import numpy as np
import skimage.measure
from hypothesis import given

from ncut_widget.segments.things import enlarge, number_instances

MASK = np.array(
    [
        [1, 1, 0, 0, 1],
        [0, 0, 1, 0, 1],
        [0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1],
    ],
    dtype=bool,
)


def test_connected_components_are_instances() -> None:
    numbers = number_instances(MASK, "connected", np.ones((4, 5)))
    assert numbers.tolist() == [
        [1, 1, 0, 0, 2],
        [0, 0, 1, 0, 2],
        [0, 0, 0, 0, 0],
        [3, 3, 3, 3, 3],
    ]
    np.testing.assert_array_equal(numbers, skimage.measure.label(MASK, connectivity=2))
    whole = number_instances(MASK, "whole", np.ones((4, 5)))
    np.testing.assert_array_equal(whole, MASK)


def test_many_pixels_are_parted_on_fewer_cells() -> None:
    size = 2200
    rows, cols = np.ogrid[:size, :size]
    centres = [(700.0, 700), (1300.0, 1100), (1900.0, 1900)]
    discs = [(rows - r) ** 2 + (cols - c) ** 2 < 365**2 for r, c in centres[:2]]
    mask = discs[0] | discs[1]
    mask[1900, 1900:1903] = True  # kept, small as it is
    start = process_time()
    numbers = number_instances(mask, "watershed", np.ones((32, 32)))
    assert process_time() - start < 5  # 10 s for all pixels
    np.testing.assert_array_equal(numbers > 0, mask)
    assert numbers.max() == 3
    assert numbers[1900, 1900] == 3
    for (r, c), part in zip(centres, discs, strict=False):
        found = numbers == numbers[int(r), int(c)]
        assert (found & part).sum() / (found | part).sum() > 0.95


@given(
    st.lists(st.booleans(), min_size=48, max_size=48),
    st.sampled_from(["connected", "watershed", "whole"]),
)
def test_instances_are_the_mask_numbered_without_gaps(
    values: list[bool], how: str
) -> None:
    mask = np.array(values).reshape(6, 8)
    numbers = number_instances(mask, how, np.ones((3, 4)))
    np.testing.assert_array_equal(numbers > 0, mask)
    assert set(np.unique(numbers)) | {0} == set(range(numbers.max() + 1))


def test_values_of_cells_are_interpolated_between_their_centres() -> None:
    np.testing.assert_allclose(
        enlarge(np.array([[0.0, 1.0]]), (2, 4)), [[0, 0.25, 0.75, 1]] * 2
    )
