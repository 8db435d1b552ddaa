"""The batches that the walk is over, and sessions that know nothing but a state."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ncut_widget import NcutSegmenter
from ncut_widget.sessions.session import Session

GRID = (8, 8)
SIZES = [(8, 8), (20, 30), (17, 9)]


def eigenvectors(blank: int | None = None) -> NDArray:
    """Make 6 of length 1 over 3 images, orthogonal, in patches."""
    rng = np.random.default_rng(5)
    patches = rng.standard_normal((3, 4, 4, 6)).repeat(2, axis=1).repeat(2, axis=2)
    rows = patches + 0.3 * rng.standard_normal((3, *GRID, 6))
    rows[..., 0] = 1
    if blank is not None:
        rows[blank] = 0
    unit, _ = np.linalg.qr(rows.reshape(-1, 6))
    return unit.reshape(3, *GRID, 6).astype(np.float32)


def pictures() -> list[NDArray]:
    rng = np.random.default_rng(6)
    return [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in SIZES]


@cache
def folder_of_files() -> Path:
    """Write the images, and beside them one that cannot be read."""
    folder = Path(tempfile.mkdtemp())
    for number, picture in enumerate(pictures()):
        Image.fromarray(picture).save(folder / f"{number}.png")
    (folder / "1.png").write_bytes(b"no image")
    return folder


EIGVALS = np.linspace(1, 0.3, 6)
BATCHES: dict[str, Callable[[], dict[str, Any]]] = {
    "arrays": lambda: {
        "eigvecs": eigenvectors(),
        "images": pictures(),
        "eigvals": EIGVALS,
    },
    "files, one of them not to be read": lambda: {
        "eigvecs": eigenvectors(blank=1),
        "images": [folder_of_files() / f"{number}.png" for number in range(3)],
        "eigvals": EIGVALS,
        "errors": "skip",
    },
    "no images, no eigenvalues": lambda: {"eigvecs": eigenvectors()},
}


@cache
def other_batch() -> Path:
    """Write the session of another batch."""
    seg = NcutSegmenter(eigenvectors()[:2], clicks=[[0, 3, 3, 1]])
    seg.commit("of others")
    return seg.save_session(folder_of_files() / "others.json")


def oracle(batch: str, clicks: list[Any], settings: dict[str, Any]) -> Session:
    """Make a session that has known nothing but these clicks and settings."""
    return _oracle(batch, json.dumps([clicks, settings]))


@lru_cache(maxsize=500)
def _oracle(batch: str, told: str) -> Session:
    clicks, settings = json.loads(told)
    given = BATCHES[batch]()
    session = Session(given["eigvecs"], sizes_of(batch), eigvals=given.get("eigvals"))
    session.update(**settings)
    session.update(clicks=clicks)
    return session


@cache
def sizes_of(batch: str) -> list[tuple[int, int]]:
    return NcutSegmenter(**BATCHES[batch]())._session.sizes
