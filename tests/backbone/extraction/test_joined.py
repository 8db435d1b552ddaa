"""Several layers of a backbone together."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage import data

from ncut_widget import NcutSegmenter
from ncut_widget.backbone import (
    LayeredBackbone,
    SamBackbone,
    extract_features,
    load_model,
)
from ncut_widget.backbone.extraction.joined import JOINED, JoinedExtractor
from ncut_widget.backbone.models.standardizer import Standardizer
from ncut_widget.images import RGBImage
from tests.support.encoders import FAMILIES, TINY, VIT, randomize, small_encoder

PHOTOGRAPHS = [data.coffee(), data.chelsea(), data.astronaut()]

DINO = "vit_small_patch16_dinov3"

pytestmark = pytest.mark.filterwarnings("ignore:the latent grid of")


def make(name: str, **options: Any) -> LayeredBackbone:
    torch.manual_seed(0)
    if name == "sam":
        return SamBackbone(small_encoder())
    found = load_model(f"timm/{name}", pretrained=False, **FAMILIES[name], **options)
    assert isinstance(found, LayeredBackbone)
    randomize(found.encoder)
    return found


def joined(model: Any, layer: Any, **options: Any) -> JoinedExtractor:
    node_type = options.pop("node_type", None)
    return JoinedExtractor(model, node_type, layer, progress=False, **options)


@pytest.mark.parametrize("node_type", [None, "attn", "mlp", "block"])
@pytest.mark.parametrize("name", ["sam", DINO])
def test_each_layer_is_centred_and_of_unit_variance(
    name: str, node_type: str | None
) -> None:
    model = make(name)
    found = joined(model, (1, 3), node_type=node_type).fit_transform(PHOTOGRAPHS)
    alone = extract_features(PHOTOGRAPHS, model, node_type, [1, 3], progress=False)
    assert found.shape == (*alone[0].shape[:3], sum(each.shape[-1] for each in alone))
    assert found.dtype == torch.float32
    for part, given in zip(found.chunk(2, -1), alone, strict=True):
        rows, raw = part.flatten(0, 2), given.flatten(0, 2).double()
        assert rows.mean(0).abs().max() < 1e-5
        assert float(rows.square().sum(1).mean()) == pytest.approx(1, abs=1e-4)
        centred = raw - raw.mean(0)
        wanted = centred / centred.square().sum(1).mean().sqrt()
        torch.testing.assert_close(rows.double(), wanted, rtol=0, atol=1e-5)


def test_later_images_are_on_the_scale_of_the_batch() -> None:
    extractor = joined(make(DINO), [0, -1])
    fitted = extractor.fit_transform(PHOTOGRAPHS)
    for place in (0, 2):
        later = extractor.transform(PHOTOGRAPHS[place])
        torch.testing.assert_close(later, fitted[place : place + 1], rtol=0, atol=1e-2)


def test_the_first_images_are_on_their_own_scale_until_the_others_come() -> None:
    model, told = make(DINO), {}
    extractor = joined(model, [0, -1])
    whole = extractor.fit_transform(
        PHOTOGRAPHS, lambda there, features: told.update({there: features()})
    )
    assert list(told) == [1, 2, 3]
    for there, features in told.items():
        alone = joined(model, [0, -1]).fit_transform(PHOTOGRAPHS[:there])
        torch.testing.assert_close(features, alone, rtol=0, atol=0)
    torch.testing.assert_close(whole, told[3], rtol=0, atol=0)
    later = extractor.transform(PHOTOGRAPHS[0])  # on the scale of all
    torch.testing.assert_close(later, whole[:1], rtol=0, atol=1e-2)


def test_layers_of_coarser_grids_are_interpolated_to_the_finest() -> None:
    model = make("convnext_atto")
    fine, coarse = extract_features(PHOTOGRAPHS, model, layer=[0, 3], progress=False)
    found = joined(model, (0, 3)).fit_transform(PHOTOGRAPHS)
    assert fine.shape[1:3] != coarse.shape[1:3]
    assert found.shape[1:3] == fine.shape[1:3]
    part = found[..., fine.shape[-1] :].flatten(0, 2)
    assert float(part.square().sum(1).mean()) == pytest.approx(1, abs=1e-4)


def test_of_two_grids_only_a_coarse_finest_one_is_spoken_of() -> None:
    torch.manual_seed(0)
    options = {**FAMILIES["convnext_atto"], "size": 128, "pretrained": False}
    model = load_model("timm/convnext_atto", **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = joined(model, (0, 3)).fit_transform(PHOTOGRAPHS)
    assert found.shape[1:3] == (32, 32)


def test_cells_that_differ_by_rounding_alone_are_not_scaled_up() -> None:
    noise = torch.randn(2, 4, 4, 8, generator=torch.Generator().manual_seed(0))
    equal = (torch.full((2, 4, 4, 8), 3.3) + 1e-4 * noise).half()
    assert len(set(equal.flatten().tolist())) > 1
    scale = Standardizer.of_parts(equal)
    assert torch.as_tensor(scale(equal)).abs().max() < 1
    nothing = Standardizer.of_parts(torch.zeros(1, 2, 2, 8))
    assert bool(torch.as_tensor(nothing(noise)).isfinite().all())


def test_the_features_of_each_layer_are_cached(tmp_path: Path) -> None:
    first = joined(make(DINO), (0, 2), cache_dir=tmp_path).fit_transform(PHOTOGRAPHS)
    model = make(DINO)
    run: list[int] = []
    model.encoder.register_forward_hook(lambda *_: run.append(1))
    for block in model.encoder.blocks:
        block.register_forward_hook(lambda *_: run.append(1))
    again = joined(model, (0, 2), cache_dir=tmp_path).fit_transform(PHOTOGRAPHS)
    assert torch.equal(again, first)
    extract_features(PHOTOGRAPHS, model, layer=2, cache_dir=tmp_path, progress=False)
    assert run == []
    joined(model, (0, 3), cache_dir=tmp_path).fit_transform(PHOTOGRAPHS)
    assert run != []


def test_files_tell_the_layers_and_how_they_are_joined() -> None:
    extractor = joined(make(DINO), (1, -1), node_type="mlp")
    told = extractor.describe()
    assert json.loads(json.dumps(told)) == told
    assert told["nodes"] == [
        {"node_type": "mlp", "layer": 1},
        {"node_type": "mlp", "layer": 3},
    ]
    assert told["joined"] == JOINED


@pytest.mark.parametrize(
    ("backbone", "layer", "message"),
    [
        ("vit", (1, 4), "layer must be between -4 and 3 .* got 4"),
        ("vit", (1, -3), r"each layer once, got \(1, -3\), where -3 is there already"),
        ("vit", [2, 2], r"each layer once, got \[2, 2\], where 2 is there already"),
        ("vit", (), "layer must name at least one layer, got none"),
        ("vit", (0, 1.5), r"layer must be a whole number, got 1\.5"),
        ("vit", "12", "layer must be a whole number, got '12'"),
        ("texture", (0, 1), "the backbone .*Texture.* has no keyword 'layer'"),
    ],
)
def test_layers_that_are_not_there_are_refused(
    backbone: str, layer: Any, message: str
) -> None:
    model = backbone
    if backbone == "vit":
        model = load_model(VIT, pretrained=False, **TINY)  # type: ignore[assignment]
    with pytest.raises((TypeError, ValueError), match=message):
        NcutSegmenter.from_images(PHOTOGRAPHS, model, layer=layer, progress=False)


@pytest.mark.parametrize("layer", [(1, 3), [1, 3]])
def test_a_widget_is_made_of_several_layers(layer: Any) -> None:
    model = load_model(VIT, pretrained=False, **TINY)
    made: dict[str, Any] = {"num_eig": 5, "node_type": "attn", "progress": False}
    seg = NcutSegmenter.from_images(PHOTOGRAPHS, model, layer=layer, **made)
    alone = NcutSegmenter.from_images(PHOTOGRAPHS, model, layer=3, **made)
    one = NcutSegmenter.from_images(PHOTOGRAPHS, model, layer=layer[1:], **made)
    assert not np.allclose(seg.eigvecs, alone.eigvecs, atol=1e-3)
    np.testing.assert_array_equal(one.eigvecs, alone.eigvecs)
    seg.add_click(200, 150, image=0)
    predicted = seg.predict(PHOTOGRAPHS[:1])
    assert predicted.shape == (1, *seg.masks.shape[1:])


def test_of_two_backbones_the_layers_are_of_the_one_by_semantics() -> None:
    def corners(images: Sequence[RGBImage]) -> NDArray[np.float64]:
        return np.stack([image[:32, :32] for image in images]).astype(float)

    model = load_model(VIT, pretrained=False, **TINY)
    made: dict[str, Any] = {"num_eig": 5, "by": "semantics", "progress": False}
    both: Any = [model, corners]
    seg = NcutSegmenter.from_images(PHOTOGRAPHS, both, layer=(1, 3), **made)
    alone = NcutSegmenter.from_images(PHOTOGRAPHS, model, layer=(1, 3), **made)
    np.testing.assert_array_equal(seg.eigvecs, alone.eigvecs)
    seg.by = "appearance"
    assert seg.eigvecs.shape == alone.eigvecs.shape


def test_blocks_of_the_default_are_taken_together() -> None:
    model = load_model("lite", size=128)
    extractor = joined(model, (4, 10))
    found = extractor.fit_transform(PHOTOGRAPHS)
    assert found.shape == (3, *model.grid, 40 + 112)  # type: ignore[attr-defined]
    for part in (found[..., :40], found[..., 40:]):
        assert float(part.square().sum(-1).mean()) == pytest.approx(1, abs=1e-3)
    later = extractor.transform(PHOTOGRAPHS[1])
    torch.testing.assert_close(later, found[1:2], rtol=0, atol=1e-3)
