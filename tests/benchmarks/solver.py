"""Time `NCUT` against ncut-pytorch 1.8.19, and measure both against the exact solution.

    python tests/benchmarks/solver.py --peer-python .bench/.../bin/python

Both sides get the same features in the same run and their own default parameters, but
for the number of eigenvectors, the affinity and the device, the CPU. Accuracy is the
smallest principal cosine (1 is exact, 0 means that a direction is missed altogether) to
the eigenvectors of the whole graph, found densely in float64 where there are at most
``--exact-up-to`` nodes: 4 096 take seconds, 16 384 about a minute and 3 GB.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import scipy.linalg
import skimage.data
import torch
from numpy.typing import NDArray
from scipy.sparse.linalg import eigsh
from scipy.spatial.distance import pdist

from ncut_widget.backbone import extract_features, load_model
from ncut_widget.ncut import NCUT

Array = NDArray[Any]

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
NO_PEER = """\
There is no ncut-pytorch 1.8.19 at {python}. Make an environment for it:
    python -m venv {folder}
    {folder}/bin/pip install -r tests/peers/ncut-pytorch-1.8.19.txt
and give its Python: --peer-python {folder}/bin/python
"""
PEER = """
import json, sys, time
import numpy as np, torch
from ncut_pytorch import NCUT
features = torch.from_numpy(np.load(sys.argv[1]))
options = json.loads(sys.argv[3])
repeats = options.pop("repeats")
times = []
for _ in range(repeats):
    torch.manual_seed(0)
    start = time.perf_counter()
    eigvecs, _ = NCUT(device="cpu", **options).fit_transform(features)
    times.append(time.perf_counter() - start)
np.save(sys.argv[2], eigvecs.numpy())
print(json.dumps(times))
"""


def clusters(nodes: int) -> Array:
    """Sixty clusters of unlike size in 768 dimensions, float32."""
    rng = np.random.default_rng(0)
    kinds = rng.choice(60, nodes, p=rng.dirichlet(np.full(60, 2.0)))
    centres = rng.standard_normal((60, 768))
    noise = 0.6 * rng.standard_normal((nodes, 768))
    return (centres[kinds] + noise).astype(np.float32)


def texture(nodes: int) -> Array:
    """Describe four photographs by the texture backbone, float32."""
    side = round((nodes / len(PHOTOGRAPHS)) ** 0.5)
    images = [getattr(skimage.data, name)() for name in PHOTOGRAPHS]
    features = extract_features(images, load_model("texture", grid=side))
    return np.asarray(features).reshape(len(PHOTOGRAPHS) * side * side, -1)


FEATURES = {"clusters": clusters, "texture": texture}


def exact(features: Array, num_eig: int, distance: str, gamma: float) -> Array:
    """Solve the whole graph densely, in float64."""
    x = torch.from_numpy(features).double()
    if distance == "cosine":
        x = torch.nn.functional.normalize(x, dim=1)
        affinity = (x @ x.T).sub_(1).div_(gamma)
    else:
        x = x - x.mean(0)
        affinity = torch.cdist(x, x)
        if distance == "rbf":
            affinity.square_().div_(2 * float(x.var(0).sum()))
        affinity.div_(-gamma)
    affinity.exp_().fill_diagonal_(1)
    scale = affinity.sum(1).rsqrt()
    affinity.mul_(scale[:, None]).mul_(scale)
    values, vectors = eigsh(
        affinity.numpy(), num_eig, ncv=4 * num_eig, v0=np.ones(len(x))
    )
    return vectors[:, np.argsort(-values)]


def smallest_principal_cosine(eigvecs: Array, solution: Array | None) -> str:
    """How much of the solution's space is found, for the table."""
    if solution is None:
        return "-"
    angles = scipy.linalg.subspace_angles(eigvecs.astype(np.float64), solution)
    return f"{np.cos(angles.max()):.4f}"


