"""A new prompt, a slider step, or `get_mask`, to the masks of the whole batch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks import arrays
from tests.benchmarks.sides import Side

ROUNDS = 20
BATCHES = [100, 1000]

denoises = pytest.mark.parametrize("denoise", [True, False], ids=["denoise", "plain"])


@pytest.fixture(scope="module", params=BATCHES)
def eigvecs(request: pytest.FixtureRequest) -> np.ndarray:
    return arrays.eigenvectors(request.param)


def row(eigvecs: np.ndarray, step: str, denoise: bool) -> dict[str, Any]:
    kind = "with denoise" if denoise else "without"
    return {"row": f"{len(eigvecs)} images, {step} {kind}"}


@denoises
def test_click(
    benchmark: BenchmarkFixture, side: Side, eigvecs: np.ndarray, denoise: bool
) -> None:
    click, _ = side.segmenter(eigvecs, denoise)
    measure(benchmark, click, eigvecs)
    benchmark.extra_info.update(row(eigvecs, "click", denoise))


@denoises
def test_get_mask(
    benchmark: BenchmarkFixture, side: Side, eigvecs: np.ndarray, denoise: bool
) -> None:
    measure(benchmark, side.published(eigvecs, denoise), eigvecs)
    benchmark.extra_info.update(row(eigvecs, "get_mask", denoise))


def measure(
    benchmark: BenchmarkFixture, click: Callable[[list[int]], Any], eigvecs: np.ndarray
) -> None:
    """Time clicks on pixels that were not clicked before."""
    pixels = iter(
        np.random.default_rng(0)
        .choice(np.prod(eigvecs.shape[:3]), ROUNDS + 2, replace=False)
        .tolist()
    )

    def fresh() -> tuple[tuple[list[int]], dict[str, Any]]:
        at = np.unravel_index(next(pixels), eigvecs.shape[:3])
        return ([int(index) for index in at],), {}

    benchmark.pedantic(click, setup=fresh, rounds=ROUNDS, warmup_rounds=2)


@denoises
def test_slider(
    benchmark: BenchmarkFixture, side: Side, eigvecs: np.ndarray, denoise: bool
) -> None:
    click, slide = side.segmenter(eigvecs, denoise)
    click([0, 32, 32])
    thresholds = cycle(np.linspace(0.3, 0.7, 97).tolist())
    benchmark.pedantic(
        slide,
        setup=lambda: ((next(thresholds),), {}),
        rounds=ROUNDS,
        warmup_rounds=2,
    )
    benchmark.extra_info.update(row(eigvecs, "slider step", denoise))


@pytest.mark.usefixtures("ours")
def test_one_pass(benchmark: BenchmarkFixture, eigvecs: np.ndarray) -> None:
    """Read them once: what a click that looks at all of them cannot beat."""
    import torch

    benchmark.pedantic(torch.from_numpy(eigvecs).sum, rounds=ROUNDS, warmup_rounds=2)
    megabytes = eigvecs.nbytes / 1e6
    name = f"{len(eigvecs)} images, one pass over their {megabytes:.0f} MB"
    benchmark.extra_info.update(row=name)
