"""Backbones by name, and what a backbone is."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray


class Backbone(Protocol):
    """Images in, features out: any callable will do.

    It is given a list of B images, uint8 RGB ``(h_i, w_i, 3)`` of any sizes, and
    returns float features ``(B, H, W, C)`` on a latent grid, which covers each image
    from edge to edge.

    A backbone may have two attributes more:

    ``affinity_focal_gamma`` (float)
        The `NCUT` parameter its features want; 1 where it is missing.
    ``whole_batch`` (bool)
        Whether an image's features depend on the rest of the batch, so that the batch
        must not be split; False where it is missing.
    """

    def __call__(
        self, images: list[NDArray[np.uint8]], /, **options: Any
    ) -> NDArray | torch.Tensor:
        """Compute features of shape (B, H, W, C)."""


Factory = TypeVar("Factory", bound=Callable[..., Any])

_FACTORIES: dict[str, Callable[..., Backbone]] = {}


def register_backbone(name: str) -> Callable[[Factory], Factory]:
    """Register a factory of backbones, as a decorator.

    Parameters
    ----------
    name : str
        What `load_model` knows it by; an earlier factory of that name is replaced.

    Returns
    -------
    callable
        Takes the factory, a class or a function whose keyword arguments are the
        backbone's options, and returns it.

    Examples
    --------
    >>> @register_backbone("brightness")
    ... def brightness(grid=(8, 8)):
    ...     return lambda images: np.stack(
    ...         [np.full((*grid, 1), image.mean(), np.float32) for image in images]
    ...     )
    >>> load_model("brightness", grid=(2, 2))([np.zeros((5, 5, 3), np.uint8)]).shape
    (1, 2, 2, 1)
    >>> del _FACTORIES["brightness"]
    """
    if not isinstance(name, str) or not name:
        raise TypeError(f"name must be a non-empty string, got {name!r}")

    def register(factory: Factory) -> Factory:
        _FACTORIES[name] = factory
        return factory

    return register


def list_backbones() -> list[str]:
    """Names that `load_model` knows, sorted.

    Examples
    --------
    >>> list_backbones()
    ['texture']
    """
    return sorted(_FACTORIES)


def load_model(model_name: str, **options: Any) -> Backbone:
    """Make a backbone by its name.

    Parameters
    ----------
    model_name : str
        One of `list_backbones`.
    **options
        The backbone's own options.

    Returns
    -------
    Backbone

    Raises
    ------
    ValueError
        If there is no backbone of that name.
    TypeError
        If it is not a string, or the backbone has no such option.

    Examples
    --------
    >>> load_model("texture", grid=(32, 48)).grid
    (32, 48)
    """
    if not isinstance(model_name, str):
        raise TypeError(f"model_name must be a string, got {model_name!r}")
    if model_name not in _FACTORIES:
        known = list_backbones()
        close = difflib.get_close_matches(model_name, known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(
            f"model_name must be one of {', '.join(known)}, got {model_name!r}{hint}"
        )
    return _FACTORIES[model_name](**options)
