"""From features to normalized-cut eigenvectors.

Rows of features in, eigenpairs out, and functions that extend them to other rows.
Nothing here knows of clicks, masks or pages.
"""

from ncut_widget.ncut.affinity import Distance
from ncut_widget.ncut.checks import GraphKind
from ncut_widget.ncut.estimator import NCUT

__all__ = ["NCUT", "Distance", "GraphKind"]
