"""Masks of things on photographs, by the protocol of `tests.benchmarks.quality`."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from tests.benchmarks.quality import LOSS, play
from tests.support.photographs import batches


@pytest.fixture(scope="module")
def played() -> tuple[NDArray, NDArray]:
    """IoU after each of 5 clicks, of the clicked image, and of the others."""
    scores = []
    for batch in batches().values():
        seg = NcutSegmenter.from_images(batch.images, progress=False)
        scores += [
            play(seg, truths, image)
            for truths in batch.things.values()
            for image in range(len(truths))
        ]
    return np.stack([s.clicked for s in scores]), np.stack([s.others for s in scores])


def test_a_click_finds_things_and_more_find_them_better(
    played: tuple[NDArray, NDArray], report: list[str]
) -> None:
    clicked, others = played
    assert len(clicked) >= 12
    mean, elsewhere = clicked.mean(0), np.nanmean(others, 0)
    words = (" ".join(f"{iou:.2f}" for iou in each) for each in (mean, elsewhere))
    report.append(
        "IoU of photographs after 1 to 5 clicks: {}, others {}".format(*words)
    )
    assert mean[0] > 0.4
    assert mean[-1] > 0.76
    assert (np.diff(mean) > 0).all()
    assert elsewhere[0] > 0.28
    assert elsewhere[-1] > 0.7


def test_no_thing_ends_worse_than_it_began(played: tuple[NDArray, NDArray]) -> None:
    clicked, _ = played
    assert (clicked[:, -1] >= clicked[:, 0] - LOSS).mean() >= 0.9
