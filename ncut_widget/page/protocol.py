"""The wire protocol: the page's requests, and how they are read.

`ncut_widget.page.requests` has a class for each kind, which answers it.

A request has an ``id`` that its answer repeats: a name of the page and a growing
number. Requests are answered in their order. An answer thus tells the page that an
earlier request without an answer is lost, and the page sends it again. That is safe:
only edits change anything, and an edit has a number under which it is made once
(`ncut_widget.page.edits`). Small state travels as traits; requests are for large data
and for actions:

============  =====================================================  ============
request       fields                                                 answer
============  =====================================================  ============
``edit``      ``page``, ``first`` (number of the first edit),        ``edited``
              ``since``, ``edits`` (see below), ``images`` on view
``fields``    ``wants`` (list of ``{seeds, images}``)                ``fields``
``vectors``   ``by``, ``images``, ``sample`` (bool)                  ``vectors``
``moments``   ``by``, ``num_eig``                                    ``moments``
``pictures``  ``kind`` (``stage``, ``thumb`` or ``eigvecs``),        ``pictures``
              ``by``, ``images``
``way``       ``by``                                                 ``way``
``segments``  ``kind`` (``stage`` or ``thumb``), ``segments``        ``segments``
              (list of ``[id, edition]``), ``images``
``sync``      ``settings`` (dictionary)                              ``synced``
``views``     ``count``, ``keeps`` (bool)                            none
============  =====================================================  ============

An edit is ``{op: add, prompt}``, or ``{op}`` of ``undo``, ``redo`` and ``clear``, or of
segments: ``{op: commit, name}``, ``{op: reopen, segment}``, ``{op: delete, segment}``,
``{op: change, segment, fields}`` with the id of one, and its ``name``, ``color``,
``visible``, ``instances`` or ``place``. A prompt is written as in
`ncut_widget.prompts.kinds`: a click is ``[image, x, y, label]``.

``edited`` tells how the prompts differ from those of the revision ``since``, which the
page knows: ``prompts: {keep, added}``, the number of prompts that stay and the list of
those after them. It has the fields of the prompts that these edits added; the page has
the others, or asks for them. ``sync`` sets settings that may not have arrived, and
sends all traits again before its answer. No answer is larger than `REPLY_BYTES`:
requests for more maps or vectors are refused, and ``left`` lists the pictures that are
left out. Moments and the sample of a large batch take seconds: until they are computed
the answer is ``later``.

Of two sets of eigenvectors, one for each value of the setting ``by``, the second is
made when the page asks for its ``way``: the answer is ``later`` until it can be used,
and then has ``eigvals`` and the ``blank`` images. Fields, vectors, moments and colours
are of one of the two: ``by`` says of which.

Of a batch of which images are still to come, the trait ``_info`` names them, as
``awaited`` of the first way. It is sent again when more are there, or with ``failure``,
a sentence, if they cannot be had. Then the page asks again for all that is made of
eigenvectors, and drops the answers to what it had asked before.

``views`` tells how many views there are, and whether the page can write into its
notebook. If so, the kernel sends it ``{type: picture, model, mark, png}`` after
changes, for the output whose picture has that mark.

From ``vectors`` and ``moments`` the page computes what a click would give before it is
made: quantised unit eigenvectors, uint16, ``(K, pixels)``, one buffer for each image
and, last, for the sample that gives the quantiles; and the exact mean and covariance
of the leading ``num_eig`` unit eigenvectors, float64, ``(num_eig,)`` and
``(num_eig, num_eig)``.

Masks of segments at the images' own sizes, for the stage, are runs (`to_runs`), uint32,
``(3, runs)``: first pixel, pixel after the last, number of the instance. On the latent
grid, for thumbs, they are bits, the first bit the highest of the first byte. There is a
buffer for each of ``parts``, ``{id, edition, image, instances}``; the page asks again
for parts that the answer had no time for.

Pictures come with ``colors``, the version of the eigenvectors' colours that they were
made with: a page that knows a later version drops them. A picture that cannot be made
has an ``error`` in its entry, and no buffer. A request that cannot be read or done is
answered with ``{type: "error", id, message}``.

Seeds are ``{method, positives, negatives, parameters}``: lists of groups, which are the
cells that one prompt labels, and the settings that the method takes. A cell is
``[image, row, col]`` or, where its weight is not 1, ``[image, row, col, weight]``; it
is on the method's own grid of the image. Of an ordered method there is ``order``, a
sign for each group in the order of prompts, as ``"+-+"``. The answer names a field in
the same way, with ``stats``, null where a field is its own heatmap, and for each of
``images`` an entry of ``grids``, the ``[h, w]`` of its map, and of ``presence``, how
surely it has the thing. Maps are float32, little-endian, one after the other, one
buffer for each want. A map depends on seeds and image alone, so the page may keep it
until there are more images.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias, TypeGuard

from ncut_widget.core.checks import check_choice, check_number, shown
from ncut_widget.core.names import hint
from ncut_widget.masks.coordinates import Cell
from ncut_widget.methods import METHODS, Method, Seeds
from ncut_widget.prompts import Group, Seed
from ncut_widget.sessions.session import Session

Message = tuple[dict[str, Any], list[Any]]
"""Contents and buffers."""

GridOf: TypeAlias = Callable[[int], tuple[int, int]]
"""Gives the grid on which seeds on an image lie."""

REPLY_BYTES = 10 * 2**20
"""Most bytes of an answer's buffers; a single part, as an image, may be larger."""

