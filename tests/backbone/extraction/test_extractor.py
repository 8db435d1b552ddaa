"""Feature extraction: in batches, in bounded memory, and kept between runs."""

from __future__ import annotations

import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from torch import Tensor, nn

from ncut_widget import NCUT, NcutSegmenter, get_mask
from ncut_widget.backbone import (
    FeatureExtractor,
    LayeredBackbone,
    TextureBackbone,
    extract_features,
    load_model,
    resolve_model,
)
from ncut_widget.backbone.extraction import cache as cache_module

IMAGES = np.random.default_rng(0).integers(0, 255, (5, 12, 10, 3), np.uint8)


class Means:
    """A backbone that remembers how it was called."""

    def __init__(self, kind: Any = np.array) -> None:
        self.kind = kind
        self.calls: list[tuple[int, dict[str, Any]]] = []

    def __call__(self, images: list[np.ndarray], **options: Any) -> Any:
        self.calls.append((len(images), options))
        return self.kind([[[image.mean((0, 1))]] for image in images])


class Pools(LayeredBackbone):
    """An encoder of two layers: pixels pooled to 8 x 8, then to 4 x 4."""

    def __init__(self, scale: float = 1.0, fits: int = 100) -> None:
        encoder = nn.Module()
        encoder.weight = nn.Parameter(torch.tensor(scale))
        super().__init__(
            encoder,
            image_size=(16, 16),
            mean=(0, 0, 0),
            std=(1, 1, 1),
            num_layers=2,
            node_types=("block",),
        )
        self.fits = fits
        self.batches: list[int] = []

    def _run(self, images_tsf: Tensor, layers: set[int]) -> dict[int, Tensor]:
        self.batches.append(len(images_tsf))
        if len(images_tsf) > self.fits:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")
        values = images_tsf * self.encoder.weight
        pooled = [nn.functional.avg_pool2d(values, side) for side in (2, 4)]
        return {layer: pooled[layer].permute(0, 2, 3, 1) for layer in layers}

    def count(self) -> int:
        """Return how many images it has run, and forget them."""
        total = sum(self.batches)
        self.batches.clear()
        return total


@pytest.mark.parametrize(
    ("batch_size", "sizes"), [(None, [5]), (2, [2, 2, 1]), (9, [5])]
)
def test_images_come_in_batches_with_the_options(
    batch_size: int | None, sizes: list[int]
) -> None:
    model = Means()
    features = extract_features(IMAGES, model, batch_size=batch_size, layer=11)
    assert model.calls == [(size, {"layer": 11}) for size in sizes]
    assert isinstance(features, np.ndarray)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features[:, 0, 0], IMAGES.mean((1, 2)), rtol=1e-6)


def test_tensors_stay_tensors() -> None:
    model = Means(lambda rows: torch.tensor(np.array(rows), requires_grad=True))
    features = extract_features(IMAGES, model, batch_size=3)
    assert isinstance(features, torch.Tensor)
    assert features.dtype == torch.float32
    assert not features.requires_grad