def time_ours(
    features: Array, repeats: int, options: dict[str, Any]
) -> tuple[list[float], Array]:
    """Seconds of each fit, and the eigenvectors."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        eigvecs, _ = NCUT(device="cpu", progress=False, **options).fit_transform(
            features
        )
        times.append(time.perf_counter() - start)
    return times, eigvecs


def time_peer(
    python: Path, features: Array, repeats: int, options: dict[str, Any]
) -> tuple[list[float], Array]:
    """Seconds of each fit of the peer, and its eigenvectors."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "features.npy", Path(folder) / "eigvecs.npy"
        np.save(source, features)
        arguments = json.dumps({"repeats": repeats, **options})
        done = subprocess.run(
            [python, "-c", PEER, source, target, arguments],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"ncut-pytorch 1.8.19 failed:\n{done.stderr}")
        return json.loads(done.stdout.splitlines()[-1]), np.load(target)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--peer-python",
        type=Path,
        default=Path(".bench/ncut-pytorch-1.8.19/bin/python"),
        help="Python of an environment with ncut-pytorch 1.8.19",
    )
    parser.add_argument("--features", nargs="+", choices=FEATURES, default=[*FEATURES])
    parser.add_argument("--nodes", type=int, nargs="+", default=[4096, 16384])
    parser.add_argument("--num-eig", type=int, default=30)
    parser.add_argument(
        "--distance", choices=("cosine", "euclidean", "rbf"), default="cosine"
    )
    parser.add_argument(
        "--gamma",
        type=float,
        help="affinity_focal_gamma; by default 1, for euclidean a typical distance, "
        "and for texture under cosine what the backbone recommends",
    )
    parser.add_argument("--repeats", type=int, default=3, help="the median is shown")
    parser.add_argument("--exact-up-to", type=int, default=4096)
    options = parser.parse_args()
    if not options.peer_python.exists():
        folder = ".bench/ncut-pytorch-1.8.19"
        sys.exit(NO_PEER.format(python=options.peer_python, folder=folder))
    return options


def pick_gamma(options: argparse.Namespace, kind: str, features: Array) -> float:
    """Choose the affinity of a row of the table."""
    if options.gamma is not None:
        return options.gamma
    if options.distance == "euclidean":
        few = features[:: max(1, len(features) // 500)]
        return round(float(np.median(pdist(few))), 3)
    if kind == "texture" and options.distance == "cosine":
        return getattr(load_model("texture"), "affinity_focal_gamma", 1.0)
    return 1.0


def main() -> None:
    """Print the table."""
    options = parse()
    print(
        f"K = {options.num_eig}, {options.distance}, median of {options.repeats}, "
        f"{torch.get_num_threads()} threads; Python {platform.python_version()}, "
        f"torch {version('torch')}, numpy {version('numpy')}, scipy {version('scipy')}"
    )
    print(f"{'':32}{'time':>27}{'':9}{'smallest principal cosine':>27}")
    print(
        f"{'features':<10}{'nodes':>8}{'dims':>6}{'gamma':>8}"
        f"{'1.8.19':>14}{'ncut_widget':>13}{'ratio':>9}"
        f"{'1.8.19':>14}{'ncut_widget':>13}"
    )
    for kind in options.features:
        for nodes in options.nodes:
            features = FEATURES[kind](nodes)
            gamma = pick_gamma(options, kind, features)
            both = {
                "num_eig": options.num_eig,
                "distance": options.distance,
                "affinity_focal_gamma": gamma,
            }
            ours, eigvecs = time_ours(features, options.repeats, both)
            python = options.peer_python
            theirs, peer_eigvecs = time_peer(python, features, options.repeats, both)
            solution = None
            if len(features) <= options.exact_up_to:
                solution = exact(features, options.num_eig, options.distance, gamma)
            mine, other = median(ours), median(theirs)
            print(
                f"{kind:<10}{len(features):>8}{features.shape[1]:>6}{gamma:>8g}"
                f"{other:>12.2f} s{mine:>11.2f} s{other / mine:>8.1f}x"
                f"{smallest_principal_cosine(peer_eigvecs, solution):>14}"
                f"{smallest_principal_cosine(eigvecs, solution):>13}",
                flush=True,
            )


if __name__ == "__main__":
    main()
