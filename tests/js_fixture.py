"""What the page has of the kernel's: its constants, and vectors to reproduce.

    python -m tests.js_fixture        writes js/src/constants.json, which the page's
                                      maths read, and js/test/fixtures/masks.json,
                                      which its tests do

A Python test makes sure that both are current.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from ncut_widget.eigvecs.quantised import Quantised, quantise_image, quantise_sample
from ncut_widget.masks import smooth, statistics
from ncut_widget.masks.coordinates import Cell, fine_grid
from ncut_widget.masks.cut import cut, heatmap
from ncut_widget.masks.statistics import similarity_statistics
from ncut_widget.methods import METHODS, Field, Seeds, base, diffusion_map, regression
from ncut_widget.methods.base import cells_of
from ncut_widget.methods.diffusion_map import diffusion_weights
from ncut_widget.methods.random_walker import RandomWalkerField
from ncut_widget.ncut import NCUT
from ncut_widget.page import pictures
from ncut_widget.page.protocol import tell_seeds
from ncut_widget.page.requests import edit
from ncut_widget.prompts import Seed
from ncut_widget.prompts.kinds import KINDS
from ncut_widget.segments import palette, record
from ncut_widget.sessions.session import Session
from tests.support.fine import EIGVALS, FineMaps
from tests.support.stroke import Stroke

JS = Path(__file__).parents[1] / "js"
CONSTANTS_PATH = JS / "src" / "constants.json"
PATH = JS / "test" / "fixtures" / "masks.json"

SHAPE = (2, 12, 10)
CLICKS = [[0, 3, 4, 1], [1, 8, 2, 1], [1, 2, 9, 0]]
STROKE = {"kind": "stroke", "image": 1, "ends": [1, 6], "y": 5, "label": 1}
CASES = [
    {"threshold": 0.5, "gamma": 1.0, "negative_threshold": 0.9},
    {"threshold": 0.3, "gamma": 0.4, "negative_threshold": 0.6, "denoise_area_th": 6},
    {"threshold": 0.7, "gamma": 2.5, "negative_threshold": 1.0, "denoise": False},
    {"threshold": 0.0, "gamma": 10.0, "negative_threshold": 0.5, "denoise_area_th": 0},
    {"threshold": 1.0, "gamma": 0.1, "negative_threshold": 0.0, "denoise_area_th": 2},
]


def constants() -> dict[str, dict[str, Any]]:
    """Return what stands in Python, and is needed on the page as it is there."""
    return {
        "diffusion": {
            "TRIVIAL": diffusion_map.TRIVIAL,
            "STEPS": diffusion_map._STEPS,
            "LONGEST": diffusion_map._LONGEST,
            "FAINTEST": diffusion_map._FAINTEST,
        },
        "regression": {
            "RIDGE": regression.RIDGE,
            "SEPARATION": regression.SEPARATION,
            "REACH": regression.REACH,
            "LOCAL_RIDGE": regression.LOCAL_RIDGE,
            "NOTHING": regression._NOTHING,
        },
        "statistics": {"QUANTILES": statistics.QUANTILES, "TIE": statistics.TIE},
        "presence": {"PRESENT": base.PRESENT},
        "smooth": {"LEAST": float(smooth.LEAST)},
        "palette": {"SHADES": palette.SHADES},
        "pictures": {"LONGEST": pictures.LONGEST},
        "replies": {"FIELDS_BYTES": edit.EDITED_BYTES},
        "segments": {"NAME_LENGTH": record.NAME_LENGTH},
    }


def numbers(values: NDArray) -> list[float]:
    """Float32 values in the fewest digits that give them back."""
    return [float(str(value)) for value in values.ravel()]


def cells_in(session: Session) -> list[Cell]:
    """Return the cells that prompts label, each once."""
    return cells_of(session.recipe.seeds)


def field_of(session: Session, cell: Cell, num_eig: int | None = None) -> Field:
    """Return the similarity with one cell."""
    num_eig = num_eig or session.settings.num_eig
    settings = replace(session.settings, method="similarity", num_eig=num_eig)
    method = session.masker.method(settings)
    return session.masker.field(method.of(((Seed(cell),),), (), settings))


def similarity_fixture(session: Session, clicks: list[list[int]]) -> list[Any]:
    """Each cell's similarity and statistics."""
    session.update(clicks=clicks)
    fixture = []
    for cell, click in zip(cells_in(session), clicks, strict=True):
        similarity = field_of(session, cell)
        fixture.append(
            {
                "cell": list(cell),
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
    for cell in cells_in(session):
        statistics = field_of(session, cell).statistics
        cuts.append(
            [
                numbers(cut(statistics, threshold, settings.gamma)[None])[0]
                for threshold in (settings.threshold, settings.negative_threshold)
            ]
        )
    heatmaps = session.masker.heatmaps(session.recipe)
    return {
        "settings": asdict(settings),
        "cuts": cuts,
        "heat": [numbers(np.round(heat, 4)) for heat in heatmaps],
        "masks": [bits(mask) for mask in session.masks()],
        "smooth": smooth_fixture(session),
    }


def smooth_fixture(session: Session) -> list[dict[str, Any]]:
    """Masks at several sizes of the images."""
    return [
        {"image": image, "size": list(size), "mask": bits(mask)}
        for image, size in ((0, (31, 47)), (1, (24, 20)), (1, (12, 10)), (0, (5, 7)))
        for mask in [session.full_masks().at(image, size)]
    ]


def preview_fixture(session: Session, num_eig: int) -> dict[str, Any]:
    """Quantised eigenvectors and moments; what follows from them, and the truth."""
    held = session.spectrum.store, session.spectrum.moments
    images = [quantise_image(*held, image) for image in range(SHAPE[0])]
    unit = [part.low[:, None] + part.step[:, None] * part.levels for part in images]
    leading = [rows[:num_eig] / np.linalg.norm(rows[:num_eig], axis=0) for rows in unit]
    cell = cells_in(session)[0]
    clicked = leading[cell.image][:, cell.row * SHAPE[2] + cell.col]
    prefix = session.spectrum.moments.prefix(num_eig)
    truth = field_of(session, cell, num_eig)
    return {
        "num_eig": num_eig,
        "cell": list(cell),
        "vectors": [quantised_fixture(part) for part in images],
        "sample": quantised_fixture(quantise_sample(*held)),
        "count": int(np.prod(SHAPE)),
        "mean": prefix.mean.tolist(),
        "covariance": prefix.covariance.ravel().tolist(),
        "values": [numbers((clicked @ rows).astype(np.float32)) for rows in leading],
        "truth": {
            "stats": asdict(truth.statistics),
            "values": [numbers(image) for image in truth.values],
        },
    }


def diffusion_fixture(
    eigvecs: NDArray, eigvals: NDArray, granularity: float, prompts: list[Any]
) -> dict[str, Any]:
    """All clicks' map: what is sent, and the kernel's own."""
    session = Session(eigvecs, eigvals=eigvals)
    with mock.patch.dict(KINDS, {"stroke": Stroke}):
        session.update(method="diffusion", granularity=granularity, clicks=prompts)
    ((seeds,), _) = session.masker.seeds(session.recipe)
    session.update(threshold=0.97, denoise_area_th=20)
    return {
        "masks": [bits(mask) for mask in session.masks()],
        "threshold": session.settings.threshold,
        "denoise_area_th": session.settings.denoise_area_th,
        "eigvals": numbers(eigvals),
        "weights": diffusion_weights(eigvals, granularity).tolist(),
        "seeds": tell_seeds(seeds),
        "vectors": [
            quantised_fixture(
                quantise_image(session.spectrum.store, session.spectrum.moments, n)
            )
            for n in range(SHAPE[0])
        ],
        "values": [numbers(image) for image in session.masker.field(seeds).values],
    }


def grids_fixture() -> dict[str, Any]:
    """Make maps on grids of the images' own: what is sent, and the kernel's masks."""
    maps = FineMaps([(12, 150), (16, 20), (9, 5), (20, 12)])
    maps.presence = {2: 0.75, 3: 0.25}
    eigvecs = np.random.default_rng(0).standard_normal((4, 6, 5, 4))
    session = Session(eigvecs, maps.sizes, eigvals=EIGVALS)
    prompts = [
        [0, 145.5, 11, 1],
        [0, 3, 3, 0],
        [1, 4, 9, 1],
        [0, 3.5, 3, 1],
        [1, 18, 1, 0],
    ]
    session.update(method="random_walker", clicks=prompts, threshold=0.6)
    ((seeds,), _) = session.masker.seeds(session.recipe)
    settings = session.settings
    with (
        mock.patch.object(RandomWalkerField, "map", lambda _, image: maps[image]),
        mock.patch.object(
            RandomWalkerField, "presence", lambda _, image: maps.presence_of(image)
        ),
    ):
        return {
            "grid": list(session.grid),
            "sizes": [list(size) for size in maps.sizes],
            "grids": [list(maps[image].shape) for image in range(4)],
            "presence": [maps.presence.get(image, 1.0) for image in range(4)],
            "seeds": tell_seeds(seeds),
            "stand_in": tell_seeds(stand_in(session)),
            "clicks": prompts,
            "threshold": settings.threshold,
            "values": [numbers(maps[image]) for image in range(4)],
            "masks": {
                area: [bits(mask) for mask in masks_at(session, area)]
                for area in (0, 1, 3)
            },
        }


def masks_at(session: Session, area: int) -> list[NDArray]:
    """Return masks at the images' sizes, without parts below an area."""
    session.update(denoise_area_th=area)
    return list(session.full_masks())


def stand_in(session: Session) -> Seeds:
    """Return the seeds of the same clicks by diffusion."""
    settings = replace(session.settings, method="diffusion")
    recipe = session.recipe_of(session.prompts, settings)
    return session.masker.seeds(recipe).positives[0]


def flat_fixture(seed: int) -> dict[str, Any]:
    """Make a flat ground with a tiny thing: what is sent, and the kernel's masks."""
    rng = np.random.default_rng(seed)
    batch, height, width, num_eig = (3, 7, 9, 5)
    ground, thing, stray = rng.standard_normal((3, num_eig)).astype(np.float32)
    vectors = np.tile(ground, (batch, height, width, 1))
    vectors[1, 2:4, 3:5] = thing
    vectors[2, 6, :seed] = stray
    session = Session(vectors)
    held = session.spectrum.store, session.spectrum.moments
    prefix = session.spectrum.moments.prefix(num_eig)
    masks = []
    for cell in ([1, 2, 3], [0, 0, 0]):
        session.update(clicks=[[cell[0], cell[2], cell[1], 1]], denoise=False)
        for threshold in (0.0, 0.5, 1.0):
            for gamma in (0.3, 1.0, 10.0):
                session.update(threshold=threshold, gamma=gamma)
                masks.append(
                    {
                        "cell": cell,
                        "threshold": threshold,
                        "gamma": gamma,
                        "masks": [bits(mask) for mask in session.masks()],
                    }
                )
    return {
        "width": width,
        "vectors": [quantised_fixture(quantise_image(*held, n)) for n in range(batch)],
        "sample": quantised_fixture(quantise_sample(*held)),
        "count": batch * height * width,
        "mean": prefix.mean.tolist(),
        "covariance": prefix.covariance.ravel().tolist(),
        "masks": masks,
    }


def quantised_fixture(part: Quantised) -> dict[str, Any]:
    """Write bytes as numbers."""
    return {
        "low": numbers(part.low),
        "step": numbers(part.step),
        "levels": part.levels.ravel().tolist(),
    }


def bits(mask: NDArray) -> str:
    """Write a mask as zeros and ones."""
    return "".join(mask.ravel().astype(int).astype(str))


def coordinates_fixture() -> list[list[int]]:
    """Pixels, cells, and the cell of every pixel."""
    pairs = [(7, 3), (64, 64), (301, 36), (50, 64), (1, 5)]
    return [
        [pixels, cells, *(x * cells // pixels for x in range(pixels))]
        for pixels, cells in pairs
    ]


def fine_grids_fixture() -> list[list[int]]:
    """Sizes of images, and their fine grids."""
    sides = (1, 2, 3, 64, 127, 128, 129, 257, 640, 5000)
    return [[*size, *fine_grid(size)] for size in product(sides, sides)]


def diffusions_fixture(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Clicks that agree, that differ, that hardly differ, and strokes of several."""
    coarse = rng.standard_normal((2, 4, 5, 3)).repeat(3, axis=1).repeat(2, axis=2)
    features = coarse + 0.3 * rng.standard_normal(coarse.shape)
    ncut = NCUT(8, graph="neighbors", progress=False)
    eigvecs, eigvals = ncut.fit_transform(features)
    return [
        diffusion_fixture(eigvecs, eigvals, granularity, prompts)
        for granularity, prompts in (
            (3.0, [[0, 3, 4, 1], [1, 8, 2, 1]]),
            (5.5, [*CLICKS, [0, 3, 5, 0]]),
            (1.2, [[0, 3, 4, 1], [1, 3, 4, 1], [0, 4, 4, 0], [0, 3, 4, 1]]),
            (4.0, [[0, 3, 4, 1], STROKE, [1, 8, 9, 0], {**STROKE, "y": 9, "label": 0}]),
        )
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
        "settings": {name: each.describe() for name, each in session.table.items()},
        "methods": {name: method.describe() for name, method in METHODS.items()},
        "similarities": similarity_fixture(session, CLICKS),
        "cases": [case_fixture(session, case) for case in CASES],
        "previews": [preview_fixture(session, num_eig) for num_eig in (4, 2)],
        "diffusion": diffusions_fixture(rng),
        "flat": [flat_fixture(seed) for seed in range(4)],
        "plateau": {
            "stats": asdict(similarity_statistics(tiny)),
            "heat": numbers(heatmap(tiny)[3, 3:5]),
        },
        "coordinates": coordinates_fixture(),
        "fine_grids": fine_grids_fixture(),
        "own_grids": grids_fixture(),
    }


def text() -> str:
    """Return the contents of the vectors' file."""
    return json.dumps(fixture(), allow_nan=False, separators=(",", ":")) + "\n"


def constants_text() -> str:
    """Return the contents of the constants' file."""
    return json.dumps(constants(), allow_nan=False, indent=2) + "\n"


if __name__ == "__main__":
    CONSTANTS_PATH.write_text(constants_text())
    PATH.write_text(text())
