"""Images that cannot be read, now or later: everything goes on without them."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ncut_widget import NcutSegmenter, load_images
from ncut_widget.images import Images
from ncut_widget.ncut.neighbors.guide import cell_colors

RNG = np.random.default_rng(0)
FEATURES = RNG.standard_normal((4, 12, 12, 8)).astype(np.float32)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Write four files: good, missing, good, and one that breaks off."""
    paths = [tmp_path / f"{name}.png" for name in "abcd"]
    for path in paths:
        pixels = RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    paths[1].unlink()
    paths[3].write_bytes(paths[3].read_bytes()[:5000])
    return paths


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def from_images(images: Any, **how: Any) -> NcutSegmenter:
    return NcutSegmenter.from_images(images, num_eig=4, progress=False, **how)


def from_features(images: Any, **how: Any) -> NcutSegmenter:
    return NcutSegmenter.from_features(
        FEATURES, images, num_eig=4, progress=False, **how
    )


def from_eigvecs(images: Any, **how: Any) -> NcutSegmenter:
    return NcutSegmenter(
        FEATURES[..., :4], images, eigvals=np.linspace(1, 0.3, 4), **how
    )


@pytest.mark.parametrize(
    ("make", "later"),
    [(from_images, True), (from_features, False), (from_eigvecs, False)],
)
def test_everything_goes_on_without_what_cannot_be_read(
    make: Callable[..., NcutSegmenter], photos: list[Path], later: bool
) -> None:
    seg = make(photos, errors="skip", autosave=photos[0].with_name("auto.json"))
    if later:  # after it was opened
        photos[2].unlink(missing_ok=True)
    seg.add_click(20, 20, image=0)
    seg.commit("x")
    seg.add_click(5, 5, image=2)
    assert (photos[0].with_name("auto.json")).exists()
    path = seg.save_session(photos[0].with_name("s.json"))
    seg.load_session(path)
    assert len(seg.segments) == 1
    assert seg.plot(rows=["images", "masks", "heatmaps"])._repr_png_()
    assert seg.plot_eigvecs()._repr_png_()
    assert seg.colors.shape[0] == 4
    overlays = seg.export(path.with_name("overlays"), "overlay", progress=False)
    assert {"a.png", "c.png"} <= {each.name for each in Path(overlays).iterdir()}
    assert 2 in seg.save_html(path.with_name("p.html"), progress=False).images
    assert "srcdoc" in seg.to_iframe(progress=False).data
    assert "image/png" in seg._repr_mimebundle_()[0]
    for image in range(4):
        found = seg.to_supervision(image)
        assert len(found) == 0 or image in (0, 2, 3)
        seg.active_image = image
        assert seg.mask.shape == (64, 64)


@pytest.mark.parametrize("make", [from_features, from_eigvecs])
def test_none_that_can_be_read_leaves_the_eigenvectors(
    make: Callable[..., NcutSegmenter], photos: list[Path]
) -> None:
    seg = make([photos[1]] * 4, errors="skip")
    seg.add_click(20, 20, image=0)
    assert seg.masks[0].any()
    seg.load_session(seg.save_session(photos[0].with_name("s.json")))
    with pytest.raises(ValueError, match=r"no image to plot: images\[0\]: there is no"):
        seg.plot()


def test_there_is_nothing_to_solve_without_images(photos: list[Path]) -> None:
    with pytest.raises(ValueError, match=r"none of 1 images can be read: images\[0\]"):
        from_images([photos[1]], errors="skip")


def test_predict_gives_an_empty_mask_for_each(photos: list[Path]) -> None:
    seg = from_images(photos[:1])
    seg.add_click(20, 20)
    missing = [photos[1]] * 3
    assert not seg.predict(missing, errors="skip").any()
    assert seg.predict(missing, errors="skip").shape == (3, *seg.masks.shape[1:])
    full = seg.predict(missing, errors="skip", full_size=True)
    assert [mask.shape for mask in full] == [(64, 64)] * 3


def test_grey_stands_in_for_all_that_cannot_be_read(photos: list[Path]) -> None:
    with pytest.warns(UserWarning, match="2 of 2 images cannot be read"):
        images = load_images([photos[1]] * 2, errors="skip")
    assert [np.unique(image).tolist() for image in images] == [[128], [128]]


# Nothing is computed of what stands in -----------------------------------------------


def test_of_an_image_that_went_nothing_is_measured(photos: list[Path]) -> None:
    seg = from_eigvecs([photos[0], photos[2]] * 2, errors="skip")
    seg.add_click(20, 20)
    seg.commit("x")
    photos[2].unlink()
    table = seg.to_table(["area", "intensity_mean"])
    gone = table["image"] % 2 == 1
    assert gone.any()
    assert (table["area"] > 0).all()
    for channel in range(3):
        values = table[f"intensity_mean-{channel}"]
        assert np.isnan(values[gone]).all()
        assert np.isfinite(values[~gone]).all()
    assert set(seg.to_table("intensity_mean", images=[1])) >= {"intensity_mean"}
    folder = seg.export(photos[0].with_name("zarrs"), "ome-zarr", progress=False)
    assert (folder / "a.zarr" / "s0").exists()
    assert not (folder / "c.zarr" / "s0").exists()
    assert (folder / "c.zarr" / "labels" / "segments" / "s0").exists()


