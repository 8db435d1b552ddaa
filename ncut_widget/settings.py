"""The table of settings: one entry is all that a setting needs in Python.

An entry is an annotated line of `MaskSettings` or `ViewSettings` (type, default, range,
unit) and the text below it, whose first paragraph is the tooltip on the page.
`Settings`, the checks of `Session.check`, the widget's traits with their documentation,
and the page's controls are all made of the table. For editors the two classes are bases
of the widget, so that they show type and text of ``seg.threshold``.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field, make_dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ncut_widget.core.checks import check_choice, check_flag, check_number

WAYS = ("semantics", "appearance")
"""What a click can mean: what the thing is, or how it looks."""


class Batch(NamedTuple):
    """The sizes of a batch, which ranges and defaults depend on.

    Attributes
    ----------
    images : int
    cells : int
        Cells of the latent grid, H * W; infinite while that is not known.
    num_eig : int
        Eigenvectors, K.
    has_eigvals, has_details : bool
        What the methods need besides eigenvectors.
    ways : tuple of str
        Those of `WAYS` that a click can be meant in, the first default first.
    """

    images: int
    cells: float
    num_eig: int
    has_eigvals: bool = False
    has_details: bool = False
    ways: tuple[str, ...] = ("semantics",)


class FromBatch(NamedTuple):
    """A value that follows from the batch, and its name in documentation."""

    name: str
    of: Callable[[Batch], Any]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


def best_method(batch: Batch) -> str:
    """Return the best method of those that a batch has all for."""
    if not batch.has_eigvals:
        return "similarity"
    return "random_walker" if batch.has_details else "diffusion"


LAST_IMAGE = FromBatch("B - 1", lambda batch: batch.images - 1)
CELLS = FromBatch("H * W", lambda batch: batch.cells)
NUM_EIG = FromBatch("K", lambda batch: batch.num_eig)
OF_BATCH = FromBatch(
    '"semantics", "appearance"',
    lambda batch: tuple(way for way in WAYS if way in batch.ways),
)

Bound = float | FromBatch


@dataclass(frozen=True)
class Setting:
    """An entry of the table.

    Attributes
    ----------
    kind : {"number", "whole", "flag", "choice"}
    default : Bound, bool or str
    low, high : Bound, optional
        Range of a number, both ends included.
    usual : Bound, optional
        End of the slider until a larger value is set; by default `high`.
    choices : tuple of str or FromBatch
    unit : str
        Unit of a number; may be empty.
    name, text : str
        Text: a sentence, and perhaps paragraphs after it.
    of : {"mask", "view"}
        What depends on the setting: the masks, or how they look.
    named : tuple of (str, float)
        Values that have a name on the page.
    """

    kind: str
    default: Any
    low: Any = None
    high: Any = None
    usual: Any = None
    choices: Any = ()
    unit: str = ""
    name: str = ""
    text: str = ""
    of: str = ""
    named: tuple[tuple[str, float], ...] = ()

    @property
    def sentence(self) -> str:
        """The first paragraph of the text, on one line."""
        return " ".join(self.text.partition("\n\n")[0].split())

    def at(self, batch: Batch) -> Setting:
        """Return the entry for one batch, with numbers in place of `FromBatch`."""
        numbers: dict[str, Any] = {
            name: value.of(batch)
            for name in ("default", "low", "high", "usual", "choices")
            if isinstance(value := getattr(self, name), FromBatch)
        }
        high = numbers.get("high", self.high)
        named = tuple(each for each in self.named if each[1] <= high)
        return replace(self, **numbers, named=named)

    def check(self, value: Any) -> Any:
        """Return a value as plain Python; raise TypeError or ValueError if refused."""
        if self.kind == "flag":
            return check_flag(self.name, value)
        if self.kind == "choice":
            return check_choice(self.name, value, self.choices)
        whole = self.kind == "whole"
        return check_number(self.name, value, self.low, self.high, whole=whole)

    def describe(self) -> dict[str, Any]:
        """Return what the page's control needs."""
        told = {
            "kind": self.kind,
            "default": self.default,
            "unit": self.unit,
            "sentence": self.sentence,
            "of": self.of,
        }
        if self.kind == "choice":
            return {**told, "choices": list(self.choices)}
        if self.kind == "flag":
            return told
        usual = self.high if self.usual is None else self.usual
        told |= {"low": self.low, "high": self.high, "usual": usual}
        return {**told, "named": dict(self.named)} if self.named else told

    def document(self) -> str:
        """Return the entry as text of a NumPy docstring."""
        types = {"number": "float", "whole": "int", "flag": "bool"}
        choices: Any = self.choices
        if isinstance(choices, tuple):
            choices = ", ".join(f'"{choice}"' for choice in choices)
        parts = [types.get(self.kind, f"{{{choices}}}")]
        if self.high is not None:
            parts.append(f"{self.low} to {self.high}")
        quoted = isinstance(self.default, str)
        default = f'"{self.default}"' if quoted else self.default
        parts.append(f"default {default}")
        text = textwrap.indent(self.text, "    ")
        return f"{self.name} : {', '.join(parts)}\n{text}"


