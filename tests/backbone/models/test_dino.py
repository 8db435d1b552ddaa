"""DINOv2 and DINOv3 by short names, and features without what is of the position."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from skimage import data

from ncut_widget import NcutSegmenter
from ncut_widget.backbone import TimmBackbone, load_model
from ncut_widget.backbone.models.debias import positional_basis, project_out
from tests.support.encoders import SMALL_VIT, randomize

RANDOM: dict[str, Any] = {"pretrained": False, **SMALL_VIT}
BLANK = np.zeros((50, 60, 3), np.uint8)


def make(name: str, **options: Any) -> TimmBackbone:
    torch.manual_seed(0)  # of what the encoder draws, before more is
    model = load_model(name, **RANDOM, **options)
    assert isinstance(model, TimmBackbone)
    randomize(model.encoder)
    return model


@pytest.mark.parametrize(
    ("name", "timm_name", "side"),
    [
        ("dinov2", "timm/vit_small_patch14_reg4_dinov2", 518),
        ("dinov3", "timm/vit_small_patch16_dinov3", 592),
    ],
)
def test_they_are_timm_s_at_a_size_that_suits(
    name: str, timm_name: str, side: int
) -> None:
    given = {} if name == "dinov2" else {"debias": False}
    model = make(name, **given)
    assert model.image_size == (side, side)
    (features,) = model.read(model.preprocess([data.coffee()]), [model.node()])
    assert features.shape == (1, 37, 37, 32)
    twin = make(timm_name, size=side)
    (expected,) = twin.read(twin.preprocess([data.coffee()]), [twin.node()])
    torch.testing.assert_close(features, expected, rtol=0, atol=0)


def test_positions_are_projected_out() -> None:
    model, plain = make("dinov3", size=160), make("dinov3", size=160, debias=False)
    images = model.preprocess([data.coffee(), BLANK])
    nodes = [("block", 3), ("attn", 1)]
    assert not model._bases  # found when they are first asked for
    for found, before, node in zip(
        model.read(images, nodes), plain.read(images, nodes), nodes, strict=True
    ):
        unit = torch.nn.functional.normalize(before, dim=-1)
        basis = positional_basis(before[1:])
        assert basis.shape == (32, 16)
        torch.testing.assert_close(basis.T @ basis, torch.eye(16), rtol=0, atol=1e-5)
        expected = unit - unit @ basis @ basis.T
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
        assert (found @ basis).abs().max() < 1e-5
        # Of what differs on a blank image next to nothing is left.
        spread, own = (x[1].flatten(0, 1).var(0).sum().sqrt() for x in (found, unit))
        assert spread < 0.35 * own, node
    assert model.fingerprint() != plain.fingerprint()


def test_a_direction_of_the_position_alone_goes() -> None:
    rng = torch.Generator().manual_seed(0)
    along = torch.zeros(64)
    along[0] = 1
    where = torch.linspace(-1, 1, 9)[:, None, None] * along
    blank = (where.expand(9, 7, 64) + torch.eye(64)[5])[None]
    basis = positional_basis(blank)
    features = torch.randn(1, 9, 7, 64, generator=rng)
    left = project_out(features, basis)
    assert left[..., 0].abs().max() < 1e-5


def test_a_click_gives_masks_of_images() -> None:
    images = [data.coffee()[::4, ::4], data.chelsea()[::3, ::3]]
    model = make("dinov3", size=384)
    seg = NcutSegmenter.from_images(images, model, num_eig=8, progress=False)
    seg.add_click(60, 60)
    assert seg.masks.shape == (2, 24, 24)
    assert seg.masks[0].any()
    assert seg.predict(images[1]).shape == (1, 24, 24)
