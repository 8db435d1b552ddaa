"""`NcutSegmenter` from Python."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import traitlets
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter, get_mask
from ncut_widget.backbone import load_model
from tests.support.page import Wire

# From Python ----------------------------------------------------------------------


def test_a_click_gives_masks_of_every_image(
    seg: NcutSegmenter, eigvecs: NDArray
) -> None:
    seg.add_click(10, 30, image=1)
    assert seg.clicks == [[1, 10, 30, 1]]
    expected = get_mask(eigvecs, eigvecs[1, 10, 2])
    np.testing.assert_array_equal(seg.masks, expected)
    assert seg.masks.dtype == bool
    assert seg.heatmaps.dtype == np.float32
    assert [mask.shape for mask in seg.image_masks()] == [(32, 32), (48, 64), (16, 16)]
    seg.active_image = 1
    assert seg.mask.shape == (48, 64)
    np.testing.assert_array_equal(seg.mask, seg.image_masks()[1])


def test_a_click_falls_on_the_active_image_by_default(seg: NcutSegmenter) -> None:
    seg.active_image = 2
    seg.add_click(5, 5, positive=False)
    assert seg.clicks == [[2, 5, 5, 0]]


def test_traits_and_methods_are_in_step(seg: NcutSegmenter) -> None:
    seg.clicks = [[0, 3, 3, 1]]
    by_trait = seg.masks
    assert by_trait.any()
    seg.undo()
    assert seg.clicks == []
    assert not seg.masks.any()
    seg.redo()
    assert seg.clicks == [[0, 3, 3, 1]]
    np.testing.assert_array_equal(seg.masks, by_trait)
    seg.clear()
    assert seg.clicks == []
    seg.undo()
    seg.threshold = 0.05
    assert seg.masks.sum() > by_trait.sum()


def test_committed_segments_are_kept_by_name(seg: NcutSegmenter, wire: Wire) -> None:
    seg.add_click(3, 3)
    masks = seg.masks
    assert seg.commit("thing").name == "thing"
    assert seg.clicks == []
    seg.add_click(20, 20)
    content, _ = wire.ask(
        {"type": "edit", "id": "c", "edits": [{"op": "commit"}], "images": [0]}
    )
    assert content["prompts"]["added"] == []
    assert list(seg.segments) == ["thing", "segment 1"]
    assert [told["name"] for told in seg._segments] == ["thing", "segment 1"]
    np.testing.assert_array_equal(seg.segments["thing"].masks, masks)
    content, _ = wire.ask(
        {"type": "edit", "id": "d", "edits": [{"op": "commit"}], "images": [0]}
    )
    assert "nothing to commit" in content["error"]


def test_settings_can_be_given_at_the_start(eigvecs: NDArray) -> None:
    seg = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]], threshold=0.3, num_eig=4)
    prefix = eigvecs[..., :4]
    expected = get_mask(prefix, prefix[0, 3, 3], threshold=0.3)
    np.testing.assert_array_equal(seg.masks, expected)
    assert seg.num_eig == 4


def test_defaults(seg: NcutSegmenter) -> None:
    names = ("threshold", "gamma", "denoise", "denoise_area_th", "num_eig", "overlay")
    expected = (0.5, 1.0, True, 3, 6, "image")
    assert tuple(getattr(seg, name) for name in names) == expected
    assert seg.eigvals is None


def test_results_are_read_only_traits(seg: NcutSegmenter) -> None:
    with pytest.raises(traitlets.TraitError, match="read-only"):
        seg.masks = np.zeros((3, 16, 16), dtype=bool)
    with pytest.raises(ValueError, match="read-only"):
        seg.eigvecs[0, 0, 0, 0] = 7


def test_observers_of_masks_hear_once_of_each_settled_change(
    seg: NcutSegmenter,
) -> None:
    heard: list[Any] = []
    seg.observe(heard.append, "masks")
    seg.add_click(3, 3)
    assert len(heard) == 1
    assert not heard[0].old.any()
    np.testing.assert_array_equal(heard[0].new, seg.masks)
    with seg.hold_trait_notifications():
        seg.threshold = 0.2
        seg.gamma = 0.5
        seg.denoise = False
    assert len(heard) == 2
    seg.opacity = 0.2
    seg.active_image = 1
    seg.threshold = 0.2
    assert len(heard) == 2
    seg.undo()  # all of the block
    assert (seg.threshold, seg.gamma, seg.denoise) == (0.5, 1, True)
    seg.undo()
    assert len(heard) == 4
    assert not heard[3].new.any()


def test_what_a_widget_is_made_with_is_not_undone(eigvecs: NDArray) -> None:
    heard: list[float] = []

    class Hearing(NcutSegmenter):
        @traitlets.observe("threshold")
        def _hear(self, change: Any) -> None:
            heard.append(change.new)

    seg = Hearing(
        eigvecs,
        eigvals=np.linspace(1, 0.5, 6),
        auto_threshold=True,
        threshold=0.3,
        active_image=1,
    )
    assert (seg.threshold, seg.auto_threshold, heard) == (0.3, True, [0.3])
    assert seg._history == [False, False]
    seg.undo()
    assert seg.threshold == 0.3
    with pytest.raises(traitlets.TraitError, match="threshold must be"):
        NcutSegmenter(eigvecs, threshold=2)


def test_how_it_looks_is_not_undone(seg: NcutSegmenter) -> None:
    seg.add_click(3, 3)
    seg.opacity, seg.overlay, seg.active_image = 0.9, "heatmap", 1
    seg.undo()
    assert seg.clicks == []
    assert (seg.opacity, seg.overlay, seg.active_image) == (0.9, "heatmap", 1)


def test_bind_keeps_a_variable_equal_to_masks(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = SimpleNamespace(user_ns={})
    monkeypatch.setattr("ncut_widget.page.callbacks.get_ipython", lambda: shell)
    seg.bind("found")
    assert not shell.user_ns["found"].any()
    seg.add_click(3, 3)
    np.testing.assert_array_equal(shell.user_ns["found"], seg.masks)
    seg.bind("found")
    seg.threshold = 0.1
    np.testing.assert_array_equal(shell.user_ns["found"], seg.masks)
    seg.unbind("found")
    last = seg.masks
    seg.clear()
    np.testing.assert_array_equal(shell.user_ns["found"], last)


@pytest.mark.parametrize("name", ["", "two words", "for", 3])
def test_bind_wants_a_variable_name(seg: NcutSegmenter, name: Any) -> None:
    with pytest.raises(ValueError, match="name must be a variable name, got"):
        seg.bind(name)


def test_bind_outside_a_notebook_says_what_to_do(seg: NcutSegmenter) -> None:
    with pytest.raises(RuntimeError, match=r"use observe\(f, 'masks'\)"):
        seg.bind("found")


def test_from_features_and_from_images(images: list[NDArray]) -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((3, 12, 12, 5))
    features[:, 3:8, 3:8] += 6
    seg = NcutSegmenter.from_features(features, images, num_eig=4)
    assert seg.eigvecs.shape == (3, 12, 12, 4)
    assert seg.eigvals is not None
    assert (np.diff(seg.eigvals) <= 0).all()
    seg.add_click(14, 14)
    assert seg.masks[:, 4:7, 4:7].all()
    assert not seg.masks[:, 10:].any()
    coarse = load_model("texture", grid=16)
    seg = NcutSegmenter.from_images(images, coarse, num_eig=5, threshold=0.4)
    assert seg.eigvecs.shape[0] == 3
    assert seg.eigvecs.shape[3] == 5
    assert seg.threshold == 0.4


def test_from_images_takes_a_callable_backbone(images: list[NDArray]) -> None:
    def mean_colour(images: list[NDArray]) -> NDArray:
        blocks = [np.resize(image, (8, 8, 3)) for image in images]
        return np.stack(blocks).astype(np.float32)

    seg = NcutSegmenter.from_images(images, backbone=mean_colour, num_eig=3)
    assert seg.eigvecs.shape == (3, 8, 8, 3)


def test_without_images_clicks_are_in_latent_pixels(eigvecs: NDArray) -> None:
    seg = NcutSegmenter(eigvecs)
    seg.add_click(15, 15)
    assert seg.mask.shape == (16, 16)
    with pytest.raises(ValueError, match="16 x 16 pixels"):
        seg.add_click(16, 0)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda e, i: NcutSegmenter(e[0], i), r"shape \(B, H, W, K\)"),
        (lambda e, i: NcutSegmenter(e * np.nan, i), "must be finite"),
        (lambda e, i: NcutSegmenter(e > 0, i), "must be floating-point"),
        (lambda e, i: NcutSegmenter(e, i[:2]), "2 images for a batch of 3"),
        (lambda e, i: NcutSegmenter(e, []), "image"),
        (lambda e, i: NcutSegmenter(e, ["nowhere.png"] * 3), "nowhere.png"),
        (lambda e, i: NcutSegmenter(e, i, num_eig=7), "between 1 and 6, got 7"),
        (lambda e, i: NcutSegmenter(e, i, treshold=1), "did you mean 'threshold'"),
        (lambda e, i: NcutSegmenter(e, i, zoom=1), "no keyword 'zoom'; known: active"),
        (lambda e, i: NcutSegmenter(e, i, threshold=2), "between 0 and 1, got 2"),
        (lambda e, i: NcutSegmenter(e, i, clicks=[[3, 0, 0, 1]]), "from 0 to 2, got 3"),
        (
            lambda e, i: NcutSegmenter(e, i, overlay="x"),
            "one of image, eigvecs, heatmap",
        ),
        (lambda e, i: NcutSegmenter(e, i, active_image=3), "between 0 and 2, got 3"),
        (lambda e, i: NcutSegmenter.from_features(e[0]), r"\(B, H, W, C\), got"),
        (lambda e, i: NcutSegmenter.from_features(e, i[:1]), "1 images for a batch"),
        (lambda e, i: NcutSegmenter.from_features(e * np.nan), "finite|NaN"),
        (lambda e, i: NcutSegmenter.from_features(e, num_eig=999), "num_eig"),
        (lambda e, i: NcutSegmenter.from_images([]), "image"),
        (lambda e, i: NcutSegmenter.from_images(i, "no_such"), "texture"),
        (lambda e, i: NcutSegmenter.from_images(i, gama=2), "did you mean 'gamma'"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_sentence(
    eigvecs: NDArray, images: list[NDArray], build: Any, sentence: str
) -> None:
    with pytest.raises(
        (TypeError, ValueError, OSError, traitlets.TraitError), match=sentence
    ) as caught:
        build(eigvecs, images)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threshold", 1.5),
        ("gamma", 0),
        ("negative_threshold", None),
        ("denoise", "yes"),
        ("denoise_area_th", -1),
        ("num_eig", 7),
        ("method", "biased_ncut"),
        ("click_weight", -1),
        ("bg_weight", "much"),
        ("active_image", 3),
        ("overlay", "mask"),
        ("opacity", 2),
        ("hover_preview", 1),
        ("clicks", [[0, 32, 0, 1]]),
    ],
)
def test_a_refused_trait_keeps_its_value(
    seg: NcutSegmenter, wire: Wire, name: str, value: Any
) -> None:
    seg.add_click(3, 3)
    before, masks = getattr(seg, name), seg.masks
    with pytest.raises(traitlets.TraitError) as caught:
        setattr(seg, name, value)
    assert getattr(seg, name) == before
    wire.set(**{name: value})
    assert getattr(seg, name) == before
    np.testing.assert_array_equal(seg.masks, masks)
    content, _ = wire.sent[-1]
    assert content == {"type": "error", "id": None, "message": str(caught.value)}
    assert wire.states[-1][name] == before  # the page is put right


def test_repr_names_the_batch(seg: NcutSegmenter) -> None:
    assert repr(seg) == (
        "NcutSegmenter(3 images, 16 x 16 latent grid, 6 eigenvectors, 0 clicks)"
    )
