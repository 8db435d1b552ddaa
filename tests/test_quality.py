"""How good masks are is measured right: measures, protocols, what is compared."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.benchmarks import mixed
from tests.benchmarks.labelled import Batch, read
from tests.benchmarks.measures import (
    boundary_f,
    goodness,
    harmed,
    iou,
    next_click,
    wrong,
)
from tests.benchmarks.mixed import Mixed, Trial, draw, mix, play, trials
from tests.benchmarks.players import Clicks, Cosine, Peer, TimeUp
from tests.benchmarks.quality import (
    COSINE,
    MIXED,
    NEAREST,
    PEER,
    ROWS,
    line,
    scores,
    segmenter,
)

# Measures ----------------------------------------------------------------------------


def square(begin: int, end: int, side: int = 40) -> NDArray[np.bool_]:
    mask = np.zeros((side, side), bool)
    mask[begin:end, begin:end] = True
    return mask


def truth_of(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.where(mask, 255, 0).astype(np.uint8)


def test_a_click_is_in_the_middle_of_the_larger_error() -> None:
    truth = np.zeros((20, 30), np.uint8)
    truth[2:9, 3:10] = 255
    truth[:, 29] = 128
    nothing = np.zeros(truth.shape, bool)
    assert next_click(nothing, truth) == (6, 5, True)
    too_much = truth == 255
    too_much[11:, 12:] = True
    x, y, missed = next_click(too_much, truth) or (0, 0, True)
    assert (15 <= x <= 28, 14 <= y <= 17, missed) == (True, True, False)
    assert next_click(truth == 255, truth) is None


def test_what_is_not_labelled_does_not_count() -> None:
    truth = np.array([[255, 255, 0, 128]], np.uint8)
    mask = np.array([[True, False, True, True]])
    assert iou(mask, truth) == pytest.approx(1 / 3)
    assert iou(np.array([[True, True, False, True]]), truth) == 1
    assert wrong(mask, truth) == pytest.approx(2 / 3)
    assert wrong(mask, None) == 0
    assert np.isnan(goodness(mask, None))
    outside = np.array([[0, 0, 0, 128]], np.uint8)
    assert goodness(mask, outside) == pytest.approx(1 / 3)


@pytest.mark.parametrize(("off", "expected"), [(0, 1.0), (2, 1.0), (4, 0.0)])
def test_outlines_agree_within_three_pixels(off: int, expected: float) -> None:
    truth = truth_of(square(8, 32))
    assert boundary_f(square(8 + off, 32 - off), truth) == expected


def test_the_outline_of_half_a_thing_is_half_right() -> None:
    truth = np.zeros((40, 60), np.uint8)
    truth[5:35, 5:55] = 255
    half = truth == 255
    half[:, 30:] = False
    # 30 + 2 * 25 pixels, less two corners, of which the right side, less what lies near
    # the upper and the lower side, is off; of 156 of the truth about half.
    outline = 2 * (30 + 25) - 4
    precision = (outline - (30 - 2 * 4)) / outline
    recall = (30 - 2 + 2 * (25 + 3)) / (2 * (30 + 50) - 4)
    expected = 2 * precision * recall / (precision + recall)
    assert boundary_f(half, truth) == pytest.approx(expected, abs=0.01)


def test_there_is_no_outline_along_the_border_of_an_image() -> None:
    mask = np.zeros((20, 20), bool)
    mask[:10] = True
    assert boundary_f(mask, truth_of(mask)) == 1
    everything = np.ones((20, 20), bool)
    assert boundary_f(everything, truth_of(everything)) == 1
    assert boundary_f(everything, truth_of(mask)) == 0
    nothing = np.zeros((20, 20), bool)
    assert boundary_f(nothing, truth_of(nothing)) == 1
    assert boundary_f(nothing, truth_of(mask)) == 0


def test_an_outline_anywhere_within_what_is_not_labelled_is_right() -> None:
    truth = np.full((40, 40), 0, np.uint8)
    truth[6:34, 6:34] = 128
    truth[14:26, 14:26] = 255
    assert boundary_f(square(7, 33), truth) == 1
    assert boundary_f(square(14, 26), truth) == 1


def test_harm_is_a_loss_on_an_image_that_was_not_clicked() -> None:
    before = np.array([0.9, 0.8, 0.7, np.nan, 0.5])
    after = np.array([0.1, 0.7, 0.66, 0.2, 0.9])
    assert harmed(before, after, clicked=0) == 1
    assert harmed(before, after, clicked=1) == 1
    assert harmed(before, after, clicked=4) == 2


# What is compared --------------------------------------------------------------------


def cells(angles: list[float]) -> NDArray[np.float64]:
    """Make features of one image, a row of cells, by their angles in degrees."""
    found = np.radians(angles)
    return np.stack([np.cos(found), np.sin(found)], -1).reshape(1, 1, -1, 2)


def test_a_cell_has_the_label_of_the_click_it_is_most_like() -> None:
    features = cells([0, 20, 40, 60, 90]) * np.array([1, 5, 2, 9, 3])[:, None]
    seg = Cosine(features, [np.zeros((1, 5, 3), np.uint8)], like=0.3)
    assert not seg.full_masks()[0].any()
    seg.add_click(4, 0, image=0, positive=False)
    assert not seg.full_masks()[0].any()
    seg.add_click(0, 0, image=0, positive=True)
    assert seg.full_masks()[0].tolist() == [[True, True, True, False, False]]
    seg.clear()
    seg.add_click(0, 0, image=0, positive=True)  # what is unlike it is not in the mask
    assert seg.full_masks()[0].tolist() == [[True, True, True, True, False]]
    seg.add_click(3, 0, image=0, positive=True)
    assert seg.full_masks()[0].all()


def test_masks_of_cells_are_interpolated_to_each_image() -> None:
    features = np.concatenate([cells([0, 0, 90, 90]), cells([90, 90, 90, 0])])
    images = [np.zeros((8, 40, 3), np.uint8), np.zeros((1, 4, 3), np.uint8)]
    seg = Cosine(features, images, like=0.5)
    seg.add_click(0, 7, image=0, positive=True)
    first, second = seg.full_masks()
    assert first.shape == (8, 40)
    assert first[:, :20].all()
    assert not first[:, 20:].any()
    assert second.tolist() == [[False, False, False, True]]


ANSWERS = """
import json, sys, time
import numpy as np
for line in sys.stdin:
    asked = json.loads(line)
    if "to" in asked:
        time.sleep(30 * (5 in asked["fg"]))
        heat = np.full(6, -1.0)
        heat[asked["fg"]] = 1
        np.save(asked["to"], heat)
    print(flush=True)
