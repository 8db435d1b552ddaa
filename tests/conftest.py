"""Fixtures of the whole suite."""

from __future__ import annotations

import os

# More test processes than cores: one that waits for a thread must leave it the core.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ncut_widget import NcutSegmenter
    from tests.support.page import Wire

# jsonschema, which reads notebooks, imports it if it can, for a check of addresses that
# they do not have; it compiles a grammar, for three seconds at each import.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

PEER = Path(__file__).parents[1] / ".bench" / "ncut-pytorch-1.8.19"

APART = ("soak", "parity")
"""Markers of tests that take too long, or need too much, for every run."""

LONG = ("test_notebooks", "test_tutorial")
"""Files of the suite that compute for long: two processes that begin with them, and
then come to the browser's, end together."""

MEASURED = "measured"
"""Name of the property of a test that holds a line to be printed."""


@pytest.fixture
def eigvecs() -> NDArray:
    """Make three images of 16 x 16 latent pixels, 6 eigenvectors, in smooth patches."""
    rng = np.random.default_rng(3)
    patches = rng.standard_normal((3, 4, 4, 6)).repeat(4, axis=1).repeat(4, axis=2)
    return (patches + 0.3 * rng.standard_normal((3, 16, 16, 6))).astype(np.float32)


@pytest.fixture
def images() -> list[NDArray]:
    """Make an image for each of `eigvecs`, of its own size."""
    rng = np.random.default_rng(4)
    sizes = [(32, 32), (48, 64), (16, 16)]
    return [rng.integers(0, 255, (*size, 3), dtype=np.uint8) for size in sizes]


@pytest.fixture
def seg(eigvecs: NDArray, images: list[NDArray]) -> NcutSegmenter:
    """Make a segmenter of both; a test's own file may have another."""
    from ncut_widget import NcutSegmenter  # which the peers' environments have not

    return NcutSegmenter(eigvecs, images)


@pytest.fixture
def wire(seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Talk to `seg` as a page does."""
    from tests.support.page import Wire

    return Wire(seg, monkeypatch)


@pytest.fixture(scope="session")
def texture() -> NDArray:
    """Texture of four photographs, pooled to 24 x 24 and standardised: (4, 24, 24, 60).

    Its tails are heavy, as those of filter responses are.
    """
    import skimage.data
    from skimage.feature import multiscale_basic_features
    from skimage.transform import resize

    side, block = 24, 7
    pooled = []
    for name in ("astronaut", "chelsea", "coffee", "rocket"):
        image = resize(
            getattr(skimage.data, name)(), (side * block,) * 2, anti_aliasing=True
        )
        f = multiscale_basic_features(image, channel_axis=-1, sigma_max=8)
        pooled.append(f.reshape(side, block, side, block, -1).mean(axis=(1, 3)))
    features = np.stack(pooled)
    mean, std = features.mean(axis=(0, 1, 2)), features.std(axis=(0, 1, 2))
    return ((features - mean) / std).astype(np.float32)


@pytest.fixture(scope="session")
def peer_python() -> str:
    """Find the interpreter of the environment of ncut-pytorch 1.8.19."""
    python = Path(os.environ.get("NCUT_PEER_PYTHON", PEER / "bin" / "python"))
    assert python.exists(), f"no ncut-pytorch 1.8.19 at {python}: run `make peers`"
    return str(python)


class _Report(list[str]):
    """Lines that travel with the result of a test, also from another process."""

    def __init__(self, node: pytest.Item) -> None:
        self._node = node

    def append(self, line: str) -> None:
        self._node.user_properties.append((MEASURED, line))


@pytest.fixture
def report(request: pytest.FixtureRequest) -> list[str]:
    """Lines to print after the tests: figures that were measured on the way."""
    return _Report(request.node)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--run",
        choices=APART,
        help="run the tests of `make soak` or `make parity`, and no others",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let torchvision be imported, but not where tests are only dealt out."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        from tests.support import torchvision_import  # noqa: F401


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Keep the tests with a marker of `APART` apart, and let long files begin."""
    run = config.getoption("--run")
    wanted, others = [], []
    for item in items:
        marks = [mark for mark in APART if item.get_closest_marker(mark)]
        (wanted if marks == ([run] if run else []) else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = sorted(wanted, key=lambda item: item.path.stem not in LONG)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.getreports("passed")
    lines = [
        line
        for each in reports
        if each.when == "call"
        for name, line in each.user_properties
        if name == MEASURED
    ]
    if lines:
        terminalreporter.section("measured")
        for line in lines:
            terminalreporter.write_line(line)
