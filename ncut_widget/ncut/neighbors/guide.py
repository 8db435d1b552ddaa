"""The colours of cells, which guide the search for neighbours."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ncut_widget.images import Images, RGBImage, read_ahead


def cell_colors(
    images: Images, grid: tuple[int, int], seen: Iterable[RGBImage] | None = None
) -> NDArray[np.float32]:
    """Average the colours of images over the cells of a latent grid.

    Parameters
    ----------
    images : Images
    grid : (int, int)
        ``(H, W)``.
    seen : iterable of ndarray of uint8, optional
        The images, if somebody else reads them, too.

    Returns
    -------
    ndarray of float32, shape (B, H, W, 3)
        In CIELAB; for an image that cannot be read, the mean of the others.

    Examples
    --------
    >>> halves = np.zeros((4, 6, 3), np.uint8)
    >>> halves[:, 3:] = 255
    >>> cell_colors(Images(halves), (2, 2))[0, :, :, 0].round().tolist()
    [[0.0, 100.0], [0.0, 100.0]]
    """
    rows, cols = grid
    small = [
        Image.fromarray(image).resize((cols, rows), Image.Resampling.BOX)
        for image in (read_ahead(images) if seen is None else seen)
    ]
    from skimage.color import rgb2lab  # here, as this import is slow

    lab = np.stack([rgb2lab(np.asarray(each)) for each in small]).astype(np.float32)
    unknown = images.unknown
    if 0 < len(unknown) < len(lab):
        lab[unknown] = np.delete(lab, unknown, axis=0).mean((0, 1, 2))
    return lab
