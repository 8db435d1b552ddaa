"""Remove the part of features that depends on the position only [1]_.

In an image without content, an encoder's features differ by position only. Their
leading directions are projected out of all features.

References
----------
.. [1] "INSID3: training-free in-context segmentation with DINOv3", arXiv:2603.28480,
   2026; reference implementation: github.com/visinf/INSID3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

SHARE = 500 / 1024
"""Share of the directions that are projected out. The reference implementation takes
500 of the 1024 directions of DINOv3's large model.
"""


def positional_basis(blank: Tensor) -> Tensor:
    """Find the directions in which features depend on the position.

    Parameters
    ----------
    blank : torch.Tensor of float, shape (B, H, W, C)
        Features of images without content.

    Returns
    -------
    torch.Tensor of float32, shape (C, r)
        Orthonormal columns, the most important first.
    """
    unit = nn.functional.normalize(blank.float().flatten(0, -2), dim=1)
    directions: Tensor = torch.linalg.svd(unit - unit.mean(0), full_matrices=False)[2]
    return directions[: round(SHARE * unit.shape[1])].T.contiguous()


def project_out(features: Tensor, basis: Tensor) -> Tensor:
    """Return unit features (..., C) without the directions of a basis (C, r)."""
    unit = nn.functional.normalize(features.float(), dim=-1)
    return unit - (unit @ basis) @ basis.T
