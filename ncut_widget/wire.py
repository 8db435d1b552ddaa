"""What the page may ask for; `ncut_widget.replies` answers.

Requests carry an ``id`` that their answer repeats. Small state travels as traits;
here is what is large or happens once:

=============  ==========================================================  =============
request        fields                                                      answer
=============  ==========================================================  =============
``edit``       ``edits`` (list of ``{op, click}``), ``images`` on view     ``edited``
``maps``       ``num_eig``, ``wants`` (see below)                          ``maps``
``vectors``    ``images``, ``sample`` (bool)                               ``vectors``
``moments``    ``num_eig``                                                 ``moments``
``pictures``   ``kind`` (``stage``, ``thumb`` or ``eigvecs``), ``images``  ``pictures``
=============  ==========================================================  =============

From ``vectors`` and ``moments`` the page computes what a click would give before it is
made: quantised unit eigenvectors, uint16, ``(K, pixels)``, one buffer for each image
and, last, for the sample that quantiles are taken of; and the exact mean and covariance
of the leading ``num_eig`` unit eigenvectors, float64, ``(num_eig,)`` and
``(num_eig, num_eig)``.

Pictures come with ``colors``, the version of the eigenvectors' colours that they were
made with: a page that knows a later one drops them. Whatever cannot be read or done is
answered with ``{type: "error", id, message}``.

A wanted map is ``{prompt, images}`` or, of a biased cut, ``{clicks, images}`` with
``clicks`` the cells and weights that it is made of: ``{positives, negatives,
click_weight, bg_weight}``. The answer names it in the same way, with ``stats``. Maps
are float32, little-endian, ``(len(images), H, W)``, one buffer for each want. A map
depends on ``num_eig``, prompt or clicks, and image alone, so the page may keep it for
as long as it likes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ncut_widget.prompts import Prompt
from ncut_widget.session import Session, check_flag, check_number
from ncut_widget.similarity import ClickSet, Source

Message = tuple[dict[str, Any], list[Any]]

OPERATIONS = ("click", "undo", "redo", "clear", "commit")
PICTURE_KINDS = ("stage", "thumb", "eigvecs")


@dataclass(frozen=True)
class EditRequest:
    """Change the clicks, in order; ``images`` are those on view."""

    id: str
    edits: list[tuple[str, Any]]
    images: list[int]


@dataclass(frozen=True)
class MapsRequest:
    """Send the similarity maps of some prompts, or sets of clicks, on some images."""

    id: str
    num_eig: int
    wants: list[tuple[Source, list[int]]]


@dataclass(frozen=True)
class VectorsRequest:
    """Send the quantised eigenvectors of some images, and of the sample if asked."""

    id: str
    images: list[int]
    sample: bool


@dataclass(frozen=True)
class MomentsRequest:
    """Send mean and covariance of the leading eigenvectors."""

    id: str
    num_eig: int


@dataclass(frozen=True)
class PicturesRequest:
    """Send some images as encoded files."""

    id: str
    kind: str
    images: list[int]


Query = MapsRequest | VectorsRequest | MomentsRequest | PicturesRequest
Request = EditRequest | Query


def parse_request(content: Any, session: Session) -> Request:
    """Read a message of the page.

    Raises
    ------
    TypeError, ValueError
        If it is no request, in one sentence.
    """
    request = _Fields(content, "a message from the page")
    request_id = request.get("id", str)
    kind = request.one_of("type", ("edit", "maps", "vectors", "moments", "pictures"))
    if kind == "edit":
        edits = [_Fields(edit, "an edit") for edit in request.get("edits", list)]
        return EditRequest(
            request_id,
            [(e.one_of("op", OPERATIONS), e.content.get("click")) for e in edits],
            request.indices("images", session),
        )
    if kind == "vectors":
        return VectorsRequest(
            request_id,
            request.indices("images", session),
            check_flag("sample", request.content.get("sample")),
        )
    if kind == "moments":
        return MomentsRequest(request_id, request.num_eig(session))
    if kind == "maps":
        wants = [_Fields(want, "a wanted map") for want in request.get("wants", list)]
        return MapsRequest(
            request_id,
            request.num_eig(session),
            [(w.source(session), w.indices("images", session)) for w in wants],
        )
    return PicturesRequest(
        request_id,
        request.one_of("kind", PICTURE_KINDS),
        request.indices("images", session),
    )


class _Fields:
    """A dictionary from outside, read field by field."""

    def __init__(self, content: Any, what: str) -> None:
        if not isinstance(content, dict):
            raise TypeError(f"{what} must be a dictionary, got {content!r}")
        self.content = content
        self.what = what

    def get(self, name: str, kind: type) -> Any:
        value = self.content.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise TypeError(
                f"{self.what} must have {name!r}, a {kind.__name__}: got {value!r}"
            )
        return value

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.content.get(name)
        if value not in allowed:
            raise ValueError(
                f"{name!r} of {self.what} must be one of {', '.join(allowed)}, "
                f"got {value!r}"
            )
        return value

    def num_eig(self, session: Session) -> int:
        return session.check("num_eig", self.get("num_eig", int))

    def indices(self, name: str, session: Session) -> list[int]:
        last = len(session.sizes) - 1
        return [
            int(check_number("an image index", index, 0, last, whole=True))
            for index in self.get(name, list)
        ]

    def source(self, session: Session) -> Source:
        if "clicks" not in self.content:
            return _prompt(self.get("prompt", list), session)
        clicks = _Fields(self.content["clicks"], "the clicks of a wanted map")
        positives, negatives = (
            tuple(_prompt(cell, session) for cell in clicks.get(name, list))
            for name in ("positives", "negatives")
        )
        if not positives:
            raise ValueError(f"{clicks.what} must have a positive one, got none")
        weights = (
            session.check(name, clicks.content.get(name))
            for name in ("click_weight", "bg_weight")
        )
        return ClickSet(positives, negatives, *weights)


def _prompt(cell: Any, session: Session) -> Prompt:
    if not isinstance(cell, list) or len(cell) != 3:
        raise ValueError(f"a prompt must be [image, row, col], got {cell!r}")
    limits = (len(session.sizes), *session.grid)
    return Prompt(
        *(
            int(check_number(f"a prompt's {name}", value, 0, limit - 1, whole=True))
            for name, value, limit in zip(Prompt._fields, cell, limits, strict=True)
        )
    )
