"""One bad image among many is named, or left out, and files damaged at random."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ncut_widget import NcutSegmenter, load_images
from ncut_widget.images import Images
from tests.support.damage import damaged, encodings
from tests.support.images import scene
from tests.support.page import Wire


@pytest.fixture
def batch(folder: Path) -> list[Path]:
    """Five files: the second breaks off in its pixels, the fourth is no image."""
    paths = [folder / f"{name}.png" for name in "0a1b2"]
    paths[1].write_bytes((folder / "0.png").read_bytes()[:150])
    paths[3].write_text("no image")
    return paths


def test_what_is_broken_is_found_before_the_long_work(batch: list[Path]) -> None:
    def backbone(images: Any) -> Any:
        raise AssertionError("nothing was to be computed")

    del batch[3]
    with pytest.raises(ValueError, match=r"images\[1\].*a\.png.*errors='skip'"):
        NcutSegmenter.from_images(batch, backbone, progress=False)
    good = NcutSegmenter.from_images(scene(), num_eig=4, progress=False)
    good.add_click(20, 15)
    with pytest.raises(ValueError, match=r"images\[1\].*a\.png"):
        good.predict(batch)


def test_skipped_images_keep_their_places(batch: list[Path]) -> None:
    with pytest.warns(UserWarning, match="1 of 5 images cannot be read"):
        seg = NcutSegmenter.from_images(batch, num_eig=4, progress=False, errors="skip")
    others = [path for at, path in enumerate(batch) if at not in (1, 3)]
    alone = NcutSegmenter.from_images(others, num_eig=4, progress=False)
    for method in ("diffusion", "similarity", "biased_ncut"):
        for each, at in ((seg, 4), (alone, 2)):
            each.method = method
            each.clicks = [[0, 20, 15, 1], [at, 5, 5, 0]]
        assert alone.masks.any()
        np.testing.assert_array_equal(seg.masks[[0, 2, 4]], alone.masks)
        assert not seg.masks[[1, 3]].any()
        full = seg.image_masks()
        for one, other in zip(
            [full[0], full[2], full[4]], alone.image_masks(), strict=True
        ):
            np.testing.assert_array_equal(one, other)
        assert not full[1].any()
    seg.commit("red")
    assert [int(each.max()) for each in seg.full_label_maps()] == [1, 0, 1, 0, 1]


def test_the_strip_says_why_an_image_is_not_there(
    batch: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.warns(UserWarning, match="cannot be read"):
        seg = NcutSegmenter.from_images(batch, num_eig=4, progress=False, errors="skip")
    batch[4].unlink()  # and this one goes later
    wire = Wire(seg, monkeypatch)
    asked = {
        "type": "pictures",
        "by": "semantics",
        "id": "a-1",
        "kind": "thumb",
        "images": [0, 1, 2, 3, 4],
    }
    reply, buffers = wire.ask(asked)
    told = {entry["image"]: entry.get("error") for entry in reply["pictures"]}
    assert told[0] is told[2] is None
    assert "a.png" in told[1]
    assert "b.png" in told[3]
    assert "there is no file" in told[4]
    assert len(buffers) == 2
    assert reply["left"] == []


def test_predict_goes_on_without_what_is_broken(batch: list[Path]) -> None:
    seg = NcutSegmenter.from_images(scene(), num_eig=4, progress=False)
    seg.add_click(20, 15)
    with pytest.warns(UserWarning, match="cannot be read and are left out"):
        masks = seg.predict(batch, errors="skip")
    assert masks.any(axis=(1, 2)).tolist() == [True, False, True, False, True]
    with pytest.warns(UserWarning, match="cannot be read"):
        full = seg.predict(batch, errors="skip", full_size=True)
    assert [mask.shape for mask in full] == [(48, 64)] * 3 + [(64, 64), (48, 64)]


def test_exports_leave_out_what_cannot_be_read(
    batch: list[Path], tmp_path: Path
) -> None:
    with pytest.warns(UserWarning, match="cannot be read"):
        seg = NcutSegmenter.from_images(batch, num_eig=4, progress=False, errors="skip")
    seg.add_click(20, 15)
    seg.commit("red")
    for kind in ("overlay", "labels"):
        written = seg.export(tmp_path / kind, kind, progress=False)
        names = {path.stem for path in Path(written).glob("*.png")}
        assert names == {"0", "1", "2"}
    assert set(seg.to_table(progress=False)["image"]) == {0, 2, 4}
    with pytest.raises(ValueError, match=r"images\[1\].*a\.png"):
        seg.export(tmp_path / "one", "overlay", images=[1], progress=False)


def test_none_that_can_be_read_is_an_error(batch: list[Path]) -> None:
    with (
        pytest.raises(ValueError, match=r"images\[0\].*a.png.* truncated$"),
        pytest.warns(UserWarning, match="1 of 2 images"),
    ):
        NcutSegmenter.from_images([batch[1], batch[3]], errors="skip", progress=False)
    with pytest.raises(ValueError, match="errors must be one of raise, skip"):
        load_images(scene(), errors="ignore")


COUNT = 1000


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "count", [COUNT, pytest.param(10 * COUNT, marks=pytest.mark.soak)]
)
def test_every_error_names_image_and_path(tmp_path: Path, count: int) -> None:
    rng = random.Random(0)
    wholes = encodings(scene())
    outcomes = [0, 0]
    for number in range(count):
        kind = rng.choice([*wholes])
        path = tmp_path / f"damaged.{kind.partition(' ')[2]}"
        path.write_bytes(damaged(wholes[kind], rng))
        refused = ""
        try:
            lazy = Images([scene(), path])
            size = lazy[1].shape[:2]
        except (ValueError, FileNotFoundError) as error:
            refused = str(error)
        if refused:
            assert refused.startswith(f"images[1] ({str(path)!r})"), refused
            assert "\n" not in refused
        else:
            assert size == lazy.sizes[1], (kind, number)
        outcomes[bool(refused)] += 1
    assert min(outcomes) > count / 20  # both happen, or this tests nothing
