"""All clicks together, in diffusion coordinates."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from ncut_widget.masks.coordinates import Cell
from ncut_widget.methods import Seeds
from ncut_widget.methods.diffusion_map import diffusion_weights
from ncut_widget.ncut import NCUT
from ncut_widget.prompts import Seed
from ncut_widget.sessions.session import Session

B, H, W = 3, 16, 20


def scene(seed: int = 0) -> tuple[NDArray, NDArray]:
    """Draw features of images with a thing of kind 1 and a ground, and the kinds."""
    rng = np.random.default_rng(seed)
    kinds = np.zeros((B, H, W), int)
    for number, image in enumerate(kinds):
        image[3:9, 3 + 2 * number : 10 + 2 * number] = 1
        image[12:, :] = 2
    centres = 2 * np.random.default_rng(7).standard_normal((3, 12))
    return centres[kinds] + rng.standard_normal((B, H, W, 12)), kinds


@pytest.fixture(scope="module")
def solved() -> tuple[NDArray, NDArray, NDArray]:
    """Solve the scene: eigenvectors, eigenvalues, kinds."""
    features, kinds = scene()
    ncut = NCUT(10, graph="neighbors", progress=False)
    return (*ncut.fit_transform(features), kinds)


@pytest.fixture
def session(solved: tuple[NDArray, NDArray, NDArray]) -> Session:
    """Open a session of the scene."""
    eigvecs, eigvals, _ = solved
    session = Session(eigvecs, eigvals=eigvals)
    session.update(method="diffusion", granularity=2.0, denoise=False)
    return session


def iou(masks: NDArray, truth: NDArray) -> float:
    """Return how far masks agree."""
    return float((masks & truth).sum() / (masks | truth).sum())


@given(
    st.lists(st.floats(0, 0.999), min_size=2, max_size=40),
    st.floats(1, 30),
)
def test_so_many_eigenvectors_stay_in_effect(some: list[float], wanted: float) -> None:
    eigvals = np.array([1.0, *sorted(some, reverse=True)])
    weights = diffusion_weights(eigvals, wanted)
    if eigvals[1] == 0:
        assert not weights.any()
        return
    assert weights[0] == 0.3
    assert weights.max() == 1
    assert (np.diff(weights[1:]) <= 0).all()
    squares = weights[1:] ** 2
    found = squares.sum() ** 2 / (squares**2).sum()
    least = (eigvals[1:] >= eigvals[1] * (1 - 1e-7)).sum()  # told apart by no time
    if least < wanted < len(some):
        assert found == pytest.approx(wanted, rel=0.01)


def test_at_time_0_all_count_alike_and_late_the_first_alone() -> None:
    eigvals = np.array([1.0, 0.9, 0.5, 0.1])
    np.testing.assert_allclose(diffusion_weights(eigvals, 3.0), [0.3, 1, 1, 1])
    late = diffusion_weights(eigvals, 1.0)
    np.testing.assert_allclose(late, [0.3, 1, 0, 0], atol=1e-3)


def test_the_weights_are_powers_of_the_eigenvalues() -> None:
    eigvals = np.array([1.0, 0.99, 0.9, 0.8, 0.3])
    weights = diffusion_weights(eigvals, 2.5)
    time = 2 * np.log(weights[3] / weights[2]) / np.log(0.8 / 0.9)
    expected = (eigvals[1:] / 0.99) ** (time / 2)
    np.testing.assert_allclose(weights[1:], expected, rtol=1e-6)


def test_one_click_finds_the_thing_on_every_image(
    session: Session, solved: tuple[NDArray, NDArray, NDArray]
) -> None:
    session.add([0, 6, 6, 1])
    assert iou(session.masks(), solved[2] == 1) > 0.95


def test_the_map_is_the_documented_regression(
    session: Session, solved: tuple[NDArray, NDArray, NDArray]
) -> None:
    eigvecs, eigvals, _ = solved
    weighted = eigvecs * diffusion_weights(eigvals, 2.0)
    unit = weighted / np.linalg.norm(weighted, axis=-1, keepdims=True)
    cells = [(0, 6, 6), (1, 14, 3)]
    clicked = np.stack([unit[cell] for cell in cells])
    gram = clicked @ clicked.T
    fits = np.linalg.solve(gram + 2 * np.eye(2), [1.0, 0.0])
    field = unit @ clicked.T @ fits
    top, bottom = field[cells[0]], max(field[cells[1]], 0)
    expected = (field - bottom) / (top - bottom)
    positive, negative = ((Seed(Cell(*cell)),) for cell in cells)
    given = ("by", "semantics"), ("granularity", 2.0)
    seeds = Seeds("diffusion", (positive,), (negative,), given)
    found = session.masker.field(seeds).values
    expected[cells[0]] = max(expected[cells[0]], 1)
    expected[cells[1]] = min(expected[cells[1]], 0)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@settings(deadline=None)
@given(st.data())
def test_what_is_clicked_gets_what_the_click_says(
    solved: tuple[NDArray, NDArray, NDArray], data: st.DataObject
) -> None:
    eigvecs, eigvals, _ = solved
    cell = st.tuples(
        st.integers(0, B - 1),
        st.integers(0, W - 1),
        st.integers(0, H - 1),
        st.integers(0, 1),
    )
    clicks = data.draw(st.lists(cell, min_size=1, max_size=12))
    session = Session(eigvecs, eigvals=eigvals)
    session.update(
        method="diffusion",
        denoise=False,
        granularity=data.draw(st.floats(1, 9)),
        threshold=data.draw(st.floats(0.01, 0.99)),
        clicks=[list(click) for click in clicks],
    )
    masks = session.masks()
    last = {click[:3]: click[3] for click in clicks}
    for (image, x, y), label in last.items():
        assert masks[image, y, x] == (label == 1 and any(last.values()))


def test_a_click_within_the_mask_takes_nothing_away(
    session: Session, solved: tuple[NDArray, NDArray, NDArray]
) -> None:
    session.add([0, 6, 6, 1])
    before = session.masks()
    session.add([1, 8, 5, 1])
    assert iou(session.masks(), before) > 0.97


def test_a_click_elsewhere_adds_and_keeps_what_there_is(session: Session) -> None:
    session.add([0, 6, 6, 1])
    before = session.masks()
    session.add([0, 10, 14, 1])
    masks = session.masks()
    assert masks[before].all()
    assert masks.sum() > 1.5 * before.sum()


PLACES = st.tuples(st.integers(0, B - 1), st.integers(0, W - 1), st.integers(0, H - 1))


@settings(deadline=None)
@given(st.lists(PLACES, min_size=2, max_size=9, unique=True), st.integers(0, 4))
def test_a_positive_click_only_adds_on_every_image(
    solved: tuple[NDArray, NDArray, NDArray],
    places: list[tuple[int, int, int]],
    negatives: int,
) -> None:
    eigvecs, eigvals, _ = solved
    session = Session(eigvecs, eigvals=eigvals)
    session.update(method="diffusion", denoise=False)
    labels = [1, *([0] * negatives), *([1] * len(places))]
    clicks = [[*place, label] for place, label in zip(places, labels, strict=False)]
    before = None
    for click in clicks:
        session.add(click)
        masks = session.masks()
        if click[3]:
            assert before is None or masks[before].all()
        before = masks
    # The same, whatever was at hand.
    (seeds,), _ = session.masker.seeds(session.recipe)
    anew = Session(eigvecs, eigvals=eigvals)
    found = anew.masker.field(seeds).values
    np.testing.assert_array_equal(found, session.masker.field(seeds).values)


def test_a_negative_click_takes_its_kind_away_and_leaves_the_rest(
    session: Session, solved: tuple[NDArray, NDArray, NDArray]
) -> None:
    kinds = solved[2]
    session.update(clicks=[[0, 6, 6, 1], [0, 10, 14, 1]])
    assert session.masks()[kinds == 2].mean() > 0.9
    session.add([1, 10, 14, 0])
    session.add([0, 10, 14, 0])
    assert session.masks()[kinds == 2].mean() < 0.05
    assert session.masks()[kinds == 1].mean() > 0.9


def test_the_last_click_of_a_cell_counts(session: Session) -> None:
    session.update(clicks=[[0, 6, 6, 1], [0, 10, 14, 1], [0, 10, 14, 0]])
    assert not session.masks()[0, 14, 10]
    session.add([0, 10, 14, 1])
    assert session.masks()[0, 14, 10]


def test_the_heatmap_is_the_map_from_0_to_1(session: Session) -> None:
    session.update(clicks=[[0, 6, 6, 1], [0, 10, 14, 0]], gamma=3.0)
    heat = session.masker.heatmaps(session.recipe)
    assert heat[0, 6, 6] == 1
    assert heat[0, 14, 10] == 0
    np.testing.assert_array_equal(heat > 0.5, session.masks())
    session.update(threshold=0.8)
    np.testing.assert_array_equal(heat > np.float32(0.8), session.masks())


def test_what_is_not_used_changes_nothing(session: Session) -> None:
    session.update(clicks=[[0, 6, 6, 1], [0, 10, 14, 0]])
    before = session.masks()
    session.update(gamma=9.0, num_eig=2, negative_threshold=0.1)
    np.testing.assert_array_equal(session.masks(), before)


def test_later_images_are_compared_in_the_same_way(session: Session) -> None:
    features, _ = scene()
    ncut = NCUT(10, graph="neighbors", progress=False)
    eigvecs, eigvals = ncut.fit_transform(features)
    session = Session(eigvecs, eigvals=eigvals)
    session.update(method="diffusion", granularity=2.0, clicks=[[0, 6, 6, 1]])
    others, kinds = scene(seed=3)
    (mask, *_) = session.masker.predictor(session.recipe)(ncut.transform(others))
    assert iou(mask, kinds[0] == 1) > 0.9


def test_it_needs_eigenvalues() -> None:
    session = Session(np.random.default_rng(0).standard_normal((1, 4, 4, 3)))
    with pytest.raises(ValueError, match="'diffusion' needs the eigenvalues"):
        session.update(method="diffusion")


def test_only_a_trivial_eigenvector_leaves_the_clicked_cell() -> None:
    session = Session(np.full((1, 4, 4, 1), 0.25), eigvals=[1.0])
    session.update(method="diffusion", denoise=False, clicks=[[0, 1, 2, 1]])
    assert session.masks().nonzero() == (np.array([0]), np.array([2]), np.array([1]))


def test_equal_cells_get_equal_values_wherever_they_lie() -> None:
    rng = np.random.default_rng(1)
    kinds = rng.integers(0, 3, (2, 9, 11))
    vectors = rng.standard_normal((3, 6)).astype(np.float32)[kinds]
    session = Session(vectors, eigvals=np.linspace(1, 0.4, 6))
    session.update(method="diffusion", clicks=[[0, 3, 3, 1]], granularity=3.3)
    (seeds,), _ = session.masker.seeds(session.recipe)
    values = session.masker.field(seeds).values
    kind = kinds[0, 3, 3]
    for each in range(3):
        found = np.unique(values[kinds == each])
        assert len(found) <= (2 if each == kind else 1)  # the clicked cell itself


def test_the_widget_has_a_slider_of_it() -> None:
    features, _ = scene()
    seg = NcutSegmenter.from_features(
        features, num_eig=10, method="diffusion", progress=False
    )
    assert seg.granularity == 5.5
    assert seg._info["settings"]["granularity"]["high"] == 9
    with pytest.raises(Exception, match="granularity must be a number between 1 and 9"):
        seg.granularity = 12


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_on_cuda_it_is_the_same(solved: tuple[NDArray, NDArray, NDArray]) -> None:
    eigvecs, eigvals, _ = solved
    clicks = [[0, 6, 6, 1], [0, 10, 14, 0], [1, 3, 14, 1]]
    values: list[NDArray] = []
    found: list[float] = []
    for device in ("cpu", "cuda"):
        session = Session(eigvecs, eigvals=eigvals, device=device)
        session.update(method="diffusion", clicks=clicks, auto_threshold=True)
        (seeds,), _ = session.masker.seeds(session.recipe)
        values.append(session.masker.field(seeds).values)
        found.append(session.settings.threshold)
    np.testing.assert_allclose(*values, atol=1e-5)
    assert found[0] == pytest.approx(found[1], abs=0.02)
