"""From features to normalized-cut eigenvectors.

Knows nothing of images, clicks, masks or pages: rows of features in, eigenpairs out,
and what extends them to other rows, or biases them towards some.
"""

from ncut_widget.ncut.affinity import Distance
from ncut_widget.ncut.checks import GraphKind
from ncut_widget.ncut.estimator import NCUT

__all__ = ["NCUT", "Distance", "GraphKind"]