"""


def test_a_peer_that_does_not_end_in_time_is_begun_anew() -> None:
    features = np.zeros((2, 1, 3, 4), np.float32)
    images = [np.zeros((1, 3, 3), np.uint8)] * 2
    seg = Peer(features, images, 20, (sys.executable, "-c", ANSWERS))
    seg.add_click(2, 0, image=0, positive=True)
    assert [mask.tolist() for mask in seg.full_masks()] == [
        [[False, False, True]],
        [[False, False, False]],
    ]
    seg.clear()
    seg._deadline = 0
    seg.add_click(2, 0, image=1, positive=True)
    with pytest.raises(TimeUp):
        seg.full_masks()
    seg.clear()
    seg.add_click(0, 0, image=1, positive=True)
    assert seg.full_masks()[1].tolist() == [[True, False, False]]
    seg.close()


# Mixed batches -----------------------------------------------------------------------


class Said(Clicks):
    """Finds what it is told to, click by click, and keeps the clicks."""

    def __init__(self, found: list[list[NDArray[np.bool_]]]) -> None:
        self.found = found
        self.said: list[tuple[int, int, int, bool]] = []

    def clear(self) -> None:
        """Forget the clicks."""
        self.said.clear()

    def add_click(self, x: int, y: int, image: int, positive: bool) -> None:
        """Keep a click."""
        self.said.append((image, x, y, positive))

    def full_masks(self) -> list[NDArray[np.bool_]]:
        """Give the next masks."""
        return self.found[min(len(self.said), len(self.found)) - 1]


def test_the_next_click_is_on_the_image_that_is_worst() -> None:
    thing, nothing, all_of_it = square(10, 20), square(0, 0), square(0, 40)
    truths = [truth_of(thing), truth_of(thing), truth_of(nothing), None]
    empty = [nothing] * 4
    seg = Said(
        [
            [thing, nothing, all_of_it, all_of_it],  # the third is worst
            [thing, nothing, nothing, all_of_it],  # the second has no thing yet
            [nothing, thing, nothing, nothing],  # and now the first has lost it
            [thing, thing, nothing, nothing],
        ]
    )
    trial = play(seg, truths, [mask.shape for mask in empty])
    clicked = [(image, positive) for image, _, _, positive in seg.said]
    assert clicked == [(0, True), (2, False), (1, True), (0, True)]
    assert trial.harm == 1
    np.testing.assert_allclose(trial.at[0], [0.5, 0, 1, 0])
    np.testing.assert_allclose(trial.at[1:], [[1, 1, 0, 1]] * 3)


def test_distractors_are_of_other_kinds_and_the_same_every_time() -> None:
    names, counts = ["cows-1", "cows-2", "pens-1", "cups"], [9, 2, 3, 1]
    drawn = draw(names, counts, own=0, most=9, seed=0)
    assert sorted(drawn) == [(2, 0), (2, 1), (2, 2), (3, 0)]
    assert drawn == draw(names, counts, own=0, most=9, seed=0)
    assert len(draw(names, counts, own=2, most=9, seed=0)) == 4 + 2 + 1
    assert (
        draw(names, counts, own=2, most=3, seed=5)
        == (draw(names, counts, own=2, most=9, seed=5)[:3])
    )


def test_things_that_did_not_end_are_counted_and_in_no_figure() -> None:
    ended = Trial(np.array([[0.5, 0.2, 0.0, 1.0]] * 4), 3)
    text = mixed.line("peer", [ended, None, None], [1.5])
    figures = ".50 .50 .50 .50 | .20 .20 .20 .20 | .00 .00 .00 .00 | 1.0 1.0 1.0 1.0"
    assert text == f"| peer | {figures} | 3.0 | 1 of 3 | 1.50 s |"
    assert mixed.line("peer", [None], [2.0]).endswith("| - | - | 0 of 1 | 2.00 s |")

    class Slow(Clicks):
        def maps(self) -> NDArray[np.float32]:
            raise TimeUp

    images = [np.zeros((4, 4, 3), np.uint8)]
    batch = Mixed(images, {"thing": [truth_of(square(1, 3, 4))]}, None)
    assert trials(lambda _: (Slow((2, 2), images), 1.0), [batch]) == ([None], [1.0])


# The tables --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make two batches, of two squares, and of an image with another thing."""
    made = tmp_path_factory.mktemp("labelled")
    rng = np.random.default_rng(0)
    kinds = np.zeros((3, 16, 16), int)
    kinds[:2, 4:11, 5:12] = 1
    kinds[2, 8:] = 2
    features = rng.standard_normal((3, 6))[kinds] * 3
    features += rng.standard_normal((*kinds.shape, 6))
    np.save(made / "squares.npy", features[:2])
    np.save(made / "other.npy", features[2:])
    for number, image in enumerate(kinds):
        shown = np.repeat((image * 127).astype(np.uint8)[..., None], 3, 2)
        Image.fromarray(shown).save(made / f"image{number}.png")
        Image.fromarray(truth_of(image > 0)).save(made / f"mask{number}.png")
    entries = [
        {
            "name": name,
            "images": [f"image{number}.png" for number in numbers],
            "objects": {"thing": [f"mask{number}.png" for number in numbers]},
            "features": f"{name}.npy",
        }
        for name, numbers in (("squares", [0, 1]), ("other", [2]))
    ]
    (made / "manifest.json").write_text(json.dumps(entries))
    return made


