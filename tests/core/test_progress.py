"""Progress bars: shown where they are wanted, silent where not, gone in the end."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tqdm import tqdm

from ncut_widget import NCUT, NcutSegmenter, load_images
from ncut_widget.backbone import extract_features
from ncut_widget.core.progress import bar, go_through, heeds_progress
from ncut_widget.results.formats import FORMATS


def test_without_progress_nothing_says_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Of every function that has ``progress``, and of the libraries that they use."""
    files = [tmp_path / f"{number}.png" for number in range(2)]
    for number, file in enumerate(files):
        image = np.full((32, 32, 3), 40 * number, np.uint8)
        image[8:20, 4:25] = 250
        Image.fromarray(image).save(file)
    made: list[str] = []
    make = tqdm.__init__

    def show_at_once(self: tqdm, *arguments: Any, **options: Any) -> None:
        make(self, *arguments, **{**options, "delay": 0})
        made.append(options["desc"])

    monkeypatch.setattr(tqdm, "__init__", show_at_once)
    how: Any = {"progress": False}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("default")
        for hidden in (DeprecationWarning, PendingDeprecationWarning, ImportWarning):
            warnings.simplefilter("ignore", hidden)
        load_images(files, **how)
        features = extract_features(files, **how)
        NCUT(4, graph="full", **how).fit_transform(np.asarray(features))
        NcutSegmenter.from_features(features, files, num_eig=4, **how)
        cache = tmp_path / "cache"
        seg = NcutSegmenter.from_images(files, num_eig=4, cache_dir=cache, **how)
        seg.method = "biased_ncut"
        seg.add_click(8, 8)
        seg.predict(files)
        seg.commit("one")
        seg.to_table(**how)
        seg.to_dataframe(**how)
        for kind in FORMATS:
            seg.export(tmp_path / "exported" / kind, kind, **how)
        seg.save_html(tmp_path / "page.html", **how)
        seg.to_iframe(**how)
        for metric in ("cosine", "euclidean"):
            seg.color("tsne", num_sample=30, metric=metric, **how)
    assert len(made) > 20  # bars that could have been shown
    assert [str(each.message) for each in warned] == []
    assert capfd.readouterr() == ("", "")
    # Without it they are shown, and that is told from silence.
    seg.predict(files, progress=True)
    assert "Predicting" in capfd.readouterr().err


def test_a_bar_shows_itself_after_a_while_and_goes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with bar(2, "At once", "step", after=0) as done:
        done.update()
    with bar(2, "Never", "step") as done:
        done.update()
    with bar(2, "Not at all", "step", shown=False, after=0) as done:
        done.update()
    shown = capsys.readouterr().err
    assert "At once:" in shown
    assert shown.split("\r")[-1].strip() == ""
    assert "Never" not in shown
    assert "Not at all" not in shown


def test_silence_holds_for_what_is_called_and_ends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    @heeds_progress
    def work(*, progress: bool = True) -> None:
        list(go_through("ab", "Working", "step"))
        with bar(1, "More", "step", after=0):
            pass

    work(progress=False)
    assert capsys.readouterr().err == ""
    with pytest.raises(TypeError):
        work(progress=False, other=1)  # type: ignore[call-arg]
    work()
    assert "More" in capsys.readouterr().err
