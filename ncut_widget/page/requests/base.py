"""The contract of requests: a message of the page is read, and answered."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from ncut_widget.page.edits import Edits
from ncut_widget.page.pictures import Pictures
from ncut_widget.page.protocol import Fields, Message
from ncut_widget.sessions.session import Session


class Desk(NamedTuple):
    """The objects and functions that requests use for their answers.

    Attributes
    ----------
    session : Session
    pictures : Pictures
    edits : Edits
    send : callable
        Sends a message's contents and buffers.
    change : callable
        Calls a function that changes the session, and tells of the changes after it.
    sync : callable
        Sets some settings, sends all traits, then calls a function that answers.
    tell : callable
        Sends traits, given by their names.
    view : callable
        Notes how many views the page has, and whether it can write into its notebook.
    """

    session: Session
    pictures: Pictures
    edits: Edits
    send: Callable[..., object]
    change: Callable[[Callable[[], object]], object]
    sync: Callable[[dict[str, Any], Callable[[], object]], object]
    tell: Callable[[list[str]], object]
    view: Callable[[int, bool], object]


class Request(ABC):
    """One message of the page, with the id that its answer repeats."""

    message_type: ClassVar[str]
    kinds: ClassVar[dict[str, type[Request]]] = {}

    def __init_subclass__(cls) -> None:
        """Register the kind for `read_request`."""
        cls.kinds[cls.message_type] = cls

    id: str

    @classmethod
    @abstractmethod
    def read(cls, id: str, fields: Fields, session: Session) -> Request:
        """Read the fields; raise TypeError or ValueError if one is wrong."""

    @abstractmethod
    def answer(self, desk: Desk) -> Message | None:
        """Do the request; return the answer, None if the page waits for none."""

    def handle(self, desk: Desk) -> None:
        """Do the request, and send the answer."""
        if message := self.answer(desk):
            desk.send(*message)


def later(request: Request) -> Message:
    """Return the answer to a request for what is still being computed."""
    return {"type": "later", "id": request.id}, []


def read_request(content: Any, session: Session) -> Request:
    """Read a message of the page.

    Raises
    ------
    TypeError, ValueError
        In one sentence, if it is not a valid request.
    """
    fields = Fields(content, "a message from the page")
    request_id = fields.name("id")
    kind = Request.kinds[fields.one_of("type", tuple(Request.kinds))]
    return kind.read(request_id, fields, session)
