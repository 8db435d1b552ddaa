"""Fields that lie on a grid of their own in each image."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from ncut_widget.masks.coordinates import fine_grid
from ncut_widget.masks.denoise import denoise_mask
from ncut_widget.masks.resample import area_mean, mostly
from ncut_widget.masks.smooth import CutMap, CutMaps, smooth_mask
from ncut_widget.methods import Field, Seeds
from ncut_widget.methods.random_walker import RandomWalkerField
from ncut_widget.sessions.session import Session
from tests.support.fine import EIGVALS, SIZES, FineMaps, make_eigvecs


@pytest.fixture
def session() -> Session:
    session = Session(make_eigvecs(), SIZES, eigvals=EIGVALS)
    session.update(method="random_walker")
    return session


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> FineMaps:
    """Give maps in place of the method's own."""
    maps = FineMaps()
    monkeypatch.setattr(RandomWalkerField, "map", lambda _, image: maps[image])
    monkeypatch.setattr(
        RandomWalkerField, "presence", lambda _, image: maps.presence_of(image)
    )
    return maps


def only(session: Session) -> tuple[Seeds, Field]:
    (seeds,), () = session.masker.seeds(session.recipe)
    return seeds, session.masker.field(seeds)


def test_seeds_lie_where_the_pixel_is_on_the_images_own_grid(session: Session) -> None:
    session.update(clicks=[[0, 639, 0, 1], [1, 99.9, 199, 0]])
    seeds, _ = only(session)
    (positive,), (negative,) = seeds.positives, seeds.negatives
    assert fine_grid(SIZES[0]) == (96, 128)
    assert positive[0].cell == (0, 0, 127)
    assert negative[0].cell == (1, 127, 63)


def test_two_clicks_in_one_latent_cell_are_two(session: Session) -> None:
    session.update(clicks=[[0, 100, 100, 1], [0, 107, 100, 0]])
    seeds, field = only(session)
    assert (len(seeds.positives), len(seeds.negatives)) == (1, 1)
    session.update(threshold=0.9)
    assert session.full_masks()[0][102, 102]
    assert field.map(0)[20, 21] <= 0
    assert not session.full_masks()[0][102, 107]
    assert field.map(0)[20, 20] >= 0.999


def test_the_order_of_prompts_is_part_of_the_seeds(session: Session) -> None:
    clicks = [[0, 9, 9, 1], [0, 99, 99, 0], [2, 9, 9, 1]]
    session.update(clicks=clicks)
    seeds, _ = only(session)
    assert seeds.order == "+-+"
    assert [*seeds.in_order()] == [
        (1, seeds.positives[0]),
        (0, seeds.negatives[0]),
        (1, seeds.positives[1]),
    ]
    session.update(clicks=[clicks[0], clicks[2], clicks[1]])
    other, _ = only(session)
    assert other.order == "++-"
    assert other != seeds
    assert other._replace(order="+-+") == seeds


def test_a_cell_that_is_clicked_again_counts_as_the_last_click_says(
    session: Session,
) -> None:
    session.update(clicks=[[0, 9, 9, 1], [0, 99, 99, 1], [0, 9, 9, 0]])
    seeds, _ = only(session)
    assert seeds.order == "-+"
    session.update(clicks=[[0, 9, 9, 1], [0, 9, 9, 0]])
    assert session.masker.seeds(session.recipe).positives == []


def test_the_other_methods_have_no_order_and_the_latent_grid(session: Session) -> None:
    session.update(method="diffusion", clicks=[[0, 9, 9, 1], [0, 99, 99, 0]])
    seeds, field = only(session)
    assert seeds.order == ""
    assert field.grid(0) == session.grid
    np.testing.assert_array_equal(field.map(1), field.maps(1))
    assert field.presence(0) == 1


