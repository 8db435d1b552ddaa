"""Files of weights -> tensors, and no code of theirs is run."""

from __future__ import annotations

import os
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from ncut_widget.backbone.checkpoints import CheckpointError


def load_state_dict(
    path: str | os.PathLike[str], prefix: str = ""
) -> dict[str, torch.Tensor]:
    """Read the tensors of a file of weights, without running any code in it.

    Parameters
    ----------
    path : str or path
        A ``.safetensors`` file, or one of `torch.save` by any other name, which
        holds a dict of tensors.
    prefix : str
        Only tensors whose names start with it are given, without it.

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

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "weights.pth"
    >>> torch.save({"encoder.bias": torch.ones(2), "decoder.bias": torch.ones(3)}, path)
    >>> load_state_dict(path, prefix="encoder.")
    {'bias': tensor([1., 1.])}
    """
    path = Path(path)
    if path.is_dir():
        raise CheckpointError(f"{path} is a directory: give the file of weights in it")
    if not path.exists():
        raise FileNotFoundError(f"there is no file of weights {path}")
    try:
        if path.suffix == ".safetensors":
            state: Any = safetensors.torch.load_file(path)
        else:
            # Only the zip format can be mapped; the format before torch 1.6 cannot.
            mmap = zipfile.is_zipfile(path)
            state = torch.load(
                str(path), map_location="cpu", weights_only=True, mmap=mmap
            )
    except Exception as error:  # a broken pickle may raise nearly anything
        raise CheckpointError(
            f"{path} cannot be read as weights: {_why_unreadable(error)}"
        ) from error
    if not isinstance(state, dict):
        raise CheckpointError(
            f"{path} must hold a dict of tensors, got {type(state).__name__}"
        )
    names = [name for name in state if str(name).startswith(prefix)]
    if not names:
        there = ", ".join(map(str, list(state)[:3])) or "none at all"
        raise CheckpointError(
            f"{path} has no weights whose names start with {prefix!r}, its first names "
            f"are {there}: is it the checkpoint of another model?"
        )
    for name in names:
        if not isinstance(state[name], torch.Tensor):
            raise CheckpointError(
                f"{path} must hold a dict of tensors, but {name!r} is of type "
                f"{type(state[name]).__name__}"
            )
    return {str(name)[len(prefix) :]: state[name] for name in names}


def _why_unreadable(error: Exception) -> str:
    """Say it in our words: torch's advise to load the file with its code."""
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
