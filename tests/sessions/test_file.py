"""Sessions in files: what is saved comes back, on the same images and eigenvectors."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from ncut_widget import NcutSegmenter
from ncut_widget.segments import provenance
from tests.support import killed
from tests.support.page import Wire

SIZES = [(48, 64), (33, 20), (16, 40)]


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    paths = []
    for number, size in enumerate(SIZES):
        path = tmp_path / f"photo {number}.png"
        Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)).save(path)
        paths.append(path)
    return paths


@pytest.fixture
def make(eigvecs: NDArray, images: list[Path]) -> Callable[..., NcutSegmenter]:
    def make(**settings: Any) -> NcutSegmenter:
        eigvals = np.linspace(1, 0.3, 6)
        return NcutSegmenter(eigvecs, images, eigvals=eigvals, **settings)

    return make


def used(seg: NcutSegmenter) -> NcutSegmenter:
    """Leave segments, one of them open again, and clicks that are not committed."""
    seg.threshold = 0.3
    seg.add_click(12, 9, image=0)
    seg.commit("hand").color = "tomato"
    seg.add_click(10, 20, image=1)
    seg.commit("手").visible = False
    seg.threshold = 0.6
    seg.granularity = 2.5
    seg.reopen("hand")
    seg.add_click(50, 40, image=0, positive=False)
    return seg


def told(seg: NcutSegmenter) -> list[Any]:
    """All that a file brings back."""
    segments = [
        (
            s.name,
            s.color,
            s.visible,
            s.instances,
            s.clicks,
            s.settings,
            s.masks.tolist(),
        )
        for s in seg.segments.values()
    ]
    opened = [each["name"] for each in seg._segments if each["open"]]
    masks = [segment.masks.tolist() for segment in seg.segments.values()]
    made = [seg.masks.tolist(), *masks]
    return [seg.clicks, seg._session.settings, segments, opened, made]


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
    refused(other, "image 0, 'photo 0.png', is another one than was 'photo 0.png'")
    with pytest.warns(UserWarning, match="is another one than was"):
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
        edited(path, lambda c: c["fingerprint"]["eigvecs"].pop("eigvals"))
    seg = NcutSegmenter(eigvecs, images, eigvals=others)
    with pytest.raises(ValueError, match=r"(eigvals are others|cosines between)"):
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
        (lambda c: {**c, "fingerprint": {}}, "it says not what it was made on"),
        (lambda c: {**c, "clicks": [[0, 99, 0, 1]]}, "64 x 48 pixels"),
        (lambda c: {**c, "segments": c["segments"][:1] * 2}, "have the same name"),
        (lambda c: {**c, "settings": {"threshold": "x"}}, "threshold must be"),
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


# What does not fit --------------------------------------------------------------------


def edited(path: Path, change: Callable[[dict], object]) -> Path:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


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
    left = "left out .*segment '手': image 1 of the click .* is not here"
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
        (lambda p: os.truncate(p, 2**34), "it has 17179 MB, and no session more"),
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


# After every change -----------------------------------------------------------------


def test_every_change_is_saved_and_a_cell_that_runs_again_goes_on(
    make: Callable[..., NcutSegmenter], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seg = make(autosave="auto.json")
    path = tmp_path / "auto.json"
    assert seg.autosave == path
    wire = Wire(seg, monkeypatch)
    edit = {"op": "add", "prompt": [0, 5, 5, 1]}
    changes: list[Callable[[], object]] = [
        lambda: seg.add_click(3, 3),
        lambda: wire.ask({"type": "edit", "id": "a", "edits": [edit], "images": [0]}),
        lambda: wire.set(threshold=0.3),
        lambda: seg.commit("hand"),
        lambda: setattr(seg.segments["hand"], "color", "red"),
        lambda: seg.reopen("hand"),
        lambda: seg.undo(),
    ]
    for change in changes:
        before = path.read_bytes()
        change()
        assert path.read_bytes() != before
        assert told(make(autosave="auto.json")) == told(seg)
    monkeypatch.chdir("/")
    seg.add_click(9, 9)
    assert json.loads(path.read_text())["clicks"] == [[0, 9, 9, 1]]
    seg.autosave = None
    seg.clear()
    assert json.loads(path.read_text())["clicks"] == [[0, 9, 9, 1]]


def test_versions_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes a millisecond, and every change that is saved tells all of them."""
    before = provenance.software()
    monkeypatch.delattr(provenance, "version")
    assert provenance.software() == before


