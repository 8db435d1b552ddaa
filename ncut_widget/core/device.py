"""Where to compute, and how precisely."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def pick_device(
    asked: str | torch.device | None, data: torch.device | None = None
) -> torch.device:
    """Choose a device.

    Parameters
    ----------
    asked : str or torch.device, optional
        What the user wants; None leaves the choice here.
    data : torch.device, optional
        Where the data is, the CPU by default. It stays on an accelerator; from the
        CPU it goes to CUDA or MPS where torch has them.

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        If torch cannot use the device that was asked for.
    """
    if asked is None:
        if data is not None and data.type != "cpu":
            return data
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(asked)
        torch.empty(1, device=device)
    # torch's own errors, from RuntimeError to AssertionError, differ by build
    except Exception as error:
        raise ValueError(
            f"device must be one that torch can use here, got {asked!r}: {error}"
        ) from error
    return device


@contextmanager
def full_precision() -> Iterator[None]:
    """Keep TF32 out of CUDA's float32 products, whatever the user has chosen.

    Affinities of smooth features have eigenvalues of 1e-5, which its rounding of 5e-4
    would drown.
    """
    matmul = torch.backends.cuda.matmul
    name = "fp32_precision" if hasattr(matmul, "fp32_precision") else "allow_tf32"
    chosen = getattr(matmul, name)
    setattr(matmul, name, "ieee" if name == "fp32_precision" else False)
    try:
        yield
    finally:
        setattr(matmul, name, chosen)
