"""What files tell of how masks came about: enough to make the features again."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import zarr
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from ncut_widget import NcutSegmenter
from ncut_widget.backbone import FeatureExtractor, load_model
from ncut_widget.backbone.described import describe_model, digest_weights
from ncut_widget.results.marks import read_provenance

IMAGES = np.random.default_rng(0).integers(0, 255, (2, 32, 32, 3), np.uint8)

VIT = {"embed_dim": 32, "depth": 2, "num_heads": 2}


def told_of(model: Any, **options: Any) -> dict[str, Any]:
    """Give what a file tells of a backbone that was used."""
    extractor = FeatureExtractor(model, progress=False, **options)
    extractor.fit_transform(IMAGES)
    told = extractor.describe()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    return told


def small_vit(**options: Any) -> Any:
    torch.manual_seed(0)
    options = {"size": 64, "pretrained": False, **VIT, **options}
    return load_model("timm/vit_tiny_patch16_224", **options)


class Pooled(nn.Module):
    """A network of a user's, that is no encoder of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 4, 4)

    def forward(self, images: list[NDArray]) -> torch.Tensor:
        batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
        return self.conv(batch.float()).permute(0, 2, 3, 1)


class Wrapped:
    """A thing with a network and a number in it."""

    def __init__(self, net: nn.Module, scale: float = 1.0) -> None:
        self.net, self.scale = net, scale

    def __call__(self, images: list[NDArray]) -> torch.Tensor:
        return self.scale * self.net(images)


def around(net: nn.Module) -> Callable[[list[NDArray]], torch.Tensor]:
    return lambda images: net(images)


def scaled(images: list[NDArray], scale: float = 1.0) -> NDArray:
    return scale * np.stack([image[::4, ::4] for image in images]).astype(np.float32)


def test_an_encoder_of_timm_tells_name_size_layer_and_weights() -> None:
    model = small_vit(debias=True)
    told = told_of(model, layer=0, node_type="attn")
    assert told["encoder"] == "timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k"
    assert told["size"] == [64, 64]
    assert (told["norm"], told["debias"]) == (True, True)
    assert told["nodes"] == [{"node_type": "attn", "layer": 0}]
    assert told["weights"] == digest_weights(model.encoder)
    assert (told["dtype"], told["device"]) == ("float16", model.device.type)
    assert FeatureExtractor(model).packages == ("timm", "torchvision")


@pytest.mark.filterwarnings("ignore:the latent grid of")
@pytest.mark.parametrize(
    "other", [{"size": 96}, {"debias": True}, {"norm": False}, {"depth": 3}]
)
def test_models_that_differ_are_told_apart(other: dict[str, Any]) -> None:
    assert told_of(small_vit(), layer=0) != told_of(small_vit(**other), layer=0)


def test_one_weight_makes_another_model_and_later_changes_none() -> None:
    model = small_vit()
    extractor = FeatureExtractor(model, layer=0, progress=False)
    extractor.fit_transform(IMAGES)
    before = extractor.describe()
    with torch.no_grad():
        model.encoder.blocks[0].attn.qkv.weight[40, 7] += 1
    assert extractor.describe() == before
    assert told_of(model, layer=0)["weights"] != before["weights"]


def test_names_of_registered_backbones_are_told() -> None:
    assert told_of("texture")["model"] == "texture"
    coarse = load_model("texture", grid=(8, 16), position=0.5)
    with pytest.warns(UserWarning, match="8 x 16 cells"):
        told = told_of(coarse)
    assert (told["grid"], told["position"]) == ([8, 16], 0.5)
    assert told["code"] == "ncut_widget.backbone.models.texture.TextureBackbone"


NETS = [Pooled(), Pooled()]

PAIRS: list[tuple[Any, Any]] = [
    (NETS[0], NETS[1]),
    (NETS[0].forward, NETS[1].forward),
    (Wrapped(NETS[0]), Wrapped(NETS[1])),
    (Wrapped(NETS[0]), Wrapped(NETS[0], 2.0)),
    (around(NETS[0]), around(NETS[1])),
    (scaled, functools.partial(scaled, scale=2.0)),
    (functools.partial(scaled, scale=3.0), functools.partial(scaled, scale=2.0)),
    (lambda images: scaled(images), lambda images: scaled(images, 2.0)),
]


@pytest.mark.filterwarnings("ignore:the latent grid of")
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_callables_that_differ_are_told_apart(one: Any, other: Any) -> None:
    assert told_of(one) == told_of(one)
    assert told_of(one) != told_of(other)


