"""Pretrained encoders that give the features of any layer."""

from __future__ import annotations

import hashlib
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from typing import Any, ClassVar, TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ncut_widget.backbone.described import (
    digest_weights,
    name_of,
    update_with_weights,
)
from ncut_widget.core.extras import install
from ncut_widget.images import RGBImage

Node: TypeAlias = tuple[str, int]
"""Place of features in an encoder: the node's type, and the layer from 0 on."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

CUDA_BATCH_SIZE = 8

PREPROCESSING = 1
"""Version of the preprocessing of images; a change of it changes features."""


class LayeredBackbone(nn.Module, ABC):
    """An encoder that gives the features of any nodes of any layers in one pass.

    A subclass runs the encoder up to a layer (`_run`). If it has more than blocks, it
    finds the module of a layer's branch (`_branch`), and brings its output to a grid
    (`_to_grid`).

    Parameters
    ----------
    encoder : torch.nn.Module
        It is changed: set to evaluation mode, its parameters frozen.
    image_size : (int, int)
        Height and width in pixels that the encoder is given; images are stretched.
    mean, std : sequence of 3 floats
        The encoder's normalisation of RGB in [0, 1].
    num_layers : int
    node_types : sequence of str
        Out of ``"attn"`` (what the attention adds to the residual stream), ``"mlp"``
        (what the MLP adds) and ``"block"`` (the stream after the layer); the first is
        the default.

    Attributes
    ----------
    name : str
        Name of the encoder, for files.
    image_size, num_layers, node_types
        As given.
    affinity_focal_gamma : float
        The parameter of `NCUT` that suits these features: 1.

    Examples
    --------
    ``model(images_tsf)["attn"][11]`` is the attention output of layer 11,
    ``extract_features(images, model, node_type="attn", layer=11)`` the same in batches.
    """

    affinity_focal_gamma: ClassVar[float] = 1.0

    packages: ClassVar[tuple[str, ...]] = ()
    """Packages of the encoder's code: features depend on their versions."""

    encoder: Any  # has attributes that the type nn.Module does not know
    _mean: Tensor
    _std: Tensor

    def __init__(
        self,
        encoder: Any,
        *,
        image_size: tuple[int, int],
        mean: Sequence[float],
        std: Sequence[float],
        num_layers: int,
        node_types: Sequence[str],
    ) -> None:
        super().__init__()
        self.encoder = encoder.eval().requires_grad_(False)
        self.name = name_of(encoder)
        self.image_size = image_size
        self.num_layers = num_layers
        self.node_types = tuple(node_types)
        for name, values in (("mean", mean), ("std", std)):
            column = torch.tensor(values, dtype=torch.float32).reshape(3, 1, 1)
            self.register_buffer(f"_{name}", column, persistent=False)

    @property
    def device(self) -> torch.device:
        """Device of the encoder."""
        device: torch.device = next(self.encoder.parameters()).device
        return device

    @property
    def batch_size(self) -> int:
        """Images at a time: 1 on the CPU, where more take memory and save no time."""
        return 1 if self.device.type == "cpu" else CUDA_BATCH_SIZE

    def node(self, node_type: str | None = None, layer: int | None = None) -> Node:
        """Check a node; by default the last layer with the first type.

        Parameters
        ----------
        node_type : str, optional
            One of `node_types`.
        layer : int, optional
            0 to ``num_layers - 1``, or from -1, the last, backwards.

        Returns
        -------
        (str, int)
            Type and layer, the layer from 0 on.

        Raises
        ------
        TypeError, ValueError
            In one sentence, if there is no such node.
        """
        node_type = self.node_types[0] if node_type is None else node_type
        if node_type not in self.node_types:
            raise ValueError(
                f"node_type must be one of {', '.join(self.node_types)} for this "
                f"backbone, got {node_type!r}"
            )
        layer = -1 if layer is None else layer
        if isinstance(layer, bool) or not isinstance(layer, (int, np.integer)):
            raise TypeError(f"layer must be a whole number, got {layer!r}")
        count = self.num_layers
        if not -count <= layer < count:
            raise ValueError(
                f"layer must be between {-count} and {count - 1} for this backbone, "
                f"got {layer}"
            )
        return node_type, int(layer) % count

    def preprocess(self, images: Tensor | Sequence[RGBImage | Tensor]) -> Tensor:
        """Bring images to the encoder's size, scale and device.

        Parameters
        ----------
        images : sequence of ndarray of uint8, shapes (h_i, w_i, 3), or tensor
            RGB of any sizes. Tensors, float ``(3, h, w)``, count as normalised:
            they are only resized.

        Returns
        -------
        tensor of float32, shape (B, 3, *image_size)
        """
        return torch.stack([self._prepare(image, self.image_size) for image in images])

    def _prepare(self, image: RGBImage | Tensor, size: tuple[int, int]) -> Tensor:
        """Bring an image to a size, (height, width), and to the encoder's scale."""
        height, width = size
        if isinstance(image, Tensor):
            values = image.to(self.device, torch.float32)[None]
            if values.shape[-2:] != size:
                values = nn.functional.interpolate(
                    values, size, mode="bilinear", antialias=True
                )
            return values[0]
        pil = Image.fromarray(image)
        if pil.size != (width, height):
            # reducing_gap: large photographs are box-averaged first.
            pil = pil.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3)
        pixels = torch.from_numpy(np.array(pil)).to(self.device)
        # By whole rows of pixels, in place: two thirds of the time.
        rows = pixels.reshape(height, -1).float().div_(255)
        mean, std = (each.flatten().repeat(width) for each in (self._mean, self._std))
        rows.sub_(mean).div_(std)
        return rows.reshape(pixels.shape).permute(2, 0, 1)

    def forward(self, images: Tensor | Sequence[RGBImage]) -> dict[str, list[Tensor]]:
        """Compute the features of all nodes of all layers.

        Parameters
        ----------
        images : tensor of float, shape (B, 3, h, w), or sequence of uint8 images
            As `preprocess` takes them.

        Returns
        -------
        dict of lists of tensors
            ``[node_type][layer]`` -> ``(B, H, W, C)``.
        """
        layers = range(self.num_layers)
        nodes = [(node_type, at) for node_type in self.node_types for at in layers]
        features = iter(self.read(self.preprocess(images), nodes))
        return {
            node_type: [next(features) for _ in layers] for node_type in self.node_types
        }

    def read(self, images_tsf: Tensor, nodes: Sequence[Node]) -> list[Tensor]:
        """Compute the features of some nodes in one pass, which ends at the last layer.

        Parameters
        ----------
        images_tsf : tensor of float, shape (B, 3, *image_size)
            Normalised, on the encoder's device.
        nodes : sequence of (str, int)
            As `node` gives them.

        Returns
        -------
        list of tensors, shapes (B, H, W, C)
            One for each node.
        """
        branches: dict[Node, Tensor] = {}

        def keep(node: Node) -> Callable[..., None]:
            return lambda module, args, output: branches.__setitem__(node, output)

        handles = [
            self._branch(*node).register_forward_hook(keep(node))
            for node in {node for node in nodes if node[0] != "block"}
        ]
        try:
            blocks = self._run(images_tsf, {layer for _, layer in nodes})
        finally:
            for handle in handles:
                handle.remove()
        size = (int(images_tsf.shape[-2]), int(images_tsf.shape[-1]))
        return [
            blocks[layer]
            if node_type == "block"
            else self._to_grid(branches[node_type, layer], layer, node_type, size)
            for node_type, layer in nodes
        ]

    def fingerprint(self) -> str:
        """Digest of the architecture, the weights, the preprocessing and versions."""
        digest = hashlib.sha256(
            f"{type(self).__name__} {self.image_size} {self._mean.flatten().tolist()} "
            f"{self._std.flatten().tolist()} {self.encoder} "
            f"{versions(*self.packages)}".encode()
        )
        update_with_weights(digest, self.encoder)
        return digest.hexdigest()

    def describe(self) -> dict[str, Any]:
        """Describe the encoder, its input, and its weights by their digest."""
        return {
            "encoder": self.name,
            "size": self.image_size,
            "mean": self._mean.flatten().tolist(),
            "std": self._std.flatten().tolist(),
            "weights": digest_weights(self.encoder),
        }

    @abstractmethod
    def _run(self, images_tsf: Tensor, layers: set[int]) -> dict[int, Tensor]:
        """Run to the last of these layers; return the blocks' features (B, H, W, C)."""

    # Encoders that have blocks alone need no more.
    def _branch(self, node_type: str, layer: int) -> nn.Module:
        """Find the module whose output the attention or the MLP adds to the stream."""
        raise NotImplementedError

    def _to_grid(
        self, output: Tensor, layer: int, node_type: str, size: tuple[int, int]
    ) -> Tensor:
        """Bring a branch's output for images of ``size`` to (B, H, W, C)."""
        raise NotImplementedError


def versions(*packages: str) -> str:
    """List the versions that features depend on: torch, Pillow, numpy and `packages`.

    Examples
    --------
    >>> versions("no-such-package").split()[-1]
    'no-such-package=None'
    """
    names = ("torch", "PIL", "numpy", *packages)
    found = " ".join(f"{name}={_version(name)}" for name in names)
    return f"preprocessing={PREPROCESSING} {found}"


def _version(name: str) -> str | None:
    version = getattr(sys.modules.get(name), "__version__", None)
    if version is None:
        with suppress(metadata.PackageNotFoundError):
            version = metadata.version(name)
    return version


@contextmanager
def needs_torchvision(name: str, package: str, extra: str) -> Iterator[None]:
    """If a backbone's package fails to import, say what the backbone needs."""
    try:
        yield
    # A torchvision built for another torch raises RuntimeError.
    except (ImportError, RuntimeError) as error:
        raise ImportError(
            f"{name} needs {package} and the torchvision that goes with torch "
            f"{torch.__version__}: {install(extra)} ({error})"
        ) from error
