"""What a segmenter is refused for, which is found out before the long work."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import traitlets

from ncut_widget import NCUT, NcutSegmenter
from ncut_widget.images import Images

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
FEATURES = np.random.default_rng(0).standard_normal((2, 8, 8, 6)).astype(np.float32)

REFUSED = (TypeError, ValueError, traitlets.TraitError)


def from_images(backbone: Any, **options: Any) -> NcutSegmenter:
    options = {"num_eig": 4, "progress": False, **options}
    return NcutSegmenter.from_images(IMAGES, backbone, **options)


def from_features(_: Any, **options: Any) -> NcutSegmenter:
    options = {"num_eig": 4, "progress": False, **options}
    return NcutSegmenter.from_features(FEATURES, IMAGES, **options)


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Give a backbone that must not run, and let no eigenvectors be computed."""

    def work(*_: Any, **__: Any) -> Any:
        raise AssertionError("the long work had begun")

    monkeypatch.setattr(NCUT, "fit", work)
    return work


@pytest.mark.parametrize("make", [from_images, from_features])
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"threshold": 50}, "threshold must be a number between 0 and 1, got 50"),
        ({"method": "difusion"}, "method must be one of .*, got 'difusion'"),
        ({"granularity": 9}, "granularity must be a number between 1 and 3, got 9"),
        ({"active_image": 2}, "active_image must .* between 0 and 1, got 2"),
        ({"denoise_area_th": -1}, "denoise_area_th must .*, got -1"),
        ({"clicks": [[0, 900, 5, 1]]}, "must lie in its 64 x 64 pixels .* x = 900"),
        ({"clicks": iter([[0, 5, 900, 1]])}, "must lie in its 64 x 64 pixels"),
        ({"layout": 5}, "layout must be an ipywidgets.Layout or a dict, got 5"),
        ({"layout": {"width": 5}}, "'width' trait"),
        ({"num_eig": 0}, "num_eig must be .* at least 1, got 0"),
        ({"graph": "ful"}, "graph must be one of full, neighbors, got 'ful'"),
        ({"random_state": -1}, "random_state must be"),
        ({"device": "cuda:99"}, "device must be one that torch can use"),
        ({"progress": "no"}, "progress must be True or False, got 'no'"),
        ({"autosave": 5}, "autosave must be a path, got int"),
        ({"autosave": ""}, "autosave must be a path, got ''"),
        ({"autosave": "x" * 300}, "autosave must be a file .* too long"),
        ({"autosave": "/proc/s.json"}, "autosave must be a file that can be written"),
        ({"autosave": "{tmp}"}, "autosave must be a file .*: it is a folder"),
        ({"autosave": "/dev/null"}, "autosave must be a file .* no ordinary file"),
        ({"autosave": "{tmp}/file/s.json"}, "autosave must be a file .* directory"),
        ({"autosave": "{tmp}/file"}, "is no session file of ncut_widget"),
        ({"autosave": "{tmp}/deep.json"}, "no session file .* nested too deeply"),
        ({"autosave": "{tmp}/one.json"}, "there are 2 images, and were 1"),
        ({"autosave": "{tmp}/s.json", "num_eig": 3}, "3 eigenv.* and there were 4"),
        ({"autosave": "{tmp}/s.json", "clicks": [[0, 3, 3, 1]]}, "would lose work"),
        ({"autosave": "{tmp}/bad.json"}, "a click on image 0 must lie in"),
    ],
)
def test_what_can_be_refused_is_refused_first(
    make: Callable[..., NcutSegmenter],
    options: dict[str, Any],
    sentence: str,
    sessions: Path,
    no_work: Any,
) -> None:
    options = dict(options)
    if isinstance(options.get("autosave"), str):
        options["autosave"] = options["autosave"].replace("{tmp}", str(sessions))
    if "clicks" in options:
        options["clicks"] = iter([[0, 5, 900, 1], *options["clicks"]][-1:])
    before = sorted(sessions.iterdir())
    with pytest.raises(REFUSED, match=sentence) as refused:
        make(no_work, **options)
    assert "\n" not in str(refused.value)
    assert sorted(sessions.iterdir()) == before


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with sessions, of these images and of others."""
    folder = tmp_path_factory.mktemp("sessions")
    seg = from_features(None)
    seg.add_click(1, 1)
    seg.commit("a")
    seg.save_session(folder / "s.json")
    NcutSegmenter(FEATURES[:1, ..., :4], IMAGES[:1]).save_session(folder / "one.json")
    content = json.loads((folder / "s.json").read_text())
    content["segments"][0]["clicks"] = [[0, 500, 1, 1]]
    (folder / "bad.json").write_text(json.dumps(content))
    (folder / "deep.json").write_text("[" * 100_000)
    (folder / "file").write_text("x")
    return folder


def test_more_eigenvectors_than_cells_are_refused_first(no_work: Any) -> None:
    with pytest.raises(ValueError, match=r"num_eig must be at most .* 128, got 129"):
        from_features(no_work, num_eig=129)


@pytest.mark.parametrize("option", [{"node_type": "attn"}, {"layer": 3}])
def test_what_a_backbone_does_not_take_is_refused_first(
    option: dict[str, Any], monkeypatch: pytest.MonkeyPatch, no_work: Any
) -> None:
    monkeypatch.setattr(Images, "check", no_work)
    (name,) = option

    def own(images: Any, *, scale: float = 1.0) -> Any:
        raise AssertionError("the long work had begun")

    for backbone, known in (("texture", "none"), (own, "scale")):
        sentence = f"the backbone .* has no keyword '{name}'; known: {known}"
        with pytest.raises(TypeError, match=sentence):
            from_images(backbone, **option)


def test_predict_looks_at_its_arguments_first() -> None:
    seg = from_features(None)
    with pytest.raises(TypeError, match="full_size must be True or False, got 'yes'"):
        seg.predict(features=FEATURES, full_size="yes")  # type: ignore[arg-type]
