"""From eigenvectors and clicks to masks.

Knows nothing of features, backbones or pages. `coordinates` alone says which cell a
pixel lies in. What the page computes, too, has a twin in ``js/src/maths``.
"""

from ncut_widget.masks.published import get_mask

__all__ = ["get_mask"]
