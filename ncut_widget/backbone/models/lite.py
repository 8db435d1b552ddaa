"""Features of a small trained network, whose weights come with a package."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from numbers import Integral
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ncut_widget.backbone.layers import CUDA_BATCH_SIZE as MOST
from ncut_widget.backbone.layers import LayeredBackbone, Node
from ncut_widget.backbone.models.efficientnet_lite import (
    CHANNELS,
    FILE,
    PACKAGE,
    SHA256,
    STRIDE,
    VERSION,
    EfficientNetLite0,
    load_weights,
    make_network,
)
from ncut_widget.backbone.models.sides import check_sides
from ncut_widget.backbone.models.standardizer import Standardizer
from ncut_widget.backbone.registry import register_backbone
from ncut_widget.core.checks import as_list, check_choice, check_number
from ncut_widget.core.parallel import deal
from ncut_widget.images import RGBImage

STAGES = (4, 10, 15)
"""The last blocks with a vector for 8, for 16 and for 32 pixels on a side."""

CELLS = 3
"""Latent pixels on a side for `STRIDE` pixels."""

ASPECTS = ("kept", "square")

LONGEST = 4.0
"""Most times that an image's longer side is the shorter one; others are stretched."""

MEAN, STD = 127 / 255, 128 / 255
"""Of values in [0, 1], as in training."""

FLOOR = 1.0
"""Smallest spread to divide by. A photograph has about 50, a black image 12 (what lies
beyond its border differs), equal cells 0."""

ORIGIN = {
    "package": f"{PACKAGE} {VERSION}",
    "license": "Apache-2.0",
    "file": FILE.rpartition("/")[2],
    "sha256": SHA256,
}
"""What files say of the package's weights."""


class LiteBackbone(LayeredBackbone):
    """EfficientNet-Lite0: any block, by default three together, fine to coarse.

    It was trained to name the thing on a photograph, and tells things apart by what
    they are.

    Parameters
    ----------
    encoder : EfficientNetLite0
        `load_lite` makes it with its published weights.
    size, stages, aspect, grid
        As for `load_lite`.
    origin : mapping of str to str
        What files say of where the weights are from.

    Notes
    -----
    There is one node type, ``"block"``. Without a node the features are those of all
    `stages`, concatenated: the node ``"stages"``.

    `standardizer` centres the features of a whole batch, and scales those of each block
    to unit total variance: blocks have equal weight, whatever their channels.

    References
    ----------
    .. [1] M. Tan, Q. V. Le, "EfficientNet: rethinking model scaling for convolutional
       neural networks", ICML 2019; `EfficientNetLite0` names the variant.
    """

    packages = (PACKAGE,)

    def __init__(
        self,
        encoder: EfficientNetLite0,
        size: int = 512,
        stages: int | Sequence[int] = STAGES,
        aspect: str = "kept",
        grid: int | tuple[int, int] | None = None,
        *,
        origin: Mapping[str, str] | None = None,
    ) -> None:
        self.size = int(check_number("size", size, STRIDE, integer=True))
        self.stages = _check_stages(stages)
        self.aspect = check_choice("aspect", aspect, ASPECTS)
        side = _whole(self.size)
        self.grid = check_sides(
            "grid", CELLS * side // STRIDE if grid is None else grid
        )
        super().__init__(
            encoder,
            image_size=(side, side),
            mean=(MEAN,) * 3,
            std=(STD,) * 3,
            num_layers=len(CHANNELS),
            node_types=("block",),
        )
        self.name = "EfficientNet-Lite0"
        self.origin = dict(origin or {})

    @property
    def batch_size(self) -> int:
        """Images at a time: on the CPU one for each core, 8 at most."""
        cores = torch.get_num_threads() if self.device.type == "cpu" else MOST
        return min(cores, MOST)

    def node(self, node_type: str | None = None, layer: int | None = None) -> Node:
        """Check a node, as `LayeredBackbone.node`; by default all stages together."""
        last = self.stages[-1]
        if node_type == "stages" or (node_type is None and layer is None):
            if layer is not None and layer != last:
                raise ValueError(
                    "layer must not be given with node_type 'stages', whose blocks "
                    f"are the option stages of load_model, got {layer!r}"
                )
            return "stages", last
        return super().node(node_type, layer)

    def preprocess(  # type: ignore[override]  # images differ in size
        self, images: Tensor | Sequence[RGBImage | Tensor]
    ) -> list[Tensor]:
        """Bring images to a size of their own, and to the network's scale and device.

        Parameters
        ----------
        images : sequence of ndarray of uint8, shapes (h_i, w_i, 3), or tensor
            As `LayeredBackbone.preprocess` takes them.

        Returns
        -------
        list of tensors of float32, shapes (3, h_i, w_i)
        """

        def prepare(image: RGBImage | Tensor) -> Tensor:
            return self._prepare(image, self.size_of(image))

        return list(deal(prepare, images, self.device))

    def size_of(self, image: RGBImage | Tensor) -> tuple[int, int]:
        """Return the height and width that the network is given of an image."""
        if self.aspect == "square":
            return self.image_size
        sides = image.shape[1:] if isinstance(image, Tensor) else image.shape[:2]
        height, width = sides
        ratio = min(max(height / width, 1 / LONGEST), LONGEST)
        stretch = math.sqrt(ratio)
        return _whole(self.size * stretch), _whole(self.size / stretch)

    def read(
        self, images_tsf: Tensor | Sequence[Tensor], nodes: Sequence[Node]
    ) -> list[Tensor]:
        """Compute the features of some nodes.

        On the CPU each image has a pass of its own, as many at once as there are
        cores; on an accelerator images of one size have a pass together.

        Parameters
        ----------
        images_tsf : sequence of tensors of float, shapes (3, h_i, w_i), or tensor
            Normalised, on the network's device.
        nodes : sequence of (str, int)
            As `node` gives them.

        Returns
        -------
        list of tensors, shapes (B, H, W, C)
            One for each node.
        """
        blocks = [self.stages if kind == "stages" else (at,) for kind, at in nodes]
        layers = {layer for each in blocks for layer in each}
        on_cpu = self.device.type == "cpu"
        together: dict[Any, list[int]] = {}
        for place, image in enumerate(images_tsf):
            # A core runs an image alone: so features do not depend on the batch.
            together.setdefault(place if on_cpu else image.shape, []).append(place)

        def run(places: list[int]) -> dict[int, Tensor]:
            images = torch.stack([images_tsf[place] for place in places])
            return self._run(images, layers)

        passes = list(deal(run, together.values(), self.device))
        order = [place for places in together.values() for place in places]
        back = [order.index(place) for place in range(len(order))]
        found = {layer: torch.cat([one[layer] for one in passes]) for layer in layers}
        return [
            torch.cat([found[layer][back] for layer in each], dim=-1) for each in blocks
        ]

    def standardizer(self, features: NDArray[np.floating] | Tensor) -> Standardizer:
        """Find the mean and scale of a whole batch's features, (B, H, W, C)."""
        ends = list(accumulate(CHANNELS[layer] for layer in self.stages))
        if ends[-1] != features.shape[-1]:  # of one block alone
            ends = []
        return Standardizer.of_parts(features, ends, FLOOR)

    def fingerprint(self) -> str:
        """Digest of the network, its weights, the options, and versions."""
        return f"{super().fingerprint()} {self._options()} {LONGEST}"

    def describe(self) -> dict[str, Any]:
        """Describe the network, its weights and where they are from, the options."""
        return {
            **super().describe(),
            **self.origin,
            **self._options(),
            "parts": "each stage centred over the batch, of unit variance",
        }

    def _options(self) -> dict[str, Any]:
        names = ("size", "stages", "aspect", "grid")
        return {name: getattr(self, name) for name in names}

    def _run(self, images_tsf: Tensor, layers: set[int]) -> dict[int, Tensor]:
        blocks = self.encoder(images_tsf, layers)
        return {layer: self._resize(values) for layer, values in blocks.items()}

    def _resize(self, values: Tensor) -> Tensor:
        """Interpolate (B, C, h, w) to the grid, (B, H, W, C)."""
        rows, cols = self.grid
        # Of a grid more than twice as fine, plain interpolation would skip cells.
        finer = values.shape[-2] > 2 * rows or values.shape[-1] > 2 * cols
        resized = functional.interpolate(
            values, self.grid, mode="bilinear", align_corners=False, antialias=finer
        )
        return resized.permute(0, 2, 3, 1)


