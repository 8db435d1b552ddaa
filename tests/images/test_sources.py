"""Where images come from: paths, bytes, streams, columns."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from PIL import Image

from ncut_widget import load_images
from ncut_widget.images import Images
from tests.support.images import scene, sized

FORMS: dict[str, Callable[[list[Path]], Any]] = {
    "a list of strings": lambda paths: list(map(str, paths)),
    "a generator": lambda paths: (path for path in paths),
    "a glob": lambda paths: paths[0].parent.glob("*.png"),
    "a pandas column": lambda paths: pd.DataFrame({"file": map(str, paths)})["file"],
    "a pandas column of paths": lambda paths: pd.Series(paths),
    "a polars column": lambda paths: pl.Series(list(map(str, paths))),
    "an array of strings": lambda paths: np.array(list(map(str, paths))),
    "an array of paths": lambda paths: np.array(paths),
    "bytes": lambda paths: [path.read_bytes() for path in paths],
    "streams": lambda paths: [io.BytesIO(path.read_bytes()) for path in paths],
    "open files": lambda paths: [path.open("rb") for path in paths],
    "a memoryview and others": lambda paths: [
        memoryview(paths[0].read_bytes()),
        bytearray(paths[1].read_bytes()),
        os.fsencode(paths[2]) and paths[2],
    ],
    "arrays in a column": lambda paths: pd.Series(
        [np.asarray(Image.open(path)) for path in paths]
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_images_come_in_many_forms(folder: Path, form: str) -> None:
    given = FORMS[form](sorted(folder.glob("*.png")))
    images = load_images(sorted(given) if form == "a glob" else given)
    for number, image in enumerate(images):
        np.testing.assert_array_equal(image, np.roll(scene(), 8 * number, 1))
    assert len(images) == 3


def test_one_encoded_image_is_a_batch_of_one(folder: Path) -> None:
    data = (folder / "0.png").read_bytes()
    stream = io.BytesIO(data)
    stream.read(100)
    for given in (data, stream, str(folder / "0.png")):
        np.testing.assert_array_equal(sized(given), scene())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("https://example.org/cat.jpg", "is an address.*urlretrieve"),
        ("s3://bucket/cat.jpg", "is an address"),
        ("photos/*.jpg", r"glob\(\.\.\.\)"),
        ("nul\0byte", "must be a path"),
        (io.StringIO("text"), "open it with 'rb'"),
        ({"a": 1}, r"list\(images.values\(\)\)"),
        (pd.Series(["a.png", None]), "there is no file"),
        ([None], r"images\[0\] must be a path, the bytes"),
    ],
)
def test_what_cannot_be_an_image_says_what_to_do(given: Any, message: str) -> None:
    with pytest.raises((OSError, TypeError, ValueError), match=message) as caught:
        load_images(given)
    assert "\n" not in str(caught.value)


def test_a_notebook_may_go_to_another_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    images = Images(["0.png", "1.png"])
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(images[0], scene())
    assert images.paths[1] == folder / "1.png"
