"""Docstrings as `help` and signatures have them, for Griffe, which reads the source.

`NcutSegmenter`'s docstring gets its settings from their table when the class is made,
so that one is taken from the class itself. Of parameters that are described together,
``a, b``, Griffe gives all the type of the first. References are written for Sphinx.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import griffe

CITED = re.compile(r"\[(\d+)\]_")
CITATION = re.compile(r"^\.\. \[(\d+)\]", re.MULTILINE)
"""References as reStructuredText has them, which Markdown does not read."""

MADE = ("NcutSegmenter",)
"""Classes whose docstrings are not what stands in the source."""

LISTED = "SettingTraits"
"""The base that has the settings, which that docstring lists."""


class MadeDocstrings(griffe.Extension):
    """Show classes as `help` shows them, settings once, and each parameter's type."""

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Take the docstring from the class itself."""
        if cls.name in MADE and cls.docstring is not None:
            made = griffe.dynamic_import(cls.path).__doc__
            cls.docstring.value = griffe.Docstring(made).value
        if cls.name == LISTED:
            cls.bases.clear()
        _put_right(cls)

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Tell the types of its parameters apart."""
        _put_right(func)


def _put_right(described: griffe.Class | griffe.Function) -> None:
    if described.docstring is None:
        return
    text = CITED.sub(r"[\1]", described.docstring.value)
    described.docstring.value = CITATION.sub(r"- [\1]", text)
    for section in described.docstring.parsed:
        if section.kind is griffe.DocstringSectionKind.parameters:
            for first, second in pairwise(section.value):
                together = first.description == second.description
                if together and second.name in described.parameters:
                    declared = described.parameters[second.name]
                    second.annotation = declared.annotation
                    second.value = declared.default
