"""The same masks as `get_mask` of ncut-pytorch 1.8.19.

Every run compares with its masks as they are kept in ``tests/golden``; `make parity`
runs ncut-pytorch itself, in an environment of its own, on more and larger batches, and
makes the kept masks anew.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data

from ncut_widget import NCUT
from ncut_widget.backbone import extract_features, load_model
from ncut_widget.masks.cosine import cosine_similarity
from ncut_widget.masks.cut import cut
from ncut_widget.masks.denoise import denoise_mask
from ncut_widget.masks.published import get_mask
from ncut_widget.masks.statistics import similarity_statistics

PROGRAM = Path(__file__).parents[1] / "peers" / "get_mask_1_8.py"
GOLDEN = Path(__file__).parents[1] / "golden" / "get_mask_1_8.npz"

# The reference rounds every step to float32 (distance, standardising, exponential,
# power, scaling), which moves its cut by a few units in the last place of 1.
TIE = 16 * np.finfo(np.float32).eps

Case = dict[str, Any]
Arrays = Mapping[str, NDArray]


def smooth(rng: np.random.Generator, batch: int) -> NDArray:
    noise = rng.standard_normal((batch, 16, 16, 30), dtype=np.float32)
    return ndimage.zoom(noise, (1, 4, 4, 1), order=1)


def real(batch: int, grid: int, num_eig: int) -> NDArray:
    """Eigenvectors of crops of photographs."""
    photographs = [data.chelsea(), data.coffee(), data.astronaut(), data.rocket()]
    crops = [
        photograph[y : y + 150, x : x + 150]
        for y in range(0, 150, 30)
        for x in range(0, 150, 30)
        for photograph in photographs
    ][:batch]
    features = extract_features(crops, load_model("texture", grid=(grid, grid)))
    eigvecs, _ = NCUT(num_eig=num_eig).fit_transform(features)
    return np.asarray(eigvecs, dtype=np.float32)


def draw_cases(rng: np.random.Generator, eigvecs: Arrays, count: int) -> list[Case]:
    """Draw prompts and settings, for one batch after the other."""
    names = list(eigvecs)
    cases = []
    for index in range(count):
        name = names[index % len(names)]
        cases.append(
            {
                "name": name,
                "prompt": [int(rng.integers(n)) for n in eigvecs[name].shape[:3]],
                "threshold": float(rng.uniform(0.01, 0.99)),
                "gamma": float(rng.uniform(0.1, 5)),
                "denoise": bool(rng.integers(2)),
                "denoise_area_th": int(rng.integers(51)),
            }
        )
    return cases


def ask_peer(python: str, folder: Path, eigvecs: Arrays, cases: list[Case]) -> Arrays:
    """Have ncut-pytorch make the masks; bit-packed, as ``raw_<i>`` and ``mask_<i>``."""
    arrays = {f"eigvecs_{name}": array for name, array in eigvecs.items()}
    np.savez(folder / "cases.npz", cases=json.dumps(cases), **arrays)
    command = [python, PROGRAM, folder / "cases.npz", folder / "masks.npz"]
    subprocess.run(command, check=True)
    return np.load(folder / "masks.npz")


def compare(eigvecs: Arrays, cases: list[Case], theirs: Arrays) -> str:
    """Compare our masks with theirs, pixel by pixel; say in a sentence how it went."""
    pixels = ties = cases_with_ties = 0
    for index, case in enumerate(cases):
        every = eigvecs[case["name"]]
        prompt = every[tuple(case["prompt"])]
        shape = every.shape[:3]

        def unpack(key: str, shape: tuple[int, ...] = shape) -> NDArray:
            bits = np.unpackbits(theirs[key], count=int(np.prod(shape)))
            return bits.reshape(shape).astype(bool)

        raw, mask = unpack(f"raw_{index}"), unpack(f"mask_{index}")
        options = {key: case[key] for key in ("threshold", "gamma")}
        denoise = {key: case[key] for key in ("denoise", "denoise_area_th")}
        differ = get_mask(every, prompt, **options, denoise=False) != raw
        similarity = cosine_similarity(every, prompt)
        limit = cut(similarity_statistics(similarity), **options)
        distance = np.abs(similarity[differ].astype(np.float64) - float(limit))
        assert (distance <= TIE).all(), (case, distance.max())
        if case["denoise"]:
            # Denoise on the reference's own mask, so that a tie cannot excuse it.
            denoised = denoise_mask(raw, case["denoise_area_th"])
            np.testing.assert_array_equal(denoised, mask)
        if not differ.any():
            whole = get_mask(every, prompt, **options, **denoise)
            np.testing.assert_array_equal(whole, mask)
        pixels += raw.size
        ties += int(differ.sum())
        cases_with_ties += bool(differ.any())
    assert ties < 1e-5 * pixels
    return (
        f"get_mask against ncut-pytorch 1.8.19: {len(cases)} settings, {pixels} "
        f"pixels; {ties} differ, all of them ties within float32 rounding, in "
        f"{cases_with_ties} settings"
    )


def golden_eigvecs(kept: NDArray) -> dict[str, NDArray]:
    """Small batches: drawn, and kept where another CPU would round them otherwise."""
    rng = np.random.default_rng(21)
    return {
        "random_1": rng.standard_normal((1, 64, 64, 30), dtype=np.float32),
        "random_4": rng.standard_normal((4, 64, 64, 30), dtype=np.float32),
        "smooth_4": smooth(rng, 4),
        "real_1": kept[:1],
        "real_4": kept,
    }


def test_the_masks_are_those_that_are_kept(report: list[str]) -> None:
    kept = np.load(GOLDEN)
    cases = json.loads(str(kept["cases"]))
    report.append(compare(golden_eigvecs(kept["eigvecs"]), cases, kept))


@pytest.mark.parity
def test_the_kept_masks_are_made_anew(peer_python: str, tmp_path: Path) -> None:
    """Those of the peer: the file in the repository changes only if they do."""
    photographs = np.load(GOLDEN)["eigvecs"] if GOLDEN.exists() else real(4, 24, 10)
    eigvecs = golden_eigvecs(photographs)
    cases = draw_cases(np.random.default_rng(22), eigvecs, 100)
    masks = ask_peer(peer_python, tmp_path, eigvecs, cases)
    GOLDEN.parent.mkdir(exist_ok=True)
    before = GOLDEN.read_bytes() if GOLDEN.exists() else None
    np.savez_compressed(
        GOLDEN, eigvecs=photographs, cases=json.dumps(cases), **dict(masks)
    )
    assert before in (None, GOLDEN.read_bytes()), "the peer's masks are others now"


@pytest.mark.parity
def test_the_masks_are_those_of_ncut_pytorch_1_8(
    peer_python: str, tmp_path: Path, report: list[str]
) -> None:
    rng = np.random.default_rng(20)
    eigvecs = {}
    for batch in (1, 4, 100):
        eigvecs[f"random_{batch}"] = rng.standard_normal(
            (batch, 64, 64, 30), dtype=np.float32
        )
        eigvecs[f"smooth_{batch}"] = smooth(rng, batch)
        eigvecs[f"real_{batch}"] = real(batch, 32, 30)
    cases = draw_cases(rng, eigvecs, 200)
    masks = ask_peer(peer_python, tmp_path, eigvecs, cases)
    report.append(compare(eigvecs, cases, masks))
