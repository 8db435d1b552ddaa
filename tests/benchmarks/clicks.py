"""What a click costs after thousands of others: time, memory, and bytes of a reply.

Prints a table: for each number of clicks, milliseconds a click from Python, from the
page with its reply, and for an undo; and the memory that all of them take.
"""

from __future__ import annotations

import json
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ncut_widget import NcutSegmenter

MARKS = (10, 100, 1000, 10_000)
REPEATS = 20
IMAGES, SIDE, NUM_EIG = 100, 64, 30


def milliseconds(action: Callable[[], object]) -> float:
    """Time an action once."""
    start = time.perf_counter()
    action()
    return 1e3 * (time.perf_counter() - start)


def memory() -> float:
    """Return the memory that is taken, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    """Click, and print what it took."""
    rng = np.random.default_rng(0)
    shape = (IMAGES, SIDE, SIDE, NUM_EIG)
    seg = NcutSegmenter(rng.standard_normal(shape, dtype=np.float32))
    sent: list[int] = []
    seg.send = lambda content, buffers=(): sent.append(
        len(json.dumps(content)) + sum(map(len, buffers))
    )
    number = 0

    def place() -> tuple[int, int, int]:
        image, x, y = rng.integers((IMAGES, SIDE, SIDE))
        return int(x), int(y), int(image)

    def click_on_the_page() -> None:
        nonlocal number
        number += 1
        x, y, image = place()
        edit = {"op": "add", "prompt": [image, x, y, 1]}
        content = {"type": "edit", "id": f"p-{number}", "page": "p", "first": number}
        content |= {"edits": [edit], "since": seg._revision, "images": list(range(12))}
        seg._receive(seg, content, [])

    print("clicks  Python ms  page ms  undo ms  reply kB  all in s  memory MB")
    seg.masks  # noqa: B018 - what is made once
    begin = memory()
    start = time.perf_counter()
    for mark in MARKS:
        while len(seg.clicks) < mark - 2 * REPEATS:
            seg.add_click(*place())
        python = [milliseconds(lambda: seg.add_click(*place())) for _ in range(REPEATS)]
        page = [milliseconds(click_on_the_page) for _ in range(REPEATS)]
        undo = [milliseconds(seg.undo) for _ in range(REPEATS)]
        for _ in range(REPEATS):
            seg.redo()
        elapsed = time.perf_counter() - start
        taken = memory() - begin
        medians = "  ".join(
            f"{statistics.median(times):8.2f}" for times in (python, page, undo)
        )
        print(
            f"{mark:6}  {medians}  {sent[-1] / 1e3:7.0f}  {elapsed:8.1f}  {taken:8.1f}"
        )


if __name__ == "__main__":
    main()
