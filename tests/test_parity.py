"""The same masks as `get_mask` of ncut-pytorch 1.8.19, run in its own environment."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data

from ncut_widget import NCUT
from ncut_widget.backbone import extract_features, load_model
from ncut_widget.masks.cut import (
    cosine_similarity,
    cut,
    denoise_mask,
    get_mask,
    similarity_statistics,
)

PROGRAM = Path(__file__).parent / "peers" / "get_mask_1_8.py"
SETTINGS = 200

# The reference rounds every step to float32 (distance, standardising, exponential,
# power, scaling), which moves its cut by a few units in the last place of 1.
TIE = 16 * np.finfo(np.float32).eps


def smooth(rng: np.random.Generator, batch: int) -> NDArray:
    noise = rng.standard_normal((batch, 16, 16, 30), dtype=np.float32)
    return ndimage.zoom(noise, (1, 4, 4, 1), order=1)


def real(batch: int) -> NDArray:
    """Eigenvectors of crops of photographs."""
    photographs = [data.chelsea(), data.coffee(), data.astronaut(), data.rocket()]
    crops = [
        photograph[y : y + 150, x : x + 150]
        for y in range(0, 150, 30)
        for x in range(0, 150, 30)
        for photograph in photographs
    ][:batch]
    features = extract_features(crops, load_model("texture", grid=(32, 32)))
    eigvecs, _ = NCUT(num_eig=30).fit_transform(features)
    return np.asarray(eigvecs, dtype=np.float32)


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
        eigvecs[f"real_{batch}"] = real(batch)
    names = list(eigvecs)
    cases = []
    for index in range(SETTINGS):
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
    np.savez(
        tmp_path / "cases.npz",
        cases=json.dumps(cases),
        **{f"eigvecs_{name}": array for name, array in eigvecs.items()},
    )
    subprocess.run(
        [peer_python, PROGRAM, tmp_path / "cases.npz", tmp_path / "masks.npz"],
        check=True,
    )
    results = np.load(tmp_path / "masks.npz")

    pixels = ties = settings_with_ties = 0
    for index, case in enumerate(cases):
        every = eigvecs[case["name"]]
        prompt = every[tuple(case["prompt"])]
        shape = every.shape[:3]

        def unpack(key: str, shape: tuple[int, ...] = shape) -> NDArray:
            bits = np.unpackbits(results[key], count=int(np.prod(shape)))
            return bits.reshape(shape).astype(bool)

        raw, mask = unpack(f"raw_{index}"), unpack(f"mask_{index}")
        options = {key: case[key] for key in ("threshold", "gamma")}
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
            whole = get_mask(
                every,
                prompt,
                **options,
                denoise=case["denoise"],
                denoise_area_th=case["denoise_area_th"],
            )
            np.testing.assert_array_equal(whole, mask)
        pixels += raw.size
        ties += int(differ.sum())
        settings_with_ties += bool(differ.any())
    report.append(
        f"get_mask against ncut-pytorch 1.8.19: {SETTINGS} settings, {pixels} pixels; "
        f"{ties} differ, all of them ties within float32 rounding, in "
        f"{settings_with_ties} settings"
    )
    assert ties < 1e-5 * pixels
