"""From eigenvectors and clicks to masks.

Knows nothing of features, backbones or pages. Only `coordinates` says which cell a
pixel lies in. Steps that the page computes, too, have a twin in ``js/src/maths``.
"""

from ncut_widget.masks.published import get_mask

__all__ = ["get_mask"]
