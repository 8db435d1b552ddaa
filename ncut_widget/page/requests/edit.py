"""Changes of prompts and segments, and the fields of what is new."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ncut_widget.methods import Seeds
from ncut_widget.page.edits import Edit
from ncut_widget.page.protocol import Fields, Message
from ncut_widget.page.requests.base import Desk, Request
from ncut_widget.page.requests.fields import list_fields, map_bytes
from ncut_widget.sessions.session import Session

EDITED_BYTES = 10**6
"""Of the fields of an edit's answer, at most: more would keep the first one waiting."""


class Operation(NamedTuple):
    """What a page may do, and the fields that go with it."""

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
"""By name. What is refused when it is made refuses no edit before it."""


@dataclass(frozen=True)
class EditRequest(Request):
    """Change prompts and segments, in order; ``images`` are those on view.

    ``since`` is the revision of the prompts that the page knows. Without a page the
    edits have no numbers, and are made whenever they come.
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
        """Read operations and clicks; the session checks them when they are made."""
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
        """Edit and answer, and only then tell the traits.

        The page paints from the answer alone, and a small message before it can hold it
        up by a round trip. Only settings that come with the prompts, and segments, go
        first: the answer is painted with them.
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
        """Edit up to what is refused; tell what has changed, with fields that are new.

        Those that masks were made of before the page has, or asks for.
        """
        session = desk.session

        def make(edit: Edit) -> None:
            operation, fields = edit
            try:
                allowed, change = OPERATIONS[operation]
                change(session, fields.only("op", *allowed))
            except KeyError as error:
                raise ValueError("that segment is not there any more") from error

        before = itertools.chain(*session.masker.seeds(session.recipe))
        error = desk.edits.make(self.page, self.first, self.edits, make)
        adding = any(operation in ("add", "reopen") for operation, _ in self.edits)
        after = session.masker.seeds(session.recipe)
        new = dict.fromkeys(itertools.chain(*after)) if adding else {}
        for seeds in before:
            new.pop(seeds, None)
        wants = list(_fitting([*new], self.images, map_bytes(session)))
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
    new: list[Seeds], images: list[int], size: int
) -> Iterator[tuple[Seeds, list[int]]]:
    """Yield the maps that a reply has room for, those of the first image first."""
    room = max(EDITED_BYTES // size, 1)
    images = images[: max(room // max(len(new), 1), 1)]
    if images:
        yield from ((seeds, images) for seeds in new[:room])
