"""Time and memory to the widget, of batches of any size.

    python -m tests.benchmarks.batches [--most IMAGES] [--kinds photographs features]

Photographs are of 256 x 256 pixels; features are a float16 memory map of 32 x 32 cells
of 64 numbers, on disk. Every batch is made in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.memory import PeakMemory
from tests.benchmarks.results import seconds, table

SIZES = (1, 4, 30, 100, 300, 1000)
PIXELS = 256
CELLS, COLUMNS = 32, 64
KINDS = ("photographs", "features")
THINGS = 40


def photographs(count: int) -> list[Any]:
    """Cut squares out of photographs, each at another place."""
    from skimage import data

    rng = np.random.default_rng(0)
    whole = [data.astronaut(), data.chelsea(), data.coffee(), data.rocket()]
    found = []
    for number in range(count):
        image = whole[number % len(whole)]
        row, col = (rng.integers(0, side - PIXELS + 1) for side in image.shape[:2])
        found.append(image[row : row + PIXELS, col : col + PIXELS].copy())
    return found


def write_features(count: int, path: Path) -> None:
    """Write features of images, each of sixteen squares of forty things."""
    rng = np.random.default_rng(0)
    centres = 2 * rng.standard_normal((THINGS, COLUMNS))
    shape = (count, CELLS, CELLS, COLUMNS)
    file = np.lib.format.open_memmap(path, "w+", np.float16, shape)
    for image in file:
        things = rng.integers(0, THINGS, (4, 4)).repeat(CELLS // 4, 0)
        image[:] = centres[things.repeat(CELLS // 4, 1)]
        image += rng.standard_normal(image.shape).astype(np.float16)
    file.flush()


def measure(kind: str, count: int) -> dict[str, float]:
    """Make one widget, in this process.

    Memory is that beyond what is given, with what the widget holds.
    """
    from ncut_widget import NcutSegmenter

    make: Callable[[Any], Any]
    with tempfile.TemporaryDirectory() as folder:
        if kind == "photographs":
            make, given = NcutSegmenter.from_images, photographs(count)
        else:
            path = Path(folder) / "features.npy"
            write_features(max(count, 2), path)
            make, given = NcutSegmenter.from_features, np.load(path, mmap_mode="r")
        make(given[:1], progress=False)  # what is loaded once
        with PeakMemory(0.02) as memory:
            start = time.perf_counter()
            seg = make(given[:count], progress=False)
            spent = time.perf_counter() - start
    held = seg.eigvecs.nbytes
    return {"images": count, "seconds": spent, "bytes": memory.bytes, "held": held}


def measure_apart(kind: str, count: int) -> dict[str, float]:
    """Make one widget, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.batches", "--kinds", kind]
    done = subprocess.run(
        [*command, "--make", str(count)], check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Print a table for each kind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--most", type=int, default=SIZES[-1], help="images")
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        print(json.dumps(measure(options.kinds[0], options.make)))
        return
    for kind in options.kinds:
        rows = []
        for count in (size for size in SIZES if size <= options.most):
            found = measure_apart(kind, count)
            each = found["seconds"] / count
            rows.append(
                (
                    str(count),
                    seconds(found["seconds"]),
                    seconds(each),
                    f"{found['bytes'] / 1e6:.0f}",
                    f"{found['held'] / 1e6:.0f}",
                )
            )
        header = [kind, "time", "an image", "peak (MB)", "of these held (MB)"]
        print(table(header, rows), flush=True)
        print()


if __name__ == "__main__":
    main()
