"""Edits of prompts and segments, answered with the fields of new prompts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ncut_widget.methods import METHODS, Seeds
from ncut_widget.page.edits import Edit
from ncut_widget.page.protocol import Fields, Message
from ncut_widget.page.requests.base import Desk, Request
from ncut_widget.page.requests.fields import list_fields, map_bytes
from ncut_widget.sessions.session import Session

EDITED_BYTES = 10**6
"""Most bytes of the fields in an edit's answer: more would delay the first field."""


class Operation(NamedTuple):
    """An operation of a page: its fields, and the function that makes it."""

    fields: tuple[str, ...]
    make: Callable[[Session, Fields], object]


OPERATIONS = {
    "add": Operation(
        ("prompt",), lambda session, edit: session.add(edit.content.get("prompt"))
    ),
    "undo": Operation((), lambda session, edit: session.undo()),
    "redo": Operation((), lambda session, edit: session.redo()),
    "clear": Operation((), lambda session, edit: session.clear()),
    "commit": Operation(
        ("name",), lambda session, edit: session.commit(edit.content.get("name"))
    ),
    "reopen": Operation(
        ("segment",),
        lambda session, edit: session.reopen(edit.segment(optional=True)),
    ),
    "delete": Operation(
        ("segment",), lambda session, edit: session.delete_segment(edit.segment())
    ),
    "change": Operation(
        ("segment", "fields"),
        lambda session, edit: session.change_segment(
            edit.segment(), **edit.get("fields", dict)
        ),
    ),
}
"""By name. An operation may be refused when it is made; edits before it stay."""


@dataclass(frozen=True)
class EditRequest(Request):
    """Change prompts and segments, in order; ``images`` are those on view.

    ``since`` is the revision of the prompts that the page knows. Without a page the
    edits have no numbers, and are always made.
    """

    message_type = "edit"
    id: str
    page: str | None
    first: int
    since: int
    edits: list[Edit]
    images: list[int]

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> EditRequest:
        """Read the edits; the session checks them when they are made."""
        edits = [Fields(edit, "an edit") for edit in fields.get("edits", list)]
        numbered = "page" in fields.content
        return cls(
            id,
            fields.name("page") if numbered else None,
            fields.whole("first", 1, 2**53) if numbered else 1,
            fields.whole("since", 0, 2**53) if "since" in fields.content else -1,
            [(edit.one_of("op", tuple(OPERATIONS)), edit) for edit in edits],
            fields.indices("images", session),
        )

    def handle(self, desk: Desk) -> None:
        """Edit and answer, and only then send the traits.

        The page paints from the answer alone, and a small message before the answer can
        delay it by a round trip. Only settings that change with the prompts, and
        segments, go first: the page paints the answer with them.
        """

        def edit() -> None:
            settings, shelf = desk.session.settings, desk.session.shelf
            message = self.answer(desk)
            others = vars(desk.session.settings).items() - vars(settings).items()
            new = [name for name, _ in others]
            if desk.session.shelf is not shelf:
                new.append("_segments")
            if new:
                desk.tell(new)
            desk.send(*message)

        desk.change(edit)

    def answer(self, desk: Desk) -> Message:
        """Edit until one is refused; return what has changed, with the new fields.

        The page has the earlier fields, or asks for them.
        """
        session = desk.session

        def make(edit: Edit) -> None:
            operation, fields = edit
            try:
                allowed, change = OPERATIONS[operation]
                change(session, fields.only("op", *allowed))
            except KeyError as error:
                raise ValueError("that segment is not there any more") from error

        before = session.recipe
        error = desk.edits.make(self.page, self.first, self.edits, make)
        adding = any(operation in ("add", "reopen") for operation, _ in self.edits)
        new = session.masker.new_seeds(session.recipe, before) if adding else []
        wants = list(_fitting(session, new, self.images))
        fields, buffers = list_fields(session, wants)
        change = session.changed_since(self.since)
        return {
            "type": "edited",
            "id": self.id,
            "revision": session.revision,
            "prompts": {
                "keep": change.keep,
                "added": [prompt.tell() for prompt in change.added],
            },
            "history": list(session.history),
            "fields": fields,
            "error": error,
        }, buffers


def _fitting(
    session: Session, new: list[Seeds], images: list[int]
) -> Iterator[tuple[Seeds, list[int]]]:
    """Yield as many wants as a reply has room for, the first images first.

    Maps on a grid of each image take longer to make: the first image's come alone.
    """
    if not (new and images):
        return
    if METHODS[new[0].method].side is not None:
        images = images[:1]
    size = max(map_bytes(session, new[0], image) for image in images)
    room = max(EDITED_BYTES // size, 1)
    images = images[: max(room // len(new), 1)]
    yield from ((seeds, images) for seeds in new[:room])
