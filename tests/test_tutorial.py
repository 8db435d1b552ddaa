"""The published tutorial's code, as its page prints it, with a SAM of random weights.

The SAM is as wide and as deep as the published one, but it spares most of the work; so
do the colours, of which most rows are interpolated. The soak does it all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from skimage import data, transform

import ncut_widget
from ncut_widget.backbone.models import sam
from tests.support import random_sam

PAGE = Path(__file__).parents[1] / "docs" / "published.md"


def printed() -> str:
    """Find the code block that stands in for the tutorial's."""
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return block


Names = dict[str, Any]


@pytest.fixture(
    scope="module", params=["quick", pytest.param("full", marks=pytest.mark.soak)]
)
def names(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Names]:
    """Run the code, with a SAM of random weights; give what it named."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NCUT_WIDGET_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(sam, "CHECKPOINTS", dict(sam.CHECKPOINTS))
        patch.setattr(sam, "ENCODERS", dict(sam.ENCODERS))
        if request.param == "quick":
            random_sam.install(random_sam.WIDE)
            colours = partial(ncut_widget.rgb_from_tsne_3d, num_sample=200)
            patch.setattr(ncut_widget, "rgb_from_tsne_3d", colours)
        else:
            random_sam.install()
        code = printed()
        if not torch.cuda.is_available():
            assert code.count("cuda:0") == 2
            code = code.replace("cuda:0", "cpu")
        photograph = transform.resize(data.astronaut(), (1024, 1024)).transpose(2, 0, 1)
        mean, std = (
            torch.tensor(v).reshape(3, 1, 1)
            for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
        )
        images_tsf = ((torch.from_numpy(photograph).float() - mean) / std)[None]
        names = {"images_tsf": images_tsf}
        exec(compile(code, PAGE.name, "exec"), names)
        yield names


@pytest.mark.timeout(600)
def test_the_tutorial_runs_as_printed(names: Names) -> None:
    features, eigvecs = names["model_features"], names["eigvectors"]
    assert tuple(features.shape) == (1, 64, 64, 768)
    assert tuple(eigvecs.shape) == (1, 64, 64, 30)
    assert tuple(names["eigvalues"].shape) == (30,)
    assert names["tsne_rgb"].shape == (1, 64, 64, 3)
    assert names["masks"].shape == (1, 64, 64)
    assert names["masks"][0, 34, 46]
    assert 0 < names["masks"].mean() < 1


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_its_features_are_those_of_the_model_called_directly(names: Names) -> None:
    model, features = names["model"], names["model_features"]
    with torch.inference_mode():
        direct = model(names["images_tsf"].to(model.device))["attn"][11].cpu()
    torch.testing.assert_close(direct, features.float(), rtol=1e-3, atol=1e-5)
