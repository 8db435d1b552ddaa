"""What every kind of prompt can say of itself, and all that it goes through."""

from __future__ import annotations

import copy
import json
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import matplotlib.figure
import numpy as np
import pytest
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from ncut_widget.methods import METHODS
from ncut_widget.page.requests import read_request
from ncut_widget.prompts import Prompt, Recipe, check_prompt, check_prompts
from ncut_widget.prompts.kinds import KINDS, image_told, told_on
from ncut_widget.sessions.session import Session
from tests.support.page import Wire

SIZES = [(48, 64), (33, 20), (16, 16)]
GRIDS = [(16, 16), (1, 1), (7, 40)]


class PromptTests:
    """A subclass names the kind, some of it, and what is none.

    The examples are of `SIZES`: the first is positive and on image 0, the second one
    negative, on image 1.
    """

    kind: ClassVar[type[Any]]
    examples: ClassVar[Sequence[Prompt]]
    wrong: ClassVar[Sequence[Any]]

    @pytest.fixture(autouse=True)
    def known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(KINDS, self.examples[0].kind, self.kind)

    @pytest.fixture
    def seg(self, eigvecs: NDArray) -> NcutSegmenter:
        unit = np.linalg.qr(eigvecs.reshape(-1, 6))[0].reshape(eigvecs.shape)
        images = [np.full((*size, 3), 99, np.uint8) for size in SIZES]
        return NcutSegmenter(unit, images, eigvals=np.linspace(1, 0.3, 6))

    @pytest.fixture
    def wire(self, seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch) -> Wire:
        return Wire(seg, monkeypatch)

    @property
    def told(self) -> list[Any]:
        return [each.tell() for each in self.examples]

    def edit(self, *edits: dict, since: int = 0) -> dict:
        return {
            "type": "edit",
            "id": "a",
            "since": since,
            "edits": list(edits),
            "images": [0, 2],
        }

    def add(self, number: int) -> dict:
        return {"op": "add", "prompt": self.told[number]}

    # Of itself ------------------------------------------------------------------------

    def test_what_is_told_is_read_as_the_same(self) -> None:
        for each in self.examples:
            told = json.loads(json.dumps(each.tell(), allow_nan=False))
            for read in (self.kind.read, check_prompt):
                again = read(told, SIZES)
                assert type(again) is self.kind
                assert again == each
                assert hash(again) == hash(each)
                assert again.tell() == each.tell()
        assert check_prompts(self.told, SIZES) == tuple(self.examples)
        assert len({*self.examples}) == len(self.examples)

    def test_it_says_its_kind_image_and_label(self) -> None:
        assert [each.image for each in self.examples[:2]] == [0, 1]
        assert [each.label for each in self.examples[:2]] == [1, 0]
        for each in self.examples:
            assert KINDS[each.kind] is self.kind

    def test_it_labels_different_cells_of_its_image(self) -> None:
        for each in self.examples:
            for grid in GRIDS:
                seeds = each.seeds(SIZES[each.image], grid)
                assert isinstance(seeds, tuple)
                assert len({seed.cell for seed in seeds}) == len(seeds) > 0
                for (image, row, col), weight in seeds:
                    assert image == each.image
                    assert 0 <= row < grid[0]
                    assert 0 <= col < grid[1]
                    assert weight > 0
                assert seeds == each.seeds(SIZES[each.image], grid)
                hash(seeds)

    def test_it_is_drawn_on_its_image(self) -> None:
        for each in self.examples:
            points = each.points()
            assert points
            height, width = SIZES[each.image]
            assert all(0 <= x < width and 0 <= y < height for x, y in points)

    def test_it_can_be_put_on_an_image_of_another_number(self) -> None:
        sizes = [*SIZES, *SIZES]
        for each in self.examples:
            moved = each.on(each.image + 3)
            assert moved.image == each.image + 3
            assert moved.on(each.image) == each
            assert image_told(each.tell()) == each.image
            assert check_prompt(told_on(each.tell(), moved.image), sizes) == moved

    def test_the_memory_that_it_says_is_no_less_than_it_takes(self) -> None:
        for each in self.examples:
            told = json.dumps([each.tell()] * 500)
            given = json.loads(told)
            tracemalloc.start()
            try:
                read = check_prompts(given, SIZES)
                taken = tracemalloc.get_traced_memory()[0]
            finally:
                tracemalloc.stop()
            assert taken <= sum(prompt.nbytes for prompt in read)

    def test_what_is_none_is_refused_in_one_sentence(self) -> None:
        for told in self.wrong:
            for read in (self.kind.read, check_prompt):
                with pytest.raises((TypeError, ValueError)) as caught:
                    read(copy.deepcopy(told), SIZES)
                assert "\n" not in str(caught.value)
                assert 10 < len(str(caught.value)) < 300

    # In a session ---------------------------------------------------------------------

    def test_it_is_undone_and_redone(self, seg: NcutSegmenter) -> None:
        session = seg._session
        states: list[tuple[Prompt, ...]] = [()]
        for told in self.told:
            session.add(told)
            states.append(session.prompts)
        assert session.prompts == tuple(self.examples)
        for state in reversed(states[:-1]):
            session.undo()
            assert session.prompts == state
        for state in states[1:]:
            session.redo()
            assert session.prompts == state
        masks = session.masks()
        session.clear()
        session.undo()
        np.testing.assert_array_equal(session.masks(), masks)

    def test_the_history_counts_its_memory(self, seg: NcutSegmenter) -> None:
        history = seg._session._history
        seg._session.add(self.told[0])
        before = history._bytes
        seg._session.add(self.told[1])
        assert history._bytes - before >= self.examples[1].nbytes
        seg._session.undo()
        seg._session.add(self.told[0])
        assert history._bytes - before >= self.examples[0].nbytes

    @pytest.mark.parametrize("method", METHODS)
    def test_masks_are_of_the_cells_that_it_labels(
        self, seg: NcutSegmenter, method: str
    ) -> None:
        seg.method = method
        seg.denoise = False
        seg.clicks = self.told[:2]
        session = seg._session
        recipe = session.recipe
        assert recipe.prompts == tuple(self.examples[:2])
        sizes = [SIZES[each.image] for each in self.examples[:2]]
        groups = [
            p.seeds(s, (16, 16)) for p, s in zip(recipe.prompts, sizes, strict=True)
        ]
        assert recipe == Recipe(recipe.prompts, tuple(groups), recipe.settings)
        positives, negatives = session.masker.seeds(recipe)
        grid = session.masker.method(recipe.settings).grid
        groups = [
            p.seeds(size, grid(p.image))
            for p, size in zip(recipe.prompts, sizes, strict=True)
        ]
        assert positives[0].positives == (groups[0],)
        others = [seeds.positives for seeds in negatives] or [positives[0].negatives]
        assert others == [(groups[1],)]
        assert session.masks().any()

    def test_a_segment_of_it_is_kept_and_opened_again(self, seg: NcutSegmenter) -> None:
        seg.clicks = self.told[:2]
        masks = seg.masks
        hand = seg.commit("hand")
        assert seg.clicks == []
        assert hand._state.prompts == tuple(self.examples[:2])
        np.testing.assert_array_equal(hand.masks, masks)
        assert 0 < hand.score <= 1
        assert repr(hand) == f"Segment('hand', '{hand.color}', 2 clicks)"
        seg.reopen("hand")
        assert seg.clicks == self.told[:2]
        np.testing.assert_array_equal(seg.masks, masks)
        seg.reopen(None)
        assert seg.clicks == []

    def test_a_session_s_file_holds_it(
        self, seg: NcutSegmenter, tmp_path: Path
    ) -> None:
        seg.clicks = self.told[:2]
        seg.commit("hand")
        seg.clicks = self.told
        masks = seg.masks, seg.segments["hand"].masks
        path = seg.save_session(tmp_path / "a.json")
        for strict in (True, False):
            seg.clear()
            del seg.segments["hand"]
            seg.load_session(path, strict=strict)
            assert seg.clicks == self.told
            hand = seg.segments["hand"]
            assert hand._state.prompts == tuple(self.examples[:2])
            np.testing.assert_array_equal(seg.masks, masks[0])
            np.testing.assert_array_equal(hand.masks, masks[1])

    def test_an_autosave_goes_on_with_it(
        self, seg: NcutSegmenter, tmp_path: Path
    ) -> None:
        seg.clicks = self.told
        seg.autosave = tmp_path / "a.json"
        images, eigvals = seg._pictures.images, seg.eigvals
        other = NcutSegmenter(
            seg.eigvecs, images, eigvals=eigvals, autosave=tmp_path / "a.json"
        )
        assert other.clicks == self.told

    def test_a_file_of_images_that_have_moved_holds_it(
        self, seg: NcutSegmenter, eigvecs: NDArray, tmp_path: Path
    ) -> None:
        seg.clicks = self.told[:2]
        path = seg.save_session(tmp_path / "a.json")
        images = [np.full((*size, 3), 99, np.uint8) for size in SIZES[1::-1]]
        other = NcutSegmenter(eigvecs[:2], images, eigvals=np.linspace(1, 0.3, 6))
        with pytest.warns(UserWarning, match="is loaded, but"):
            other.load_session(path, strict=False)
        moved = [each.on(1 - each.image) for each in self.examples[:2]]
        assert other._session.prompts == tuple(moved)

    # On the wire ----------------------------------------------------------------------

    def test_the_page_adds_it_and_is_told_what_changed(
        self, seg: NcutSegmenter, wire: Wire
    ) -> None:
        content, buffers = wire.ask(self.edit(self.add(0)))
        assert content["error"] is None
        assert content["prompts"] == {"keep": 0, "added": self.told[:1]}
        assert len(content["fields"]) == len(buffers) == 1
        wire.ask(self.edit(self.add(1), since=1))
        content, _ = wire.ask(self.edit({"op": "undo"}, self.add(1), since=1))
        assert content["prompts"] == {"keep": 1, "added": self.told[1:2]}
        assert seg.clicks == self.told[:2]
        shown: dict[str, Any] = {}
        for state in wire.states:
            shown |= state
        assert shown["clicks"] == self.told[:2]
        json.dumps(wire.states, allow_nan=False)

    @pytest.mark.parametrize("method", METHODS)
    def test_the_page_asks_for_its_fields_by_their_seeds(
        self, seg: NcutSegmenter, wire: Wire, method: str
    ) -> None:
        seg.method = method
        content, buffers = wire.ask(self.edit(self.add(0), self.add(1)))
        wants = [
            {"seeds": e["seeds"], "images": e["images"]} for e in content["fields"]
        ]
        assert wants
        request = {"type": "fields", "id": "m", "wants": wants}
        read = read_request(json.loads(json.dumps(request)), seg._session)
        sides = seg._session.masker.seeds(seg._session.recipe)
        assert {seeds for seeds, _ in read.wants} == {*sides[0], *sides[1]}
        answer, again = wire.ask(request)
        assert [e["seeds"] for e in answer["fields"]] == [e["seeds"] for e in wants]
        assert again == buffers

    def test_what_is_none_is_refused_on_the_wire(
        self, seg: NcutSegmenter, wire: Wire
    ) -> None:
        for told in self.wrong:
            content, _ = wire.ask(self.edit({"op": "add", "prompt": told}))
            assert content["error"]
            assert seg.clicks == []

    def test_the_page_sets_it_as_a_trait(self, seg: NcutSegmenter, wire: Wire) -> None:
        wire.set(clicks=self.told)
        assert seg._session.prompts == tuple(self.examples)
        assert seg.clicks == self.told

    # In results -----------------------------------------------------------------------

    def test_figures_pictures_and_tables_are_made_of_it(
        self, seg: NcutSegmenter, tmp_path: Path
    ) -> None:
        seg.clicks = self.told[:2]
        seg.commit("hand")
        seg.clicks = self.told[:2]
        rows = ("images", "masks", "heatmaps")
        figure = seg.plot(rows=rows)
        assert isinstance(figure, matplotlib.figure.Figure)
        drawn = [p for line in figure.axes[0].lines for p in line.get_xydata().tolist()]
        for point in self.examples[0].points():
            assert [*point] in drawn
        figure.savefig(tmp_path / "figure.png")
        data, _ = seg._repr_mimebundle_()
        assert data["image/png"]
        assert len(seg.to_table()["area"]) > 0

    def test_what_is_exported_says_it(self, seg: NcutSegmenter, tmp_path: Path) -> None:
        seg.clicks = self.told[:2]
        seg.commit("hand")
        with np.load(seg.export(tmp_path / "a.npz")) as arrays:
            told = json.loads(str(arrays["provenance"]))
        assert told["segments"][0]["clicks"] == self.told[:2]

    def test_a_page_without_a_kernel_has_it_on_its_own_images(
        self, seg: NcutSegmenter, tmp_path: Path
    ) -> None:
        seg.clicks = [self.examples[1].on(1).tell(), self.examples[0].on(0).tell()]
        seg.commit("hand")
        two = next(each for each in self.examples if each.image == 1)
        seg.clicks = [two.tell()]
        del seg.segments["hand"]
        page = seg.save_html(tmp_path / "a.html", [2], progress=False)
        assert page.images == (1, 2)
        assert page.iou > 0.9
        text = page.path.read_text(encoding="utf-8")
        assert json.dumps({"clicks": [two.on(0).tell()]})[1:-1] in text

    def test_functions_are_called_for_clicks_alone(self, seg: NcutSegmenter) -> None:
        heard: list[Any] = []
        seg.on_click(heard.append)
        seg._apply(seg._session.add, self.told[0])
        clicks = [each for each in self.examples[:1] if each.kind == "click"]
        assert heard == clicks

    def test_it_makes_masks_of_images_of_no_batch(
        self, seg: NcutSegmenter, eigvecs: NDArray
    ) -> None:
        session: Session = seg._session
        seg.clicks = self.told[:1]
        predict = session.masker.predictor(session.recipe)
        masks = list(predict(eigvecs[:2]))
        assert [mask.shape for mask in masks] == [(16, 16)] * 2
