"""A program that clicks, commits and autosaves, and is killed in the middle of it.

Forked a hundred times, so that it starts at once: ``python -m tests.support.killed``
FOLDER prints, for each time, the revision that was made last and told before the kill.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import torch

from ncut_widget import NcutSegmenter


def work(path: Path, told: int) -> None:
    """Click, commit and slide until killed; tell each revision once it is made."""
    seg = make(path)
    chance = random.Random(told)
    while True:
        seg.add_click(chance.randrange(16), chance.randrange(16))
        os.write(told, seg._revision.to_bytes(8, "little"))
        if chance.random() < 0.3:
            seg.commit()
            os.write(told, seg._revision.to_bytes(8, "little"))
        seg.threshold = 0.1 + 0.01 * chance.randrange(50)
        os.write(told, seg._revision.to_bytes(8, "little"))


def make(path: Path | None = None) -> NcutSegmenter:
    """Make the batch that all of them click on."""
    eigvecs = np.random.default_rng(0).standard_normal((1, 16, 16, 4))
    return NcutSegmenter(eigvecs.astype(np.float32), autosave=path)


def main(folder: Path, times: int) -> None:
    """Kill it again and again, each time after some changes."""
    torch.set_num_threads(1)  # no threads that a fork would lack
    make()
    chance = random.Random(1)
    for number in range(times):
        path = folder / f"{number}.json"
        heard, told = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(heard)
            work(path, told)
        os.close(told)
        # By what was told, and not by the clock: a busy machine is killed as often.
        with os.fdopen(heard, "rb") as pipe:
            revisions = pipe.read(8 * chance.randrange(40))
            time.sleep(chance.uniform(0, 0.01))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            revisions += pipe.read()
        last = int.from_bytes(revisions[-8:], "little") if revisions else 0
        print(number, last, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
