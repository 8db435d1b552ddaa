"""Vectors that the page's mask maths must reproduce, computed by the kernel's.

    python -m tests.js_fixture        writes js/test/fixtures/masks.json

The JavaScript tests read the file; a Python test makes sure that it is current.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncut_widget.masks import cut, heatmap, similarity_statistics
from ncut_widget.session import Session

PATH = Path(__file__).parents[1] / "js" / "test" / "fixtures" / "masks.json"

SHAPE = (2, 12, 10)
CLICKS = [[0, 3, 4, 1], [1, 8, 2, 1], [1, 2, 9, 0]]
CASES = [
    {"threshold": 0.5, "gamma": 1.0, "negative_threshold": 0.9},
    {"threshold": 0.3, "gamma": 0.4, "negative_threshold": 0.6, "denoise_area_th": 6},
    {"threshold": 0.7, "gamma": 2.5, "negative_threshold": 1.0, "denoise": False},
    {"threshold": 0.0, "gamma": 10.0, "negative_threshold": 0.5, "denoise_area_th": 0},
    {"threshold": 1.0, "gamma": 0.1, "negative_threshold": 0.0, "denoise_area_th": 2},
]


def numbers(values: NDArray) -> list[float]:
    """Float32 values in the fewest digits that give them back."""
    return [float(str(value)) for value in values.ravel()]


def similarity_fixture(session: Session, clicks: list[list[int]]) -> list[Any]:
    """Each prompt's similarity and statistics."""
    session.update(clicks=clicks)
    fixture = []
    for prompt, click in zip(session.prompts(), clicks, strict=True):
        similarity = session.similarity(prompt)
        fixture.append(
            {
                "prompt": list(prompt),
                "label": click[3],
                "stats": asdict(similarity.statistics),
                "values": [numbers(image) for image in similarity.values],
            }
        )
    return fixture


def case_fixture(session: Session, case: dict[str, Any]) -> dict[str, Any]:
    """Apply settings; note the cuts, heat and masks that follow."""
    session.update(**{"denoise": True, "denoise_area_th": 3, **case})
    settings = session.settings
    cuts = []
    for prompt in session.prompts():
        statistics = session.similarity(prompt).statistics
        cuts.append(
            [
                numbers(cut(statistics, threshold, settings.gamma)[None])[0]
                for threshold in (settings.threshold, settings.negative_threshold)
            ]
        )
    return {
        "settings": asdict(settings),
        "cuts": cuts,
        "heat": [numbers(np.round(heat, 4)) for heat in session.heatmaps()],
        "masks": ["".join(m.ravel().astype(int).astype(str)) for m in session.masks()],
    }


def coordinates_fixture() -> list[list[int]]:
    """Pixels, cells, and the cell of every pixel."""
    pairs = [(7, 3), (64, 64), (301, 36), (50, 64), (1, 5)]
    return [
        [pixels, cells, *(x * cells // pixels for x in range(pixels))]
        for pixels, cells in pairs
    ]


def fixture() -> dict[str, Any]:
    """All vectors."""
    rng = np.random.default_rng(7)
    batch, height, width = SHAPE
    coarse = rng.standard_normal((batch, height // 2, width // 2, 4))
    eigvecs = coarse.repeat(2, axis=1).repeat(2, axis=2)
    eigvecs += 0.6 * rng.standard_normal(eigvecs.shape)
    session = Session(eigvecs.astype(np.float32))
    tiny = np.full((100, 100), 0.25, dtype=np.float32)
    tiny[3, 4] = 0.75
    return {
        "grid": [height, width],
        "similarities": similarity_fixture(session, CLICKS),
        "cases": [case_fixture(session, case) for case in CASES],
        "plateau": {
            "stats": asdict(similarity_statistics(tiny)),
            "heat": numbers(heatmap(tiny)[3, 3:5]),
        },
        "coordinates": coordinates_fixture(),
    }


def text() -> str:
    """Return the file's contents."""
    return json.dumps(fixture(), allow_nan=False, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    PATH.write_text(text())
