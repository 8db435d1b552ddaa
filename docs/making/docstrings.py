"""Docstrings that are made when the package is imported.

Griffe reads the source alone. `NcutSegmenter`'s docstring gets its settings from their
table when the class is made, so that one is taken from the class itself.
"""

from __future__ import annotations

from typing import Any

import griffe

MADE = ("NcutSegmenter",)
"""Classes whose docstrings are not what stands in the source."""


LISTED = "SettingTraits"
"""The base that has the settings, which that docstring lists."""


class MadeDocstrings(griffe.Extension):
    """Show classes as `help` shows them, and settings once."""

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Take the docstring from the class itself."""
        if cls.name in MADE and cls.docstring is not None:
            made = griffe.dynamic_import(cls.path).__doc__
            cls.docstring.value = griffe.Docstring(made).value
        if cls.name == LISTED:
            cls.bases.clear()