@pytest.fixture(scope="module")
def batches(folder: Path) -> list[Batch]:
    return list(read(folder))


def test_the_table_has_a_row_for_each_way(batches: list[Batch]) -> None:
    own = next(row for row in ROWS if row.name == COSINE)
    for row in (*ROWS[:3], own):
        (score,), seconds = scores(row, batches[:1], "features")
        assert score.clicked.shape == score.others.shape == (5,)
        assert score.clicked[0] > 0.5
        assert 0 < score.boundary <= 1
        text = line(row.name, [score], seconds)
        assert text.startswith(f"| {row.name} | ")
        assert text.count("|") == 7


def test_a_mixed_batch_has_images_of_another_kind(batches: list[Batch]) -> None:
    first, second = mix(batches, "features", 1, 8)
    assert [len(first.images), len(second.images)] == [3, 3]
    assert first.features is not None
    assert first.features.shape == (3, 16, 16, 6)
    has = [truth is not None and bool(truth.any()) for truth in first.things["thing"]]
    assert has == [True, True, False]
    assert len(list(mix(batches, "none", 2, 0))) == 1


def test_every_row_plays_mixed_batches(batches: list[Batch]) -> None:
    assert [row.name for row in MIXED[1:]] == [NEAREST, PEER]
    for row in MIXED[:2]:

        def make(batch: Mixed, row: Any = row) -> tuple[Any, float]:
            return segmenter(row, batch.images, batch.features, "features"), 0.5

        found, seconds = trials(make, mix(batches, "features", 1, 1))
        assert seconds == [0.5, 0.5]
        for trial in found:
            assert trial is not None
            assert trial.at.shape == (4, 4)
            assert trial.at[-1, 0] > 0.4


def test_plain_cosine_takes_the_features_of_a_way(batches: list[Batch]) -> None:
    (batch,) = mix(batches, "none", 2, 1)
    seg = segmenter(MIXED[1], batch.images, batch.features, "appearance")
    assert isinstance(seg, Cosine)
    seg.add_click(8, 7, image=0, positive=True)
    masks = seg.full_masks()
    assert masks[0][7, 8]
    assert not masks[0][0, 0]
