"""Changes of clicks and segments, and the maps of what is new."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ncut_widget.methods.similarity import Source
from ncut_widget.page.edits import Edit
from ncut_widget.page.protocol import Fields, Message
from ncut_widget.page.requests.base import Desk, Request
from ncut_widget.page.requests.maps import list_maps, map_bytes
from ncut_widget.sessions.session import Session

EDITED_BYTES = 10**6
"""Of the maps of an edit's answer, at most: more would keep the first one waiting."""


class Operation(NamedTuple):
    """What a page may do, and the fields that go with it."""

    fields: tuple[str, ...]
    make: Callable[[Session, Fields], object]


OPERATIONS = {
    "click": Operation(
        ("click",), lambda session, edit: session.add_click(edit.content.get("click"))
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
    """Change the clicks, in order; ``images`` are those on view.

    Without a page the edits have no numbers, and are made whenever they come.
    """

    message_type = "edit"
    id: str
    page: str | None
    first: int
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
            [(edit.one_of("op", tuple(OPERATIONS)), edit) for edit in edits],
            fields.indices("images", session),
        )

    def handle(self, desk: Desk) -> None:
        """Edit and answer, and only then tell the traits.

        The page paints from the answer alone, and a small message before it can hold it
        up by a round trip. Only settings that come with the clicks, and segments, go
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
        """Edit up to what is refused; give the clicks and the maps of what is new.

        Of what masks were made of before, the page has the maps, or asks for them.
        """
        session = desk.session

        def make(edit: Edit) -> None:
            operation, fields = edit
            try:
                allowed, change = OPERATIONS[operation]
                change(session, fields.only("op", *allowed))
            except KeyError as error:
                raise ValueError("that segment is not there any more") from error

        before = itertools.chain(*session.sources())
        error = desk.edits.make(self.page, self.first, self.edits, make)
        adding = any(operation in ("click", "reopen") for operation, _ in self.edits)
        new = dict.fromkeys(itertools.chain(*session.sources())) if adding else {}
        for source in before:
            new.pop(source, None)
        wants = list(_fitting([*new], self.images, map_bytes(session)))
        num_eig = session.settings.num_eig
        maps, buffers = list_maps(session, num_eig, wants)
        return {
            "type": "edited",
            "id": self.id,
            "revision": session.revision,
            "clicks": [list(click) for click in session.clicks],
            "history": list(session.history),
            "num_eig": num_eig,
            "maps": maps,
            "error": error,
        }, buffers


def _fitting(
    sources: list[Source], images: list[int], size: int
) -> Iterator[tuple[Source, list[int]]]:
    """Yield the maps that a reply has room for, those of the first image first."""
    room = max(EDITED_BYTES // size, 1)
    images = images[: max(room // max(len(sources), 1), 1)]
    if images:
        yield from ((source, images) for source in sources[:room])
