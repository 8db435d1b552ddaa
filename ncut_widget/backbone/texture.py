"""The embedded backbone: colour and texture, nothing learned, nothing downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2lab
from skimage.feature import multiscale_basic_features
from tqdm.auto import tqdm

from ncut_widget.backbone.registry import register_backbone

Array = NDArray[np.float32]

CELL = 4
"""Pixels a side that stand for a latent pixel."""

SIGMAS = (0.75, 6.0, 4)
"""Texture scales: smallest and largest Gaussian in those pixels, and how many."""

CONTEXT = 1.0
"""Gaussian, in latent pixels, over which texture and the second colour are taken."""

NOISE = 0.01
"""Edge strength, on the scale where black to white is 1, below which it is noise."""


class Group(NamedTuple):
    """Channels that are standardised together and weighted as one.

    Attributes
    ----------
    values : ndarray of float32, shape (B, H, W, C)
    weight : float
        Root mean square length of the group's part of a feature.
    floor : float
        Standard deviation below which a difference does not count as one: without it
        the noise of a blank image would be blown up to full contrast.
    together : bool
        One scale for all channels (the axes of a space) or one for each.
    """

    values: Array
    weight: float
    floor: float
    together: bool

    def standardized(self) -> Array:
        """Centre over the batch, scale to the group's weight."""
        centred = self.values - self.values.mean(axis=(0, 1, 2), dtype=np.float64)
        variance = np.square(centred).mean(axis=(0, 1, 2))
        if self.together:
            variance = variance.mean()
        scale = np.maximum(np.sqrt(variance), self.floor)
        weight = self.weight / np.sqrt(centred.shape[-1])
        return (centred * (weight / scale)).astype(np.float32)


@register_backbone("texture")
@dataclass(frozen=True)
class TextureBackbone:
    """Colour, multi-scale texture and a little position, pooled to a latent grid.

    Segments what differs in colour or pattern, of any kind: good for photographs of
    distinct things, microscopy and the like; it knows nothing of meaning. Needs no
    download and no GPU.

    Parameters
    ----------
    grid : int or (int, int)
        Latent grid ``(H, W)``; one number for a square one.
    position : float
        Weight of the position in the image, 0 or more, where colour has 1.4 and
        texture 0.7: higher keeps masks closer to the click.

    Attributes
    ----------
    affinity_focal_gamma : float
        What `NCUT` wants with these features. They fill a space of few dimensions, so
        at 1 every latent pixel would be the neighbour of all others, and the leading
        30 eigenvectors would cut one thing into many.

    Raises
    ------
    TypeError, ValueError
        If an option is not as above.

    Notes
    -----
    Images are resampled to 4 x 4 pixels a latent pixel. The features are

    - CIELAB colour, averaged over the latent pixel, and over its surroundings (a
      Gaussian of one latent pixel): 3 + 3 channels;
    - edge strength and the magnitudes of both Hessian eigenvalues of the lightness at
      4 scales (`skimage.feature.multiscale_basic_features`), averaged over the
      surroundings, as logarithms: 12 channels;
    - the position: 2 channels.

    They are standardised over the whole batch: colour with one scale for its three
    axes, so that it stays the space in which distances are seen differences; texture
    each channel for itself.

    Examples
    --------
    >>> texture = TextureBackbone(grid=(8, 12))
    >>> texture([np.zeros((30, 40, 3), np.uint8)]).shape
    (1, 8, 12, 20)
    """

    grid: int | Sequence[int] = (64, 64)
    position: float = 0.35

    affinity_focal_gamma: ClassVar[float] = 0.02
    whole_batch: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the options."""
        object.__setattr__(self, "grid", _check_grid(self.grid))
        number = isinstance(self.position, Real) and not isinstance(self.position, bool)
        if not number or not 0 <= self.position < np.inf:
            raise ValueError(
                f"position must be a number of at least 0, got {self.position!r}"
            )

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> Array:
        """Compute features.

        Parameters
        ----------
        images : sequence of ndarray of uint8, shapes (h_i, w_i, 3)
            RGB, of any sizes; stretched to the grid.

        Returns
        -------
        ndarray of float32, shape (B, H, W, 20)
        """
        rows, cols = _check_grid(self.grid)
        bar = tqdm(images, desc="Texture features", unit="image", delay=1, leave=False)
        described = [_describe(image, rows, cols) for image in bar]
        colour, texture = (np.stack(part) for part in zip(*described, strict=True))
        groups = (
            Group(colour, 1, floor=0.01, together=True),
            Group(_surroundings(colour), 1, floor=0.01, together=True),
            Group(np.log(_surroundings(texture) + NOISE), 0.7, 0.05, together=False),
        )
        position = self.position * _position(rows, cols)
        return np.concatenate(
            [
                *(group.standardized() for group in groups),
                np.broadcast_to(position, (len(images), *position.shape)),
            ],
            axis=-1,
        )


def _describe(image: NDArray[np.uint8], rows: int, cols: int) -> tuple[Array, Array]:
    """Colour (H, W, 3), in hundreds of CIELAB units, and texture (H, W, 12)."""
    # reducing_gap: large photographs are box-averaged first, several times as fast.
    pixels = Image.fromarray(image).resize(
        (cols * CELL, rows * CELL), Image.Resampling.BICUBIC, reducing_gap=3
    )
    lab = (rgb2lab(np.asarray(pixels)) / 100).astype(np.float32)
    smallest, largest, count = SIGMAS
    texture = multiscale_basic_features(
        lab[..., 0],
        intensity=False,
        sigma_min=smallest,
        sigma_max=largest,
        num_sigma=count,
    )
    return _pool(lab), _pool(np.abs(texture))


def _pool(values: NDArray) -> Array:
    """Average over latent pixels: (H * CELL, W * CELL, C) -> (H, W, C)."""
    height, width, channels = values.shape
    cells = values.reshape(height // CELL, CELL, width // CELL, CELL, channels)
    return cells.mean(axis=(1, 3), dtype=np.float32)


def _surroundings(values: Array) -> Array:
    """Average over the neighbours in each image, (B, H, W, C)."""
    return gaussian_filter(values, (0, CONTEXT, CONTEXT, 0))


def _position(rows: int, cols: int) -> Array:
    """Row and column about the centre, (H, W, 2), of root mean square length 1."""
    y, x = ((np.arange(n) + 0.5) / n - 0.5 for n in (rows, cols))
    yx = np.stack(np.broadcast_arrays(y[:, None], x), axis=-1)
    return (yx * np.sqrt(6)).astype(np.float32)


def _check_grid(grid: Any) -> tuple[int, int]:
    sides = grid if isinstance(grid, Sequence) else (grid, grid)
    if (
        len(sides) != 2
        or not all(isinstance(n, Integral) and not isinstance(n, bool) for n in sides)
        or min(sides) < 1
    ):
        raise ValueError(
            f"grid must be (H, W) or one number for both, at least 1, got {grid!r}"
        )
    return int(sides[0]), int(sides[1])