def test_what_a_callable_says_itself_is_told_and_its_errors_cost_nothing() -> None:
    class Own:
        def describe(self) -> dict[str, Any]:
            return {"kind": "own", "sigma": np.float32(0.5), "most": float("inf")}

    class Broken:
        def describe(self, needed: int) -> None: ...

    told = describe_model(Own())
    assert (told["kind"], told["sigma"], told["most"]) == ("own", 0.5, "inf")
    assert "not known: TypeError" in describe_model(Broken())["describe"]


def test_every_kind_of_file_tells_the_backbone_and_the_range_of_values(
    tmp_path: Path,
) -> None:
    seg = NcutSegmenter.from_images(
        IMAGES, num_eig=3, value_range=(0, 128), progress=False
    )
    seg.add_click(9, 9)
    seg.commit("x")
    told = [
        json.loads(seg.save_session(tmp_path / "session.json").read_text()),
        json.loads(seg.export(tmp_path / "x.json").read_text())["info"]["ncut_widget"],
        zarr.open_group(seg.export(tmp_path / "x.zarr"), mode="r").attrs["ncut_widget"],
    ]
    with np.load(seg.export(tmp_path / "x.npz")) as file:
        told.append(json.loads(str(file["provenance"])))
    for format in ("labels", "tiff", "binary", "overlay"):
        folder = seg.export(tmp_path / format, format)
        told.append(json.loads((folder / "segments.json").read_text()))
    for each in told:
        assert [*each["ways"]] == ["semantics", "appearance"]
        models = [way["backbone"]["model"] for way in each["ways"].values()]
        assert models == ["lite", "texture"]
        assert each["ways"]["appearance"]["backbone"]["grid"] == [64, 64]
        assert each["ways"]["semantics"]["ncut"]["num_eig"] == 3
        assert each["value_range"] == [0, 128]
        assert {"torch", "ncut_widget"} <= set(each["software"])


def test_files_of_many_images_do_not_repeat_how_they_were_made(
    tmp_path: Path,
) -> None:
    eigvecs = np.ones((30, 8, 8, 2), np.float32)
    eigvecs[:, 2:5, 2:5, 1] = -1
    clicks = [[image, x, 3, 1] for image in range(30) for x in (2, 3, 4)]
    seg = NcutSegmenter(eigvecs, clicks=clicks)
    seg.commit("x")
    folder = seg.export(tmp_path / "out", "labels")
    sizes = [path.stat().st_size for path in folder.glob("*.png")]
    assert len(sizes) == 30
    assert max(sizes) < 300


@pytest.mark.parametrize("format", ["labels", "tiff", "binary", "overlay"])
def test_a_file_of_an_image_leads_to_how_it_was_made(
    tmp_path: Path, format: str
) -> None:
    eigvecs = np.ones((2, 8, 8, 2), np.float32)
    eigvecs[:, 2:5, 2:5, 1] = -1
    seg = NcutSegmenter(eigvecs, np.zeros((2, 8, 8, 3), np.uint8))
    seg.add_click(3, 3)
    seg.commit("cell")
    seg.export(tmp_path / "out", format, progress=False)
    seg.segments["cell"].color = "red"
    images = [1]
    seg.export(tmp_path / "out", format, images=images, overwrite=True, progress=False)
    found = {}
    for path in (tmp_path / "out").rglob("image *"):
        told = read_provenance(path)
        assert told["segments"][0]["clicks"] == [[0, 3, 3, 1]]
        found[told["image"]["index"]] = told["segments"][0]["color"]
        path = path.rename(tmp_path / path.name)
        kept = {key: told["image"][key] for key in ("file", "index")}
        assert read_provenance(path)["image"] == kept
    assert found == {0: "#e69f00", 1: "#ff0000"}


def test_of_one_file_twice_each_label_map_leads_to_its_image(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    seg = NcutSegmenter(np.ones((2, 8, 8, 2), np.float32), [tmp_path / "a.png"] * 2)
    seg.add_click(3, 3)
    seg.commit("cell")
    out = seg.export(tmp_path / "out", "labels", progress=False)
    names = ["a.png", "a-2.png"]
    told = [read_provenance(out / name)["image"]["written"] for name in names]
    assert told == ["a", "a-2"]


def test_a_picture_of_others_tells_nothing(tmp_path: Path) -> None:
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="does not say how it was made"):
        read_provenance(tmp_path / "a.png")
