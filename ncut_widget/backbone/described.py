"""Descriptions of backbones, from which the same features can be computed again."""

from __future__ import annotations

import functools
import hashlib
import inspect
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import torch

LONGEST = 50
"""Longest list that a description holds in full."""


def describe_model(model: Any) -> dict[str, Any]:
    """Describe a backbone: its own description, its code, its weights.

    Parameters
    ----------
    model : Backbone
        Its ``describe()``, if it has one, gives a dict; its ``fingerprint()`` a string.

    Returns
    -------
    dict
        Of values for JSON. ``weights`` is the SHA-256 of names, kinds, shapes and
        values of all tensors; ``source`` that of the source code of a function or a
        class; ``uses`` has its attributes, or the outer variables that it reads.
    """
    if isinstance(model, functools.partial):
        given = {"arguments": model.args, "keywords": model.keywords}
        return {**describe_model(model.func), **plain(given)}
    told: dict[str, Any] = {"code": name_of(model)}
    owner = getattr(model, "__self__", model)  # of a method
    for name in ("describe", "fingerprint"):
        if callable(getattr(owner, name, None)):
            found = _ask(getattr(owner, name))
            return {**told, **(found if isinstance(found, dict) else {name: found})}
    if isinstance(owner, torch.nn.Module):
        return {**told, "weights": digest_weights(owner)}
    return {**told, "source": _digest_source(model), "uses": _uses(owner)}


def name_of(model: Any) -> str:
    """Name a function, or the class of any other object, with its module.

    Examples
    --------
    >>> name_of(np.linalg.norm), name_of({})
    ('numpy.linalg.norm', 'dict')
    """
    named = model if hasattr(model, "__qualname__") else type(model)
    module = getattr(named, "__module__", None)
    inside = "" if module in (None, "builtins") else f"{module}."
    return f"{inside}{named.__qualname__}"


def digest_weights(module: torch.nn.Module) -> str:
    """Digest all tensors of a network: SHA-256, 0.7 GB a second or more."""
    digest = hashlib.sha256()
    update_with_weights(digest, module)
    return digest.hexdigest()


def update_with_weights(digest: Any, module: torch.nn.Module) -> None:
    """Update a digest of `hashlib` with all tensors of a network."""
    for name, values in module.state_dict().items():
        if isinstance(values, torch.Tensor):  # a module may keep other things there
            digest.update(f"{name} {values.dtype} {tuple(values.shape)}".encode())
            flat = values.detach().cpu().contiguous().flatten()
            digest.update(flat.view(torch.uint8).numpy().data)


def plain(value: Any) -> Any:
    """Convert to values for JSON; objects that are no values become their type's name.

    A network becomes the digest of its weights.

    Examples
    --------
    >>> plain({"size": (2, np.int64(3)), "sigma": float("inf"), "call": len})
    {'size': [2, 3], 'sigma': 'inf', 'call': 'len'}
    """
    if isinstance(value, (str, bool, int, type(None))):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if inspect.ismodule(value):
        return value.__name__
    if isinstance(value, torch.nn.Module):
        return digest_weights(value)
    if isinstance(value, (list, tuple, set, frozenset)) and len(value) <= LONGEST:
        return [plain(each) for each in value]
    if isinstance(value, (np.ndarray, torch.Tensor)):
        return f"{name_of(value)} {value.dtype} {tuple(value.shape)}"
    if isinstance(value, (torch.dtype, torch.device)):
        return str(value)
    return name_of(value)


def _ask(tell: Callable[[], Any]) -> Any:
    """Call a user's code for its description; its errors must not stop an export."""
    try:
        return plain(tell())
    except Exception as error:
        return f"not known: {type(error).__name__}: {error}"


def _uses(model: Any) -> Any:
    """Return an object's attributes, or the outer variables that a function reads."""
    if not inspect.isfunction(model):
        return plain(getattr(model, "__dict__", {}))
    with suppress(ValueError):  # an outer variable has no value yet
        found = inspect.getclosurevars(model)
        return plain({**found.globals, **found.nonlocals})
    return {}


def _digest_source(model: Any) -> str | None:
    """Digest the source code of a function or a class; None without source code."""
    try:
        text = inspect.getsource(
            model if hasattr(model, "__qualname__") else type(model)
        )
    except (OSError, TypeError):
        return None
    code = getattr(model, "__code__", None)
    if code is not None:  # two lambdas in one line have the same source line
        constants = [each for each in code.co_consts if not inspect.iscode(each)]
        text += f"{code.co_names} {constants}"
    return hashlib.sha256(text.encode()).hexdigest()
