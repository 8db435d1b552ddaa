"""Mixed batches: some images have the thing, most do not.

A batch is up to four images of one of the folder's batches, and images of batches of
other kinds, the distractors; batches whose names begin with the same four letters are
of one kind. The first click is the innermost pixel of the thing on the first image.
From then on whoever labels looks through all images, and clicks where it is worst: on
the image with the most wrong pixels, as a share of it, in the middle of its largest
error.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.labelled import Batch
from tests.benchmarks.measures import (
    OUTSIDE,
    goodness,
    harmed,
    has_thing,
    next_click,
    wrong,
)
from tests.benchmarks.players import TimeUp

OWN = 4
"""Images of a batch at most, and drawn from others at most."""

CLICKS = 16

SHOWN = (1, 4, 8, 16)
"""Clicks after which the table tells how good the masks are."""

EMPTY = 0.002
"""Share of an image's pixels below which it counts as left empty."""

HEAD = (
    "| | IoU, clicks 1 4 8 16 | worst image | wrongly found elsewhere | "
    "left empty, as it should be | harm | ended | to the widget |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |"
)


class Mixed(NamedTuple):
    """A mixed batch.

    Attributes
    ----------
    images : list of ndarray
    things : dict of str to list
        The truth of each image; None: not labelled.
    features : ndarray or None
        Those of the folder, (B, H, W, C).
    """

    images: list[NDArray]
    things: dict[str, list[NDArray | None]]
    features: NDArray | None


class Trial(NamedTuple):
    """What came of one thing.

    Attributes
    ----------
    at : ndarray, shape (len(SHOWN), 4)
        After each number of clicks: mean and worst IoU of the images that have the
        thing; of the others the mean share wrongly found, and how many are left empty.
    harm : int
        Times that a click made an image worse that it was not on.
    """

    at: NDArray
    harm: int


def kind(name: str) -> str:
    """Return what batches of one kind have in common."""
    return name[:4]


def draw(
    names: Sequence[str], counts: Sequence[int], own: int, most: int, seed: int
) -> list[tuple[int, int]]:
    """Draw distractors of a batch: the batch and the place of each.

    Parameters
    ----------
    names, counts
        Of each batch: its name, and how many images it has.
    own : int
        The batch.
    most : int
        How many, if there are as many.
    seed : int
    """
    pool = [
        (batch, place)
        for batch, (name, count) in enumerate(zip(names, counts, strict=True))
        if kind(name) != kind(names[own])
        for place in range(min(OWN, count))
    ]
    order = np.random.default_rng(seed).permutation(len(pool))
    return [pool[at] for at in order[:most]]


def mix(
    batches: Sequence[Batch], features: str, every: int, most: int
) -> Iterator[Mixed]:
    """Make mixed batches.

    Parameters
    ----------
    batches : sequence of Batch
    features : str
        Those of the folder that are read, if it has some of this name.
    every : int
        Only every n-th batch is made; distractors are drawn from all.
    most : int
        Distractors.
    """
    names = [batch.name for batch in batches]
    counts = [len(batch.images) for batch in batches]
    for seed, own in enumerate(range(0, len(batches), every)):
        batch = batches[own]
        drawn = draw(names, counts, own, most, seed)
        images = batch.images[:OWN]
        others = [batches[other].images[place] for other, place in drawn]
        nothing = [np.full(image.shape[:2], OUTSIDE, np.uint8) for image in others]
        values = None
        if features in batch.features:
            parts = [np.load(batch.features[features])[:OWN]]
            for other, place in drawn:
                rows = np.load(batches[other].features[features])
                parts.append(rows[place : place + 1])
            values = np.concatenate(parts).astype(np.float32)
        yield Mixed(
            [*images, *others],
            {name: [*each[:OWN], *nothing] for name, each in batch.things.items()},
            values,
        )


def play(seg: Any, truths: Sequence[NDArray | None], sizes: Sequence[Any]) -> Trial:
    """Click a thing wherever it is worst."""
    seg.clear()
    has = np.array([has_thing(truth) for truth in truths])
    labelled = np.array([truth is not None for truth in truths])
    masks = [np.zeros(size, bool) for size in sizes]
    before, harm, image, rows = None, 0, 0, []
    for count in range(1, CLICKS + 1):
        truth = truths[image]
        click = None if truth is None else next_click(masks[image], truth)
        if click is not None:
            x, y, positive = click
            seg.add_click(x, y, image=image, positive=positive)
            masks = list(seg.full_masks())
        pairs = list(zip(masks, truths, strict=True))
        good = np.array([goodness(*pair) for pair in pairs])
        harm += 0 if before is None else harmed(before, good, image)
        before = good
        image = int(np.argmax([wrong(*pair) for pair in pairs]))
        if count in SHOWN:
            found = 1 - good[~has & labelled]
            mine = good[has]
            rows.append([mine.mean(), mine.min(), found.mean(), (found < EMPTY).mean()])
    return Trial(np.array(rows), harm)


def trials(
    make: Callable[[Mixed], tuple[Any, float]], batches: Iterable[Mixed]
) -> tuple[list[Trial | None], list[float]]:
    """Play all things of all batches; None for one whose time was up first.

    Parameters
    ----------
    make : callable
        ``batch -> (segmenter, seconds)``.
    batches : iterable of Mixed
    """
    found: list[Trial | None] = []
    seconds = []
    for batch in batches:
        seg, took = make(batch)
        seconds.append(took)
        sizes = [image.shape[:2] for image in batch.images]
        for truths in batch.things.values():
            try:
                found.append(play(seg, truths, sizes))
            except TimeUp:
                found.append(None)
        seg.close()
    return found, seconds


def line(name: str, found: Sequence[Trial | None], seconds: Sequence[float]) -> str:
    """Return a row of the table; its figures are of the things that ended."""
    ended = [trial for trial in found if trial is not None]
    cells = ["-"] * 5
    if ended:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where there are no other images
            table = np.nanmean([trial.at for trial in ended], axis=0).T
        cells = [" ".join(short(value) for value in values) for values in table]
        cells.append(f"{np.mean([trial.harm for trial in ended]):.1f}")
    cells.append(f"{len(ended)} of {len(found)}")
    cells.append(f"{np.median(seconds):.2f} s")
    return f"| {name} | " + " | ".join(cells) + " |"


def short(value: float) -> str:
    """Write a share with two digits, without the zero before the point.

    >>> short(0.456), short(1.0), short(0.0), short(float("nan"))
    ('.46', '1.0', '.00', '-')
    """
    if np.isnan(value):
        return "-"
    text = f"{value:.2f}"
    return "1.0" if text == "1.00" else text.removeprefix("0")