def test_maps_on_the_latent_grid_are_means_by_area(
    session: Session, given: FineMaps
) -> None:
    session.update(clicks=[[0, 9, 9, 1]])
    _, field = only(session)
    for image in range(3):
        assert field.map(image).shape == field.grid(image) == fine_grid(SIZES[image])
        expected = area_mean(given[image], session.grid)
        np.testing.assert_array_equal(field.maps(image), expected)
        np.testing.assert_array_equal(field.maps([2, image])[1], expected)
    assert session.masker.heatmaps(session.recipe).shape == (3, *session.grid)
    assert session.masker.closeness(session.recipe, 1).shape == fine_grid(SIZES[1])
    assert session.masker.closeness(session.recipe, slice(None)).shape[1:] == (8, 8)


def test_masks_at_image_size_are_cut_and_denoised_on_the_fine_grid(
    session: Session, given: FineMaps
) -> None:
    session.update(clicks=[[0, 9, 9, 1]], threshold=0.6, denoise_area_th=2)
    for image in range(3):
        values = given[image]
        area = 2 * values.size / 64
        kept = [(1, 1)] if image == 0 else []
        mask = denoise_mask(values > np.float32(0.6), area, kept)
        assert 0 < mask.sum() < (values > np.float32(0.6)).sum()
        cut_maps = CutMaps([CutMap(values, np.float32(0.6))], [])
        expected = smooth_mask(mask, cut_maps, SIZES[image])
        np.testing.assert_array_equal(session.full_masks()[image], expected)
        np.testing.assert_array_equal(session.masks()[image], mostly(mask, (8, 8)))


def test_a_part_that_holds_a_click_is_kept_on_the_fine_grid(
    session: Session, given: FineMaps
) -> None:
    given[0][:] = 0
    given[0][50, 60] = 1
    session.update(clicks=[[0, 5 * 60 + 2, 5 * 50 + 2, 1]])
    assert session.full_masks()[0].any()
    session.update(clicks=[[0, 5 * 61 + 2, 5 * 50 + 2, 1]])
    assert not session.full_masks()[0].any()


def test_an_image_that_lacks_the_thing_has_an_empty_mask(
    session: Session, given: FineMaps
) -> None:
    given.presence = {1: 0.49, 2: 0.5}
    session.update(clicks=[[0, 9, 9, 1]])
    found = [bool(mask.any()) for mask in session.full_masks()]
    assert found == [True, False, True]
    assert session.masks().any(axis=(1, 2)).tolist() == [True, False, True]


def test_presence_is_told_of_each_image(given: FineMaps) -> None:
    given.presence = {1: 0.25}
    seg = NcutSegmenter(
        make_eigvecs(),
        [np.zeros((*size, 3), np.uint8) for size in SIZES],
        eigvals=EIGVALS,
        method="random_walker",
    )
    assert seg.presence.tolist() == [0, 0, 0]
    seg.add_click(9, 9)
    assert seg.presence.dtype == np.float32
    assert seg.presence.tolist() == [1, 0.25, 1]
    assert seg.commit("thing").presence.tolist() == [1, 0.25, 1]
    seg.method = "diffusion"
    seg.add_click(9, 9)
    assert seg.presence.tolist() == [1, 1, 1]


def test_a_small_image_has_no_more_cells_than_pixels(given: FineMaps) -> None:
    session = Session(make_eigvecs(), [(6, 5), (8, 8), (1, 300)], eigvals=EIGVALS)
    session.update(method="random_walker", clicks=[[0, 4, 5, 1], [2, 299, 0, 0]])
    seeds, field = only(session)
    assert [field.grid(image) for image in range(3)] == [(6, 5), (8, 8), (1, 128)]
    assert seeds.positives[0][0].cell == (0, 5, 4)
    given.sizes = session.sizes
    assert [mask.shape for mask in session.full_masks()] == session.sizes
    assert session.masks().shape == (3, 8, 8)


def test_masks_of_new_images_are_made_on_the_latent_grid(session: Session) -> None:
    session.update(clicks=[[0, 9, 9, 1]])
    predict = session.masker.predictor(session.recipe)
    eigvecs: NDArray = make_eigvecs()[1:]
    assert [mask.shape for mask in predict(eigvecs)] == [(8, 8), (8, 8)]
    assert [mask.shape for mask in predict(eigvecs, SIZES[:2])] == SIZES[:2]
