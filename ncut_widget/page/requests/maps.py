"""Similarity maps of cells, or of sets of clicks, on some images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ncut_widget.masks.coordinates import Cell
from ncut_widget.methods.similarity import BiasedSet, Source, method_of, parameters
from ncut_widget.page.protocol import Fields, Message, check_size
from ncut_widget.page.requests.base import Desk, Request
from ncut_widget.sessions.session import Session

CUTS = 8
"""Biased cuts that one request may ask for: each is a product with the whole batch."""


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
        check_size(count, map_bytes(session), "maps")
        return cls(id, num_eig, maps)

    def answer(self, desk: Desk) -> Message:
        """Give the maps, one buffer for each want."""
        session = desk.session
        with session.lock:
            maps, buffers = list_maps(session, self.num_eig, self.wants)
            return {
                "type": "maps",
                "id": self.id,
                "revision": session.revision,
                "num_eig": self.num_eig,
                "maps": maps,
            }, buffers


def map_bytes(session: Session) -> int:
    """Bytes of one similarity map."""
    return 4 * session.grid[0] * session.grid[1]


def list_maps(
    session: Session, num_eig: int, wants: Iterable[tuple[Source, list[int]]]
) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Give maps as they are sent: what each is of, and a buffer for each."""
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
