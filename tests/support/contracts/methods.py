"""What every method makes of prompts, from any store."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.eigvecs.store import Store
from ncut_widget.masks.coordinates import Cell
from ncut_widget.methods import METHODS, Field, Method, Seeds
from ncut_widget.ncut import NCUT
from ncut_widget.prompts import Group, Seed
from ncut_widget.sessions.session import Session
from ncut_widget.settings import MASK
from tests.support.file_store import FileStore

SHAPE = (5, 9, 11)
CLICKS = [[0, 3, 4, 1], [3, 5, 2, 1], [1, 9, 7, 0]]
"""On the latent grid: x, y."""


@pytest.fixture(scope="module")
def solved() -> tuple[NDArray, NDArray]:
    """Solve five images of three kinds: eigenvectors and eigenvalues."""
    rng = np.random.default_rng(0)
    kinds = np.zeros(SHAPE, dtype=int)
    kinds[:, 2:7, 1:6] = 1
    kinds[:, 6:, 8:] = 2
    features = 3 * np.eye(6)[kinds] + 0.7 * rng.standard_normal((*SHAPE, 6))
    eigvecs, eigvals = NCUT(8, progress=False, device="cpu").fit_transform(features)
    return np.asarray(eigvecs, np.float32), np.asarray(eigvals)


class MethodTests:
    """A subclass names the method."""

    method: ClassVar[type[Method]]

    apart: ClassVar[float] = 0.0
    """How far heatmaps of two stores may be apart: sums of other parts are rounded in
    another way."""

    @pytest.fixture(params=["memory", "files"])
    def store(
        self,
        request: pytest.FixtureRequest,
        solved: tuple[NDArray, NDArray],
        tmp_path: Path,
    ) -> Store:
        if request.param == "memory":
            return MemoryStore(solved[0], "cpu")
        return FileStore(tmp_path, solved[0])

    @pytest.fixture
    def session(self, store: Store, solved: tuple[NDArray, NDArray]) -> Session:
        session = Session(store, eigvals=solved[1])
        session.update(method=self.method.name, denoise=False)
        return session

    def of(self, session: Session, positives: Any, negatives: Any = ()) -> Field:
        """Make the field of groups, with the settings as they are."""
        method = session.masker.method(session.settings)
        seeds = method.of(tuple(positives), tuple(negatives), session.settings)
        return session.masker.field(seeds)

    def fields(self, session: Session) -> list[tuple[Seeds, Field]]:
        """Give all fields that masks are made of, with what they are made of."""
        sides = session.masker.seeds(session.recipe)
        named = [*sides.positives, *sides.negatives]
        return [(seeds, session.masker.field(seeds)) for seeds in named]

    def test_it_is_found_by_the_name_that_the_setting_has(self) -> None:
        assert METHODS[self.method.name] is self.method
        assert self.method.name in MASK["method"].choices
        assert set(self.method.parameters) <= set(MASK)

    def test_equal_prompts_and_settings_name_equal_fields(
        self, session: Session
    ) -> None:
        session.update(clicks=CLICKS)
        one = session.masker.seeds(session.recipe)
        session.clear()
        session.update(clicks=CLICKS, threshold=0.3)
        other = session.masker.seeds(session.recipe)
        assert one == other
        for seeds in (*one.positives, *one.negatives):
            assert hash(seeds) == hash(Seeds(*seeds))
            assert [name for name, _ in seeds.parameters] == [*self.method.parameters]
            assert seeds.method == self.method.name

    def test_all_prompts_make_one_field_or_each_makes_one(
        self, session: Session
    ) -> None:
        session.update(clicks=CLICKS)
        positives, negatives = session.masker.seeds(session.recipe)
        counts = (1, 0) if self.method.together else (2, 1)
        assert (len(positives), len(negatives)) == counts

    def test_without_a_positive_prompt_the_masks_are_empty(
        self, session: Session
    ) -> None:
        session.update(clicks=[[1, 9, 7, 0]])
        assert session.masker.seeds(session.recipe).positives == []
        assert not session.masks().any()
        assert not session.masker.heatmaps(session.recipe).any()

    def test_fields_are_made_as_they_are_asked_for(self, session: Session) -> None:
        session.update(clicks=CLICKS)
        whole = Session(session.spectrum.store, eigvals=session.spectrum.eigvals)
        for seeds, field in self.fields(session):
            values = whole.masker.field(seeds).values
            assert values.dtype == np.float32
            assert values.shape == SHAPE
            assert np.isfinite(values).all()
            for images in ([3], [4, 1], slice(1, 3), 2):
                np.testing.assert_array_equal(field.maps(images), values[images])
            assert field.nbytes >= 4 * values[0].nbytes
            np.testing.assert_array_equal(field.values, values)
            assert field.nbytes >= values.nbytes

    def test_a_field_says_what_it_is_cut_by(self, session: Session) -> None:
        session.update(clicks=CLICKS)
        for _, field in self.fields(session):
            assert (field.statistics is None) != self.method.standardised
            assert not field.constant

    @pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
    def test_a_mask_is_where_the_heatmap_is_above_the_threshold(
        self, session: Session, threshold: float
    ) -> None:
        session.update(clicks=CLICKS)
        for _, field in self.fields(session):
            above = field.values > field.cut(threshold, 1.5)
            heat = field.heat(field.values, 1.5)
            sure = abs(heat - threshold) > 1e-5
            np.testing.assert_array_equal(above[sure], (heat > threshold)[sure])
            assert 0 < above.sum() < above.size

    def test_prompts_are_in_the_masks_or_out_of_them(self, session: Session) -> None:
        session.update(clicks=CLICKS)
        masks = session.masks()
        for image, x, y, label in CLICKS:
            assert masks[image, y, x] == bool(label)

    def test_an_image_of_no_batch_gets_the_map_that_it_would_have(
        self, session: Session, solved: tuple[NDArray, NDArray]
    ) -> None:
        field = self.of(session, [(Seed(Cell(0, 4, 3)),)])
        other = torch.from_numpy(solved[0][2])
        np.testing.assert_allclose(field.extend(other), field.values[2], atol=1e-5)

    def test_a_seed_counts_by_its_weight(self, session: Session) -> None:
        one, two = Cell(0, 4, 3), Cell(0, 1, 9)
        halves = [
            self.of(session, [(Seed(one, weight), Seed(two, 1.01 - weight))]).values
            for weight in (1.0, 0.01)
        ]
        for values, own in zip(halves, (one, two), strict=True):
            alone = self.of(session, [(Seed(own),)]).values
            others = [np.corrcoef(alone.ravel(), e.ravel())[0, 1] for e in halves]
            assert np.argmax(others) == [values is each for each in halves].index(True)

    def test_many_cells_of_one_prompt_are_one_group_of_a_field(
        self, session: Session
    ) -> None:
        group: Group = tuple(Seed(Cell(0, 4, col), 0.5) for col in range(1, 6))
        field = self.of(session, [group])
        assert field.values.shape == SHAPE
        own = field.values[0, 4, 1:6]
        assert own.mean() > field.values.mean()

    def test_every_store_gives_the_same_masks(
        self, session: Session, solved: tuple[NDArray, NDArray]
    ) -> None:
        held = Session(MemoryStore(solved[0], "cpu"), eigvals=solved[1])
        changes = {"denoise": True, "num_eig": 6, "gamma": 1.3, "clicks": CLICKS}
        held.update(method=self.method.name)
        for each in (held, session):
            each.update(**changes)
        np.testing.assert_array_equal(session.masks(), held.masks())
        np.testing.assert_allclose(
            session.masker.heatmaps(session.recipe),
            held.masker.heatmaps(held.recipe),
            atol=self.apart,
        )
        full = [list(each.full_masks()) for each in (session, held)]
        np.testing.assert_array_equal(*full)

    def test_what_tells_nothing_is_said_in_one_sentence(self) -> None:
        session = Session(np.full((2, 3, 3, 1), 1 / np.sqrt(18)), eigvals=[1.0])
        session.update(method=self.method.name)
        method = session.masker.method(session.settings)
        seeds = method.of(((Seed(Cell(0, 1, 1)),),), (), session.settings)
        sentence = method.says_nothing(seeds)
        assert sentence
        assert "\n" not in sentence
        assert len(sentence) < 200

    def test_blank_images_stay_empty(
        self, solved: tuple[NDArray, NDArray], tmp_path: Path
    ) -> None:
        eigvecs = solved[0].copy()
        eigvecs[2] = 0
        eigvecs /= np.sqrt(np.square(eigvecs).sum((0, 1, 2)))
        session = Session(FileStore(tmp_path, eigvecs), eigvals=solved[1])
        session.update(method=self.method.name, clicks=CLICKS)
        masks = session.masks()
        assert not masks[2].any()
        assert masks[[0, 3]].any(axis=(1, 2)).all()
