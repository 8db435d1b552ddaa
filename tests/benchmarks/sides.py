"""What each side does for an answer: ours, and our peers as they were published.

A side is imported when it is made, in its own environment. Every side keeps its own
defaults, but for the number of eigenvectors, the affinity and the device, the CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from tests.benchmarks.graph import Affinity, Array, Graph, total_variance


class Side:
    """A solver, and where it has one a segmenter."""

    statement: ClassVar[str]
    """Imports what `solve` needs."""

    most_rows: ClassVar[float] = float("inf")
    """It is not asked for more."""

    def solve(
        self, features: Array, num_eig: int, affinity: Affinity
    ) -> tuple[Array, Array | None]:
        """Find eigenvectors (N, K), and eigenvalues where it tells them."""
        raise NotImplementedError

    def solved(self, features: Array, affinity: Affinity) -> Affinity:
        """Tell which affinity the last `solve` took, asked for this one."""
        return affinity

    def segmenter(
        self, eigvecs: Array, denoise: bool
    ) -> tuple[Callable[[list[int]], Any], Callable[[float], Any]]:
        """Return a click (image, row, column) and a slider step (threshold) to masks.

        Both end in the masks of the whole batch, in numpy.
        """
        raise NotImplementedError

    def published(self, eigvecs: Array, denoise: bool) -> Callable[[list[int]], Any]:
        """Return `get_mask` of a pixel (image, row, column), which keeps nothing."""
        raise NotImplementedError


class NcutWidget(Side):
    """Us."""

    statement = "from ncut_widget import NcutSegmenter"

    def __init__(self, device: str = "cpu") -> None:
        from ncut_widget import NCUT
        from ncut_widget.sessions.session import Session

        self._ncut, self._session = NCUT, Session
        self.device = device

    def solve(self, features: Any, num_eig: int, affinity: Affinity) -> tuple[Any, Any]:
        self.fitted = self._ncut(
            num_eig=num_eig,
            distance=affinity.distance,
            affinity_focal_gamma=affinity.gamma,
            device=self.device,
            progress=False,
        )
        return self.fitted.fit_transform(features)

    def segmenter(
        self, eigvecs: Array, denoise: bool
    ) -> tuple[Callable[[list[int]], Any], Callable[[float], Any]]:
        session = self._session(eigvecs, device=self.device)
        session.update(denoise=denoise)

        def click(pixel: list[int]) -> Array:
            image, row, column = pixel
            session.update(clicks=[[image, column, row, 1]])
            return session.masks()

        def slide(threshold: float) -> Array:
            session.update(threshold=threshold)
            return session.masks()

        return click, slide

    def published(self, eigvecs: Array, denoise: bool) -> Callable[[list[int]], Any]:
        from ncut_widget.masks import get_mask

        return lambda pixel: get_mask(eigvecs, eigvecs[tuple(pixel)], denoise=denoise)


def _seed(torch: Any) -> None:
    """Make a run of ncut-pytorch like the one before."""
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002  (where its farthest-point sampling starts)


class NcutPytorch18(Side):
    """ncut-pytorch 1.8.19, the last with `NCUT` and `get_mask`."""

    statement = "from ncut_pytorch import NCUT, get_mask"

    def __init__(self) -> None:
        import torch
        from ncut_pytorch import NCUT, get_mask

        self._torch, self._ncut, self._get_mask = torch, NCUT, get_mask

    def solve(
        self, features: Array, num_eig: int, affinity: Affinity
    ) -> tuple[Array, Array | None]:
        _seed(self._torch)
        ncut = self._ncut(
            num_eig=num_eig,
            distance=affinity.distance,
            affinity_focal_gamma=affinity.gamma,
            device="cpu",
        )
        eigvecs, eigvals = ncut.fit_transform(self._torch.from_numpy(features))
        return eigvecs.numpy(), eigvals.numpy()

    def segmenter(
        self, eigvecs: Array, denoise: bool
    ) -> tuple[Callable[[list[int]], Any], Callable[[float], Any]]:
        # One function for both: a slider step costs as much as a click.
        every = self._torch.from_numpy(eigvecs)
        prompt = every[0, 0, 0]

        def click(pixel: list[int]) -> Array:
            nonlocal prompt
            prompt = every[tuple(pixel)]
            return self._get_mask(every, prompt, denoise=denoise)

        def slide(threshold: float) -> Array:
            return self._get_mask(every, prompt, threshold=threshold, denoise=denoise)

        return click, slide

    def published(self, eigvecs: Array, denoise: bool) -> Callable[[list[int]], Any]:
        return self.segmenter(eigvecs, denoise)[0]


class NcutPytorch32(Side):
    """ncut-pytorch 3.2.0, whose affinity is RBF with a width of its own choice."""

    statement = "from ncut_pytorch import Ncut"

    def __init__(self) -> None:
        import torch
        from ncut_pytorch import Ncut

        self._torch, self._ncut = torch, Ncut

    def solve(
        self, features: Array, num_eig: int, affinity: Affinity
    ) -> tuple[Array, Array | None]:
        _seed(self._torch)
        ncut = self._ncut(n_eig=num_eig, device="cpu")
        eigvecs = ncut.fit_transform(self._torch.from_numpy(features))
        self.sigma = float(ncut.sigma)
        return eigvecs.numpy(), ncut.eigval.numpy()

    def solved(self, features: Array, affinity: Affinity) -> Affinity:
        return Affinity("rbf", self.sigma**2 / total_variance(features))


class ScikitLearn(Side):
    """`SpectralEmbedding`, which is dense, and leaves the edges to oneself out.

    Its time has the affinity in it, which it must be given.
    """

    statement = "from sklearn.manifold import SpectralEmbedding"
    most_rows = 4096

    def __init__(self) -> None:
        from sklearn.manifold import SpectralEmbedding

        self._embedding = SpectralEmbedding

    def solve(
        self, features: Array, num_eig: int, affinity: Affinity
    ) -> tuple[Array, Array | None]:
        graph = Graph(features, affinity)
        x = graph.place(slice(None))
        a = graph.between(x, x)
        embedding = self._embedding(num_eig - 1, affinity="precomputed", random_state=0)
        found = embedding.fit_transform(a)
        # It drops the trivial eigenvector, and divides the others by sqrt(d).
        np.fill_diagonal(a, 0)
        root = np.sqrt(a.sum(1))[:, None]
        return np.hstack([root, found * root]), None

    def solved(self, features: Array, affinity: Affinity) -> Affinity:
        return Affinity(affinity.distance, affinity.gamma, loops=False)


SIDES: dict[str, type[Side]] = {
    "ncut_widget": NcutWidget,
    "ncut-pytorch-1.8.19": NcutPytorch18,
    "ncut-pytorch-3.2.0": NcutPytorch32,
    "scikit-learn-1.9.1": ScikitLearn,
}
