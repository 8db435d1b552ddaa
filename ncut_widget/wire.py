"""The page's requests and the session's answers, as message contents and buffers.

Requests carry an ``id`` that their answer repeats. Small state travels as traits;
here is what is large or happens once:

=============  ==========================================================  =============
request        fields                                                      answer
=============  ==========================================================  =============
``edit``       ``edits`` (list of ``{op, click}``), ``images`` on view     ``edited``
``maps``       ``num_eig``, ``wants`` (list of ``{prompt, images}``)       ``maps``
``pictures``   ``kind`` (``stage``, ``thumb`` or ``eigvecs``), ``images``  ``pictures``
=============  ==========================================================  =============

Pictures come with ``colors``, the version of the eigenvectors' colours that they were
made with: a page that knows a later one drops them. Whatever cannot be read or done is
answered with ``{type: "error", id, message}``. Similarity maps are float32,
little-endian, ``(len(images), H, W)``, one buffer for each prompt. A map depends on
``num_eig``, prompt and image alone, so the page may keep it for as long as it likes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ncut_widget.prompts import Prompt
from ncut_widget.session import Session, check_number

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
    """Send the similarity maps of some prompts on some images."""

    id: str
    num_eig: int
    wants: list[tuple[Prompt, list[int]]]


@dataclass(frozen=True)
class PicturesRequest:
    """Send some images as encoded files."""

    id: str
    kind: str
    images: list[int]


def parse_request(
    content: Any, session: Session
) -> EditRequest | MapsRequest | PicturesRequest:
    """Read a message of the page.

    Raises
    ------
    TypeError, ValueError
        If it is no request, in one sentence.
    """
    request = _Fields(content, "a message from the page")
    request_id = request.get("id", str)
    kind = request.one_of("type", ("edit", "maps", "pictures"))
    if kind == "edit":
        edits = [_Fields(edit, "an edit") for edit in request.get("edits", list)]
        return EditRequest(
            request_id,
            [(e.one_of("op", OPERATIONS), e.content.get("click")) for e in edits],
            request.indices("images", session),
        )
    if kind == "maps":
        num_eig = session.check("num_eig", request.get("num_eig", int))
        wants = [_Fields(want, "a wanted map") for want in request.get("wants", list)]
        return MapsRequest(
            request_id,
            num_eig,
            [(w.prompt(session), w.indices("images", session)) for w in wants],
        )
    return PicturesRequest(
        request_id,
        request.one_of("kind", PICTURE_KINDS),
        request.indices("images", session),
    )


def write_edited(session: Session, request: EditRequest, error: str | None) -> Message:
    """Answer an edit: the clicks as they are now, and their maps of the images seen."""
    with session.lock:
        wants = [(prompt, request.images) for prompt in session.prompts()]
        maps, buffers = _maps(session, session.settings.num_eig, wants)
        return {
            "type": "edited",
            "id": request.id,
            "revision": session.revision,
            "clicks": [list(click) for click in session.clicks],
            "history": list(session.history),
            "num_eig": session.settings.num_eig,
            "maps": maps,
            "error": error,
        }, buffers


def write_maps(session: Session, request: MapsRequest) -> Message:
    """Answer a request for similarity maps."""
    with session.lock:
        maps, buffers = _maps(session, request.num_eig, request.wants)
        return {
            "type": "maps",
            "id": request.id,
            "revision": session.revision,
            "num_eig": request.num_eig,
            "maps": maps,
        }, buffers


def _maps(
    session: Session, num_eig: int, wants: Iterable[tuple[Prompt, list[int]]]
) -> tuple[list[dict[str, Any]], list[bytes]]:
    maps, buffers = [], []
    for prompt, images in wants:
        values, statistics = session.similarity(prompt, num_eig)
        stats = asdict(statistics)
        maps.append({"prompt": list(prompt), "images": images, "stats": stats})
        buffers.append(np.ascontiguousarray(values[images], dtype="<f4").tobytes())
    return maps, buffers


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

    def indices(self, name: str, session: Session) -> list[int]:
        last = len(session.sizes) - 1
        return [
            int(check_number("an image index", index, 0, last, whole=True))
            for index in self.get(name, list)
        ]

    def prompt(self, session: Session) -> Prompt:
        cell = self.get("prompt", list)
        limits = (len(session.sizes), *session.grid)
        if len(cell) != 3:
            raise ValueError(f"a prompt must be [image, row, col], got {cell!r}")
        return Prompt(
            *(
                int(check_number(f"a prompt's {name}", value, 0, limit - 1, whole=True))
                for name, value, limit in zip(Prompt._fields, cell, limits, strict=True)
            )
        )
