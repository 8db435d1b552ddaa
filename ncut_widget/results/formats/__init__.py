"""Formats of files: a module each, which is found by being here.

A module says with ``FORMAT`` what the format is called and how it is written. It is
given segments (`Labelled`) and a path of its own, and does not know of other formats,
of what was at the path before, nor of the page.
"""

from importlib import import_module
from pkgutil import iter_modules

from ncut_widget.results.formats.base import Format

__all__ = ["FORMATS", "Format"]

_modules = [import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)]
_found: list[Format] = [each.FORMAT for each in _modules if hasattr(each, "FORMAT")]

FORMATS = {each.name: each for each in sorted(_found, key=lambda each: each.place)}
"""The formats by name, in the order in which messages name them."""
