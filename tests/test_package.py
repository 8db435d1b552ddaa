"""What is shipped: the sdist, the wheel made from it, and what they ask for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def build(source: Path, target: str, folder: Path) -> Path:
    """Build a source tree's "sdist" or "wheel"."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder],
        cwd=source,
        check=True,
        capture_output=True,
    )
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and unpack it."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build(ROOT, "sdist", folder / "dist")) as archive:
        archive.extractall(folder, filter="data")
    (unpacked,) = folder.glob("ncut_widget-*")
    return unpacked


@pytest.fixture(scope="module")
def site(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the sdist, and unpack it."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(build(sdist, "wheel", folder / "dist")) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def files(folder: Path) -> set[str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in paths}


def test_the_sdist_holds_what_bundle_tests_and_pages_are_made_with(
    sdist: Path,
) -> None:
    held = files(sdist)
    assert {
        *("LICENSE", "Makefile", "README.md", "constraints.txt", "pyproject.toml"),
        *("js/package.json", "js/package-lock.json", "js/.npmrc", "js/build.js"),
        *("js/tsconfig.json", "js/biome.json"),
        *("js/src/index.js", "js/src/styles/index.css"),
        *("js/test/fields.test.js", "js/test/fixtures/masks.json"),
        *("tests/conftest.py", "tests/browser/host.py", "tests/install/node.sh"),
        *("tests/peers/ncut-pytorch-1.8.19.txt", "tests/benchmarks/pytest.ini"),
        *("notebooks/quickstart.ipynb", "docs/figures/how-it-works.svg"),
        *("mkdocs.yml", "docs/index.md", "docs/making/hooks.py", "CHANGELOG.md"),
    } <= held
    assert os.access(sdist / "tests/install/node.sh", os.X_OK)


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_the_sdist_holds_the_repository_s_files_and_no_others(sdist: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    tracked = {name for name in listed if name and (ROOT / name).exists()}
    assert tracked - files(sdist) == {".ci/run"}
    added = files(sdist) - tracked - {"PKG-INFO"}
    # What is new in a folder that belongs to the sdist is on its way into git.
    folders = {"docs", "js", "ncut_widget", "notebooks", "tests"}
    assert {name.split("/")[0] for name in added} <= folders


def test_what_lies_at_the_root_by_chance_is_not_in_the_sdist(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns(".*", "node_modules", "tests", "js", "docs")
    shutil.copytree(ROOT, copy, ignore=ignored)
    for name in ("notes.txt", "photo.jpg", "other-1.0-py3-none-any.whl"):
        (copy / name).write_text("not ours")
    with tarfile.open(build(copy, "sdist", tmp_path / "dist")) as archive:
        tops = {name.split("/")[1] for name in archive.getnames()}
    assert {"README.md", "ncut_widget", "PKG-INFO"} <= tops
    assert not tops & {"notes.txt", "photo.jpg", "other-1.0-py3-none-any.whl"}


def test_the_wheel_holds_the_package_alone(site: Path) -> None:
    held = files(site)
    assert {
        "ncut_widget/share/page.html",
        "ncut_widget/py.typed",
        "ncut_widget/static/widget.css",
        "ncut_widget/static/widget.js",
    } <= held
    (info,) = site.glob("*.dist-info")
    assert (info / "licenses" / "LICENSE").is_file()
    assert {name.split("/")[0] for name in held} == {"ncut_widget", info.name}
    assert {Path(name).suffix for name in held if not name.startswith(info.name)} == {
        *(".css", ".html", ".js", ".py", ".typed"),
    }
    assert files(ROOT / "ncut_widget" / "static") == {"widget.css", "widget.js"}


def test_the_wheel_says_what_it_is(site: Path) -> None:
    (info,) = site.glob("*.dist-info")
    said = PathDistribution(info).metadata
    assert info.name == f"ncut_widget-{said['Version']}.dist-info"
    holder = re.search(r"\(c\) \d+ (.*)", (ROOT / "LICENSE").read_text())
    assert holder is not None
    assert said["Author"] == holder[1]
    assert said["License-Expression"] == "MIT"
    assert "Typing :: Typed" in said.get_all("Classifier")


def test_the_wheel_works_outside_the_checkout(site: Path, tmp_path: Path) -> None:
    """Built, unpacked elsewhere, imported: with its bundle, without Node."""
    program = (
        "import ncut_widget, numpy as np;"
        "seg = ncut_widget.NcutSegmenter(np.eye(4, dtype='f4').reshape(1, 2, 2, 4));"
        "print(ncut_widget.__file__); print(len(seg._esm), len(seg._css))"
    )
    path = f"import sys; sys.path.insert(0, {str(site)!r});"
    output = subprocess.run(
        [sys.executable, "-c", path + program],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert output[0].startswith(str(site))
    assert all(int(length) > 1000 for length in output[1].split())


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("scipy", "1.11.2"),  # counts no connected components
        ("numpy", "1.26.4"),  # keeps float32, in which exp overflows
        ("torch", "2.5.1"),  # CVE-2025-32434: weights_only=True runs code
        ("torch", "2.9.1"),  # CVE-2026-24747: weights_only=True writes where it likes
        ("pillow", "10.2.0"),  # CVE-2024-28219: colour profiles overflow a buffer
        ("pillow", "12.1.0"),  # CVE-2026-25990: PSD files write beyond their memory
        ("pillow", "12.2.0"),  # files that read beyond their memory
        ("scikit-image", "0.23.2"),  # asks for no numpy that is allowed
    ],
)
def test_no_release_with_a_known_fault_is_allowed(
    site: Path, name: str, release: str
) -> None:
    (metadata,) = site.glob("*.dist-info")
    asked = map(Requirement, PathDistribution(metadata).requires or ())
    (requirement,) = (one for one in asked if one.name == name)
    assert release not in requirement.specifier


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    """Make a folder of programs that come first on PATH."""
    folder = tmp_path / "some programs"
    folder.mkdir()
    return folder


def install(script: str, *arguments: str, first: Path) -> subprocess.CompletedProcess:
    path = f"{first}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [ROOT / "tests" / "install" / script, *arguments],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )


def node_sh(fake: Path, version: str) -> subprocess.CompletedProcess:
    """Run node.sh where Node says that it is of this version."""
    for program, output in (("node", f"v{version}"), ("npm", "10.0.0")):
        (fake / program).write_text(f"#!/bin/sh\necho {output}\n")
        (fake / program).chmod(0o755)
    return install("node.sh", first=fake)


@pytest.mark.parametrize("version", ["18.20.4", "20.9.0", "20.10.0"])
def test_an_old_node_is_named_with_the_one_that_is_needed(
    fake: Path, version: str
) -> None:
    done = node_sh(fake, version)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "Node 20.13 or newer" in line
    assert f"v{version}" in line


@pytest.mark.parametrize("version", ["20.13.0", "20.20.2", "22.1.0", "100.0.0"])
def test_a_node_that_is_new_enough_is_taken(fake: Path, version: str) -> None:
    done = node_sh(fake, version)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_old_python_is_named_with_the_one_that_is_needed(fake: Path) -> None:
    old = fake / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.1\nexit 1\n')
    old.chmod(0o755)
    done = install("venv.sh", str(old), str(fake / "venv"), first=fake)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "needs Python 3.10 or newer" in line
    assert "Python 3.9.1" in line
    assert not (fake / "venv").exists()


QUIET = """
import socket, sys

def refuse(*_, **__):
    raise AssertionError("the network was asked for")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import ncut_widget
assert "torch" not in sys.modules, "torch is imported before it is wanted"
for name in ncut_widget.__all__:
    getattr(ncut_widget, name)
assert not {"matplotlib", "skimage", "tifffile", "pandas"} & sys.modules.keys()
import numpy as np
noise = np.random.default_rng(0).integers(0, 255, (2, 32, 32, 3), np.uint8)
seg = ncut_widget.NcutSegmenter.from_images(noise, num_eig=3, progress=False)
seg.add_click(3, 3)
seg._repr_mimebundle_()
print(seg.masks.shape)
"""


def test_it_asks_for_no_network_and_writes_nothing(tmp_path: Path) -> None:
    """Imported and used, with a home of its own, in a folder of its own."""
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("XDG_")},
        "HOME": str(home),
        "TMPDIR": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", QUIET],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "(2, 64, 64)\n"
    # What skimage asks for, and where it is installed, is matplotlib's to keep.
    left = [path for path in tmp_path.rglob("*") if "matplotlib" not in str(path)]
    assert set(left) <= {home, here, home / ".config", home / ".cache"}


def test_everything_public_is_there_and_nothing_else() -> None:
    import ncut_widget

    assert set(ncut_widget.__all__) <= set(dir(ncut_widget))
    assert ncut_widget.NcutSegmenter.__name__ == "NcutSegmenter"
    with pytest.raises(AttributeError, match="no attribute 'Segmenter'"):
        ncut_widget.Segmenter  # noqa: B018
