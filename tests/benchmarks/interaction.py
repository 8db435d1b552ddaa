"""Time a click and a slider step against `get_mask` of ncut-pytorch 1.8.19.

    python tests/benchmarks/interaction.py --peer-python .bench/.../bin/python

Both sides get the same arrays in the same run and answer the same questions: a click
is a new prompt to masks of the whole batch; a slider step is a new threshold to masks
of the whole batch. The peer has one function for both, so each costs it a `get_mask`.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np
import torch

from ncut_widget.session import Session

PEER = """
import sys, time, json
import numpy as np, torch
from ncut_pytorch.visualize_utils import get_mask
eigvecs = torch.from_numpy(np.load(sys.argv[1]))
clicks = json.loads(sys.argv[2])
times = {}
for name, denoise in (("denoise", True), ("plain", False)):
    times[name] = []
    for click in clicks:
        start = time.perf_counter()
        get_mask(eigvecs, eigvecs[tuple(click)], denoise=denoise)
        times[name].append(time.perf_counter() - start)
print(json.dumps(times))
"""


def timed(action: Callable[[], object]) -> float:
    """Seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def ours(eigvecs: np.ndarray, clicks: list[list[int]]) -> dict[str, list[float]]:
    """Seconds for every step of a session."""
    session = Session(eigvecs)
    times: dict[str, list[float]] = {}

    def click(image: int, row: int, col: int) -> None:
        session.update(clicks=[[image, col, row, 1]])
        session.masks()

    def slide(threshold: float) -> None:
        session.update(threshold=threshold)
        session.masks()

    for denoise in (True, False):
        kind = "denoise" if denoise else "plain"
        session.update(denoise=denoise, num_eig=eigvecs.shape[-1])
        session._similarities.clear()  # a click on a pixel not clicked before
        times[f"click, {kind}"] = [timed(lambda c=c: click(*c)) for c in clicks]
        steps = np.linspace(0.3, 0.7, len(clicks))
        times[f"slider, {kind}"] = [timed(lambda t=t: slide(t)) for t in steps]
    return times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", type=Path, required=True)
    parser.add_argument("--shape", type=int, nargs=4, default=(100, 64, 64, 30))
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()

    rng = np.random.default_rng(0)
    batch, height, width, num_eig = options.shape
    coarse = rng.standard_normal((batch, num_eig, height // 8, width // 8))
    eigvecs = torch.nn.functional.interpolate(
        torch.from_numpy(coarse), size=(height, width), mode="bicubic"
    )
    eigvecs = eigvecs.permute(0, 2, 3, 1).float().contiguous().numpy()
    limits = (batch, height, width)
    clicks = [[int(rng.integers(n)) for n in limits] for _ in range(options.repeats)]

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "eigvecs.npy"
        np.save(path, eigvecs)
        peer = json.loads(
            subprocess.run(
                [options.peer_python, "-c", PEER, path, json.dumps(clicks)],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
    rows = ours(eigvecs, clicks)

    print(
        f"{'x'.join(map(str, options.shape))} eigenvectors, {options.repeats} repeats, "
        f"{torch.get_num_threads()} threads; Python {platform.python_version()}, "
        f"torch {version('torch')}, numpy {version('numpy')}, scipy {version('scipy')}"
    )
    print(f"{'step':<18}{'ncut-pytorch 1.8.19':>22}{'ncut_widget':>14}{'ratio':>9}")
    for name, times in rows.items():
        theirs, own = median(peer[name.split(", ")[1]][1:]), median(times[1:])
        print(
            f"{name:<18}{theirs * 1e3:>19.1f} ms{own * 1e3:>11.2f} ms"
            f"{theirs / own:>8.1f}x"
        )
    first = rows["click, denoise"][0]
    print(f"The very first click, which prepares the batch, took {first * 1e3:.0f} ms.")


if __name__ == "__main__":
    main()
