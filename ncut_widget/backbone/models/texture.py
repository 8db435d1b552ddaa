"""The built-in backbone: colour and texture, with no training and no download."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from ncut_widget.backbone.models.sides import check_sides
from ncut_widget.backbone.models.standardizer import Standardizer
from ncut_widget.backbone.registry import register_backbone
from ncut_widget.core.arrays import Floats

CELL = 4
"""Pixels on a side for each latent pixel."""

SIGMAS = (0.75, 6.0, 4)
"""Texture scales: smallest and largest Gaussian in these pixels, and their number."""

CONTEXT = 0.5
"""Gaussian, in latent pixels, that averages texture and the second colour."""

NOISE = 0.01
"""Edge strength, on the scale where black to white is 1, below which it is noise."""


class Group(NamedTuple):
    """Channels that are standardised together and weighted as one.

    Attributes
    ----------
    channels : slice
    weight : float
        Root mean square length of the group's part of a feature.
    floor : float
        Smallest standard deviation to divide by: without it the noise of a blank image
        would be scaled up to full contrast.
    together : bool
        One scale for all channels (the axes of a space) or one for each.
    """

    channels: slice
    weight: float
    floor: float
    together: bool


GROUPS = (
    Group(slice(0, 3), 1, floor=0.01, together=True),  # colour
    Group(slice(3, 6), 1, floor=0.01, together=True),  # colour of the surroundings
    Group(slice(6, 18), 0.25, floor=0.05, together=False),  # texture
)


@register_backbone("texture")
@dataclass(frozen=True)
class TextureBackbone:
    """Colour and multi-scale texture, pooled to a latent grid.

    Segments regions that differ in colour or pattern: good for photographs of distinct
    things, microscopy and the like. It does not know what things are. It needs no
    download and no GPU.

    Parameters
    ----------
    grid : int or (int, int)
        Latent grid ``(H, W)``; one number for a square one.
    position : float
        Weight of the position in the image, 0 or more, where colour has 1.4 and
        texture 0.25: higher keeps masks closer to the click. The graph of neighbours
        uses the position in any case; the full graph does not.

    Attributes
    ----------
    affinity_focal_gamma : float
        The parameter of `NCUT` that suits these features on its full graph. They have
        few dimensions, so at 1 every latent pixel would be similar to all others, and
        the leading 30 eigenvectors would cut one thing into many.
    sees_color : bool
        True: a graph of neighbours needs no colours as a guide.

    Raises
    ------
    TypeError, ValueError
        If an option is not as above.

    Notes
    -----
    Images are resampled to 4 x 4 pixels a latent pixel. The features are

    - CIELAB colour, averaged over the latent pixel, and over its surroundings (a
      Gaussian of half a latent pixel): 3 + 3 channels;
    - edge strength and the magnitudes of both Hessian eigenvalues of the lightness at
      4 scales (`skimage.feature.multiscale_basic_features`), averaged over the
      surroundings, as logarithms: 12 channels;
    - the position: 2 channels.

    `standardizer` puts them on one scale over a whole batch, as `extract_features`
    does: colour with one scale for its three axes, so that distances stay
    perceived differences; texture with one scale for each channel.

    Examples
    --------
    >>> texture = TextureBackbone(grid=(8, 12))
    >>> texture([np.zeros((30, 40, 3), np.uint8)]).shape
    (1, 8, 12, 20)
    """

    grid: int | Sequence[int] = (64, 64)
    position: float = 0.0

    by: ClassVar[str] = "appearance"
    affinity_focal_gamma: ClassVar[float] = 0.02
    sees_color: ClassVar[bool] = True
    batch_size: ClassVar[int] = 1

    def __post_init__(self) -> None:
        """Check the options."""
        object.__setattr__(self, "grid", check_sides("grid", self.grid))
        number = isinstance(self.position, Real) and not isinstance(self.position, bool)
        if not number or not 0 <= self.position < np.inf:
            raise ValueError(
                f"position must be a number of at least 0, got {self.position!r}"
            )

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> Floats:
        """Compute features, not yet standardised.

        Parameters
        ----------
        images : sequence of ndarray of uint8, shapes (h_i, w_i, 3)
            RGB, of any sizes; stretched to the grid.

        Returns
        -------
        ndarray of float32, shape (B, H, W, 20)
        """
        rows, cols = check_sides("grid", self.grid)
        position = _position(rows, cols)
        described = []
        for image in images:
            colour, texture = _describe(image, rows, cols)
            texture = np.log(_surroundings(texture) + NOISE)
            described.append(
                np.concatenate(
                    [colour, _surroundings(colour), texture, position], axis=-1
                )
            )
        return np.stack(described)

    def standardizer(self, features: NDArray[np.floating]) -> Standardizer:
        """Find the mean and scale of a whole batch's features, (B, H, W, 20)."""
        rows = features.reshape(-1, features.shape[-1])
        mean = rows.mean(axis=0, dtype=np.float64)
        variance = np.square(rows - mean.astype(np.float32)).mean(0, dtype=np.float64)
        scale = np.full(len(mean), self.position)
        mean[-2:] = 0  # the position is centred already
        for group in GROUPS:
            part = variance[group.channels]
            spread = np.sqrt(part.mean() if group.together else part)
            weight = group.weight / np.sqrt(len(part))
            scale[group.channels] = weight / np.maximum(spread, group.floor)
        return Standardizer(mean.astype(np.float32), scale.astype(np.float32))

    def describe(self) -> dict[str, object]:
        """Tell the options."""
        return {"grid": self.grid, "position": self.position}

    def fingerprint(self) -> str:
        """Return a string of all that an image's features depend on."""
        return f"texture {self.grid} {CELL} {SIGMAS} {CONTEXT} {NOISE}"


def _describe(image: NDArray[np.uint8], rows: int, cols: int) -> tuple[Floats, Floats]:
    """Colour (H, W, 3), in hundreds of CIELAB units, and texture (H, W, 12)."""
    # Here, as these imports take half a second.
    from skimage.color import rgb2lab
    from skimage.feature import multiscale_basic_features

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


def _pool(values: Floats) -> Floats:
    """Average over latent pixels: (H * CELL, W * CELL, C) -> (H, W, C)."""
    height, width, channels = values.shape
    cells = values.reshape(height // CELL, CELL, width // CELL, CELL, channels)
    mean: Floats = cells.mean(axis=(1, 3), dtype=np.float32)
    return mean


def _surroundings(values: Floats) -> Floats:
    """Average over the neighbours, (H, W, C)."""
    mean: Floats = gaussian_filter(values, (CONTEXT, CONTEXT, 0))
    return mean


def _position(rows: int, cols: int) -> Floats:
    """Row and column about the centre, (H, W, 2), of root mean square length 1."""
    y, x = ((np.arange(n) + 0.5) / n - 0.5 for n in (rows, cols))
    yx = np.stack(np.broadcast_arrays(y[:, None], x), axis=-1)
    position: Floats = (yx * np.sqrt(6)).astype(np.float32)
    return position
