"""The plan of the house holds: each floor imports only from floors below it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ncut_widget"

FLOORS = (
    ("core",),
    ("settings", "images"),
    ("backbone", "ncut"),
    ("masks",),
    ("prompts", "pipeline"),
    ("eigvecs",),
    ("methods",),
    ("segments",),
    ("sessions",),
    ("page",),
    ("results",),
    ("share",),
    ("build",),
    ("widget",),
)
"""From the ground up. DEVELOP.md says what each room is for."""

FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

MOST_LINES = {".py": 450, ".js": 450, ".css": 250}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in PACKAGE.rglob("*.py")}


@cache
def imports_of(module: str) -> tuple[str, ...]:
    """Name the modules of the package that one imports, wherever in its file."""
    found = []
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            other = name if name in MODULES else name.rpartition(".")[0]
            if other in MODULES and other != module:
                found.append(other)
    return tuple(found)


def room_of(module: str) -> str:
    return module.split(".")[1]


INSIDE = sorted(module for module in MODULES if "." in module)


@pytest.mark.parametrize("module", INSIDE)
def test_a_module_imports_from_its_own_room_and_from_below(module: str) -> None:
    room = room_of(module)
    for other in imports_of(module):
        assert other != "ncut_widget", f"{module} imports the whole package"
        if room_of(other) != room:
            assert FLOOR[room_of(other)] < FLOOR[room], f"{module} imports {other}"


def test_every_room_has_its_floor() -> None:
    assert {*map(room_of, INSIDE)} == FLOOR.keys()


def test_no_module_imports_itself_by_way_of_others() -> None:
    done: set[str] = set()

    def follow(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way, module))
        if module not in done:
            for other in imports_of(module):
                follow(other, (*way, module))
            done.add(module)

    for module in INSIDE:
        follow(module, ())


@pytest.mark.parametrize("folder", ["ncut_widget", "js/src"])
def test_no_file_is_too_long(folder: str) -> None:
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / folder).rglob("*")
        if path.suffix in MOST_LINES and "static" not in path.parts
    }
    long = [path for path, count in lengths.items() if count > MOST_LINES[path.suffix]]
    assert long == []


def test_every_room_says_what_it_is_for() -> None:
    for path in PACKAGE.rglob("*/__init__.py"):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
