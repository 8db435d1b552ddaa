"""The repository as a stranger meets it: what lies at its root, and what it says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
AT_THE_ROOT = {
    *(".ci", "docs", "js", "ncut_widget", "notebooks", "tests"),
    *("BENCHMARKS.md", "CHANGELOG.md", "CITATION.cff", "DEVELOP.md", "LICENSE"),
    *("README.md", ".gitignore", "Makefile", "constraints.txt", "mkdocs.yml"),
    "pyproject.toml",
}
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
README_LINES = 150
LARGEST = 250_000
"""Bytes of a file; larger ones do not belong into git."""


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in listed.stdout.split("\0") if name]


needs_git = pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="not a git checkout"
)


@needs_git
def test_the_root_holds_what_is_meant_to_be_there() -> None:
    assert {name.split("/")[0] for name in tracked()} == AT_THE_ROOT


@needs_git
def test_no_file_is_another_project_s_or_too_large() -> None:
    wheels = [name for name in tracked() if name.endswith((".whl", ".gz", ".zip"))]
    assert wheels == []
    files = [ROOT / name for name in tracked() if (ROOT / name).is_file()]
    assert [path for path in files if path.stat().st_size > LARGEST] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= README_LINES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_and_pictures_of_a_page_lead_to_files(page: Path) -> None:
    """As they lie in the repository, where code hosts show them."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"\]\(([^)#\s]+)", text)
    found += re.findall(r'<img[^>]* src="([^"]*)"|srcset="([^"]*)"', text)
    places = ["".join(each) for each in found]
    made = ("benchmarks.md", "changelog.md", "notebooks/")  # when the site is built
    for place in places:
        if not place.startswith("http") and not place.removeprefix("../").startswith(
            made if page.parent != ROOT else ()
        ):
            assert (page.parent / place).exists(), f"{page.name} leads to {place}"


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "BENCHMARKS.md"], ids=lambda page: page.stem
)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(
        r"\b(?:(?:tests|ncut_widget)/[\w./-]*\w|notebooks/[\w./-]+\.ipynb)", text
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_files_that_the_plan_of_the_code_names_are_there() -> None:
    """A path begins at the root or in a source folder; a file's name may be alone."""
    text = (ROOT / "DEVELOP.md").read_text(encoding="utf-8")
    suffix = r"\.(?:py|js|css|json|md|npz)\b"
    named = re.findall(rf"`((?:[\w.]+/)+[\w.]*|[\w.]+{suffix})`", text)
    named += re.findall(rf"(?:[\w.]+/)+[\w.]+{suffix}", text)
    named += re.findall(r"^ {6}([\w.]+/|\w+\.py)", text, re.MULTILINE)
    written = {"segments.json"}  # by an export
    folders = [ROOT]
    folders += [ROOT / name for name in ("ncut_widget", "js/src", "js/src/maths")]
    sources = {path.name for folder in folders[1:3] for path in folder.rglob("*.*")}
    missing = {
        name
        for name in {*named} - written - sources
        if not any((folder / name).exists() for folder in folders)
    }
    assert missing == set()


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.stem
)
def test_pages_load_nothing_from_elsewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r'(?:src|srcset)="(?:https?:)?//', text)
    assert not re.search(r"!\[[^]]*\]\((?:https?:)?//", text)


def test_the_version_is_said_in_one_place() -> None:
    said = re.findall(
        r"^version\b.*$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE
    )
    assert len(said) == 1
    source = (ROOT / "ncut_widget" / "__init__.py").read_text()
    assert re.findall(r'__version__ = "(\d+\..*)"', source) == []
    assert "\nversion:" not in (ROOT / "CITATION.cff").read_text()
