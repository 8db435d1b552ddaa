"""What a session's file says: all of it, or what fits another batch."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ncut_widget import NcutSegmenter
from tests.support.saved import edited, used

# What does not fit --------------------------------------------------------------------


def test_more_eigenvectors_were_saved_than_there_are(
    make: Callable[..., NcutSegmenter],
    tmp_path: Path,
    eigvecs: NDArray,
    images: list[Path],
) -> None:
    seg = used(make())
    path = seg.save_session(tmp_path / "x.json")
    fewer = NcutSegmenter(eigvecs[..., :4], images, eigvals=np.linspace(1, 0.5, 4))
    with pytest.raises(ValueError, match="strict=False loads it"):
        fewer.load_session(path)
    edited(path, lambda c: c["segments"][1]["settings"].update(granularity=4.5))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        fewer.load_session(path, strict=False)
    assert [each.filename for each in told] == [__file__] * 2
    assert "eigvecs have shape (3, 16, 16, 4), and had (3, 16, 16, 6)" in str(told[0])
    assert "num_eig must be a whole number between 1 and 4, got 6; 4 is" in str(told[1])
    loaded = fewer.segments
    assert [each.clicks for each in loaded.values()] == [
        each.clicks for each in seg.segments.values()
    ]
    assert loaded["hand"].settings.num_eig == 4
    assert loaded["手"].settings.granularity == 3
    assert loaded["hand"].settings.threshold == 0.3


def test_fewer_images_keep_their_own_clicks(
    make: Callable[..., NcutSegmenter],
    tmp_path: Path,
    eigvecs: NDArray,
    images: list[Path],
) -> None:
    """Images are found by what they are, not by their number."""
    seg = used(make())
    seg.add_click(30, 10, image=2)
    seg.commit("third")
    differs = (
        "loaded, but it was saved for another batch: there are 2 images, and were 3"
    )
    path = seg.save_session(tmp_path / "x.json")
    eigvals = np.linspace(1, 0.3, 6)
    two = NcutSegmenter(eigvecs[[0, 2]], [images[0], images[2]], eigvals=eigvals)
    left = "left out: segment '手': image 1 of the click .* is not here"
    with (
        pytest.warns(UserWarning, match=differs),
        pytest.warns(UserWarning, match=left),
    ):
        two.load_session(path, strict=False)
    assert {name: each.clicks for name, each in two.segments.items()} == {
        "hand": ((0, 12, 9, 1),),
        "third": ((0, 12, 9, 1), (0, 50, 40, 0), (1, 30, 10, 1)),
    }


def three_alike() -> list[NDArray]:
    """Make images that are white but for a square, each somewhere else."""
    images = []
    for top, left in ((100, 50), (100, 250), (280, 50)):
        image = np.full((400, 400, 3), 255, np.uint8)
        image[top : top + 30, left : left + 30] = 0
        images.append(image)
    return images


def as_arrays(images: list[NDArray], folder: Path) -> list[Any]:
    return images


def as_bitmaps(images: list[NDArray], folder: Path) -> list[Any]:
    paths = [folder / f"{number}.bmp" for number in range(len(images))]
    for image, path in zip(images, paths, strict=True):
        Image.fromarray(image).save(path)
    return paths


@pytest.mark.parametrize("way", [as_arrays, as_bitmaps])
def test_images_that_differ_in_little_are_told_apart(
    tmp_path: Path, eigvecs: NDArray, way: Callable[[list[NDArray], Path], list[Any]]
) -> None:
    images = way(three_alike(), tmp_path)
    seg = NcutSegmenter(eigvecs, images)
    seg.add_click(60, 70, image=1)
    path = seg.save_session(tmp_path / "x.json")
    order = [1, 2, 0]
    with pytest.raises(ValueError, match=r"image 1, .*, was image 2"):
        NcutSegmenter(eigvecs, [images[k] for k in order]).load_session(path)
    other = NcutSegmenter(eigvecs[order], [images[k] for k in order])
    with pytest.warns(UserWarning, match="was image 2") as told:
        other.load_session(path, strict=False)
    (sentence,) = [str(each.message) for each in told]
    assert "another one" not in sentence
    assert "eigvecs" not in sentence  # of cells that are in other places
    assert other.clicks == [[0, 60, 70, 1]]


def test_sessions_that_know_pieces_of_images_alone_are_loaded(
    tmp_path: Path, make: Callable[..., NcutSegmenter], eigvecs: NDArray
) -> None:
    """As releases of before wrote them; these digests are theirs."""
    seg = NcutSegmenter(eigvecs, three_alike())
    path = seg.save_session(tmp_path / "x.json")

    def forget(content: dict[str, Any]) -> None:
        for image in content["fingerprint"]["images"]:
            del image["whole"]
            assert image["digest"] == "4008fb4f905240131cd762f0cfdb326b"

    seg.load_session(edited(path, forget))
    seg = used(make())
    path = edited(
        seg.save_session(path),
        lambda c: [each.pop("whole") for each in c["fingerprint"]["images"]],
    )
    make().load_session(path)


@pytest.mark.parametrize(
    ("change", "sentence", "names"),
    [
        (
            lambda c: c["segments"][0]["clicks"].append([0, 99, 0, 1]),
            "segment 'hand': a click on image 0 must lie in its 64 x 48 pixels",
            ["hand", "手"],
        ),
        (
            lambda c: c["settings"].update(zoom=3),
            "settings: there is no setting 'zoom'",
            ["hand", "手"],
        ),
        (
            lambda c: c["settings"].update(method="psychic"),
            "settings: method must be one of .*, got 'psychic'",
            ["hand", "手"],
        ),
        (
            lambda c: c["segments"][0].update(clicks=[[7, 1, 1, 1]]),
            "no positive click of 'hand' is left.* open: there is no segment 'hand'",
            ["手"],
        ),
        (
            lambda c: c["segments"][1].update(name="hand"),
            "segment 1: two segments have the same name, 'hand'",
            ["hand"],
        ),
        (lambda c: c["segments"].insert(0, 5), "segment 0: ", ["hand", "手"]),
        (lambda c: c.pop("clicks"), "clicks: it lacks 'clicks'", ["hand", "手"]),
    ],
)
def test_what_fits_is_loaded_and_what_does_not_is_named(
    make: Callable[..., NcutSegmenter],
    tmp_path: Path,
    change: Callable[[dict], object],
    sentence: str,
    names: list[str],
) -> None:
    path = edited(used(make()).save_session(tmp_path / "x.json"), change)
    seg = make()
    with pytest.raises(ValueError, match=r"cannot be loaded: .*strict=False"):
        seg.load_session(path)
    assert not seg.segments
    with pytest.warns(UserWarning, match=sentence):
        seg.load_session(path, strict=False)
    assert list(seg.segments) == names


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (lambda p: p.write_text("[" * 200_000), "its JSON is nested too deeply"),
        (lambda p: p.write_text('{"a": ' * 200_000), "its JSON is nested too deeply"),
        (lambda p: p.write_text("1" * 100_000), "is no session file"),
        (lambda p: os.truncate(p, 2**34), "it has 17179 MB, a session has at most"),
        (lambda p: (p.unlink(), p.mkdir()), "it is a folder, or no ordinary file"),
        (lambda p: (p.unlink(), os.mkfifo(p)), "it is a folder, or no ordinary file"),
    ],
)
def test_deep_and_giant_files_are_refused_in_a_sentence(
    make: Callable[..., NcutSegmenter],
    tmp_path: Path,
    write: Callable[[Path], object],
    sentence: str,
) -> None:
    path = tmp_path / "x.json"
    path.touch()
    write(path)
    with pytest.raises(ValueError, match=sentence) as refused:
        make().load_session(path)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("x" * 300, "too long"), ("iVBORw0KGgo" * 100_000, "which is no path")],
)
def test_what_is_no_path_is_refused_in_a_sentence(
    make: Callable[..., NcutSegmenter], text: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence) as refused:
        make().load_session(text)
    assert len(str(refused.value)) < 600


def test_names_that_are_no_text_are_saved(eigvecs: NDArray, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    Image.new("RGB", (64, 48)).save(path)
    seg = NcutSegmenter(eigvecs[:1], [path])
    seg.load_session(seg.save_session(tmp_path / "x.json"))
