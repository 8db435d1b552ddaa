"""The page's requests: a class for each kind, which reads it and answers it.

A new kind is a new class here, found by the ``type`` of its messages.
"""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ncut_widget.checks import check_flag
from ncut_widget.masks.coordinates import Cell
from ncut_widget.masks.eigvecs import Eigvecs, Quantised
from ncut_widget.masks.similarity import (
    BiasedSet,
    Source,
    method_of,
    parameters,
)
from ncut_widget.page.edits import Edit, Edits
from ncut_widget.page.pictures import KINDS, Pictures
from ncut_widget.page.wire import REPLY_BYTES, Fields, Message, check_size
from ncut_widget.session import Session


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

CUTS = 8
"""Biased cuts that one request may ask for: each is a product with the whole batch."""

EDITED_BYTES = 10**6
"""Of the maps of an edit's answer, at most: more would keep the first one waiting."""

VALUES_AT_ONCE = 2**24
"""Of eigenvectors whose moments take less than a tenth of a second."""


class Desk(NamedTuple):
    """What requests are answered with.

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
        Sets some settings, and tells all traits and then a message that it is given.
    tell : callable
        Tells traits.
    view : callable
        Takes how many views the page has, and whether its notebook can be written to.
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
        """Let `read_request` find the kind."""
        cls.kinds[cls.message_type] = cls

    id: str

    @classmethod
    @abstractmethod
    def read(cls, id: str, fields: Fields, session: Session) -> Request:
        """Read the fields; raise TypeError or ValueError where they are not right."""

    def answer(self, desk: Desk) -> Message:
        """Make the answer, of a request that changes nothing."""
        raise NotImplementedError

    def handle(self, desk: Desk) -> None:
        """Do what is asked for, and answer."""
        desk.send(*self.answer(desk))


def read_request(content: Any, session: Session) -> Request:
    """Read a message of the page.

    Raises
    ------
    TypeError, ValueError
        If it is no request, in one sentence.
    """
    fields = Fields(content, "a message from the page")
    request_id = fields.name("id")
    kind = Request.kinds[fields.one_of("type", tuple(Request.kinds))]
    return kind.read(request_id, fields, session)


# Clicks ------------------------------------------------------------------------------


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
        wants = list(_fitting([*new], self.images, _map_bytes(session)))
        num_eig = session.settings.num_eig
        maps, buffers = _maps(session, num_eig, wants)
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


@dataclass(frozen=True)
class SyncRequest(Request):
    """Set what may not have arrived, and tell all that the page may have missed."""

    message_type = "sync"
    id: str
    settings: dict[str, Any]

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> SyncRequest:
        """Read the settings; they are checked when they are set."""
        return cls(id, fields.get("settings", dict))

    def handle(self, desk: Desk) -> None:
        """Set the settings, tell all traits, and answer."""
        desk.sync(self.settings, lambda: desk.send(*self.answer(desk)))

    def answer(self, desk: Desk) -> Message:
        """Tell the revision that the traits are of."""
        revision = desk.session.revision
        return {"type": "synced", "id": self.id, "revision": revision}, []


@dataclass(frozen=True)
class ViewsRequest(Request):
    """Note how many views the page has, and whether its notebook can be written to."""

    message_type = "views"
    id: str
    count: int
    keeps: bool

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> ViewsRequest:
        """Read the number of views."""
        keeps = check_flag("keeps", fields.content.get("keeps"))
        return cls(id, fields.whole("count", 0, 2**53), keeps)

    def handle(self, desk: Desk) -> None:
        """Note it; there is nothing to answer."""
        desk.view(self.count, self.keeps)


# Similarities ------------------------------------------------------------------------


@dataclass(frozen=True)
class MapsRequest(Request):
    """Send the similarity maps of some cells, or sets of clicks, on some images."""

    message_type = "maps"
    id: str
    num_eig: int
    wants: list[tuple[Source, list[int]]]

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> MapsRequest:
        """Read what is wanted, as far as one answer goes."""
        wants = [Fields(want, "a wanted map") for want in fields.get("wants", list)]
        num_eig = fields.num_eig(session)
        maps = [(w.source(session), w.indices("images", session)) for w in wants]
        cuts = sum(isinstance(source, BiasedSet) for source, _ in maps)
        if cuts > CUTS:
            raise ValueError(f"one request may ask for {CUTS} biased cuts, got {cuts}")
        count = sum(max(len(images), 1) for _, images in maps)
        check_size(count, _map_bytes(session), "maps")
        return cls(id, num_eig, maps)

    def answer(self, desk: Desk) -> Message:
        """Give the maps, one buffer for each want."""
        session = desk.session
        with session.lock:
            maps, buffers = _maps(session, self.num_eig, self.wants)
            return {
                "type": "maps",
                "id": self.id,
                "revision": session.revision,
                "num_eig": self.num_eig,
                "maps": maps,
            }, buffers


def _map_bytes(session: Session) -> int:
    """Bytes of one similarity map."""
    return 4 * session.grid[0] * session.grid[1]


def _fitting(
    sources: list[Source], images: list[int], size: int
) -> Iterator[tuple[Source, list[int]]]:
    """Yield the maps that a reply has room for, those of the first image first."""
    room = max(EDITED_BYTES // size, 1)
    images = images[: max(room // max(len(sources), 1), 1)]
    if images:
        yield from ((source, images) for source in sources[:room])


def _maps(
    session: Session, num_eig: int, wants: Iterable[tuple[Source, list[int]]]
) -> tuple[list[dict[str, Any]], list[bytes]]:
    maps, buffers = [], []
    for source, images in wants:
        similarity = session.similarity(source, num_eig)
        known = similarity.statistics
        stats = None if known is None else asdict(known)
        maps.append({**_describe(source), "images": images, "stats": stats})
        buffers.append(
            np.ascontiguousarray(similarity.maps(images), dtype="<f4").tobytes()
        )
    return maps, buffers


def _describe(source: Source) -> dict[str, Any]:
    """Name what a map is of, as the page does where it asks for it."""
    if isinstance(source, Cell):
        return {"cell": list(source)}
    return {
        "clicks": {
            "method": method_of(source),
            "positives": [list(cell) for cell in source.positives],
            "negatives": [list(cell) for cell in source.negatives],
            **{name: getattr(source, name) for name in parameters(type(source))},
        }
    }


# Previews ----------------------------------------------------------------------------


@dataclass(frozen=True)
class VectorsRequest(Request):
    """Send the quantised eigenvectors of some images, and of the sample if asked."""

    message_type = "vectors"
    id: str
    images: list[int]
    sample: bool

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> VectorsRequest:
        """Read the images, as many as one answer may hold."""
        images = fields.indices("images", session)
        _, height, width, num_eig = session.shape
        size = 2 * height * width * num_eig
        check_size(len(images), size, "images' eigenvectors")
        return cls(id, images, check_flag("sample", fields.content.get("sample")))

    def answer(self, desk: Desk) -> Message:
        """Give levels, one buffer for each image and, last, for the sample."""
        eigvecs = desk.session.eigvecs
        if self.sample and not _at_hand(eigvecs, eigvecs.shape[-1]):
            return _later(self)
        parts: list[tuple[int | None, Quantised]] = [
            (image, eigvecs.quantised(image)) for image in self.images
        ]
        if self.sample:
            parts.append((None, eigvecs.quantised_sample()))
        entries = [
            {"image": image, "low": part.low.tolist(), "step": part.step.tolist()}
            for image, part in parts
        ]
        content = {"type": "vectors", "id": self.id, "vectors": entries}
        return content, [part.levels.astype("<u2").tobytes() for _, part in parts]


@dataclass(frozen=True)
class MomentsRequest(Request):
    """Send mean and covariance of the leading eigenvectors."""

    message_type = "moments"
    id: str
    num_eig: int

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> MomentsRequest:
        """Read how many eigenvectors."""
        return cls(id, fields.num_eig(session))

    def answer(self, desk: Desk) -> Message:
        """Give the moments, in two buffers."""
        session = desk.session
        if not _at_hand(session.eigvecs, self.num_eig):
            return _later(self)
        prefix = session.eigvecs.prefix(self.num_eig)
        buffers = [
            each.astype("<f8").tobytes() for each in (prefix.mean, prefix.covariance)
        ]
        return {
            "type": "moments",
            "id": self.id,
            "num_eig": self.num_eig,
            "count": session.eigvecs.count,
        }, buffers


def _at_hand(eigvecs: Eigvecs, num_eig: int) -> bool:
    """Whether moments and sample can be sent; if not, they will be."""
    if math.prod(eigvecs.shape) <= VALUES_AT_ONCE or eigvecs.ready(num_eig):
        return True
    eigvecs.prepare(num_eig)
    return False


def _later(request: Request) -> Message:
    return {"type": "later", "id": request.id}, []


# Pictures ----------------------------------------------------------------------------


@dataclass(frozen=True)
class PicturesRequest(Request):
    """Send some images as encoded files."""

    message_type = "pictures"
    id: str
    kind: str
    images: list[int]

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> PicturesRequest:
        """Read which pictures."""
        kind = fields.one_of("kind", KINDS)
        return cls(id, kind, fields.indices("images", session))

    def answer(self, desk: Desk) -> Message:
        """Give as many pictures as fit: the others are `left`.

        No lock is held while files are read, decoded and encoded.
        """
        version, encode = desk.pictures.encoder(self.kind)
        entries: list[dict[str, Any]] = []
        buffers: list[bytes] = []
        size = 0
        for image in self.images:
            try:
                picture = encode(image)
            except (OSError, ValueError, MemoryError) as error:
                # The others can be shown, and this one's place says why it is not.
                entries.append({"image": image, "error": str(error)})
                continue
            size += len(picture.data)
            if buffers and size > REPLY_BYTES:
                break
            buffers.append(picture.data)
            described = picture._asdict()
            del described["data"]
            entries.append({"image": image, **described})
        content = {
            "type": "pictures",
            "id": self.id,
            "kind": self.kind,
            "colors": version,
            "pictures": entries,
            "left": self.images[len(entries) :],
        }
        return content, buffers
