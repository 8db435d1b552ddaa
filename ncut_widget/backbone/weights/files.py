"""Read tensors from files of weights, without running any code in them."""

from __future__ import annotations

import os
import pickle
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from ncut_widget.backbone.weights.checkpoints import CheckpointError
from ncut_widget.core.paths import as_path

WRAPPERS = (
    "state_dict_ema",
    "model_ema",
    "teacher",
    "state_dict",
    "model_state_dict",
    "model",
    "target_encoder",
    "encoder",
    "module",
)
"""Entries in which training programs store weights, the preferred first."""

PREFIXES = ("module.", "_orig_mod.", "teacher.", "model.", "backbone.", "encoder.")
"""Prefixes that wrappers of a model add to the names of weights. If a file holds
several networks, such as teacher and student, the first prefix here is used."""

SHOWN = 3
"""Most names that a message lists."""


def load_state_dict(
    path: str | os.PathLike[str], prefix: str = ""
) -> dict[str, Tensor]:
    """Read the tensors of a file of weights, without running any code in it.

    Parameters
    ----------
    path : str or path
        A safetensors file of any name, or a file of `torch.save` with a dict of
        tensors. The dict may be inside entries of training programs, such as
        ``"state_dict"`` or ``"model"``, and its names may have prefixes of wrappers,
        such as ``"module."``; both are removed.
    prefix : str
        Only tensors whose names start with it are returned, without the prefix.

    Returns
    -------
    dict of str to tensor
        On the CPU. Those of a zip-format file are mapped from it, and read only when
        they are used.

    Raises
    ------
    FileNotFoundError
        If there is no file.
    CheckpointError
        If it is not a file of weights, is damaged, or no name starts with `prefix`.
    TypeError
        If it is no path.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "weights.pth"
    >>> torch.save({"encoder.bias": torch.ones(2), "decoder.bias": torch.ones(3)}, path)
    >>> load_state_dict(path, prefix="encoder.")
    {'bias': tensor([1., 1.])}
    """
    if not isinstance(path, (str, os.PathLike)) or not str(path):
        raise TypeError(
            f"checkpoint must be the path of a file of weights, got {path!r}"
        )
    path = as_path(path, "checkpoint")
    if path.is_dir():
        raise CheckpointError(f"{path} is a directory: give the file of weights in it")
    if not path.exists():
        raise FileNotFoundError(f"there is no file of weights {path}")
    if not path.is_file():
        raise CheckpointError(f"{path} is a device or a pipe: give a file of weights")
    try:
        state = _read(path)
    except CheckpointError:
        raise
    except Exception as error:  # a broken pickle may raise nearly anything
        raise CheckpointError(
            f"{path} cannot be read as weights: {_why_unreadable(error)}"
        ) from error
    if not isinstance(state, dict):
        raise CheckpointError(
            f"{path} must hold a dict of tensors, got {type(state).__name__}"
        )
    state = _unwrap(state, prefix)
    names = [name for name in state if name.startswith(prefix)]
    if not names:
        raise CheckpointError(
            f"{path} has no weights whose names start with {prefix!r}, its first names "
            f"are {some(state) or 'none at all'}: is it the checkpoint of another "
            "model?"
        )
    for name in names:
        if not isinstance(state[name], Tensor):
            raise CheckpointError(
                f"{path} must hold a dict of tensors, but {name!r} is of type "
                f"{type(state[name]).__name__}"
            )
    return {name[len(prefix) :]: state[name] for name in names}


def check_fit(
    label: str,
    state: Mapping[str, Tensor],
    wanted: Mapping[str, Tensor],
    *,
    needed: Collection[str] | None = None,
    too_many: Callable[[str], bool] = lambda name: True,
) -> None:
    """Raise CheckpointError unless the weights fit the model and are finite.

    Parameters
    ----------
    label : str
        Beginning of the message: ``"'a.pth' is not a checkpoint of sam_vit_b"``.
    state : mapping of str to tensor
        The weights.
    wanted : mapping of str to tensor
        The model's own, of which names, shapes and kinds are read.
    needed : collection of str, optional
        Names in `wanted` that must not be missing; by default all.
    too_many : callable
        Whether a name that is not in `wanted` is an error.

    Raises
    ------
    CheckpointError
        In one sentence: which names are missing, which are too many, which have
        another shape, which are not finite.
    """
    needed = wanted.keys() if needed is None else needed
    missing = [name for name in wanted if name in needed and name not in state]
    extra = [name for name in state if name not in wanted and too_many(name)]
    shared = [name for name in wanted if name in state]
    reshaped = [
        f"{name} is {tuple(state[name].shape)} in place of {tuple(wanted[name].shape)}"
        for name in shared
        if state[name].shape != wanted[name].shape
    ]
    retyped = [
        f"{name} is {state[name].dtype} in place of {wanted[name].dtype}"
        for name in shared
        if state[name].is_floating_point() != wanted[name].is_floating_point()
        or state[name].is_complex()
    ]
    faults = [
        f"{len(names)} {what} ({some(names)})"
        for what, names in (
            (f"of its {len(needed)} weights are missing", missing),
            ("weights are too many", extra),
            ("have another shape", reshaped),
            ("are of another kind", retyped),
        )
        if names
    ]
    if faults:
        raise CheckpointError(f"{label}: {', '.join(faults)}")
    broken = [name for name in shared if not _is_finite(state[name])]
    if broken:
        raise CheckpointError(
            f"{label} that can be used: {len(broken)} of its {len(needed)} weights are "
            f"not finite ({some(broken)})"
        )


