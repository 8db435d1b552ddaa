"""The interface of backbones, and backbones by name."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from ncut_widget.core.checks import check_choice
from ncut_widget.core.names import LONGEST, closest
from ncut_widget.settings import WAYS


class Backbone(Protocol):
    """Images in, features out: any such callable is a backbone.

    It takes a list of B images, uint8 RGB ``(h_i, w_i, 3)`` of any sizes, and
    returns float features ``(B, H, W, C)`` on a latent grid, which covers each image
    from edge to edge.

    A backbone may have more attributes:

    ``affinity_focal_gamma`` (float)
        The parameter of `NCUT` that suits its features; by default 1.
    ``by`` (str)
        ``"appearance"`` if its features say how something looks; by default
        ``"semantics"``, what something is.
    ``grid`` ((int, int))
        The latent grid, if it is the same for all images.
    ``batch_size`` (int)
        Images at a time, if the user does not choose; by default the whole batch.
    ``standardizer`` (callable)
        Takes the features of a whole batch. Returns a function
        ``features -> features`` to apply to these, and to those of later images.
    ``fingerprint`` (callable)
        Returns a string that differs whenever the features of an image would differ.
        A cache of features needs it.
    ``describe`` (callable)
        Returns a dict of what features depend on, such as options, for files.
    ``packages`` (sequence of str)
        Packages that it computes with: files record their versions.

    `LayeredBackbone` is a backbone with layers to choose from.
    """

    def __call__(
        self, images: list[NDArray[np.uint8]], /, **options: Any
    ) -> NDArray[np.floating] | torch.Tensor:
        """Compute features of shape (B, H, W, C)."""


Factory = TypeVar("Factory", bound=Callable[..., Any])

_FACTORIES: dict[str, Callable[..., Backbone]] = {}
_ALIASES: dict[str, str] = {}


def register_backbone(name: str, *aliases: str) -> Callable[[Factory], Factory]:
    """Register a factory of backbones, as a decorator.

    Parameters
    ----------
    name : str
        Name for `load_model`; an earlier factory of that name is replaced. A name that
        ends with a slash is a family: the text after the slash is the factory's first
        argument.
    *aliases : str
        Other spellings, which `list_backbones` leaves out.

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
    for spelling in (name, *aliases):
        if not isinstance(spelling, str) or not spelling:
            raise TypeError(f"name must be a non-empty string, got {spelling!r}")

    def register(factory: Factory) -> Factory:
        _FACTORIES[name] = factory
        _ALIASES.update(dict.fromkeys(aliases, name))
        return factory

    return register


def list_backbones() -> list[str]:
    """Names that `load_model` knows, sorted; families end with a slash.

    Examples
    --------
    >>> print(*list_backbones())
    dinov2 dinov3 lite sam_vit_b sam_vit_h sam_vit_l texture timm/
    """
    return sorted(_FACTORIES)


def load_model(model_name: str, **options: Any) -> Backbone:
    """Make a backbone by its name.

    Parameters
    ----------
    model_name : str
        One of `list_backbones`, and a model's name after a family's slash:
        ``"dinov2"``, ``"sam_vit_b"``, ``"timm/vit_base_patch14_dinov2.lvd142m"``. SAM
        is also known as ``"SAM(sam_vit_b)"``, its name in ncut-pytorch.
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
    ImportError
        If the backbone needs a missing package; the message says which.
    CheckpointError
        If its weights are not available; the message says how to get them.

    Examples
    --------
    >>> load_model("texture", grid=(32, 48)).grid
    (32, 48)
    """
    if not isinstance(model_name, str):
        raise TypeError(f"model_name must be a string, got {model_name!r}")
    name = _ALIASES.get(model_name, model_name)
    family, slash, member = name.partition("/")
    if slash and member and family + slash in _FACTORIES:
        return _FACTORIES[family + slash](member, **options)
    if name in _FACTORIES and not slash:
        return _FACTORIES[name](**options)
    raise ValueError(
        f"model_name must be one of {', '.join(list_backbones())} (a slash needs a "
        f"model's name after it), got {quoted(model_name)}{_hint(model_name)}"
    )


PATH = (
    "; a path is no name: give a file of weights as load_model(name, checkpoint=path)"
)


def quoted(name: str) -> str:
    """Quote a name; shorten a long one to its beginning."""
    return repr(name) if len(name) <= LONGEST else f"{name[:LONGEST]!r}..."


def did_you_mean(
    name: str, known: Iterable[str], family: str = "", count: int = 3
) -> str:
    """Suggest the known names closest to a name; empty if there are none.

    Examples
    --------
    >>> did_you_mean(" Textur", ["texture", "timm/"])
    "; did you mean 'texture'?"
    """
    meant = [repr(family + one) for one in closest(name, known, count)]
    return f"; did you mean {' or '.join(meant)}?" if meant else ""


def _hint(name: str) -> str:
    """Suggest what was meant by an unknown name."""
    parts = name.strip().replace("\\", "/").split("/")
    if len(name) > LONGEST or not name:
        return ""
    family = parts[0].casefold() + "/"
    if parts[0] in (".", "~", "") or ".." in parts:
        return PATH
    if family in _FACTORIES and parts[-1]:
        return f"; did you mean {family + '/'.join(parts[1:])!r}?"
    hint = did_you_mean(name, [*_FACTORIES, *_ALIASES], count=1)
    if hint or len(parts) > 1 or os.path.isdir(name):
        return hint or (PATH if os.path.isdir(name) else "")
    with suppress(ImportError, RuntimeError):  # it may not be installed
        known = importlib.import_module("timm").list_models()
        return did_you_mean(name.partition(".")[0], known, "timm/")
    return ""


def way_of(model: Any) -> str:
    """Return what features of a backbone, or of a name, say is alike.

    Examples
    --------
    >>> way_of("texture"), way_of("dinov2")
    ('appearance', 'semantics')
    """
    known = model
    if isinstance(model, str):
        known = _FACTORIES.get(_ALIASES.get(model, model))
    by = getattr(known, "by", WAYS[0])
    return str(check_choice("by of a backbone", by, WAYS))


def resolve_model(model: str | Backbone) -> Backbone:
    """Return a backbone unchanged, or load it by its name.

    Raises
    ------
    TypeError
        If it is neither a name nor a callable.
    ValueError
        If there is no backbone of that name.
    """
    if isinstance(model, str):
        return load_model(model)
    if not callable(model):
        raise TypeError(
            f"a backbone must be one of {', '.join(list_backbones())}, or a callable "
            f"images -> features (B, H, W, C), got {type(model).__name__}"
        )
    return model