NAME_LENGTH = 100
"""Most characters of an id or of a page's name."""


def read_id(content: Any) -> str | None:
    """Return the id of a message of the page, or None if it has no valid id."""
    value = content.get("id") if isinstance(content, dict) else None
    return value if _is_name(value) else None


def _is_name(value: Any) -> TypeGuard[str]:
    return (
        isinstance(value, str)
        and 0 < len(value) <= NAME_LENGTH
        and value.isascii()
        and value.isprintable()
    )


def check_short(name: str, value: Any) -> str:
    """Return a name that a page has chosen; raise TypeError if it is not valid."""
    if not _is_name(value):
        raise TypeError(
            f"{name} must be at most {NAME_LENGTH} printable ASCII characters, got "
            f"{shown(value)}"
        )
    return value


def check_sizes(sizes: Sequence[int], what: str) -> None:
    """Raise ValueError if a reply with things of these sizes would be too large."""
    if sum(sizes) > REPLY_BYTES:
        check_size(len(sizes), max(sizes), what)


def check_size(count: int, size: int, what: str) -> None:
    """Raise ValueError if a reply with `count` things of a size would be too large."""
    most = max(REPLY_BYTES // size, 1)
    if count > most:
        raise ValueError(
            f"one request may ask for at most {most} {what}, which take {size} bytes "
            f"each, got {count}: ask for the others afterwards"
        )


class Fields:
    """A dictionary from outside, read field by field.

    Every method raises TypeError or ValueError, with one sentence, for a wrong value.
    """

    def __init__(self, content: Any, what: str) -> None:
        if not isinstance(content, dict):
            raise TypeError(f"{what} must be a dictionary, got {shown(content)}")
        self.content = content
        self.what = what

    def get(self, name: str, kind: type) -> Any:
        """Return a value of a type."""
        value = self.content.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise TypeError(
                f"{self.what} must have {name!r}, a {kind.__name__}: got {shown(value)}"
            )
        return value

    def only(self, *known: str) -> Fields:
        """Refuse any other field."""
        for name in self.content:
            if name not in known:
                told = hint(str(name)[:NAME_LENGTH], known)
                raise TypeError(f"{self.what} has no field {shown(name)}; {told}")
        return self

    def name(self, name: str) -> str:
        """Return a short name of ASCII characters."""
        return check_short(f"{name!r} of {self.what}", self.content.get(name))

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        """Return one of some names."""
        value = self.content.get(name)
        chosen: str = check_choice(f"{name!r} of {self.what}", value, allowed)
        return chosen

    def segment(self, *, optional: bool = False) -> Any:
        """Return a segment's id, or None where that is optional."""
        if optional and self.content.get("segment") is None:
            return None
        return self.whole("segment", 1, 2**53)

    def whole(self, name: str, low: int, high: int) -> int:
        """Return a whole number within a range."""
        return int(check_number(name, self.get(name, int), low, high, whole=True))

    def way(self, session: Session) -> str:
        """Return a way whose eigenvectors are there."""
        by: str = session.check("by", self.content.get("by"))
        return by

    def num_eig(self, session: Session) -> int:
        """Return a number of leading eigenvectors."""
        count: int = session.check("num_eig", self.get("num_eig", int))
        return count

    def indices(self, name: str, session: Session) -> list[int]:
        """Return images of the batch, without duplicates."""
        last = len(session.sizes) - 1
        indices = self.get(name, list)
        if len(indices) > last + 1:
            raise ValueError(f"{name!r} of {self.what} must be different images")
        checked = [
            int(check_number("an image index", index, 0, last, whole=True))
            for index in indices
        ]
        if len(set(checked)) < len(checked):
            raise ValueError(f"{name!r} of {self.what} must be different images")
        return checked

    def seeds(self, session: Session) -> Seeds:
        """Return the seeds of a wanted field."""
        told = Fields(self.content.get("seeds"), "the seeds of a wanted field")
        told.only("method", "positives", "negatives", "parameters", "order")
        method = METHODS[told.one_of("method", tuple(METHODS))]
        given = Fields(told.content.get("parameters"), "the parameters of seeds")
        given.only(*method.parameters)
        parameters = tuple(
            (name, session.check(name, given.content.get(name)))
            for name in method.parameters
        )
        grid_of = partial(
            session.masker.grid_of, Seeds(method.name, (), (), parameters)
        )
        positives, negatives = (
            tuple(_group(group, session, grid_of) for group in told.get(name, list))
            for name in ("positives", "negatives")
        )
        if not positives:
            raise ValueError(f"{told.what} must have a positive one, got none")
        if not method.together and (len(positives) > 1 or negatives):
            raise ValueError(f"{told.what} must be one group for {method.name!r}")
        order = _order(told.content.get("order", ""), method, positives, negatives)
        return Seeds(method.name, positives, negatives, parameters, order)


def tell_seeds(seeds: Seeds) -> dict[str, Any]:
    """Write seeds as `Fields.seeds` reads them."""
    told = {
        "method": seeds.method,
        "positives": [*map(_tell_group, seeds.positives)],
        "negatives": [*map(_tell_group, seeds.negatives)],
        "parameters": dict(seeds.parameters),
    }
    return {**told, "order": seeds.order} if seeds.order else told


def _tell_group(group: Group) -> list[list[float]]:
    return [
        [*seed.cell, *([] if seed.weight == 1 else [seed.weight])] for seed in group
    ]


def _order(
    told: Any,
    method: type[Method],
    positives: tuple[Group, ...],
    negatives: tuple[Group, ...],
) -> str:
    signs = "+" * len(positives) + "-" * len(negatives) if method.ordered else ""
    if not isinstance(told, str) or sorted(told) != sorted(signs):
        raise ValueError(
            f"the order of seeds must have a sign for each group of {method.name!r}, "
            f"{shown(signs)} in any order, got {shown(told)}"
        )
    return told


def _group(told: Any, session: Session, grid_of: GridOf) -> Group:
    if not isinstance(told, list) or not told:
        raise TypeError(f"a group must be a list of seeds, got {shown(told)}")
    group = tuple(_seed(each, session, grid_of) for each in told)
    if len({seed.cell for seed in group}) < len(group):
        raise ValueError("the seeds of a group must be different cells")
    return group


def _seed(told: Any, session: Session, grid_of: GridOf) -> Seed:
    if not isinstance(told, list) or len(told) not in (3, 4):
        raise ValueError(
            f"a seed must be [image, row, col] or [image, row, col, weight], got "
            f"{shown(told)}"
        )
    weight = check_number("a seed's weight", told[3], 0, 1e6) if told[3:] else 1.0
    if not weight:
        raise ValueError("a seed's weight must be above 0, got 0")
    return Seed(_cell(told[:3], session, grid_of), weight)


def _cell(cell: Any, session: Session, grid_of: GridOf) -> Cell:
    if not isinstance(cell, list) or len(cell) != 3:
        raise ValueError(f"a cell must be [image, row, col], got {shown(cell)}")

    def check(name: str, value: Any, limit: int) -> int:
        return int(check_number(f"a cell's {name}", value, 0, limit - 1, whole=True))

    image = check("image", cell[0], len(session.sizes))
    height, width = grid_of(image)
    return Cell(image, check("row", cell[1], height), check("col", cell[2], width))
