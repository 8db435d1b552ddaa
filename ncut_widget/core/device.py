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
        The user's choice; None to choose here.
    data : torch.device, optional
        Device of the data, by default the CPU. Data on an accelerator stay there; data
        on the CPU go to CUDA or MPS where torch has them.

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
    """Compute CUDA's float32 products without TF32, even if the user enabled it.

    Affinities of smooth features have eigenvalues near 1e-5; the rounding of TF32,
    5e-4, would hide them.
    """
    matmul = torch.backends.cuda.matmul
    name = "fp32_precision" if hasattr(matmul, "fp32_precision") else "allow_tf32"
    chosen = getattr(matmul, name)
    setattr(matmul, name, "ieee" if name == "fp32_precision" else False)
    try:
        yield
    finally:
        setattr(matmul, name, chosen)
