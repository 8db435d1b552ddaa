"""Runs in the environment of ncut-pytorch 1.8.19: its `get_mask` on given arrays.

    python get_mask_1_8.py cases.npz masks.npz

``cases.npz`` holds arrays ``eigvecs_<name>`` (B, H, W, K) and ``cases``, JSON: a list
of ``{name, prompt, threshold, gamma, denoise, denoise_area_th}``. ``masks.npz`` gets,
for case i, the bit-packed masks ``raw_<i>`` (before denoise) and ``mask_<i>``.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import torch
from ncut_pytorch.visualize_utils import get_mask


def main(source: str, target: str) -> None:
    """Compute the masks of every case."""
    arrays = np.load(source)
    cases = json.loads(str(arrays["cases"]))
    eigvecs = {
        name: torch.from_numpy(arrays[f"eigvecs_{name}"])
        for name in {case["name"] for case in cases}
    }
    results = {}
    for index, case in enumerate(cases):
        every = eigvecs[case["name"]]
        prompt = every[tuple(case["prompt"])]
        options = {
            key: case[key]
            for key in ("threshold", "gamma", "denoise", "denoise_area_th")
        }
        raw = get_mask(every, prompt, **{**options, "denoise": False})
        mask = get_mask(every, prompt, **options)
        results[f"raw_{index}"] = np.packbits(raw > 0)
        results[f"mask_{index}"] = np.packbits(mask > 0)
    np.savez(target, **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
