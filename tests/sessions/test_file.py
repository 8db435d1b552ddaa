"""Sessions in files: what is saved comes back, on the same images and eigenvectors."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ncut_widget import NcutSegmenter
from tests.support.saved import edited, told, used


def test_a_saved_session_comes_back(
    make: Callable[..., NcutSegmenter], tmp_path: Path
) -> None:
    seg = used(make())
    path = seg.save_session(tmp_path / "x.json")
    other = make(threshold=0.9)
    other.add_click(3, 3)
    before = told(other)
    other.load_session(path)
    assert told(other) == told(seg)
    other.commit()  # to the one that was open
    seg.commit()
    assert told(other) == told(seg)
    assert other.threshold == 0.6
    other.undo()
    other.undo()
    assert told(other) == before
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["software"]["ncut_widget"]
    assert content["fingerprint"]["images"][0]["file"] == "photo 0.png"


def test_another_process_makes_the_same_masks(
    make: Callable[..., NcutSegmenter], tmp_path: Path, eigvecs: NDArray
) -> None:
    seg = used(make())
    seg.save_session(tmp_path / "x.json")
    np.save(tmp_path / "eigvecs.npy", eigvecs)
    code = """
        import sys, numpy as np
        from ncut_widget import NcutSegmenter
        seg = NcutSegmenter(np.load("eigvecs.npy"),
            [f"photo {n}.png" for n in range(3)], eigvals=np.linspace(1, 0.3, 6))
        seg.load_session("x.json")
        np.savez("masks.npz", seg.masks, seg.label_map)
    """
    lines = [line.strip() for line in code.replace(",\n", ",").splitlines()]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=tmp_path, env=env, check=True
    )
    with np.load(tmp_path / "masks.npz") as file:
        np.testing.assert_array_equal(file["arr_0"], seg.masks)
        np.testing.assert_array_equal(file["arr_1"], seg.label_map)


def test_eigenvectors_of_another_machine_are_the_same(
    make: Callable[..., NcutSegmenter],
    tmp_path: Path,
    eigvecs: NDArray,
    images: list[Path],
) -> None:
    """They differ in their last digits, in signs, and within an eigenspace."""
    eigvals = np.array([1, 0.9, 0.9, 0.7, 0.5, 0.3])
    seg = used(NcutSegmenter(eigvecs, images, eigvals=eigvals))
    path = seg.save_session(tmp_path / "x.json")
    turned = eigvecs * np.array([1, 1, 1, -1, 1, 1], dtype=np.float32)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]], dtype=np.float32)
    turned[..., 1:3] = turned[..., 1:3] @ turn
    other = NcutSegmenter(turned * np.float32(1 + 1e-6), images, eigvals=eigvals)
    other.load_session(path)
    assert (other.label_map != seg.label_map).mean() < 0.001


def test_what_differs_is_said(
    make: Callable[..., NcutSegmenter],
    tmp_path: Path,
    eigvecs: NDArray,
    images: list[Path],
) -> None:
    path = used(make()).save_session(tmp_path / "x.json")
    eigvals = np.linspace(1, 0.3, 6)
    Image.new("RGB", (20, 33)).save(tmp_path / "y.png")

    def refused(seg: NcutSegmenter, *sentences: str) -> None:
        before = told(seg)
        with pytest.raises(ValueError, match="saved for another batch") as error:
            seg.load_session(path)
        for sentence in sentences:
            assert re.search(sentence, str(error.value)), error.value
        assert told(seg) == before

    refused(
        NcutSegmenter(eigvecs[:2], images[:2], eigvals=eigvals),
        "there are 2 images, and were 3",
        r"eigvecs have shape \(2, 16, 16, 6\), and had \(3, 16, 16, 6\)",
        "strict=False loads it",
    )
    refused(
        NcutSegmenter(eigvecs[::-1].copy(), images, eigvals=eigvals),
        r"eigvecs differ: cosines between them by up to",
    )
    refused(
        NcutSegmenter(eigvecs, [images[1], images[0], images[2]], eigvals=eigvals),
        "image 1, 'photo 0.png', was image 0; image 0, 'photo 1.png', was image 1",
    )
    refused(
        NcutSegmenter(eigvecs, [tmp_path / "y.png", *images[1:]], eigvals=eigvals),
        "image 0, 'y.png', has 20 x 33 pixels, and 'photo 0.png' had 64 x 48",
    )
    Image.new("RGB", (64, 48)).save(images[0])
    other = make()
    refused(other, "image 0, 'photo 0.png', differs from the saved 'photo 0.png'")
    with pytest.warns(UserWarning, match="differs from the saved"):
        other.load_session(path, strict=False)
    assert len(other.segments) == 2


OTHER_EIGVALS = [
    (np.linspace(1, 0.25, 6), False),
    (np.linspace(1, 0.32, 6) ** 0.01, False),
    (np.geomspace(1, 0.001, 6), False),
    (None, False),
    (None, True),
]


@pytest.mark.parametrize(("others", "old"), OTHER_EIGVALS)
def test_other_eigenvalues_are_another_batch(
    make: Callable[..., NcutSegmenter],
    tmp_path: Path,
    eigvecs: NDArray,
    images: list[Path],
    others: NDArray | None,
    old: bool,
) -> None:
    """They weight the eigenvectors. Older files tell them by the cosines alone."""
    path = used(make()).save_session(tmp_path / "x.json")
    if old:
        edited(path, lambda c: c["fingerprint"]["ways"]["semantics"].pop("eigvals"))
    seg = NcutSegmenter(eigvecs, images, eigvals=others)
    with pytest.raises(ValueError, match=r"(eigvals differ|cosines between)"):
        seg.load_session(path)
    same = make()
    same.load_session(path)
    assert same.segments
    near = np.linspace(1, 0.3, 6) * (1 + 1e-4)  # another machine's
    NcutSegmenter(eigvecs, images, eigvals=near).load_session(path)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda c: "no json", "is no session file"),
        (lambda c: [], "is no session file"),
        (lambda c: {**c, "version": 9}, "of version 9, this release reads 1"),
        (lambda c: {k: v for k, v in c.items() if k != "clicks"}, "lacks 'clicks'"),
        (lambda c: {**c, "fingerprint": {}}, "it does not say what it was made on"),
        (lambda c: {**c, "clicks": [[0, 99, 0, 1]]}, "64 x 48 pixels"),
        (lambda c: {**c, "segments": c["segments"][:1] * 2}, "have the same name"),
        (lambda c: {**c, "settings": {"threshold": "x"}}, "threshold must be"),
        (lambda c: {**c, "settings": {"by": [1]}}, "by must be one of"),
        (
            lambda c: {**c, "fingerprint": {**c["fingerprint"], "ways": "ways"}},
            "it does not say what it was made on",
        ),
        (
            lambda c: {**c, "segments": [{**c["segments"][0], "name": None}]},
            "name must be a string",
        ),
    ],
)
def test_a_file_that_is_spoilt_changes_nothing(
    make: Callable[..., NcutSegmenter],
    tmp_path: Path,
    spoil: Callable[[dict], Any],
    sentence: str,
) -> None:
    path = used(make()).save_session(tmp_path / "x.json")
    spoilt = spoil(json.loads(path.read_text()))
    path.write_text(spoilt if isinstance(spoilt, str) else json.dumps(spoilt))
    seg = make()
    seg.add_click(3, 3)
    before = told(seg)
    with pytest.raises(ValueError, match=sentence):
        seg.load_session(path)
    assert told(seg) == before
    with pytest.raises(FileNotFoundError):
        seg.load_session(tmp_path / "y.json")


def test_a_session_is_not_overwritten_where_that_is_not_wanted(
    make: Callable[..., NcutSegmenter], tmp_path: Path
) -> None:
    seg = used(make())
    path = seg.save_session(tmp_path / "x.json")
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        seg.save_session(path, overwrite=False)
    assert path.read_bytes() == before
