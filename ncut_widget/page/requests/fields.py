"""The request for the fields of seeds, on some images."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ncut_widget.methods import METHODS, Seeds
from ncut_widget.page.protocol import Fields, Message, check_sizes, tell_seeds
from ncut_widget.page.requests.base import Desk, Request
from ncut_widget.sessions.session import Session

COSTLY = 8
"""Most costly fields in one request: each takes a product with the whole batch."""


@dataclass(frozen=True)
class FieldsRequest(Request):
    """Send the fields of some seeds on some images."""

    message_type = "fields"
    id: str
    wants: list[tuple[Seeds, list[int]]]

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> FieldsRequest:
        """Read the wants; refuse more than one answer can hold."""
        wants = [Fields(want, "a wanted field") for want in fields.get("wants", list)]
        read = [(w.seeds(session), w.indices("images", session)) for w in wants]
        costly = sum(METHODS[seeds.method].costly for seeds, _ in read)
        if costly > COSTLY:
            raise ValueError(
                f"one request may ask for {COSTLY} biased cuts, got {costly}"
            )
        sizes = [
            map_bytes(session, seeds, image)
            for seeds, images in read
            for image in images or [seeds.positives[0][0].cell.image]
        ]
        check_sizes(sizes, "maps")
        return cls(id, read)

    def answer(self, desk: Desk) -> Message:
        """Return the maps, one buffer for each want."""
        session = desk.session
        with session.lock:
            fields, buffers = list_fields(session, self.wants)
            return {
                "type": "fields",
                "id": self.id,
                "revision": session.revision,
                "fields": fields,
            }, buffers


def map_bytes(session: Session, seeds: Seeds, image: int) -> int:
    """Bytes of a field's map of one image."""
    return 4 * math.prod(session.masker.grid_of(seeds, image))


def list_fields(
    session: Session, wants: Iterable[tuple[Seeds, list[int]]]
) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Return fields in the form that is sent: entries, and a buffer for each."""
    fields, buffers = [], []
    for seeds, images in wants:
        field = session.masker.field(seeds)
        known = field.statistics
        maps = [np.ascontiguousarray(field.map(image), "<f4") for image in images]
        fields.append(
            {
                "seeds": tell_seeds(seeds),
                "images": images,
                "stats": None if known is None else asdict(known),
                "grids": [each.shape for each in maps],
                "presence": [field.presence(image) for image in images],
            }
        )
        buffers.append(b"".join(each.tobytes() for each in maps))
    return fields, buffers
