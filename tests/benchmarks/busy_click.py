"""Clicks on quiet cores, and beside two processes that keep all of them busy.

    python -m tests.benchmarks.busy_click

On 100 images of 64 x 64 with 30 eigenvectors. No step may take more than 3 times its
quiet time: with a fair share of two cores for each of three, that is what there is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from statistics import median

import numpy as np

from ncut_widget.masks.coordinates import Cell
from ncut_widget.masks.denoise import denoise_mask
from ncut_widget.methods.biased_cut import Graph
from ncut_widget.methods.similarity import SimilarityField
from ncut_widget.prompts import Seed
from ncut_widget.sessions.session import Session
from tests.benchmarks.busy import neighbours

ROUNDS = 21
SHAPE = (100, 64, 64, 30)


def steps() -> dict[str, Callable[[], object]]:
    """Name what a click may ask for, each time of another pixel."""
    rng = np.random.default_rng(0)
    eigvecs = rng.standard_normal(SHAPE, dtype=np.float32)
    eigvecs /= np.sqrt(np.square(eigvecs).sum((0, 1, 2), dtype=np.float64))
    eigvals = np.linspace(1, 0.1, SHAPE[-1])
    session = Session(eigvecs, [(384, 512)] * SHAPE[0], eigvals=eigvals)
    session.update(clicks=[[0, 100, 100, 1], [3, 300, 200, 0]])
    graph, masks = Graph(session.spectrum.store, eigvals), session.masks()
    pixels = rng.permutation(np.prod(SHAPE[:3]))
    numbers = count()

    def cell() -> Cell:
        at = np.unravel_index(pixels[next(numbers)], SHAPE[:3])
        return Cell(*map(int, at))

    def biased() -> object:
        return graph.bias([Seed(cell())], [Seed(cell())], SHAPE[-1])

    def similarity(images: range) -> object:
        group = (Seed(cell()),)
        return SimilarityField(session.spectrum, group, SHAPE[-1]).maps(images)

    return {
        "click, maps of 12 images": lambda: similarity(range(12)),
        "click, maps of 100 images": lambda: similarity(range(100)),
        "biased cut of 100 images": biased,
        "denoise 100 masks": lambda: denoise_mask(masks, 3),
        "smooth mask of one image": lambda: session.full_masks()[0],
    }


def measure(step: Callable[[], object]) -> float:
    """Take the median of a step's times, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return 1000 * median(times[1:])


def main() -> None:
    """Print each step's times and their ratio."""
    named = steps()
    quiet = {name: measure(step) for name, step in named.items()}
    print(f"{'':28}{'quiet':>9}{'busy':>9}{'ratio':>7}")
    with neighbours():
        for name, step in named.items():
            slow = measure(step)
            print(
                f"{name:28}{quiet[name]:6.1f} ms{slow:6.1f} ms{slow / quiet[name]:7.1f}"
            )


if __name__ == "__main__":
    main()
