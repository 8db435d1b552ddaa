"""Formats of files: one module each; every module in this folder is found.

A module declares in ``FORMAT`` the name of the format and the function that writes it.
That gets segments (`Labelled`) and a path of its own. It knows nothing of other
formats, of earlier files at the path, nor of the page.
"""

from importlib import import_module
from pkgutil import iter_modules

from ncut_widget.results.formats.base import Format

__all__ = ["FORMATS", "Format", "find_formats"]


def find_formats() -> dict[str, Format]:
    """Find the formats by name, in the order in which messages name them."""
    names = [f"{__name__}.{each.name}" for each in iter_modules(__path__)]
    modules = [import_module(name) for name in names]
    found = [each.FORMAT for each in modules if hasattr(each, "FORMAT")]
    return {each.name: each for each in sorted(found, key=lambda each: each.place)}


FORMATS = find_formats()
"""The formats by name, in the order in which messages name them."""
