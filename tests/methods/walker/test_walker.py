"""Image by image: what depends on what."""

from __future__ import annotations

import subprocess
import sys
import threading
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from tests.support.mixed import make_batch, middle_of, overlap

KINDS = [0, 1, 2, 0, 3, 4, 0, 5]
HAVE = [0, 3, 6]


def make(kinds: list[int] = KINDS) -> NcutSegmenter:
    features, images, _ = make_batch(kinds)
    return NcutSegmenter.from_features(features, images, num_eig=12, progress=False)


@pytest.fixture
def seg() -> NcutSegmenter:
    return make()


@pytest.fixture(scope="module")
def discs() -> list[NDArray[np.bool_]]:
    return make_batch(KINDS)[2]


def masks_of(seg: NcutSegmenter) -> list[NDArray[np.bool_]]:
    return list(seg.image_masks())


def test_it_is_the_default_for_images_and_features(seg: NcutSegmenter) -> None:
    assert seg.method == "random_walker"
    eigvecs = np.asarray(seg.eigvecs)
    assert NcutSegmenter(eigvecs, eigvals=seg.eigvals).method == "diffusion"


def test_one_click_finds_the_thing_where_it_is_and_nowhere_else(
    seg: NcutSegmenter, discs: list[NDArray[np.bool_]]
) -> None:
    seg.add_click(*middle_of(discs[0]))
    masks = masks_of(seg)
    for image, (mask, disc) in enumerate(zip(masks, discs, strict=True)):
        if image in HAVE:
            assert overlap(mask, disc) > 0.75
        else:
            assert not mask.any()
    assert (seg.presence[HAVE] >= 0.5).all()
    assert (np.delete(seg.presence, HAVE) < 0.5).all()
    assert seg.presence[0] == 1


def test_a_thing_that_all_images_have_is_found_on_all() -> None:
    _, _, discs = make_batch([0] * 5)
    seg = make([0] * 5)
    seg.add_click(*middle_of(discs[0]))
    for mask, disc in zip(masks_of(seg), discs, strict=True):
        assert overlap(mask, disc) > 0.75


def test_clicks_on_other_images_change_nothing_to_the_bit(seg: NcutSegmenter) -> None:
    seg.add_click(40, 32)
    seg.add_click(42, 34, image=3)
    seg.add_click(2, 2, image=3, positive=False)
    (seeds,), _ = seg._session.masker.seeds(seg._session.recipe)
    before = [seg._session.masker.field(seeds).map(image) for image in (0, 3)]
    seg.add_click(70, 5, image=6)
    seg.add_click(40, 30, image=1, positive=False)
    seg.add_click(5, 60, image=6, positive=False)
    (seeds,), _ = seg._session.masker.seeds(seg._session.recipe)
    after = [seg._session.masker.field(seeds).map(image) for image in (0, 3)]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def clicks() -> list[list[int]]:
    return [[0, 40, 32, 1], [3, 42, 34, 1], [3, 20, 34, 0], [6, 1, 1, 0]]


def test_the_order_of_looking_changes_nothing() -> None:
    expected = None
    for order in [*permutations(range(4))][::5]:
        seg = make()
        for click in clicks():
            seg.clicks = [*seg.clicks, click]
            for image in order:
                seg.image_masks()[image]
        found = masks_of(seg)
        expected = expected or found
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)


def test_undo_and_redo_give_the_same_masks(seg: NcutSegmenter) -> None:
    made = []
    for click in clicks():
        seg.clicks = [*seg.clicks, click]
        made.append(masks_of(seg))
    for expected in made[-2::-1]:
        seg.undo()
        for one, other in zip(masks_of(seg), expected, strict=True):
            np.testing.assert_array_equal(one, other)
    for expected in made[1:]:
        seg.redo()
        for one, other in zip(masks_of(seg), expected, strict=True):
            np.testing.assert_array_equal(one, other)


SCRIPT = """
import sys
import numpy as np
from tests.methods.walker.test_walker import make, masks_of
seg = make()
seg.load_session(sys.argv[1])
np.savez(sys.argv[2], *masks_of(seg))
"""


