"""Imports torchvision, whose CUDA build fails beside a CPU build of torch."""

from __future__ import annotations

import sys

import torch

try:
    import torchvision
except RuntimeError:
    # PyPI's torchvision is a CUDA build. Beside a CPU build of torch its library of
    # operators does not load, and its import stops at the two operators that it
    # registers fake kernels for. No backbone calls them: declared, the import passes.
    for _name in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[_name]
    _OPERATORS = torch.library.Library("torchvision", "FRAGMENT")
    _OPERATORS.define("nms(Tensor dets, Tensor scores, float threshold) -> Tensor")
    _OPERATORS.define("qnms(Tensor dets, Tensor scores, float threshold) -> Tensor")
    import torchvision  # noqa: F401
