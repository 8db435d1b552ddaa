"""`NcutSegmenter.color`: new colours, for Python and for the page."""

from __future__ import annotations

import io
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from ncut_widget import NcutSegmenter, rgb_from_pca_3d, rgb_from_tsne_3d
from ncut_widget.eigvecs.colors import PrincipalColors
from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.images import Images
from ncut_widget.page.pictures import METHODS, Pictures
from ncut_widget.page.protocol import REPLY_BYTES, Message
from ncut_widget.page.requests.pictures import PicturesRequest
from tests.support.page import Wire

TSNE = {"num_sample": 60, "perplexity": 10, "progress": False}


@pytest.fixture
def seg(eigvecs: NDArray) -> NcutSegmenter:
    return NcutSegmenter(eigvecs)


def ask(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch, kind: str = "eigvecs"
) -> tuple[dict[str, Any], NDArray]:
    """Ask for a picture of the second image, as the page does."""
    sent: list[tuple[dict[str, Any], list[bytes]]] = []
    with monkeypatch.context() as patch:
        patch.setattr(seg, "send", lambda *message: sent.append(message))
        request = {
            "type": "pictures",
            "by": "semantics",
            "id": "p",
            "kind": kind,
            "images": [1],
        }
        data = {"method": "custom", "content": request}
        seg._handle_msg({"content": {"data": data}, "buffers": []})
    ((content, (file,)),) = sent
    with Image.open(io.BytesIO(file)) as picture:
        return content, np.asarray(picture.convert("RGB"))


def test_colours_are_principal_components_until_asked_otherwise(
    seg: NcutSegmenter,
) -> None:
    _, expected = rgb_from_pca_3d(seg._session.spectrum.store.array())
    assert np.array_equal(seg.colors, expected)
    assert seg.colors.dtype == np.float32
    assert not seg.colors.flags.writeable
    assert seg.colors is seg.colors
    assert seg._colors == 0


def test_a_picture_shows_its_image_s_colours_and_no_others_are_made(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[int] = []
    call = PrincipalColors.__call__

    def count(colors: PrincipalColors, eigvecs: torch.Tensor) -> NDArray:
        painted.append(len(eigvecs))
        return call(colors, eigvecs)

    monkeypatch.setattr(PrincipalColors, "__call__", count)
    _, picture = ask(seg, monkeypatch)
    assert painted == [1]
    assert np.array_equal(picture, np.round(seg.colors[1] * 255).astype(np.uint8))


def answer(request: PicturesRequest, pictures: Pictures) -> Message:
    return request.answer(Mock(pictures=pictures))


def test_pictures_beyond_ten_megabytes_are_left_for_another_request() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1, 1300, 1300, 3), np.uint8)
    pictures = Pictures(
        MemoryStore(torch.ones(8, 2, 2, 1)), Images(list(noise.repeat(8, axis=0)))
    )
    asked = PicturesRequest("p", "stage", "semantics", [3, 1, 0, 2, 5, 4, 7, 6])
    seen = []
    while asked.images:
        content, files = answer(asked, pictures)
        assert 1 <= len(files) < 8
        assert sum(map(len, files)) <= REPLY_BYTES
        seen += [picture["image"] for picture in content["pictures"]]
        asked = PicturesRequest("p", "stage", "semantics", content["left"])
    assert seen == [3, 1, 0, 2, 5, 4, 7, 6]


def test_a_picture_that_is_too_large_comes_alone(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ncut_widget.page.requests.pictures.REPLY_BYTES", 10)
    pictures = Pictures(seg._session.spectra, None)
    content, files = answer(
        PicturesRequest("p", "stage", "semantics", [2, 0]), pictures
    )
    assert [picture["image"] for picture in content["pictures"]] == [2]
    assert len(files) == 1
    assert content["left"] == [0]


def test_colours_by_another_method(seg: NcutSegmenter) -> None:
    eigvecs = seg._session.spectrum.store.array()
    seg.color("tsne", **TSNE)
    _, expected = rgb_from_tsne_3d(eigvecs, **TSNE)
    assert np.array_equal(seg.colors, expected)
    assert not seg.colors.flags.writeable
    seg.color(q=0.9)
    _, expected = rgb_from_pca_3d(eigvecs, q=0.9)
    assert np.array_equal(seg.colors, expected)
    assert seg._colors == 2


def test_the_page_is_told_and_gets_the_new_colours(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    seg.observe(lambda change: told.append(change.new), "_colors")
    content, before = ask(seg, monkeypatch)
    assert content["colors"] == 0
    seg.color("tsne", **TSNE)
    assert told == [1]
    content, after = ask(seg, monkeypatch)
    assert content["colors"] == 1
    assert after.shape == before.shape == (16, 16, 3)
    assert not np.array_equal(after, before)
    assert np.array_equal(after, np.round(seg.colors[1] * 255).astype(np.uint8))


@pytest.mark.parametrize("kind", ["stage", "thumb"])
@pytest.mark.parametrize("has_images", [False, True])
def test_colours_stand_in_for_images_only_where_there_are_none(
    eigvecs: NDArray, kind: str, has_images: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = np.zeros((3, 32, 32, 3), dtype=np.uint8) if has_images else None
    seg = NcutSegmenter(eigvecs, images)
    _, before = ask(seg, monkeypatch, kind)
    seg.color(q=0.6)
    content, after = ask(seg, monkeypatch, kind)
    assert content["colors"] == 1
    assert np.array_equal(after, before) == has_images


@pytest.mark.parametrize(
    ("method", "options", "error", "message"),
    [
        ("lda", {}, ValueError, "method must be one of pca, tsne, umap, got 'lda'"),
        (["pca"], {}, ValueError, "method must be one of"),
        ("tsne", {"perplexty": 9}, TypeError, "no option 'perplexty'; known: .*knn"),
        ("pca", {"eigvecs": 0}, TypeError, "no option 'eigvecs'; known: device, q"),
        ("tsne", {"knn": 0}, ValueError, "knn must be"),
    ],
)
def test_a_failure_leaves_colours_and_version(
    seg: NcutSegmenter,
    method: Any,
    options: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    seg.color(q=0.9)
    before = seg.colors
    with pytest.raises(error, match=message):
        seg.color(method, **options)
    assert seg.colors is before
    assert seg._colors == 1


def test_the_page_can_be_used_while_colours_are_computed(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def slow(*arguments: Any, **options: Any) -> Any:
        # On this thread the lock could be taken again: ask whether anyone holds it.
        seen.append(seg._session.lock._is_owned())  # type: ignore[attr-defined]
        seen.append(ask(seg, monkeypatch)[0]["colors"])
        return rgb_from_pca_3d(*arguments, **options)

    seg.colors  # noqa: B018
    monkeypatch.setitem(METHODS, "pca", slow)
    seg.color("pca")
    assert seen == [False, 0]
    assert seg._colors == 1


def test_of_a_very_long_image_a_part_is_shown_sharply(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    eigvecs = np.ones((2, 4, 4, 2), np.float32)
    images = [np.zeros((40, 6000, 3), np.uint8), np.zeros((600, 3000, 3), np.uint8)]
    wire = Wire(NcutSegmenter(eigvecs, images), monkeypatch)
    asked = {
        "type": "pictures",
        "by": "semantics",
        "id": "a-1",
        "kind": "stage",
        "images": [0, 1],
    }
    reply, _ = wire.ask(asked)
    sizes = [(entry["width"], entry["height"]) for entry in reply["pictures"]]
    assert sizes == [(6000, 40), (2048, 410)]