@register_backbone("lite")
def load_lite(
    size: int = 512,
    stages: int | Sequence[int] = STAGES,
    *,
    aspect: str = "kept",
    grid: int | tuple[int, int] | None = None,
) -> LiteBackbone:
    """Make EfficientNet-Lite0, trained on ImageNet; it needs no download.

    Parameters
    ----------
    size : int
        Pixels on a side of a square image, at least 32; rounded to a multiple of 32.
    stages : int or sequence of int
        Blocks, from 0 to 15, whose features are concatenated.
    aspect : str
        ``"kept"``: images keep their aspect, up to 4 to 1, at the area of a square
        image, to multiples of 32 pixels. ``"square"``: all are stretched to a square.
    grid : int or (int, int), optional
        Latent grid ``(H, W)``; by default three cells for 32 pixels: 48 x 48 of `size`
        512. Features are interpolated to it.

    Returns
    -------
    LiteBackbone

    Raises
    ------
    TypeError, ValueError
        If an option is not as above.
    CheckpointError
        If the package of the weights is missing or damaged.

    Examples
    --------
    >>> model = load_lite(size=64)
    >>> features = model.read(model.preprocess([np.zeros((9, 9, 3), np.uint8)]), [
    ...     model.node(), model.node(layer=4)])
    >>> [tuple(each.shape) for each in features]
    [(1, 6, 6, 472), (1, 6, 6, 40)]
    """
    network = make_network(load_weights())
    return LiteBackbone(network, size, stages, aspect, grid, origin=ORIGIN)


def _check_stages(stages: Any) -> tuple[int, ...]:
    """Return the blocks in their order."""
    one = isinstance(stages, Integral) and not isinstance(stages, bool)
    given = [stages] if one else as_list("stages", stages, f"blocks, as {STAGES}")
    last = len(CHANNELS) - 1
    found = {
        int(check_number("a block of stages", each, 0, last, integer=True))
        for each in given
    }
    if not found:
        raise ValueError("stages must name at least one block, got none")
    return tuple(sorted(found))


def _whole(side: float) -> int:
    """Round to a multiple of the network's stride, at least one."""
    return max(round(side / STRIDE), 1) * STRIDE