def number(
    default: Bound,
    low: Bound,
    high: Bound,
    usual: Bound | None = None,
    unit: str = "",
    named: tuple[tuple[str, float], ...] = (),
) -> Any:
    """Declare a real number."""
    return Setting("number", default, low, high, usual, unit=unit, named=named)


def whole(
    default: Bound, low: Bound, high: Bound, usual: Bound | None = None, unit: str = ""
) -> Any:
    """Declare a whole number."""
    return Setting("whole", default, low, high, usual, unit=unit)


def flag(default: bool) -> Any:
    """Declare True or False."""
    return Setting("flag", default)


def choice(
    *names: str, default: FromBatch | None = None, known: FromBatch | None = None
) -> Any:
    """Declare one of some names; the first is the default unless another is given.

    With `known` a batch has only some of the names.
    """
    return Setting("choice", default or names[0], choices=known or names)


class MaskSettings:
    """The settings that masks depend on, besides the clicks."""

    by: str = choice(
        *WAYS,
        default=FromBatch("as the images say", lambda batch: batch.ways[0]),
        known=OF_BATCH,
    )
    """What a click means: what the thing is, or how it looks.

    ``"semantics"`` compares features of a trained network, to which a cow is like any
    cow; ``"appearance"`` compares colour and texture, for a stain, a ground, a flat
    colour. On the page key W changes it. A segmenter of one backbone has one of the
    two, as its backbone says.
    """

    num_eig: int = whole(NUM_EIG, 1, NUM_EIG, unit="eigenvectors")
    """How many of the leading eigenvectors are compared: few for whole scenes, many for
    parts of things.
    """

    granularity: float = number(
        FromBatch("5.5", lambda batch: max(min(5.5, batch.num_eig - 1), 1)),
        1,
        FromBatch("K - 1", lambda batch: max(batch.num_eig - 1, 1)),
        usual=FromBatch("20", lambda batch: min(20, max(batch.num_eig - 1, 1))),
        unit="eigenvectors",
        named=(("whole", 2.0), ("thing", 5.5), ("part", 12.0)),
    )
    """How many eigenvectors stay in effect: few for whole things, many for their parts.

    On the page key G steps through 2 (the whole), 5.5 (a thing) and 12 (a part). The
    time of the diffusion is found so that it means the same for any spectrum: see
    `diffusion_weights`.
    """

    threshold: float = number(0.5, 0, 1)
    """How like the clicks a cell of the mask must be; higher means smaller masks.

    The level of the heatmap above which a pixel belongs to the mask.
    """

    auto_threshold: bool = flag(False)
    """Whether the threshold follows the clicks, to the cleanest cut.

    The cleanest cut is the smallest normalized cut, see `normalized_cuts`; only the
    method ``"diffusion"`` finds it. Setting a threshold turns this off. On labelled
    photographs its masks are as good as those of 0.5, within 0.02 of IoU: therefore it
    is off by default.
    """

    gamma: float = number(1.0, 0.1, 10)
    """Contrast of the heatmap, its exponent; higher means smaller masks."""

    negative_threshold: float = number(0.7, 0, 1)
    """How like a negative click a cell must be to be removed; lower removes more.

    At 0.7 a negative click removes nine tenths of the mask that a positive click there
    would give at 0.5, and leaves the cells that are less like it.
    """

    denoise: bool = flag(True)
    """Whether small connected parts of the mask are dropped."""

    denoise_area_th: int = whole(
        3,
        0,
        CELLS,
        usual=FromBatch("256", lambda batch: min(batch.cells, 256)),
        unit="cells",
    )
    """Connected parts of the mask with fewer cells than this are dropped.

    Cells are those of the latent grid. With the methods ``"diffusion"`` and
    ``"random_walker"``, a part that holds a positive click is kept.
    """

    method: str = choice(
        "similarity",
        "diffusion",
        "random_walker",
        "biased_ncut",
        default=FromBatch(
            '"random_walker" for images and features, "diffusion" for eigenvectors and '
            'eigenvalues, else "similarity"',
            best_method,
        ),
    )
    """Similarity: cells are compared with each click alone. Diffusion: with all clicks
    together, by weighted eigenvectors. Image by image: an image with clicks by these
    alone, the others as those say. Biased cut: two-way normalized cut that keeps to all
    clicks.

    ``"random_walker"`` (image by image) makes the mask of an image with clicks by a
    random walk with a prior, on a grid of 128 cells along its longer side: from its own
    graph, colours and clicks, and from what was proposed for it before its first click.
    Clicks on other images do not change it. An image without clicks gets what like
    cells of the images with clicks have, and an empty mask where the thing is absent
    (`presence`). `granularity` means the same as for ``"diffusion"``; `gamma`,
    `num_eig` and `negative_threshold` do nothing. It needs the features: see
    `NcutSegmenter.from_images` and `NcutSegmenter.from_features`.

    ``"diffusion"`` compares by all eigenvectors, each weighted by
    ``eigenvalue ** (t / 2)``, where `granularity` sets the time t. Its heatmap is 1 at
    the weakest positive click and 0 at the strongest negative one; `gamma`, `num_eig`
    and `negative_threshold` do nothing. It needs eigenvalues.

    ``"biased_ncut"`` compares by the leading two eigenvectors of a normalized cut that
    is biased towards the clicks; see `Graph.bias`. It needs eigenvalues, and
    eigenvectors that all have the same length over the whole batch, as those of `NCUT`.
    Its negative clicks act through `bg_weight`, and `negative_threshold` does nothing.
    """

    click_weight: float = number(0.5, 0, 1)
    """Weight of the clicks in the biased cut; the rest is the graph's own affinity."""

    bg_weight: float = number(0.1, 0, 10, usual=1)
    """Weight of the negative clicks in the biased cut."""


