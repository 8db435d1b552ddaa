"""Runs of labels."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from ncut_widget.masks.runs import to_runs
from tests.support.segments import painted


@given(st.lists(st.integers(0, 2), min_size=12, max_size=12), st.sampled_from([3, 4]))
def test_runs_are_the_labels(values: list[int], rows: int) -> None:
    labels = np.array(values).reshape(rows, -1)
    runs = to_runs(labels)
    assert runs.dtype == np.uint32
    np.testing.assert_array_equal(
        painted(runs.astype("<u4").tobytes(), labels.shape), labels
    )
    starts, stops, _ = runs.astype(int)
    assert (starts < stops).all()
    assert (starts // labels.shape[1] == (stops - 1) // labels.shape[1]).all()
