"""The solver and a click, beside what the processor or the card itself can do.

Two ceilings are measured in the same run: how fast the device copies, and how fast it
multiplies float32 matrices. A floor is what the work would take at a ceiling: the input
read once; the products that place the nodes, join them to the landmarks and make
eigenvectors of that.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks.arrays import DIMS, GRID, NUM_EIG, TUTORIAL, blends
from tests.benchmarks.graph import Affinity
from tests.benchmarks.sides import NcutWidget

torch = pytest.importorskip("torch")

MILLION = 1_000_000


@pytest.fixture(params=["cpu", "cuda"])
def device(request: pytest.FixtureRequest) -> str:
    """Name what the work is done on."""
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA on this machine")
    return str(request.param)


def finish(device: str) -> None:
    """Wait until all that was asked of a device is done."""
    if device == "cuda":
        torch.cuda.synchronize()


def seconds(device: str, action: Callable[[], Any], repeats: int = 10) -> float:
    """Time an action, after a warm-up."""
    action()
    finish(device)
    start = time.perf_counter()
    for _ in range(repeats):
        action()
    finish(device)
    return (time.perf_counter() - start) / repeats


@cache
def bytes_per_second(device: str) -> float:
    """Read and written by a copy within the device's memory."""
    source = torch.ones(1 << 30, dtype=torch.uint8, device=device)
    target = torch.zeros_like(source)
    return 2 * source.nbytes / seconds(device, lambda: target.copy_(source))


@cache
def operations_per_second(device: str) -> float:
    """Of a float32 matrix product, with torch's own setting for its precision."""
    size = 4096
    a, b = torch.randn(2, size, size, device=device)
    return 2 * size**3 / seconds(device, lambda: a @ b)


def ceilings(device: str) -> dict[str, Any]:
    card = device == "cuda"
    return {
        "on_cuda": card,
        "device": torch.cuda.get_device_name() if card else platform.machine(),
        "copy_gigabytes": bytes_per_second(device) / 1e9,
        "matmul_teraflops": operations_per_second(device) / 1e12,
    }


def sam_like(nodes: int, device: str) -> Any:
    """Make (nodes, 768) on the device, float32."""
    rows = torch.empty(nodes, DIMS, device=device)
    parts = rows.split(GRID**2)
    for part, image in zip(parts, blends(len(parts)), strict=True):
        part.copy_(torch.from_numpy(image[: len(part)]))
    return rows


@pytest.mark.parametrize("nodes", [TUTORIAL, MILLION])
def test_solver(benchmark: BenchmarkFixture, device: str, nodes: int) -> None:
    features = sam_like(nodes, device)
    side = NcutWidget(device)

    def solve() -> None:
        side.solve(features, NUM_EIG, Affinity())
        finish(device)

    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
    benchmark.pedantic(solve, rounds=5, warmup_rounds=1)
    if device == "cuda":
        most = torch.cuda.max_memory_allocated() - before
        benchmark.extra_info["megabytes"] = most / 1e6
    m, directions = side.fitted._extension.landmarks.points.shape
    operations = 2 * nodes * (DIMS * directions + directions * m + m * NUM_EIG)
    benchmark.extra_info.update(
        row=f"solver, {nodes:,} x {DIMS}",
        read_floor=features.nbytes / bytes_per_second(device),
        arithmetic_floor=operations / operations_per_second(device),
        **ceilings(device),
    )


@pytest.mark.parametrize("denoise", [True, False], ids=["denoise", "plain"])
def test_click(benchmark: BenchmarkFixture, device: str, denoise: bool) -> None:
    eigvecs = torch.randn(100, 64, 64, NUM_EIG, device=device)
    click, _ = NcutWidget(device).segmenter(eigvecs, denoise)
    columns = iter(range(64))
    benchmark.pedantic(
        lambda column: click([0, 32, column]),
        setup=lambda: ((next(columns),), {}),
        rounds=20,
        warmup_rounds=2,
    )
    benchmark.extra_info.update(
        row=f"click, 100 images, {'with denoise' if denoise else 'without'}",
        read_floor=eigvecs.nbytes / bytes_per_second(device),
        **ceilings(device),
    )