class ViewSettings:
    """How masks and images look on the page."""

    active_image: int = whole(0, 0, LAST_IMAGE)
    """Index of the image on the stage."""

    overlay: str = choice("image", "eigvecs", "heatmap")
    """The overlay over the image on the stage.

    The mask alone, or the eigenvectors' colours or the heatmap with the mask's outline.
    """

    opacity: float = number(0.5, 0, 1)
    """Opacity of the mask, or of the overlay, over the image."""

    hover_preview: bool = flag(True)
    """Whether the page shows the mask that a click at the pointer would give."""


def read_table(of: str, declared: type) -> dict[str, Setting]:
    """Read the entries of a class, by name, with the texts below them.

    Where the source cannot be read, the texts are empty.
    """
    try:
        source = textwrap.dedent(inspect.getsource(declared))
    except OSError:
        source = f"class {declared.__name__}: pass"
    (body,) = ast.parse(source).body
    assert isinstance(body, ast.ClassDef)
    texts = {
        line.target.id: inspect.cleandoc(below.value.value)
        for line, below in pairwise(body.body)
        if isinstance(line, ast.AnnAssign)
        and isinstance(line.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }
    return {
        name: replace(entry, name=name, text=texts.get(name, ""), of=of)
        for name, entry in vars(declared).items()
        if isinstance(entry, Setting)
    }


MASK = read_table("mask", MaskSettings)
"""The settings that masks depend on."""

VIEW = read_table("view", ViewSettings)
"""The settings of how masks and images look."""

TABLE = {**MASK, **VIEW}


def table_of(batch: Batch) -> dict[str, Setting]:
    """Return the table with the ranges and defaults of one batch."""
    return {name: entry.at(batch) for name, entry in TABLE.items()}


if TYPE_CHECKING:

    @dataclass(frozen=True)
    class Settings(MaskSettings):
        """The mask settings of one moment; immutable."""

        def __init__(self, *values: Any, **named: Any) -> None: ...

else:
    Settings = make_dataclass(
        "Settings",
        [
            (name, Any)
            if isinstance(entry.default, FromBatch)
            else (name, Any, field(default=entry.default))
            for name, entry in MASK.items()
        ],
        frozen=True,
        kw_only=True,
        namespace={
            "__doc__": "The mask settings of one moment; immutable.\n\n"
            "Attributes\n----------\n"
            + "\n".join(entry.document() for entry in MASK.values())
        },
    )
    Settings.__module__ = __name__
