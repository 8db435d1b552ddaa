"""Our solves on quiet cores, and beside two processes that want the cores, too.

python -m tests.benchmarks.busy
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from skimage import data

from ncut_widget import NCUT, NcutSegmenter
from tests.benchmarks import arrays
from tests.benchmarks.results import seconds, table

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
NEIGHBOURS = 2
# Products of matrices by two threads, without an end; it says when it has begun.
NEIGHBOUR = """
import torch
torch.set_num_threads(2)
x = torch.rand(1500, 1500)
x @ x
print(flush=True)
while True:
    x @ x
"""


@contextmanager
def neighbours() -> Iterator[None]:
    """Keep the cores busy meanwhile."""
    command = [sys.executable, "-c", NEIGHBOUR]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(NEIGHBOURS)
    ]
    try:
        for each in running:
            assert each.stdout is not None
            each.stdout.readline()
        yield
    finally:
        for each in running:
            each.kill()
            each.communicate()


def make(photographs: list[Any], backbone: Any = None, both: bool = False) -> object:
    """Make a widget, and then the eigenvectors of the other way."""
    seg = NcutSegmenter.from_images(photographs, backbone, progress=False)
    if both:
        seg.by = "appearance"
    return seg


def cases() -> dict[str, Callable[[], object]]:
    """Return what is timed, by the name of its row."""
    photographs = [getattr(data, name)() for name in PHOTOGRAPHS]
    small, large = (arrays.features("texture", nodes) for nodes in (4096, 16_384))

    def solver(**parameters: float) -> NCUT:
        return NCUT(arrays.NUM_EIG, progress=False, **parameters)  # type: ignore[arg-type]

    by_landmarks = solver().fit(large)
    whole = solver(affinity_focal_gamma=0.02).fit(small)
    return {
        **{
            f"{count} photographs to the widget{what}": partial(
                make, photographs[:count], *given
            )
            for count in (1, 4)
            for what, given in (
                ("", ()),
                (", texture alone", ("texture",)),
                (", and the other way", (None, True)),
            )
        },
        "4,096 nodes, smooth": lambda: solver().fit(small),
        "4,096 nodes, sharp": lambda: solver(affinity_focal_gamma=0.02).fit(small),
        "16,384 nodes, landmarks": lambda: solver().fit(large),
        "256 nodes, LAPACK": lambda: solver().fit(small[:256]),
        "transform 16,384 rows, landmarks": lambda: by_landmarks.transform(large),
        "transform 4,096 rows, whole": lambda: whole.transform(small),
    }


def least(work: Callable[[], object], rounds: int) -> float:
    """Return the shortest of some times, in seconds."""
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return min(spent)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="the shortest counts")
    rounds = parser.parse_args().rounds
    works = cases()
    quiet = {name: least(work, rounds) for name, work in works.items()}
    with neighbours():
        busy = {name: least(work, rounds) for name, work in works.items()}
    print(f"Python {platform.python_version()}, torch {torch.__version__}, ", end="")
    print(f"{torch.get_num_threads()} cores; busy: {NEIGHBOURS} processes of 2 threads")
    print(f"that multiply matrices; the shortest of {rounds}\n")
    rows = [
        (name, seconds(alone), seconds(busy[name]), f"{busy[name] / alone:.1f}x")
        for name, alone in quiet.items()
    ]
    print(table(["what", "quiet", "busy", "ratio"], rows))


if __name__ == "__main__":
    main()
