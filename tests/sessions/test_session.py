"""Clicks and settings in, masks out."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage.transform import resize

from ncut_widget.masks.coordinates import Cell
from ncut_widget.masks.cut import cut, heatmap
from ncut_widget.masks.denoise import denoise_mask
from ncut_widget.masks.published import get_mask
from ncut_widget.masks.smooth import CutMap, CutMaps, margins
from ncut_widget.prompts import Click
from ncut_widget.sessions.session import Session, Settings
from tests.support.fields import field_at


def raw(eigvecs: NDArray, cell: tuple[int, int, int], **options: Any) -> NDArray:
    return get_mask(eigvecs, eigvecs[cell], **options, denoise=False).astype(bool)


def test_without_clicks_the_masks_are_empty(session: Session) -> None:
    assert session.masks().shape == (3, 16, 16)
    assert session.masks().dtype == bool
    assert not session.masks().any()
    assert not session.masker.heatmaps(session.recipe).any()


def test_one_click_is_get_mask(session: Session, eigvecs: NDArray) -> None:
    session.add([1, 10, 30, 1])  # 48 x 64 pixels, so row 10, column 2
    session.update(threshold=0.3, gamma=2)
    expected = get_mask(eigvecs, eigvecs[1, 10, 2], threshold=0.3, gamma=2)
    np.testing.assert_array_equal(session.masks(), expected)


def test_only_a_negative_click_gives_an_empty_mask(session: Session) -> None:
    session.add([0, 1, 1, 0])
    assert not session.masks().any()


def test_masks_are_positives_minus_negatives_then_denoised(
    session: Session, eigvecs: NDArray
) -> None:
    for click in ([0, 3, 3, 1], [0, 20, 8, 1], [2, 9, 9, 0]):
        session.add(click)
    session.update(threshold=0.2, negative_threshold=0.4, gamma=0.5, denoise_area_th=9)
    positive = [
        raw(eigvecs, p, threshold=0.2, gamma=0.5) for p in ((0, 1, 1), (0, 4, 10))
    ]
    negative = raw(eigvecs, (2, 9, 9), threshold=0.4, gamma=0.5)
    union = (positive[0] | positive[1]) & ~negative
    np.testing.assert_array_equal(session.masks(), denoise_mask(union, 9))
    session.update(denoise=False)
    np.testing.assert_array_equal(session.masks(), union)


def test_heatmaps_are_the_maximum_over_positive_clicks(
    session: Session, eigvecs: NDArray
) -> None:
    session.update(clicks=[[0, 3, 3, 1], [0, 20, 8, 1], [2, 9, 9, 0]], gamma=1.5)
    layers = [
        heatmap(field_at(session, Cell(*p)).values, 1.5)
        for p in ((0, 1, 1), (0, 4, 10))
    ]
    np.testing.assert_allclose(
        session.masker.heatmaps(session.recipe), np.maximum(*layers), atol=1e-5
    )
    assert session.masker.heatmaps(session.recipe).dtype == np.float32


def test_num_eig_is_a_prefix_of_the_eigenvectors(
    session: Session, eigvecs: NDArray
) -> None:
    session.add([0, 3, 3, 1])
    session.update(num_eig=2)
    prefix = eigvecs[..., :2]
    np.testing.assert_array_equal(session.masks(), get_mask(prefix, prefix[0, 1, 1]))
    assert field_at(session, Cell(0, 1, 1), num_eig=6).values[0, 1, 1] > 0.999


def test_an_image_s_mask_has_its_own_size(session: Session) -> None:
    session.add([0, 3, 3, 1])
    sizes = [(32, 32), (48, 64), (16, 16)]
    apart = [
        session.full_masks()[image] for image in range(3)
    ]  # before masks() is cached
    together = list(session.full_masks())
    masks = session.masks()
    for image, size in enumerate(sizes):
        assert apart[image].shape == size
        np.testing.assert_array_equal(apart[image], together[image])
    np.testing.assert_array_equal(apart[2], masks[2])  # its size is the grid's
    similarity = field_at(session, Cell(0, 1, 1))
    clicked = CutMap(similarity.values[0], cut(similarity.statistics))
    within = margins(masks[0], CutMaps([clicked], [])).astype(float)
    between = resize(within, sizes[0], order=1, mode="edge")
    np.testing.assert_array_equal(apart[0], between > 0)
    plain = resize(clicked.similarity.astype(float), sizes[0], order=1, mode="edge")
    raw = plain > clicked.cut
    assert (apart[0] & raw).sum() > 0.8 * raw.sum()  # what is gone was small
    assert (apart[0] & ~raw).sum() < 0.2 * raw.sum()  # what has come was a cell wide


def test_results_are_the_user_s_own(session: Session) -> None:
    session.add([0, 3, 3, 1])
    before = session.masks()
    session.masks()[:] = True
    np.testing.assert_array_equal(session.masks(), before)


def test_a_click_is_checked_once_however_many_there_are(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[Any] = []
    read = Click.read

    def count(click: Any, sizes: Any) -> Any:
        checked.append(click)
        return read(click, sizes)

    monkeypatch.setattr(Click, "read", count)
    for x in range(30):
        session.add([0, x, 0, 1])
    session.undo()
    session.redo()
    session.update(threshold=0.3)
    assert len(checked) == 30


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"threshold": 1.5}, ValueError, "threshold must be .* between 0 and 1, got"),
        ({"threshold": "0.5"}, TypeError, "threshold must be a number .* got '0.5'"),
        ({"threshold": True}, TypeError, "threshold must be a number .* got True"),
        ({"gamma": 0}, ValueError, "gamma must be a number between 0.1 and 10, got 0"),
        ({"gamma": float("nan")}, ValueError, "gamma must be .* got nan"),
        ({"negative_threshold": -1}, ValueError, "negative_threshold must be"),
        ({"denoise": 1}, TypeError, "denoise must be True or False, got 1"),
        ({"denoise_area_th": 2.5}, ValueError, "a whole number .* got 2.5"),
        ({"denoise_area_th": 257}, ValueError, "between 0 and 256, got 257"),
        ({"num_eig": 7}, ValueError, "num_eig must be .* between 1 and 6, got 7"),
        ({"num_eig": 0}, ValueError, "num_eig must be .* between 1 and 6, got 0"),
        ({"clicks": [[0, 99, 0, 1]]}, ValueError, "32 x 32 pixels"),
    ],
)
def test_a_refused_change_changes_nothing(
    session: Session, changes: dict, error: type[Exception], sentence: str
) -> None:
    session.add([0, 1, 1, 1])
    before = (session.prompts, session.settings, session.revision)
    with pytest.raises(error, match=sentence):
        session.update(**{"gamma": 3.0, **changes})
    assert (session.prompts, session.settings, session.revision) == before


@pytest.mark.parametrize(
    ("eigvecs", "error", "sentence"),
    [
        (np.ones((2, 4, 4)), ValueError, r"shape \(B, H, W, K\).* got \(2, 4, 4\)"),
        (np.ones((0, 4, 4, 3)), ValueError, r"none of them 0, got \(0, 4, 4, 3\)"),
        (np.ones((1, 4, 4, 3), int), TypeError, "floating-point, got dtype int64"),
        (np.ones((1, 4, 4, 3), complex), TypeError, "got dtype complex128"),
        (torch.ones(1, 4, 4, 3, dtype=int), TypeError, "got dtype torch.int64"),
        (np.full((1, 4, 4, 3), np.nan), ValueError, "finite, got NaN or infinite"),
        (np.full((1, 4, 4, 3), np.inf), ValueError, "finite, got NaN or infinite"),
    ],
)
def test_wrong_eigenvectors_are_refused(
    eigvecs: Any, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        Session(eigvecs)


def test_images_must_match_the_batch() -> None:
    with pytest.raises(ValueError, match="2 images for a batch of 3"):
        Session(np.ones((3, 4, 4, 2)), sizes=[(8, 8), (8, 8)])


def test_constant_similarity_gives_an_empty_mask_and_a_message() -> None:
    session = Session(np.ones((2, 4, 4, 3)))
    session.add([0, 1, 1, 1])
    with pytest.warns(UserWarning, match="equally similar"):
        assert not session.masks().any()
    assert not session.masker.heatmaps(session.recipe).any()


def test_similarities_are_computed_once_for_all_settings(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.add([0, 1, 1, 1])
    session.masks()
    monkeypatch.setattr(session.spectrum.store, "read", None)  # calling it would raise
    for threshold in (0.1, 0.9):
        session.update(threshold=threshold, gamma=threshold * 3)
        session.masks()
    session.undo()
    session.redo()
    session.masks()


def test_similarities_take_no_more_than_their_memory_however_many_clicks(
    session: Session, eigvecs: NDArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Room for all with one map of 1 kB, but for nine at most with three maps.
    monkeypatch.setattr("ncut_widget.methods.masker.CACHE_BYTES", 31_000)
    bounded = Session(eigvecs, session.sizes)
    clicks = [[0, x, 0, 1] for x in range(0, 32, 2)]
    for each in (bounded, session):
        each.update(clicks=clicks)
        for seeds in each.masker.seeds(each.recipe).positives:
            each.masker.field(seeds).maps([0])
    assert len(bounded.masker._fields) == len(session.masker._fields) == 16
    np.testing.assert_array_equal(bounded.masks(), session.masks())
    assert len(bounded.masker._fields) <= 9
    for image in range(3):
        np.testing.assert_array_equal(
            bounded.full_masks()[image], session.full_masks()[image]
        )


def test_threads_never_see_half_a_change(session: Session) -> None:
    """One thread moves two settings together; the other must see both or neither."""
    session.add([0, 3, 3, 1])
    moods = [
        Settings(
            by="semantics",
            num_eig=6,
            granularity=3.0,
            method="similarity",
            threshold=0.2,
            denoise=False,
        ),
        Settings(
            by="semantics",
            num_eig=6,
            granularity=3.0,
            method="similarity",
            threshold=0.8,
            gamma=4.0,
        ),
    ]
    expected = []
    for mood in moods:
        session.update(**vars(mood))
        expected.append(session.masks())
    assert not np.array_equal(*expected)
    seen: list[NDArray] = []

    def read() -> None:
        seen.extend(session.masks() for _ in range(300))

    reader = threading.Thread(target=read)
    reader.start()
    turn = 0
    while reader.is_alive():
        session.update(**vars(moods[turn % 2]))
        turn += 1
    reader.join()
    assert all(any(np.array_equal(m, e) for e in expected) for m in seen)


def test_a_commit_keeps_the_masks_and_clears_the_clicks(session: Session) -> None:
    session.update(clicks=[[0, 3, 3, 1]], threshold=0.3)
    masks = session.masks()
    segment = session.commit()
    assert session.prompts == ()
    assert segment is session.segments["segment 1"]
    assert segment.name == "segment 1"
    assert segment.settings.threshold == 0.3
    np.testing.assert_array_equal(segment.masks, masks)
    session.undo()
    assert session.prompts == segment.prompts
    assert session.segments == {}
    assert session.commit("b").name == "b"
    session.update(clicks=[[1, 3, 3, 1]])
    assert session.commit().name == "segment 1"
    session.update(clicks=[[1, 3, 3, 1]], threshold=0.9)
    assert session.commit("b").settings.threshold == 0.9
    assert list(session.segments) == ["b", "segment 1"]


@pytest.mark.parametrize(
    ("clicks", "name", "error", "sentence"),
    [
        ([], None, ValueError, "nothing to commit"),
        ([[0, 3, 3, 0]], "a", ValueError, "nothing to commit"),
        ([[0, 3, 3, 1]], "", ValueError, "must not be empty"),
        ([[0, 3, 3, 1]], "\ud800", ValueError, "must be printable"),
        ([[0, 3, 3, 1]], 7, TypeError, "must be a string, got 7"),
    ],
)
def test_what_cannot_be_committed_changes_nothing(
    session: Session, clicks: list, name: Any, error: type[Exception], sentence: str
) -> None:
    session.update(clicks=clicks)
    before = session.revision
    with pytest.raises(error, match=sentence):
        session.commit(name)
    assert (session.revision, session.segments) == (before, {})
