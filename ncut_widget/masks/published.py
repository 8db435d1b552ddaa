"""`get_mask`, as it was published: from a clicked eigenvector to masks in one call."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ncut_widget.core.checks import check_number, check_shape
from ncut_widget.masks.cosine import cosine_similarity
from ncut_widget.masks.cut import threshold_mask
from ncut_widget.masks.denoise import denoise_mask
from ncut_widget.masks.statistics import similarity_statistics


def get_mask(
    all_eigvecs: ArrayLike,
    prompt_eigvec: ArrayLike,
    threshold: float = 0.5,
    gamma: float = 1.0,
    denoise: bool = True,
    denoise_area_th: int = 3,
) -> NDArray[np.uint8]:
    """Masks, on every image, of the thing that one eigenvector belongs to.

    Parameters
    ----------
    all_eigvecs : torch.Tensor or array_like, shape (B, H, W, K)
        Eigenvectors of a batch, on any device.
    prompt_eigvec : torch.Tensor or array_like, shape (K,)
        The clicked one, ``all_eigvecs[image, row, col]``.
    threshold : float, 0 to 1
        Level of the heatmap; higher means smaller masks.
    gamma : float, above 0
        Exponent of the heatmap; higher means smaller masks.
    denoise : bool
        Whether to drop small connected components.
    denoise_area_th : int, at least 0
        Components with fewer latent pixels than this are dropped.

    Returns
    -------
    ndarray of uint8, shape (B, H, W)
        1 = object, 0 = background. Empty, with a warning, where pixels cannot be
        distinguished: constant similarity, a single pixel, NaN eigenvectors.

    Raises
    ------
    TypeError, ValueError
        If a shape or a value is not as above.

    Notes
    -----
    The masks of ``get_mask`` in ncut-pytorch 1.8.19 (which writes 255 for 1 when it
    denoises), up to ties within float32 rounding.

    Examples
    --------
    >>> eigvecs = np.ones((2, 8, 8, 2))
    >>> eigvecs[:, 2:5, 2:5, 1] = -1
    >>> get_mask(eigvecs, eigvecs[0, 3, 3]).sum(axis=(1, 2)).tolist()
    [9, 9]
    """
    check_shape("all_eigvecs", all_eigvecs, "B, H, W, K")
    check_number("threshold", threshold, 0, 1)
    check_number("gamma", gamma, 0, above=True)
    check_number("denoise_area_th", denoise_area_th, 0)
    similarity = cosine_similarity(all_eigvecs, prompt_eigvec)
    statistics = similarity_statistics(similarity)
    if statistics.constant:
        warnings.warn(
            "every eigenvector is equally similar to the prompt (or some are NaN): "
            "the masks are empty",
            stacklevel=2,
        )
    masks = threshold_mask(similarity, threshold, gamma, statistics)
    if denoise:
        masks = denoise_mask(masks, denoise_area_th)
    return masks.astype(np.uint8)
