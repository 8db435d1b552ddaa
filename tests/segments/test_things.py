"""Label maps, and the numbered things of masks."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
import skimage.color
import skimage.measure
from hypothesis import given

from ncut_widget import NcutSegmenter
from ncut_widget.masks.resample import enlarge
from ncut_widget.segments.things import number_instances
from tests.support.segments import SIZES, commit

# Label maps and instances -----------------------------------------------------------


def test_later_segments_lie_over_earlier_ones(seg: NcutSegmenter) -> None:
    assert not seg.label_map.any()
    seg.threshold = 0.1
    below, above = commit(seg, "below", 3, 3), commit(seg, "above", 12, 12)
    both = below.masks & above.masks
    assert both.any()
    labels = seg.label_map
    assert labels.dtype == np.int32
    assert labels.shape == (3, 16, 16)
    np.testing.assert_array_equal(labels == 2, above.masks)
    np.testing.assert_array_equal(labels == 1, below.masks & ~above.masks)
    full = seg.full_label_maps()
    seg.segments.move("above", 0)
    assert (seg.label_map[both] == 2).all()
    np.testing.assert_array_equal(seg.label_map == 2, below.masks)
    assert [labels.shape for labels in full] == SIZES
    np.testing.assert_array_equal(full[1] == 2, above.full_masks()[1])


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


def test_instances_of_clicks_and_of_segments(seg: NcutSegmenter) -> None:
    seg.threshold = 0.3
    seg.add_click(3, 3)
    now = [labels.tolist() for labels in seg.instances()]
    hand = seg.commit("hand")
    assert [labels.tolist() for labels in seg.instances("hand")] == now
    hand.instances = "whole"
    assert max(int(labels.max()) for labels in seg.instances("hand")) == 1
    assert [labels.tolist() for labels in seg.instances("hand", "connected")] == now
    with pytest.raises(KeyError, match="there is no segment 'arm'; known: hand"):
        seg.instances("arm")
    with pytest.raises(ValueError, match="how must be one of connected"):
        seg.instances(how="apart")


def test_values_of_cells_are_interpolated_between_their_centres() -> None:
    np.testing.assert_allclose(
        enlarge(np.array([[0.0, 1.0]]), (2, 4)), [[0, 0.25, 0.75, 1]] * 2
    )
