"""Print the lowest release of each dependency that pyproject.toml allows, for pip.

Not of torch and torchvision, of which a pair is gigabytes.
"""

from __future__ import annotations

from importlib.metadata import requires

from packaging.requirements import Requirement


def main() -> None:
    """Print a constraint a line."""
    for requirement in map(Requirement, requires("ncut_widget") or ()):
        for specifier in requirement.specifier:
            if specifier.operator == ">=" and "torch" not in requirement.name:
                print(f"{requirement.name}=={specifier.version}")


if __name__ == "__main__":
    main()
