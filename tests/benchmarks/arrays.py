"""The arrays that every side gets, made once and kept in .bench/arrays.

    python -m tests.benchmarks.arrays      # make what the suites read

Only our own environment can make features; what is made, every side can read. It stays
until the folder is removed, also when a backbone has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.distance import pdist

from tests.benchmarks.graph import Affinity, Array, Graph, Solution

ARRAYS = Path(__file__).parents[2] / ".bench" / "arrays"
NUM_EIG = 30
EXACT_UP_TO = 16384
"""Rows that are solved exactly."""

DIMS = 768
"""Of SAM's features."""

GRID = 64
TUTORIAL = 100 * GRID * GRID
"""Nodes of the tutorial's batch: 100 images."""


def photographs(count: int) -> list[NDArray[np.uint8]]:
    """Return four photographs, or all their quarters and quarters of these."""
    from skimage import data

    images = [data.astronaut(), data.chelsea(), data.coffee(), data.rocket()]
    while len(images) < count:
        images = [
            part
            for image in images
            for half in np.array_split(image, 2)
            for part in np.array_split(half, 2, axis=1)
        ]
    return images[:count]


def make_clusters(nodes: int) -> Array:
    """Sixty clusters of unlike size."""
    rng = np.random.default_rng(0)
    kinds = rng.choice(60, nodes, p=rng.dirichlet(np.full(60, 2.0)))
    centres = rng.standard_normal((60, DIMS))
    return centres[kinds] + 0.6 * rng.standard_normal((nodes, DIMS))


def make_texture(nodes: int) -> Array:
    """Describe four photographs by the texture backbone, as finely as it takes."""
    from ncut_widget.backbone import load_model

    return _encode(4, load_model("texture", grid=round((nodes / 4) ** 0.5)))


def make_dinov2(nodes: int) -> Array:
    """Encode photographs by DINOv2 with random weights, 32 x 32 patches an image."""
    import torch

    from ncut_widget.backbone import load_model

    torch.manual_seed(0)
    name = "timm/vit_small_patch14_dinov2.lvd142m"
    backbone = load_model(name, pretrained=False, size=448)
    return _encode(nodes // 32**2, backbone)


def make_sam(nodes: int) -> Array:
    """Encode photographs by SAM's ViT-B with random weights, 64 x 64 patches an image.

    Beyond the four images that are encoded (half a minute each) rows are blends of
    theirs.
    """
    if nodes == 4 * GRID**2:
        return _encode_sam()
    if nodes < 4 * GRID**2:
        return features("sam", 4 * GRID**2)[:nodes]
    return np.concatenate([*blends(nodes // GRID**2)])


def _encode_sam() -> Array:
    """Encode four images."""
    import os
    import tempfile

    from ncut_widget.backbone import load_model
    from tests.support import random_sam

    with tempfile.TemporaryDirectory() as folder:
        os.environ["NCUT_WIDGET_CACHE"] = folder
        random_sam.install()
        return _encode(4, load_model("sam_vit_b"), "attn", 11, 1)


def _encode(count: int, backbone: Any, *options: Any) -> Array:
    """Encode photographs, without rounding to float16."""
    import torch

    from ncut_widget.backbone import extract_features

    images = photographs(count)
    return np.asarray(
        extract_features(
            images, backbone, *options, dtype=torch.float32, progress=False
        )
    )


def blends(count: int) -> Iterator[NDArray[np.float32]]:
    """Make images' worth of features, (4096, 768) each, like SAM's.

    At every latent pixel the four images' features there are mixed by weights that
    change smoothly from pixel to pixel and from image to image, so that neighbours stay
    alike and the spectrum decays as the real one; with noise of a twentieth of the
    columns' spread, so that no two rows are the same.
    """
    real = np.asarray(features("sam", 4 * GRID**2)).reshape(4, -1, DIMS)
    spread = 0.05 * real.std((0, 1))
    rng = np.random.default_rng(1)
    for _ in range(count):
        coarse = 2 * rng.standard_normal((4, 5, 5))
        weights = np.exp(ndimage.zoom(coarse, (1, GRID / 5, GRID / 5), order=3))
        weights = (weights / weights.sum(0)).reshape(4, -1, 1).astype(np.float32)
        image = rng.standard_normal(real.shape[1:], dtype=np.float32) * spread
        for each, weight in zip(real, weights, strict=True):
            image += each * weight
        yield image


MAKERS = {
    "sam": make_sam,
    "dinov2": make_dinov2,
    "clusters": make_clusters,
    "texture": make_texture,
}


def features(kind: str, nodes: int) -> NDArray[np.float32]:
    """Return features (nodes, C)."""
    path = ARRAYS / f"{kind} {nodes}.npy"
    if not path.exists():
        # Lets torchvision be imported beside a CPU build of torch.
        from tests.support import torchvision_import  # noqa: F401

        made = np.asarray(MAKERS[kind](nodes), dtype=np.float32)
        with whole(path) as file:
            np.save(file, made.reshape(nodes, -1))
    return np.load(path)


def median_distance(kind: str, nodes: int) -> float:
    """Return a gamma for "euclidean": the median distance of 500 rows."""
    rows = features(kind, nodes)
    return round(float(np.median(pdist(rows[:: max(1, nodes // 500)]))), 3)


def exact(kind: str, nodes: int, affinity: Affinity) -> Solution:
    """Return the exact solution of the graph of `features`."""

    def solve() -> dict[str, Array]:
        return Graph(features(kind, nodes), affinity).solve(NUM_EIG)._asdict()

    return Solution(**_kept(f"{kind} {nodes} {affinity}", solve))


def trivial(kind: str, nodes: int, affinity: Affinity) -> Array:
    """Return an estimate of the trivial eigenvector, (nodes,): that of our solver."""

    def solve() -> dict[str, Array]:
        from tests.benchmarks.sides import NcutWidget

        eigvecs, _ = NcutWidget().solve(features(kind, nodes), NUM_EIG, affinity)
        return {"trivial": eigvecs[:, 0]}

    return _kept(f"{kind} {nodes} {affinity} trivial", solve)["trivial"]


def eigenvectors(batch: int) -> NDArray[np.float32]:
    """Return smooth eigenvectors to click on, (batch, 64, 64, 30)."""
    noise = np.random.default_rng(0).standard_normal((batch, 8, 8, NUM_EIG), np.float32)
    return ndimage.zoom(noise, (1, GRID / 8, GRID / 8, 1), order=1)


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to write that is there when it is whole, and else not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        yield file
    part.rename(path)


def _kept(name: str, make: Callable[[], dict[str, Array]]) -> dict[str, Array]:
    """Load arrays by name, or make and save them."""
    path = ARRAYS / f"{name}.npz"
    if not path.exists():
        made = make()
        with whole(path) as file:
            np.savez(file, **made)
    with np.load(path) as found:
        return dict(found)


def main() -> None:
    """Make what only our own environment can make."""
    for nodes in (4096, 16384):
        for kind in MAKERS:
            features(kind, nodes)
    features("sam", TUTORIAL)
    trivial("sam", TUTORIAL, Affinity())


if __name__ == "__main__":
    main()
