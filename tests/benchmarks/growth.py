"""Time and memory of our solver as the number of nodes grows, with either graph.

    python -m tests.benchmarks.growth

The features are a float16 memory map on disk, 6.4 GB at the most, which is removed at
the end; every size is solved in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from ncut_widget import NCUT
from tests.benchmarks import arrays
from tests.benchmarks.memory import PeakMemory
from tests.benchmarks.results import RESULTS, seconds, table

FEATURES = arrays.ARRAYS / "growth.npy"


def make(nodes: int) -> None:
    """Write SAM-like features, an image's worth at a time."""
    shape = (nodes, arrays.DIMS)
    file = np.lib.format.open_memmap(FEATURES, "w+", np.float16, shape)
    size = arrays.GRID**2
    for index, image in enumerate(arrays.blends(nodes // size)):
        file[index * size : (index + 1) * size] = image
    file.flush()


def solve(nodes: int, graph: str, device: str) -> dict[str, float]:
    """Measure one size, in this process: memory first, as looking takes time."""
    ncut = NCUT(arrays.NUM_EIG, graph=graph, device=device, progress=False)
    side = arrays.GRID
    features = np.load(FEATURES, mmap_mode="r").reshape(-1, side, side, arrays.DIMS)
    features = features[: nodes // side**2]
    shape = (*features.shape[:3], 3)
    colors = np.random.default_rng(0).random(shape, np.float32)
    guide = colors if graph == "neighbors" else None
    few = None if guide is None else guide[:1]
    ncut.fit(features[:1], guide=few)  # what is loaded once
    with PeakMemory() as memory:
        ncut.fit_transform(features, guide=guide)
    start = time.perf_counter()
    ncut.fit_transform(features, guide=guide)
    spent = time.perf_counter() - start
    return {"nodes": nodes, "seconds": spent, "bytes": memory.bytes}


def solve_apart(nodes: int, graph: str, device: str) -> dict[str, float]:
    """Measure one size, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.growth", "--solve", str(nodes)]
    command += ["--graphs", graph, "--device", device]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def plot(found: list[dict[str, float]], path: Path) -> None:
    """Draw time and memory over the nodes, with lines of proportional growth."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    nodes = np.array([each["nodes"] for each in found])
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for axis, key, unit in zip(axes, ("seconds", "bytes"), (1, 1e6), strict=True):
        values = np.array([each[key] for each in found]) / unit
        axis.loglog(nodes, values, "o-")
        axis.loglog(nodes, values[-1] * nodes / nodes[-1], "--", color="grey")
        axis.set_xticks(nodes, [f"{n:,}" for n in nodes.tolist()], rotation=30)
        axis.set_xticks([], minor=True)
        axis.set_xlabel("nodes")
        axis.grid(which="both", alpha=0.2)
    axes[0].set_ylabel("seconds")
    axes[1].set_ylabel("peak memory (MB)")
    axes[1].legend(["ncut_widget", "proportional to the nodes"])
    figure.savefig(path, dpi=120)


def main() -> None:
    """Print the table, and draw it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--most", type=int, default=2**22, help="nodes, at the most")
    parser.add_argument("--graphs", nargs="+", default=["full", "neighbors"])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--solve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.solve:
        (graph,) = options.graphs
        print(json.dumps(solve(options.solve, graph, options.device)))
        return
    sizes = [2**power for power in range(12, 31, 2) if 2**power <= options.most]
    print(f"{arrays.NUM_EIG} eigenvectors of float16 features in a memory map on disk")
    print("(the eigenvectors, float32, are 120 bytes a node):\n")
    try:
        make(sizes[-1])
        for graph in options.graphs:
            show(graph, [solve_apart(n, graph, options.device) for n in sizes])
    finally:
        FEATURES.unlink(missing_ok=True)


def show(graph: str, found: list[dict[str, float]]) -> None:
    """Print what was measured with a graph, and draw it."""
    rows = [
        (
            f"{each['nodes']:,}",
            seconds(each["seconds"]),
            f"{1e6 * each['seconds'] / each['nodes']:.1f}",
            f"{each['bytes'] / 1e6:.0f}",
            f"{each['bytes'] / each['nodes']:.0f}",
        )
        for each in found
    ]
    header = ["nodes x 768", "time", "us a node", "memory (MB)", "bytes a node"]
    print(f"graph={graph!r}\n")
    print(table(header, rows))
    path = RESULTS / f"growth-{graph}.png"
    plot(found, path)
    print(f"\nDrawn in {path.relative_to(path.parents[2])}.\n", flush=True)


if __name__ == "__main__":
    main()
