"""Time feature extraction against ncut-pytorch 1.8.19, the cache, and float16.

    python -m tests.benchmarks.extraction

The encoder is Segment Anything's ViT-B at its full size, 1024 x 1024 pixels, with
random weights, which cost the same time as trained ones; both sides load the same
checkpoint and get the same normalised images, on the CPU, one at a time. The cache and
float16 are measured to the masks, on photographs.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from skimage import data

from ncut_widget import NcutSegmenter
from ncut_widget.backbone import LayeredBackbone, extract_features, load_model
from tests.support import random_sam, torchvision_import  # noqa: F401

PEER_PROGRAM = """
import sys, time
import torch
library = torch.library.Library("torchvision", "FRAGMENT")
for name in ("nms", "qnms"):
    library.define(name + "(Tensor dets, Tensor scores, float threshold) -> Tensor")
from ncut_pytorch.backbone import extract_features, load_model
images = torch.load(sys.argv[1])
model = load_model("SAM(sam_vit_b)", quite=True)
start = time.perf_counter()
features = extract_features(images, model, "attn", 11, batch_size=1, use_cuda=False)
print(time.perf_counter() - start)
torch.save(features, sys.argv[2])
"""

PEER = ".bench/ncut-pytorch-1.8.19/bin/python"
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "immunohistochemistry")


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def measure_peer(
    python: str, folder: Path, model: LayeredBackbone, photographs: list[Any]
) -> None:
    """Extract the last layer's attention with both; compare time and values."""
    images = model.preprocess(photographs)
    torch.save(images, folder / "images.pt")
    command = [python, "-c", PEER_PROGRAM, folder / "images.pt", folder / "features.pt"]
    run = subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True
    )
    peer = float(run.stdout.splitlines()[-1]) / len(images)
    seconds, features = timed(
        lambda: extract_features(
            images, model, "attn", 11, 1, dtype=torch.float32, progress=False
        )
    )
    ours = seconds / len(images)
    unit = torch.nn.functional.normalize(features, dim=-1)
    apart = (unit - torch.load(folder / "features.pt")).abs().max()
    print(f"{'SAM ViT-B, attn 11':24} {'s an image':>12} {'ratio':>8}")
    print(f"{'ncut-pytorch 1.8.19':24} {peer:12.1f}")
    print(f"{'ncut_widget':24} {ours:12.1f} {peer / ours:7.2f}x")
    seconds, _ = timed(
        lambda: extract_features(images, model, "attn", 5, 1, progress=False)
    )
    ours = seconds / len(images)
    print(f"{'  layer 5 of 11':24} {ours:12.1f} {peer / ours:7.2f}x")
    print(f"unit features differ by at most {apart:.1e}\n")


def measure_cache(folder: Path, photographs: list[Any], backbone: Any) -> None:
    """Run twice, as a notebook that is run again; compare time and masks."""

    def run(**options: Any) -> NcutSegmenter:
        click = [[0, 250, 120, 1]]
        return NcutSegmenter.from_images(
            photographs, backbone, clicks=click, progress=False, **options
        )

    first, seg = timed(lambda: run(cache_dir=folder / "features"))
    second, again = timed(lambda: run(cache_dir=folder / "features"))
    differ = int((seg.masks != again.masks).sum())
    name = backbone if isinstance(backbone, str) else type(backbone).__name__
    print(
        f"{name:16} {len(photographs)} images: first run {first:6.1f} s, "
        f"again {second:5.2f} s, {first / second:5.1f}x; "
        f"{differ} of {seg.masks.size} mask pixels differ"
    )


def measure_float16(model: LayeredBackbone, photographs: list[Any]) -> None:
    """Keep features in either precision; compare size, and the masks of 20 clicks."""
    masks, sizes = [], []
    single = extract_features(photographs, model, dtype=torch.float32, progress=False)
    rng = np.random.default_rng(0)
    prompts = rng.integers(0, [len(photographs), 512, 300], (20, 3))
    for features in (single, single.half()):
        sizes.append(features.nbytes / 1e6)
        seg = NcutSegmenter.from_features(features, photographs, progress=False)
        found = []
        for image, x, y in prompts:
            height, width = photographs[image].shape[:2]
            at = [int(image), int(x * width / 512), int(y * height / 300), 1]
            seg.clicks = [at]
            found.append(seg.masks)
        masks.append(np.array(found))
    differ, pixels = int((masks[0] != masks[1]).sum()), masks[0].size
    print(
        f"\nfloat16 host storage: {sizes[0]:.0f} -> {sizes[1]:.0f} MB; {differ} of "
        f"{pixels} mask pixels of 20 clicks differ ({differ / pixels:.1e})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peer-python", default=PEER)
    parser.add_argument("--images", type=int, default=2, help="of 4, for SAM")
    arguments = parser.parse_args()
    packages = ("torch", "numpy", "segment-anything", "timm")
    named = ", ".join(f"{name} {version(name)}" for name in packages)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {named}\n")
    photographs = [getattr(data, name)() for name in PHOTOGRAPHS]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["NCUT_WIDGET_CACHE"] = name
        checkpoint = random_sam.install()
        checkpoint.rename(folder / checkpoint.name)  # where the peer looks for it
        model = load_model("sam_vit_b", checkpoint=folder / checkpoint.name)
        assert isinstance(model, LayeredBackbone)
        few = photographs[: arguments.images]
        python = str(Path(arguments.peer_python).absolute())
        measure_peer(python, folder, model, few)
        measure_cache(folder, few, model)
        measure_cache(folder, photographs * 5, "texture")
        measure_float16(model, few)


if __name__ == "__main__":
    main()