def test_a_session_file_gives_the_same_masks_in_another_process(
    seg: NcutSegmenter, tmp_path: Path
) -> None:
    seg.clicks = clicks()
    expected = masks_of(seg)
    seg.save_session(tmp_path / "a.json")
    made = tmp_path / "masks.npz"
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "a.json"), str(made)], check=True
    )
    with np.load(made) as found:
        for one, name in zip(expected, found.files, strict=True):
            np.testing.assert_array_equal(one, found[name])


def test_other_images_of_the_batch_hardly_change_a_clicked_one() -> None:
    masks = []
    for kinds in ([0], [0, 1, 2], [0, *range(1, 12)]):
        seg = make(kinds)
        seg.clicks = [[0, 40, 32, 1], [0, 3, 3, 0], [0, 50, 32, 1]]
        masks.append(masks_of(seg)[0])
    for other in masks[1:]:
        assert overlap(masks[0], other) >= 0.98


def test_a_positive_click_only_adds_and_a_negative_only_takes_away(
    seg: NcutSegmenter,
) -> None:
    rng = np.random.default_rng(1)
    seg.add_click(40, 32)
    before = masks_of(seg)[0]
    for _ in range(8):
        x, y = int(rng.integers(80)), int(rng.integers(64))
        positive = bool(rng.integers(2))
        seg.add_click(x, y, positive=positive)
        mask = masks_of(seg)[0]
        assert mask[y, x] == positive
        if positive:
            assert not (before & ~mask).any()
        else:
            assert not (mask & ~before).any()
        before = mask


def test_a_threshold_is_one_comparison(seg: NcutSegmenter) -> None:
    seg.denoise = False
    seg.add_click(40, 32)
    sizes = []
    for threshold in (0.1, 0.3, 0.5, 0.7, 0.9):
        seg.threshold = threshold
        sizes.append(int(masks_of(seg)[0].sum()))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1] > 0


def test_features_without_images_are_enough() -> None:
    features, _, discs = make_batch(KINDS)
    seg = NcutSegmenter.from_features(features, num_eig=12, progress=False)
    seg.add_click(10, 8)
    small = [disc[2::4, 2::4] for disc in discs]
    for image in HAVE:
        assert overlap(seg.masks[image], small[image]) > 0.7
    assert not np.delete(seg.masks, HAVE, axis=0).any()


def test_later_images_get_masks_where_they_have_the_thing(seg: NcutSegmenter) -> None:
    seg.add_click(40, 32)
    features, _, discs = make_batch([0, 1, 7, 0], seed=5)
    masks = seg.predict(features=features)
    for at in (0, 3):
        assert overlap(masks[at], discs[at][2::4, 2::4]) > 0.7
    assert not masks[1].any()
    assert not masks[2].any()


def test_flat_and_tiny_images_have_masks() -> None:
    features = np.ones((3, 4, 4, 8), np.float32)
    features[:, :2] += np.arange(8)
    images = [
        np.full((1, 1, 3), 7, np.uint8),
        np.zeros((300, 2, 3), np.uint8),
        np.full((40, 40, 3), 255, np.uint8),
    ]
    seg = NcutSegmenter.from_features(features, images, num_eig=2, progress=False)
    seg.clicks = [[0, 0, 0, 1], [1, 1, 299, 0], [2, 5, 5, 1], [2, 35, 35, 0]]
    masks = masks_of(seg)
    assert [mask.shape for mask in masks] == [(1, 1), (300, 2), (40, 40)]
    assert masks[0].all()
    assert masks[2][5, 5]
    assert not masks[2][35, 35]


def test_an_image_on_the_stage_is_prepared_by_one_thread_at_a_time(
    seg: NcutSegmenter,
) -> None:
    session = seg._session
    expected = make()
    expected.clicks = clicks()
    threads = [
        threading.Thread(target=session.masker.prepare, args=(session.settings, image))
        for image in [0, 3, 6, 1, 0, 3]
    ]
    for thread in threads:
        thread.start()
    seg.clicks = clicks()
    for one, other in zip(masks_of(seg), masks_of(expected), strict=True):
        np.testing.assert_array_equal(one, other)
    for thread in threads:
        thread.join()


