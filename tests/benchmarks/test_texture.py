"""Photographs to features by the built-in backbone."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from ncut_widget.backbone import extract_features, load_model
from tests.benchmarks.arrays import photographs


@pytest.mark.parametrize("grid", [32, 64])
def test_texture(benchmark: BenchmarkFixture, grid: int) -> None:
    images = photographs(16)
    backbone = load_model("texture", grid=grid)
    benchmark.pedantic(
        extract_features,
        (images, backbone),
        {"progress": False},
        rounds=5,
        warmup_rounds=1,
    )
    benchmark.extra_info.update(row=f"{len(images)} images, grid {grid}")
