"""What label maps, tables and files of a thousand photographs take.

Prints a table: for each number of images, seconds, megabytes on disk, and the most
memory beyond what was there, of each format. If memory is bounded, ten times as many
images take no more.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from ncut_widget import NcutSegmenter
from ncut_widget.results.formats import FORMATS
from tests.benchmarks.memory import PeakMemory

COUNTS = (100, 1000)
SIZE = (480, 640)
GRID, NUM_EIG = 32, 16
CLICKS = 3
PHOTOGRAPHS = 10


def batch(count: int, folder: Path) -> NcutSegmenter:
    """Make a batch of photographs in files, with three segments of three clicks."""
    rng = np.random.default_rng(0)
    patches = rng.standard_normal((count, 4, 4, NUM_EIG))
    eigvecs = patches.repeat(GRID // 4, axis=1).repeat(GRID // 4, axis=2)
    eigvecs += 0.3 * rng.standard_normal(eigvecs.shape)
    blocks = rng.integers(0, 256, (PHOTOGRAPHS, 12, 16, 3), dtype=np.uint8)
    paths = [folder / f"photo {number}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        block = Image.fromarray(blocks[number % PHOTOGRAPHS])
        block.resize(SIZE[::-1], Image.Resampling.BICUBIC).save(path, quality=90)
    eigvals = np.linspace(1, 0.3, NUM_EIG)
    seg = NcutSegmenter(eigvecs.astype(np.float32), paths, eigvals=eigvals)
    for name in ("a", "b", "c"):
        for image in rng.integers(0, count, CLICKS).tolist():
            seg.add_click(int(rng.integers(SIZE[1])), int(rng.integers(SIZE[0])), image)
        seg.commit(name)
    return seg


def size_of(path: Path) -> float:
    """Megabytes of a file, or of all in a folder."""
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


def measure(seg: NcutSegmenter, folder: Path) -> dict[str, tuple[float, float, float]]:
    """Seconds, megabytes on disk and megabytes of memory, of each."""

    def go_through() -> None:
        for labels in seg.full_label_maps():
            assert labels.shape == SIZE

    acts: dict[str, Callable[[], object]] = {
        "label maps, one by one": go_through,
        "`to_table()`": lambda: seg.to_table(progress=False),
    }
    for name, format in FORMATS.items():
        path = folder / f"{name}{format.suffix}"
        acts[f"`{name}`"] = lambda path=path, name=name: seg.export(  # type: ignore[misc]
            path, name, progress=False
        )
    acts["`save_session`"] = lambda: seg.save_session(folder / "session.json")
    seg.export(folder / "first", "ome-zarr", images=[0])  # imports its library
    found = {}
    for name, act in acts.items():
        with PeakMemory() as memory:
            start = time.perf_counter()
            written = act()
            seconds = time.perf_counter() - start
        size = size_of(written) if isinstance(written, Path) else 0
        found[name] = (seconds, size, memory.bytes / 1e6)
    return found


def main() -> None:
    """Measure, and print a table."""
    with tempfile.TemporaryDirectory() as name:
        columns = []
        for count in COUNTS:
            folder = Path(name) / str(count)
            folder.mkdir()
            columns.append(measure(batch(count, folder), folder))
    print("| | " + " | ".join(f"{count} images" for count in COUNTS) + " |")
    print("| --- " * (len(COUNTS) + 1) + "|")
    for name in columns[0]:
        cells = []
        for column in columns:
            seconds, size, memory = column[name]
            disk = f", {size:.1f} MB" if size else ""
            cells.append(f"{seconds:.1f} s{disk}, {memory:.0f} MB of memory")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
