"""Names of files, made of names that may hold anything."""

from __future__ import annotations

import json
import unicodedata
from functools import partial
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from ncut_widget import NcutSegmenter
from ncut_widget.results.names import LENGTH, safe_name, unique_names

NAMES = st.text(min_size=1, max_size=60) | st.sampled_from(
    [
        "../x",
        "..",
        "/etc/passwd",
        "C:\\x",
        "con",
        "NUL.png",
        "a/../../b",
        "手",
        "e\u0301",
    ]
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(NAMES, max_size=8))
def test_names_of_files_escape_no_folder_and_no_two_are_one(names: list[str]) -> None:
    unique = unique_names(names)
    assert len({name.casefold() for name in unique}) == len(names)
    for name in unique:
        assert name.isprintable()
        assert not set(name) & set('<>:"/\\|?*')
        assert name not in (".", "..")
        assert not name.startswith(".")
        assert name == name.rstrip(". ")
        assert 0 < len(name.encode()) <= LENGTH + 4
        assert Path("/a", name).resolve().parent == Path("/a")


def test_a_name_that_is_safe_stays() -> None:
    for name in ("hand", "手 links", "Größe 3", "scan.v2", "I_0001"):
        assert safe_name(name) == name


SEGMENT_NAMES = st.text(
    st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30
)


@settings(max_examples=60, deadline=None)  # files: a busy disk takes its time
@given(
    names=st.lists(
        SEGMENT_NAMES | st.sampled_from(["../x", "..", "a/b", "A/B"]),
        min_size=1,
        max_size=4,
        unique_by=partial(unicodedata.normalize, "NFC"),
    ),
    stems=st.lists(
        st.sampled_from(["x", "手", "é", "..x", "x.y", "X", "a b", "x;rm"]),
        min_size=2,
        max_size=2,
    ),
)
def test_whatever_the_names_nothing_is_lost_and_nothing_outside_written(
    names: list[str], stems: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("names")
    paths = []
    for number, stem in enumerate(stems):
        path = root / f"in{number}" / f"{stem}.png"
        path.parent.mkdir()
        Image.new("RGB", (8, 8)).save(path)
        paths.append(path)
    rng = np.random.default_rng(0)
    seg = NcutSegmenter(rng.standard_normal((2, 8, 8, 3)), paths, threshold=0.4)
    for number, name in enumerate(names):
        seg.add_click(number, number)
        seg.commit(name)
    names = [*seg.segments]  # in one form of Unicode
    before = {path for path in root.rglob("*") if path.is_file()}
    out = root / "out"
    for format, per_image in (("labels", 1), ("tiff", 1), ("binary", len(names))):
        seg.export(out / format, format)
        written = [p for p in (out / format).rglob("*") if p.suffix != ".json"]
        assert len([p for p in written if p.is_file()]) == 2 * per_image
    path = seg.export(out / "x.npz")
    with np.load(path) as file:
        assert file["names"].tolist() == names
    content = json.loads(seg.export(out / "x.json").read_text(encoding="utf-8"))
    assert [each["name"] for each in content["categories"]] == names
    after = {path for path in root.rglob("*") if path.is_file()}
    assert all(out in path.parents for path in after - before)
