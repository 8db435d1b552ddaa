"""The solver and a click on CUDA, beside what the card itself can do.

Two ceilings are measured in the same run: how fast the card copies, and how fast it
multiplies float32 matrices. A floor is what the work would take at a ceiling: the input
read once; the products of all nodes with all landmarks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks.arrays import DIMS, NUM_EIG
from tests.benchmarks.graph import Affinity
from tests.benchmarks.sides import NcutWidget

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="torch finds no CUDA on this machine"
)


def seconds(action: Callable[[], Any], repeats: int = 20) -> float:
    """Time an action on the card, after a warm-up."""
    action()
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    start.record()
    for _ in range(repeats):
        action()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1000 / repeats


@cache
def bytes_per_second() -> float:
    """Read and written by a copy within the card."""
    source = torch.empty(1 << 30, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    return 2 * source.nbytes / seconds(lambda: target.copy_(source))


@cache
def operations_per_second() -> float:
    """Of a float32 matrix product, with torch's own setting for its precision."""
    size = 8192
    a, b = torch.randn(2, size, size, device="cuda")
    return 2 * size**3 / seconds(lambda: a @ b)


def ceilings() -> dict[str, Any]:
    return {
        "device": torch.cuda.get_device_name(),
        "copy_gigabytes": bytes_per_second() / 1e9,
        "matmul_teraflops": operations_per_second() / 1e12,
    }


def clusters(nodes: int) -> Any:
    """Make (nodes, 768) on the card, float32."""
    torch.manual_seed(0)
    rows = torch.randn(60, DIMS, device="cuda")
    rows = rows[torch.randint(60, (nodes,), device="cuda")]
    return rows.add_(torch.randn_like(rows), alpha=0.6)


@pytest.mark.parametrize("nodes", [409_600, 1_000_000])
def test_solver(benchmark: BenchmarkFixture, nodes: int) -> None:
    features = clusters(nodes)
    side = NcutWidget("cuda")

    def solve() -> None:
        side.solve(features, NUM_EIG, Affinity())
        torch.cuda.synchronize()

    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    benchmark.pedantic(solve, rounds=5, warmup_rounds=1)
    operations = 2 * nodes * DIMS * len(side.fitted.landmarks_)
    benchmark.extra_info.update(
        row=f"solver, {nodes:,} x {DIMS}",
        megabytes=(torch.cuda.max_memory_allocated() - before) / 1e6,
        read_floor=features.nbytes / bytes_per_second(),
        arithmetic_floor=operations / operations_per_second(),
        **ceilings(),
    )


@pytest.mark.parametrize("denoise", [True, False], ids=["denoise", "plain"])
def test_click(benchmark: BenchmarkFixture, denoise: bool) -> None:
    eigvecs = torch.randn(100, 64, 64, NUM_EIG, device="cuda")
    click, _ = NcutWidget("cuda").segmenter(eigvecs, denoise)
    columns = iter(range(64))
    benchmark.pedantic(
        lambda column: click([0, 32, column]),
        setup=lambda: ((next(columns),), {}),
        rounds=20,
        warmup_rounds=2,
    )
    benchmark.extra_info.update(
        row=f"click, 100 images, {'with denoise' if denoise else 'without'}",
        read_floor=eigvecs.nbytes / bytes_per_second(),
        **ceilings(),
    )