def test_of_an_image_that_goes_before_its_features_are_computed_nothing_is_known(
    photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    two = [photos[0], photos[2]]
    seg = from_images(two)
    seg.add_click(20, 20)
    content = photos[2].read_bytes()
    check = Images.check

    def check_and_lose(images: Images, **how: Any) -> None:
        check(images, **how)
        photos[2].unlink(missing_ok=True)

    monkeypatch.setattr(Images, "check", check_and_lose)
    found = seg.predict(two, errors="skip")
    assert found[0].any()
    assert not found[1].any()
    photos[2].write_bytes(content)
    seg = from_images(two, errors="skip")
    assert seg.eigvecs[0].any()
    assert not seg.eigvecs[1].any()


def test_what_is_missing_does_not_guide_others(photos: list[Path]) -> None:
    images = Images([photos[0], photos[1], photos[2]], errors="skip")
    colors = cell_colors(images, (4, 4))
    mean = colors[[0, 2]].mean((0, 1, 2))
    np.testing.assert_allclose(colors[1], np.broadcast_to(mean, (4, 4, 3)), rtol=1e-5)


# Work is saved whatever becomes of files ----------------------------------------------


@pytest.mark.parametrize("errors", ["raise", "skip"])
def test_files_that_go_keep_no_work_from_being_saved(
    photos: list[Path], errors: str
) -> None:
    good = [photos[0], photos[2]]
    seg = from_images(good, errors=errors)
    for path in good:
        path.rename(path.with_suffix(".moved"))
    seg.add_click(20, 20)
    seg.commit("x")
    path = seg.save_session(photos[0].with_name("s.json"))
    seg.autosave = photos[0].with_name("auto.json")
    for image in good:
        image.with_suffix(".moved").rename(image)
    again = from_images(good, autosave=seg.autosave)
    again.load_session(path)
    assert list(again.segments) == ["x"]


def test_a_file_that_was_replaced_after_it_was_read_is_another(
    photos: list[Path],
) -> None:
    seg = from_images(photos[:1])
    Image.new("RGB", (64, 64)).save(photos[0])
    path = seg.save_session(photos[0].with_name("s.json"))
    with pytest.raises(ValueError, match=r"'a\.png', differs from the saved 'a\.png'"):
        from_images(photos[:1]).load_session(path)


def test_a_file_that_nobody_read_before_it_went_is_saved_by_its_size(
    photos: list[Path],
) -> None:
    seg = from_eigvecs([photos[0]] * 4)
    photos[0].rename(photos[2])
    seg.add_click(20, 20)
    path = seg.save_session(photos[0].with_name("s.json"))
    again = from_eigvecs([photos[2]] * 4)
    again.load_session(path)
    assert len(again.clicks) == 1


def test_what_is_missing_is_named_as_what_differs(photos: list[Path]) -> None:
    good = [photos[0], photos[2], photos[0], photos[2]]
    path = from_eigvecs(good).save_session(photos[0].with_name("s.json"))
    photos[2].unlink()
    with pytest.raises(ValueError, match=r"image 1, 'c\.png', cannot be read now"):
        from_eigvecs(good, errors="skip").load_session(path)


def test_a_digest_does_not_read_a_photograph_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.jpg"
    pixels = RNG.integers(0, 256, (900, 900, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, quality=95)
    read = []

    def open_counted(self: Path, *how: Any) -> Any:
        file = real(self, *how)
        known = file.read
        wrapped = _Counted(file, lambda n=-1: read.append(len(d := known(n))) or d)
        return wrapped

    real = Path.open
    monkeypatch.setattr(Path, "open", open_counted)
    images = Images([path])
    assert images.identities[0].kind == "file"
    assert sum(read) < path.stat().st_size / 2


class _Counted:
    """A file whose reading is noted."""

    def __init__(self, file: Any, read: Any) -> None:
        self._file, self.read = file, read

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _Counted:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def test_the_fingerprint_of_a_file_is_that_of_its_bytes(photos: list[Path]) -> None:
    path = photos[0]
    held = Images([path.read_bytes()]).identities
    assert Images([path]).identities == held
    seg = from_eigvecs([path] * 4)
    saved = json.loads(seg.save_session(path.with_name("s.json")).read_text())
    told = saved["fingerprint"]["images"][0]
    assert (told["kind"], told["digest"], told["whole"]) == held[0]
