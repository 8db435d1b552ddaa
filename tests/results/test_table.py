"""What tables say: columns, numbers, intensities, areas."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage.measure import regionprops_table

from ncut_widget import NcutSegmenter

OURS = ["image", "file", "segment", "segment_number", "label"]
SURE = ["similarity", "margin"]


@pytest.fixture
def eigvecs() -> NDArray:
    """Make two images; in the first are two squares, of different things."""
    eigvecs = np.zeros((2, 8, 8, 3), dtype=np.float32)
    eigvecs[..., 0] = 1
    eigvecs[0, 1:3, 1:4] = [0, 1, 0]
    eigvecs[0, 5:8, 4:8] = [0, 0, 1]
    return eigvecs


def segmented(eigvecs: NDArray, images: Any = None) -> NcutSegmenter:
    """Commit "cat", which is label 1, and "dog", which is label 2."""
    seg = NcutSegmenter(eigvecs, images)
    scale = 1 if images is None else images[0].shape[0] // 8
    for name, x, y in (("cat", 2, 1), ("dog", 6, 6)):
        seg.add_click(x * scale, y * scale)
        seg.commit(name)
    return seg


def test_intensities_are_of_a_grey_image(eigvecs: NDArray) -> None:
    grey = np.arange(2 * 16 * 16, dtype=np.uint8).reshape(2, 16, 16, 1)
    seg = segmented(eigvecs, list(grey.repeat(3, axis=3)))
    names = ("intensity_mean", "intensity_max", "centroid_weighted")
    got = seg.to_table(["area", *names])
    for number, name in enumerate(("cat", "dog")):
        labels = seg.instances(name)[0]
        theirs = regionprops_table(labels, grey[0, ..., 0], properties=names)
        for column, values in theirs.items():
            np.testing.assert_allclose(got[column][[number]], values)
    assert list(got)[:6] == [*OURS, "area"]
    assert list(got)[-2:] == SURE


def test_intensities_are_of_each_channel_where_an_image_has_colours(
    eigvecs: NDArray,
) -> None:
    images = np.full((2, 16, 16, 3), 7, dtype=np.uint8)
    images[0, :, :, 1] = 99
    seg = segmented(eigvecs, list(images))
    got = seg.to_table("intensity_mean")
    channels = [got[f"intensity_mean-{channel}"].tolist() for channel in range(3)]
    assert channels == [[7, 7], [99, 99], [7, 7]]
    assert "intensity_mean" not in got
    # As skimage has it, the columns are those of what is measured.
    assert "intensity_mean" in seg.to_table("intensity_mean", images=[1])


def test_without_images_nobody_knows_intensities(eigvecs: NDArray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = segmented(eigvecs).to_table(["intensity_mean", "centroid_weighted"])
    assert np.isnan(got["intensity_mean"]).all()
    assert np.isnan(got["centroid_weighted-0"]).all()
    assert got["similarity"].tolist() == pytest.approx([1, 1])


def test_a_property_never_takes_the_place_of_our_column(eigvecs: NDArray) -> None:
    table = segmented(eigvecs).to_table(
        ("label", "file", "image", "area", "area", "similarity")
    )
    assert list(table) == [*OURS, "thing_image", "area", *SURE]
    assert table["image"].tolist() == [0, 0]
    assert [each.shape for each in table["thing_image"]] == [(2, 3), (3, 4)]


def test_one_property_is_a_string(eigvecs: NDArray) -> None:
    seg = segmented(eigvecs)
    assert list(seg.to_table("area")) == [*OURS, "area", *SURE]
    assert list(seg.to_table(iter(["area"]))) == [*OURS, "area", *SURE]


@pytest.mark.parametrize("name", ["aera", "keys", "", 3, None, "__class__"])
def test_what_is_no_property_is_refused_first(
    eigvecs: NDArray, name: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seg = segmented(eigvecs)
    monkeypatch.delattr("ncut_widget.segments.record.number_instances")  # the work
    with pytest.raises(ValueError, match="properties must be names of skimage"):
        seg.to_table(("area", name))


def test_a_misspelt_property_gets_a_hint(eigvecs: NDArray) -> None:
    with pytest.raises(ValueError, match="did you mean 'eccentricity'"):
        segmented(eigvecs).to_table("excentricity")


@pytest.mark.parametrize("choice", [{"images": []}, {"segments": []}, {"images": [1]}])
def test_nothing_gives_no_rows_and_all_columns(
    eigvecs: NDArray, choice: dict[str, Any]
) -> None:
    seg = segmented(eigvecs, list(np.zeros((2, 16, 16, 3), np.uint8)))
    names = ("area", "coords", "bbox", "solidity", "intensity_mean", "image")
    full = seg.to_table(names)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        empty = seg.to_table(names, **choice)
    assert list(empty) == list(full)
    for name, values in empty.items():
        assert len(values) == 0
        assert values.dtype.kind == full[name].dtype.kind, name
    frame = seg.to_dataframe(names, **choice)
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame) == list(full)


# Numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize("names", ["dog", ["dog"], ["dog", "dog"], iter(["dog"])])
def test_numbers_do_not_shift_with_what_is_chosen(
    eigvecs: NDArray, names: Any, tmp_path: Path
) -> None:
    seg = segmented(eigvecs)
    names = list(names) if not isinstance(names, str) else names
    assert seg.label_map[0, 6, 6] == 2
    assert seg.to_table(segments=names)["segment_number"].tolist() == [2]
    told = json.loads(
        seg.export(tmp_path / "c.json", segments=names).read_text("ascii")
    )
    assert [each["id"] for each in told["categories"]] == [2]
    assert [each["category_id"] for each in told["annotations"]] == [2]
    seg.export(tmp_path / "labels", segments=names, format="labels")
    labels = np.asarray(Image.open(tmp_path / "labels" / "image 0.png"))
    assert set(np.unique(labels)) == {0, 2}
    legend = json.loads((tmp_path / "labels" / "segments.json").read_text("utf-8"))
    assert [(s["label"], s["name"]) for s in legend["segments"]] == [(2, "dog")]
    with np.load(seg.export(tmp_path / "n.npz", segments=names)) as file:
        assert set(np.unique(file["labels_0"])) == {0, 2}
        assert file["labels"].tolist() == [2]
        assert file["names"].tolist() == ["dog"]


def test_chosen_segments_keep_their_order_and_lie_as_in_the_label_map(
    eigvecs: NDArray, tmp_path: Path
) -> None:
    seg = segmented(eigvecs)
    seg.add_click(2, 1)
    seg.commit("cat again")
    both = {"segments": ["cat again", "cat"]}
    with np.load(seg.export(tmp_path / "n.npz", **both)) as file:
        assert file["names"].tolist() == ["cat", "cat again"]
        assert file["labels_0"][1, 2] == seg.full_label_maps()[0][1, 2] == 3
    assert seg.to_table(**both)["segment_number"].tolist() == [1, 3]


@pytest.mark.parametrize("image", [1, np.int64(1), [1], np.array([1, 1])])
def test_one_image_is_a_batch_of_one(
    eigvecs: NDArray, tmp_path: Path, image: Any
) -> None:
    seg = segmented(eigvecs)
    assert set(seg.to_table(images=image)["image"]) <= {1}
    out = seg.export(tmp_path / "out", "labels", images=image)
    assert [each.stem for each in out.glob("*.png")] == ["image 1"]
    assert len(seg.plot(images=image, rows="images").axes) == 1
    assert len(seg.plot_eigvecs(images=image, num_eig=1).axes) == 1
    assert 1 in seg.save_html(tmp_path / "x.html", images=image).images


def test_a_segment_is_taken_as_its_name(eigvecs: NDArray) -> None:
    seg = segmented(eigvecs)
    cat = seg.segments["cat"]
    for segments in (cat, [cat], ["cat"], (name for name in ["cat"])):
        assert set(seg.to_table(segments=segments)["segment"]) == {"cat"}
    assert (seg.instances(cat)[0] == seg.instances("cat")[0]).all()
    del seg.segments["cat"]
    with pytest.raises(KeyError, match="there is no segment 'cat'; known: dog"):
        seg.to_table(segments=[cat])


def test_none_asks_for_what_is_usual(eigvecs: NDArray) -> None:
    seg = segmented(eigvecs)
    assert seg.to_table(None).keys() == seg.to_table().keys()
    assert len(seg.plot(rows=None).axes) == len(seg.plot().axes)


def test_of_no_segments_there_is_no_row(eigvecs: NDArray) -> None:
    assert len(segmented(eigvecs).to_table(segments=[])["area"]) == 0


ASKED: list[tuple[Callable[[NcutSegmenter, Path], Any], type[Exception], str]] = [
    (lambda seg, at: seg.to_table(images="1"), TypeError, "images must be indices"),
    (lambda seg, at: seg.to_table(images=True), TypeError, "an image index must be"),
    (lambda seg, at: seg.to_table(images=1.5), ValueError, "an image index must be"),
    (lambda seg, at: seg.to_table(segments=5), TypeError, "must be names of segments"),
    (lambda seg, at: seg.to_table(segments=[[5]]), KeyError, r"no segment \[5\]"),
    (lambda seg, at: seg.to_table(5), TypeError, "properties must be names of"),
    (lambda seg, at: seg.to_table(["_cache"]), ValueError, "got '_cache'; known: area"),
    (lambda seg, at: seg.plot(rows=[]), ValueError, "some of images, .*, got none"),
    (lambda seg, at: seg.plot(rows=5), TypeError, "rows must be some of images"),
    (lambda seg, at: seg.plot(images=[]), ValueError, "nothing to draw"),
    (lambda seg, at: seg.export(at / "x.json", images=[]), ValueError, "at least one"),
    (lambda seg, at: seg.export(at / "x", "labels", images=[]), ValueError, "export"),
    (
        lambda seg, at: seg.export(at / "x.json", segments=[]),
        ValueError,
        "segments must name at least one to export",
    ),
    (lambda seg, at: seg.save_html(at / "x.html", 1.5), ValueError, "an image index"),
]


@pytest.mark.parametrize(("act", "error", "sentence"), ASKED)
def test_what_cannot_be_asked_for_is_refused_in_one_sentence(
    eigvecs: NDArray,
    tmp_path: Path,
    act: Callable[[NcutSegmenter, Path], Any],
    error: type[Exception],
    sentence: str,
) -> None:
    with pytest.raises(error, match=sentence):
        act(segmented(eigvecs), tmp_path)
    assert not list(tmp_path.iterdir())


def test_classes_of_detections_are_the_segments(eigvecs: NDArray) -> None:
    seg = segmented(eigvecs)
    seg.segments.move("dog", 0)
    found = seg.to_supervision(0)
    assert found.class_id.tolist() == [0, 1]
    assert found.data["class_name"].tolist() == ["dog", "cat"]
