"""The request for the eigenvectors of another way that a click can be meant."""

from __future__ import annotations

from dataclasses import dataclass

from ncut_widget.page.info import describe_way
from ncut_widget.page.protocol import Fields, Message
from ncut_widget.page.requests.base import Desk, Request, later
from ncut_widget.sessions.session import Session


@dataclass(frozen=True)
class WayRequest(Request):
    """Make the eigenvectors of a way, and tell of them once they are there."""

    message_type = "way"
    id: str
    by: str

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> WayRequest:
        """Read which way."""
        return cls(id, fields.one_of("by", session.spectra.ways))

    def answer(self, desk: Desk) -> Message:
        """Tell eigenvalues, and images without eigenvectors."""
        spectrum = desk.session.spectra.begin(self.by)
        if spectrum is None:
            return later(self)
        told = describe_way(spectrum)
        return {"type": "way", "id": self.id, "by": self.by, **told}, []