def test_a_hundred_clicked_images_have_masks_in_any_order() -> None:
    features = np.random.default_rng(0).normal(size=(100, 4, 4, 8))
    seg = NcutSegmenter.from_features(features, num_eig=4, progress=False)
    seg.clicks = [[image, 1, 1, 1] for image in range(100)][::-1]
    masks = seg.masks
    assert masks[:, 1, 1].all()
    seg.granularity = 2.5
    assert seg.masks[:, 1, 1].all()


def test_a_hundred_clicks_on_an_image_are_all_kept() -> None:
    features, images, _ = make_batch([0, 1])
    seg = NcutSegmenter.from_features(features, images, num_eig=12, progress=False)
    rng = np.random.default_rng(2)
    places = rng.permutation(80 * 64)[:100]
    seg.clicks = [[0, int(n % 80), int(n // 80), int(n % 2)] for n in places]
    mask = masks_of(seg)[0]
    for _, x, y, label in seg.clicks:
        assert mask[y, x] == bool(label)


def test_an_image_with_negative_clicks_alone_lacks_the_thing(
    seg: NcutSegmenter,
) -> None:
    seg.add_click(40, 32)
    seg.add_click(40, 32, image=1, positive=False)
    assert seg.presence[1] == 0
    assert not masks_of(seg)[1].any()


@pytest.mark.parametrize("grid", [(6, 6), (12, 20), (40, 50), (1, 12)])
def test_later_features_may_have_another_grid(grid: tuple[int, int]) -> None:
    features, images, _ = make_batch(KINDS)
    seg = NcutSegmenter.from_features(features, images, num_eig=12, progress=False)
    seg.add_click(40, 32)
    later = np.broadcast_to(features[0, 8, 10], (1, *grid, features.shape[-1]))
    assert seg.predict(features=later).shape == (1, *grid)


def test_a_first_prompt_corrects_what_was_proposed(
    seg: NcutSegmenter, discs: list[NDArray[np.bool_]]
) -> None:
    seg.add_click(*middle_of(discs[0]))
    proposed = masks_of(seg)[3]
    assert proposed.any()
    x, y = middle_of(discs[3])
    seg.add_click(x, y, image=3)
    added = masks_of(seg)[3]
    assert (proposed & ~added).mean() < 0.01
    seg.undo()
    rows, cols = np.nonzero(proposed)
    seg.add_click(int(cols.max()), int(rows[cols.argmax()]), image=3, positive=False)
    taken = masks_of(seg)[3]
    assert (taken & ~proposed).mean() < 0.01
    assert overlap(taken, discs[3]) > 0.5


def test_a_late_negative_click_leaves_what_is_nearer_to_a_positive_one(
    seg: NcutSegmenter, discs: list[NDArray[np.bool_]]
) -> None:
    x, y = middle_of(discs[0])
    seg.add_click(x, y)
    seg.add_click(x - 7, y)
    before = masks_of(seg)[0]
    seg.add_click(x + 13, y, positive=False)
    after = masks_of(seg)[0]
    assert not after[y, x + 13]
    near = np.zeros_like(before)
    near[:, : x - 2] = True
    np.testing.assert_array_equal(after & near, before & near)


def test_whether_a_batch_is_of_one_kind_is_said_by_images_and_not_by_clicks() -> None:
    for kinds, one in (([0] * 5, True), (KINDS, False)):
        seg = make(kinds)
        seg.add_click(40, 32)
        for click in ([0, 2, 2, 0], [1, 40, 30, 0], [1, 2, 60, 0]):
            (seeds,), _ = seg._session.masker.seeds(seg._session.recipe)
            field = seg._session.masker.field(seeds)
            assert (field._kinship > 0.5) is one
            seg.clicks = [*seg.clicks, click]


def test_later_images_lack_what_no_image_of_a_batch_of_one_has() -> None:
    seg = make([0])
    seg.add_click(40, 32)
    features, _, discs = make_batch([0, 1, 2, 7], seed=5)
    masks = seg.predict(features=features)
    assert overlap(masks[0], discs[0][2::4, 2::4]) > 0.7
    assert not masks[1:].any()
