"""Tables of photographs: a row for every thing."""

from __future__ import annotations

import numpy as np
import pandas
import polars
import pytest
import skimage.measure

from ncut_widget import NcutSegmenter
from tests.support.round_trip import FILES


def test_a_row_for_every_thing(seg: NcutSegmenter) -> None:
    frame = seg.to_dataframe(properties=("area", "bbox", "centroid", "eccentricity"))
    assert isinstance(frame, pandas.DataFrame)
    expected = []
    for image in range(3):
        for number, name in enumerate(seg.segments, 1):
            measured = pandas.DataFrame(
                skimage.measure.regionprops_table(
                    skimage.measure.label(
                        seg.segments[name].full_masks()[image], connectivity=2
                    ),
                    properties=("label", "area", "bbox", "centroid", "eccentricity"),
                )
            )
            expected.append(
                measured.assign(
                    image=image, file=FILES[image], segment=name, segment_number=number
                )
            )
    theirs = pandas.concat(expected, ignore_index=True)
    pandas.testing.assert_frame_equal(
        frame[list(theirs)], theirs, check_dtype=False, check_like=True
    )
    assert ((frame["similarity"] > 0.35) & (frame["similarity"] <= 1.5)).all()
    assert (frame["margin"].dropna() > 0).mean() > 0.9


def test_similarity_and_margin_are_of_the_thing_and_its_surroundings() -> None:
    eigvecs = np.zeros((1, 8, 8, 2), dtype=np.float32)
    eigvecs[..., 0] = 1
    eigvecs[0, 2:5, 2:5] = [0, 1]
    seg = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])
    seg.commit("square")
    (row,) = seg.to_dataframe().to_dict("records")
    assert row["area"] == 9
    assert row["similarity"] == pytest.approx(1)
    assert row["margin"] == pytest.approx(1)
    assert row["file"] == "image 0"


def test_polars_reads_the_table_with_and_without_pandas(seg: NcutSegmenter) -> None:
    table = polars.DataFrame(seg.to_table())
    assert table.equals(polars.from_pandas(seg.to_dataframe()))
    assert table.filter(polars.col("segment") == "hand").height > 0


def test_things_of_a_table_are_parted_as_asked(seg: NcutSegmenter) -> None:
    whole = seg.to_dataframe(instances="whole")
    assert (whole["label"] == 1).all()
    for name, segment in seg.segments.items():
        segment.instances = "whole"
        mine = whole[whole["segment"] == name]
        full = [int(mask.sum()) for mask in segment.full_masks()]
        assert mine["area"].tolist() == [area for area in full if area]
    pandas.testing.assert_frame_equal(seg.to_dataframe(), whole)
    one = seg.to_dataframe(images=[1], segments=["hand"])
    assert set(zip(one["image"], one["segment"], strict=True)) <= {(1, "hand")}


def test_pandas_is_needed_only_when_asked_for(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    assert len(seg.to_table()["area"]) > 0
    with pytest.raises(ImportError, match=r"pip install 'ncut-widget\[tables\]'"):
        seg.to_dataframe()
