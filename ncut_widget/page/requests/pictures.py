"""Images, thumbs and eigenvector colours, as encoded files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ncut_widget.page.pictures import KINDS
from ncut_widget.page.protocol import REPLY_BYTES, Fields, Message
from ncut_widget.page.requests.base import Desk, Request
from ncut_widget.sessions.session import Session


@dataclass(frozen=True)
class PicturesRequest(Request):
    """Send some images as encoded files."""

    message_type = "pictures"
    id: str
    kind: str
    by: str
    images: list[int]

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> PicturesRequest:
        """Read which pictures."""
        kind = fields.one_of("kind", KINDS)
        # Only colours need eigenvectors that are there.
        is_colored = kind == "eigvecs"
        ways = session.spectra.ways
        by = fields.way(session) if is_colored else fields.one_of("by", ways)
        return cls(id, kind, by, fields.indices("images", session))

    def answer(self, desk: Desk) -> Message:
        """Return as many pictures as fit; the others are listed in ``left``.

        No lock is held while files are read, decoded and encoded.
        """
        session = desk.session
        version, encode = desk.pictures.encoder(self.kind, self.by)
        entries: list[dict[str, Any]] = []
        buffers: list[bytes] = []
        size = 0
        for image in self.images:
            try:
                picture = encode(image)
            except (OSError, ValueError, MemoryError) as error:
                # The other images can be shown; this one's place shows the reason.
                entries.append({"image": image, "error": str(error)})
                continue
            size += len(picture.data)
            if buffers and size > REPLY_BYTES:
                break
            buffers.append(picture.data)
            if self.kind == "stage":  # who looks at an image will click on it
                session.masker.prepare(session.settings, image)
            described = picture._asdict()
            del described["data"]
            entries.append({"image": image, **described})
        content = {
            "type": "pictures",
            "id": self.id,
            "kind": self.kind,
            "by": self.by,
            "colors": version,
            "pictures": entries,
            "left": self.images[len(entries) :],
        }
        return content, buffers