def _is_finite(values: Tensor) -> bool:
    """Whether all values are finite, checked without a copy."""
    if not values.is_floating_point() or not values.numel():
        return True
    low, high = torch.aminmax(values)  # both are NaN if any value is
    return bool(low.isfinite() and high.isfinite())


def some(names: Collection[str]) -> str:
    """Give the first names, each at most 80 characters long."""
    shown = [name if len(name) <= 80 else f"{name[:77]}..." for name in names][:SHOWN]
    return ", ".join([*shown, "..."] if len(names) > SHOWN else shown)


def _read(path: Path) -> Any:
    """Read a file in the format that its first bytes show."""
    with path.open("rb") as file:
        head = file.read(512)
    foreign = _foreign(path, head)
    if foreign:
        raise CheckpointError(f"{path} cannot be read as weights: it is {foreign}")
    length = int.from_bytes(head[:8], "little")
    header = head[8:9] == b"{" and length < path.stat().st_size
    if header or path.suffix == ".safetensors":
        return safetensors.torch.load_file(path)
    # Only the zip format can be mapped; the format before torch 1.6 cannot.
    mmap = zipfile.is_zipfile(path)
    return torch.load(str(path), map_location="cpu", weights_only=True, mmap=mmap)


def _foreign(path: Path, head: bytes) -> str:
    """Say what a file is, and what to do, if it is known not to hold weights."""
    text = head.lstrip().lower()
    if not head:
        return "empty: was the download cut off?"
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        return (
            "a web page: download the file itself, with a login if the site needs one"
        )
    if head.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, not the file: run `git lfs pull` where it is from"
    if head.startswith(b"\x89HDF"):
        return "an HDF5 file, perhaps of Keras: give weights of torch"
    if head.startswith(b"\x1f\x8b"):
        return "compressed: unpack it first"
    if head.startswith(b"\x93NUMPY"):
        return "an array of NumPy: give weights of torch"
    if head.startswith(b"PK") and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any(name.endswith(".npy") for name in archive.namelist()):
                return "an archive of NumPy, perhaps of JAX: give weights of torch"
    return ""


def _unwrap(state: dict[Any, Any], prefix: str) -> dict[str, Any]:
    """Remove the entries and prefixes that training programs add to weights."""
    for _ in range(len(WRAPPERS)):  # a pickle may hold itself
        inner = next((k for k in WRAPPERS if isinstance(state.get(k), dict)), None)
        if inner is None:
            break
        state = state[inner]
    named = {str(name): value for name, value in state.items()}
    while not (prefix and any(name.startswith(prefix) for name in named)):
        counts = Counter(name.partition(".")[0] + "." for name in named)
        # The most frequent prefix; teacher and student are equal: the teacher.
        most = max(counts.values(), default=0)
        outer = next((p for p in PREFIXES if counts[p] == most), None)
        if not named or outer is None:
            break
        if outer == "encoder." and most < len(named):
            break  # unlike the others, this may be a module of the model itself
        named = {
            name[len(outer) :]: value
            for name, value in named.items()
            if name.startswith(outer)
        }
    return named


def _why_unreadable(error: Exception) -> str:
    """Say why in our words, as torch's advise to load the file with its code."""
    if isinstance(error, PermissionError):
        return str(error)
    if isinstance(error, pickle.UnpicklingError):
        foreign = re.search(r"GLOBAL (\S+)", str(error))
        if foreign:
            return f"it asks to run {foreign[1]}, and weights are tensors only"
    elif isinstance(error, (OSError, RuntimeError, EOFError)):
        reason = (str(error) or type(error).__name__).splitlines()[0]
        return f"it is cut short or damaged ({reason.split('. ')[0].rstrip('.')})"
    elif isinstance(error, safetensors.SafetensorError):
        return f"it is cut short or not in this format ({error})"
    return "it is not a file that torch.save wrote, or holds more than tensors"
