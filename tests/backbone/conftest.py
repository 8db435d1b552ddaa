"""Encoders and images that tests of backbones share."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ncut_widget.backbone import SamBackbone
from tests.support.encoders import small_encoder


@pytest.fixture(scope="module")
def small_sam() -> SamBackbone:
    return SamBackbone(small_encoder())


@pytest.fixture(scope="module")
def batch() -> Tensor:
    return torch.randn(2, 3, 160, 160, generator=torch.Generator().manual_seed(1))