@pytest.mark.parametrize(
    ("result", "error", "message"),
    [
        (np.zeros((5, 4, 3)), ValueError, r"B = 5 for 5 images, got \(5, 4, 3\)"),
        (np.zeros((4, 2, 2, 3)), ValueError, r"got \(4, 2, 2, 3\)"),
        (np.zeros((5, 2, 2, 0)), ValueError, r"got \(5, 2, 2, 0\)"),
        (np.zeros((5, 2, 2, 3), complex), TypeError, "complex128"),
        (None, TypeError, "object"),
    ],
)
def test_a_backbone_that_gives_no_features_is_named(
    result: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        extract_features(IMAGES, lambda images: result)


def test_grids_that_differ_between_batches_are_refused() -> None:
    def model(images: list[np.ndarray]) -> np.ndarray:
        return np.zeros((len(images), len(images), 1, 1))

    with pytest.raises(ValueError, match=r"\(1, 1, 1\) and \(2, 1, 1\)"):
        extract_features(IMAGES, model, batch_size=2)


@pytest.mark.parametrize(("batch_size", "error"), [(0, ValueError), (1.5, TypeError)])
def test_a_bad_batch_size_is_refused(batch_size: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="batch_size"):
        extract_features(IMAGES, Means(), batch_size=batch_size)


def test_a_model_says_how_many_images_it_wants() -> None:
    model = Means()
    model.batch_size = 2  # type: ignore[attr-defined]
    extract_features(IMAGES, model)
    assert [size for size, _ in model.calls] == [2, 2, 1]


def test_what_is_no_backbone_is_refused() -> None:
    with pytest.raises(TypeError, match=r"or a callable .* got int"):
        resolve_model(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Pools has no option grid"):
        extract_features(IMAGES, Pools(), grid=3)


def test_layers_come_alone_or_in_a_list_of_one_pass() -> None:
    model = Pools()
    last = extract_features(IMAGES, model)
    assert isinstance(last, Tensor)
    assert (last.shape, last.dtype) == ((5, 4, 4, 3), torch.float16)
    assert not last.is_inference()
    assert model.count() == 5
    both = extract_features(IMAGES, model, layer=[1, 0])
    assert [tuple(part.shape) for part in both] == [(5, 4, 4, 3), (5, 8, 8, 3)]
    assert torch.equal(both[0], last)
    assert model.count() == 5


def test_a_normalised_tensor_goes_to_the_encoder_as_it_is() -> None:
    images = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    found = extract_features(images, Pools(), layer=0, dtype=torch.float32)
    expected = nn.functional.avg_pool2d(images, 2).permute(0, 2, 3, 1)
    torch.testing.assert_close(found, expected)


def test_a_tensor_within_0_and_1_is_images() -> None:
    images = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    found = extract_features(images, Pools(), layer=0, dtype=torch.float32)
    expected = nn.functional.avg_pool2d(images, 2).permute(0, 2, 3, 1)
    torch.testing.assert_close(found, expected, rtol=0, atol=1 / 255)


@pytest.mark.parametrize("worst", [255.0, float("nan"), float("inf")])
def test_a_tensor_that_is_neither_is_refused(worst: float) -> None:
    images = torch.full((2, 3, 16, 16), -1.0)
    images[1, 2, 3, 4] = worst
    with pytest.raises(ValueError, match=r"images\[\d\] .*(\[0, 1\]|finite)"):
        extract_features(images, Pools())


def test_a_batch_that_does_not_fit_is_halved_until_it_does() -> None:
    model = Pools(fits=2)
    images = np.concatenate([IMAGES, IMAGES])
    with pytest.warns(RuntimeWarning, match="batch_size=") as caught:
        found = extract_features(images, model, batch_size=8)
    assert model.batches == [8, 4, 2, 2, 2, 2, 2]
    assert [
        f"batch_size={size}" in str(w.message)
        for size, w in zip((4, 2), caught, strict=True)
    ]
    assert torch.equal(found, extract_features(images, Pools()))


def test_an_image_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        extract_features(IMAGES, Pools(fits=0))


def test_other_errors_of_a_model_come_through() -> None:
    def model(images: list[NDArray]) -> NDArray:
        raise RuntimeError("no such kernel")

    with pytest.raises(RuntimeError, match="no such kernel"):
        extract_features(IMAGES, model)


def test_values_beyond_float16_are_kept_in_float32() -> None:
    images = np.stack([np.full((16, 16, 3), value, np.uint8) for value in (1, 255)])
    found = extract_features(images, Pools(scale=1e5))
    assert found.dtype == torch.float32
    assert found[1].max() == pytest.approx(1e5)
    assert found[0].max() == pytest.approx(1e5 / 255, rel=1e-3)


def test_masks_by_float16_features_are_those_by_float32() -> None:
    photographs = [data.coffee(), data.chelsea(), data.astronaut()]

    class Fine(Pools):
        def __init__(self) -> None:
            super().__init__()
            self.image_size = (64, 64)

    masks = []
    for dtype in (torch.float16, torch.float32):
        features = extract_features(photographs, Fine(), layer=0, dtype=dtype)
        assert features.dtype == dtype
        eigvecs, _ = NCUT(10, affinity_focal_gamma=0.1).fit_transform(features)
        masks.append([get_mask(eigvecs, eigvecs[i, 16, 16]) for i in range(3)])
    half, full = np.array(masks, dtype=bool)
    assert full.mean() > 0.01
    assert (half != full).mean() < 1e-3


@pytest.mark.parametrize("dtype", [torch.int8, torch.float64, "float16"])
def test_a_bad_dtype_is_refused(dtype: Any) -> None:
    with pytest.raises(ValueError, match="dtype must be"):
        extract_features(IMAGES, Pools(), dtype=dtype)


@pytest.mark.parametrize("how", ["features", "widget", "predict"])
def test_files_are_read_one_batch_at_a_time(how: str, tmp_path: Path) -> None:
    for index in range(40):
        image = Image.new("RGB", (1000, 1000), (6 * index, 0, 0))
        image.paste((0, 200, 0), (0, 0, 500, 500))
        image.save(tmp_path / f"{index:02}.png")
    paths = sorted(tmp_path.glob("*.png"))
    seg = NcutSegmenter.from_images(paths[:2], Pools(), 2, clicks=[[0, 5, 5, 1]])
    tracemalloc.start()
    if how == "features":
        extract_features(paths, Pools(), batch_size=2)
    elif how == "widget":
        NcutSegmenter.from_images(paths, Pools(), 2, batch_size=2)
    else:
        assert seg.predict(paths).shape == (40, 4, 4)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Ten images, and what reading some takes besides; all of them are 120 MB.
    assert peak < 75e6


def test_an_overflow_of_mixed_precision_is_computed_again_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = Pools()
    extractor = FeatureExtractor(model)
    extractor._amp = True  # as on CUDA; the autocast is only there
    right = model.read

    def read(images: Tensor, nodes: Any) -> list[Tensor]:
        features = right(images, nodes)
        return [part / 0 for part in features] if extractor._amp else features

    monkeypatch.setattr(
        torch, "autocast", lambda *_: __import__("contextlib").nullcontext()
    )
    monkeypatch.setattr(model, "read", read)
    found = extractor.fit_transform(IMAGES)
    assert torch.equal(found, extract_features(IMAGES, Pools()))
    assert not extractor._amp


# The cache ------------------------------------------------------------------------


def test_a_second_run_computes_nothing(tmp_path: Path) -> None:
    model = Pools()
    first = extract_features(IMAGES, model, cache_dir=tmp_path)
    assert model.count() == 5
    second = extract_features(IMAGES, model, cache_dir=tmp_path)
    assert model.count() == 0
    assert torch.equal(first, second)
    assert first.dtype == second.dtype


def test_an_added_image_costs_one_image(tmp_path: Path) -> None:
    model = Pools()
    extract_features(IMAGES[[0, 2, 4]], model, cache_dir=tmp_path)
    model.count()
    found = extract_features(IMAGES[:4], model, cache_dir=tmp_path, batch_size=3)
    assert model.count() == 2
    assert torch.equal(found, extract_features(IMAGES[:4], Pools()))


def test_the_same_image_from_a_file_is_not_computed_again(tmp_path: Path) -> None:
    Image.fromarray(IMAGES[0]).save(tmp_path / "image.png")
    model = Pools()
    extract_features(IMAGES[0], model, cache_dir=tmp_path / "cache")
    extract_features(tmp_path / "image.png", model, cache_dir=tmp_path / "cache")
    assert model.count() == 1


@pytest.mark.parametrize("change", ["model", "layer", "size", "image", "dtype"])
def test_what_features_depend_on_is_told_apart(change: str, tmp_path: Path) -> None:
    extract_features(IMAGES, Pools(), cache_dir=tmp_path)
    model = Pools(scale=2.0 if change == "model" else 1.0)
    if change == "size":
        model.image_size = (8, 8)
    options = {"layer": {"layer": 0}, "dtype": {"dtype": torch.float32}}
    images = 255 - IMAGES if change == "image" else IMAGES
    chosen: Any = options.get(change, {})
    found = extract_features(images, model, cache_dir=tmp_path, **chosen)
    assert model.count() == 5
    assert torch.equal(found, extract_features(images, model, **chosen))


def test_every_layer_of_a_pass_is_kept(tmp_path: Path) -> None:
    model = Pools()
    both = extract_features(IMAGES, model, layer=[0, 1], cache_dir=tmp_path)
    model.count()
    alone = extract_features(IMAGES, model, layer=0, cache_dir=tmp_path)
    assert torch.equal(alone, both[0])
    assert model.count() == 0


@pytest.mark.parametrize("damage", [b"", b"\x00" * 100, None])
def test_a_damaged_file_is_computed_again(damage: bytes | None, tmp_path: Path) -> None:
    model = Pools()
    first = extract_features(IMAGES, model, cache_dir=tmp_path)
    model.count()
    file = next(tmp_path.iterdir())
    file.write_bytes(file.read_bytes()[:-7] if damage is None else damage)
    for computed in (1, 0):
        found = extract_features(IMAGES, model, cache_dir=tmp_path)
        assert torch.equal(found, first)
        assert model.count() == computed


def test_what_is_there_is_told_while_batches_come(tmp_path: Path) -> None:
    backbone = TextureBackbone(grid=6)
    kept = {"batch_size": 2, "cache_dir": tmp_path, "progress": False}
    extract_features(IMAGES[[1, 4]], backbone, **kept)
    told: dict[int, Any] = {}

    def tell(there: int, features: Any) -> None:
        if there:
            told[there] = features()

    whole = FeatureExtractor(backbone, **kept).fit_transform(IMAGES, tell)
    assert list(told) == [3, 5]  # the second was kept, but not the first
    for there, features in told.items():
        alone = extract_features(IMAGES[:there], backbone, progress=False)
        np.testing.assert_array_equal(features, alone)
    np.testing.assert_array_equal(whole, told[5])


def test_features_of_some_alone_leave_the_scale_of_the_batch() -> None:
    extractor = FeatureExtractor(TextureBackbone(grid=6), progress=False)
    whole = extractor.fit_transform(IMAGES)
    alone = extractor.fit_alone(IMAGES[:1])
    assert np.abs(alone - whole[:1]).max() > 0.01
    np.testing.assert_allclose(extractor.transform(IMAGES[:1]), whole[:1], atol=1e-6)


def test_a_full_disk_costs_the_cache_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache_module, "write_quickly", full)
    with pytest.warns(RuntimeWarning, match="not kept .* No space left") as caught:
        found = extract_features(IMAGES, Pools(), cache_dir=tmp_path)
    assert len(caught) == 1
    assert torch.equal(found, extract_features(IMAGES, Pools()))
    assert list(tmp_path.iterdir()) == []


def test_a_cache_needs_a_folder_and_a_fingerprint(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cache_dir needs a backbone with a fingerpri"):
        extract_features(IMAGES, Means(), cache_dir=tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"cache_dir must be a folder .*file"):
        extract_features(IMAGES, Pools(), cache_dir=tmp_path / "file")


def test_texture_is_cached_by_image_and_standardised_by_batch(tmp_path: Path) -> None:
    model = TextureBackbone(grid=16)
    photographs = [data.coffee(), data.chelsea(), data.astronaut()]
    extract_features(photographs[:2], model, cache_dir=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    found = extract_features(photographs, model, cache_dir=tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    assert isinstance(found, np.ndarray)
    assert np.array_equal(found, extract_features(photographs, model))


@pytest.mark.parametrize("grid", [32, pytest.param(64, marks=pytest.mark.soak)])
def test_masks_from_the_cache_are_the_same(tmp_path: Path, grid: int) -> None:
    tiles = np.split(data.immunohistochemistry()[:256], 2, axis=1)
    clicks = [[0, 60, 130, 1]]
    runs = [
        NcutSegmenter.from_images(
            tiles,
            load_model("texture", grid=grid),
            affinity_focal_gamma=0.5,
            cache_dir=folder,
            clicks=clicks,
        )
        for folder in (None, tmp_path, tmp_path)
    ]
    assert runs[0].masks.any()
    for run in runs[1:]:
        assert np.array_equal(run.masks, runs[0].masks)
    shutil.rmtree(tmp_path)