def test_an_autosave_of_another_batch_is_kept_and_refused(
    make: Callable[..., NcutSegmenter], tmp_path: Path, eigvecs: NDArray
) -> None:
    path = tmp_path / "auto.json"
    used(make(autosave=path))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="saved for another batch"):
        NcutSegmenter(eigvecs[:1], autosave=path)
    assert path.read_bytes() == before


def test_from_images_and_from_features_autosave(tmp_path: Path) -> None:
    tiles = np.zeros((2, 32, 32, 3), dtype=np.uint8)
    tiles[:, :16, :16] = 255
    path = tmp_path / "auto.json"
    seg = NcutSegmenter.from_images(tiles, num_eig=3, autosave=path, progress=False)
    seg.add_click(4, 4)
    content = json.loads(path.read_text())
    assert content["backbone"]["model"] == "texture"
    assert content["ncut"]["num_eig"] == 3
    again = NcutSegmenter.from_images(tiles, num_eig=3, autosave=path, progress=False)
    np.testing.assert_array_equal(again.masks, seg.masks)


def test_a_save_that_fails_is_shown_and_refuses_no_click(
    make: Callable[..., NcutSegmenter], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seg = make(autosave=tmp_path / "auto.json")
    wire = Wire(seg, monkeypatch)

    def fail(*_: Any) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fail)
        seg.add_click(3, 3)
    assert seg.clicks == [[0, 3, 3, 1]]
    (failure,) = wire.failures
    assert failure["what"] == "autosave"
    assert "no space left on device" in failure["traceback"]
    seg.threshold = 0.7
    saved = json.loads((tmp_path / "auto.json").read_text())
    assert saved["clicks"] == [[0, 3, 3, 1]]


@pytest.mark.parametrize("times", [10, pytest.param(100, marks=pytest.mark.soak)])
def test_kills_leave_whole_files_that_lack_the_last_change_at_most(
    tmp_path: Path, report: list[str], times: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killed", str(tmp_path), str(times)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert len(lines) == times
    found = 0
    for number, last in lines:
        path = tmp_path / f"{number}.json"
        if not path.exists():
            assert last == 0
            continue
        content = json.loads(path.read_text())  # whole
        # Told is what was made and saved; one more may have been made since.
        assert last <= content["revision"] <= last + 1
        found += last > 5
        killed.make().load_session(path)
    assert found > times / 2
    changes = sum(last for _, last in lines)
    report.append(
        f"kill -9 {times} times during {changes} changes that were autosaved: "
        "every file was whole, and lacked no change that had returned"
    )


def test_auto_off_brings_the_threshold_back_after_loading(tmp_path: Path) -> None:
    """Also of a segment that is opened again, and in another widget."""
    seg = NcutSegmenter.from_images([data.coffee()], progress=False, threshold=0.4)
    seg.auto_threshold = True
    seg.add_click(300, 200)
    found = seg.threshold
    assert found != 0.4
    segment = seg.commit("cup")
    masks = segment.masks
    seg.add_click(300, 200)
    path = seg.save_session(tmp_path / "a.json")
    loaded = NcutSegmenter(seg.eigvecs, [data.coffee()], eigvals=seg.eigvals)
    loaded.load_session(path)
    assert (loaded.threshold, loaded.auto_threshold) == (found, True)
    np.testing.assert_array_equal(loaded.segments["cup"].masks, masks)
    loaded.auto_threshold = False
    assert loaded.threshold == 0.4
    loaded.reopen("cup")
    assert loaded.threshold == found
    loaded.auto_threshold = False
    assert loaded.threshold == 0.4
