"""Requests of a page about itself: sync its settings, count its views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ncut_widget.core.checks import check_flag
from ncut_widget.page.protocol import Fields, Message
from ncut_widget.page.requests.base import Desk, Request
from ncut_widget.sessions.session import Session


@dataclass(frozen=True)
class SyncRequest(Request):
    """Set settings that may not have arrived, and send all traits to the page."""

    message_type = "sync"
    id: str
    settings: dict[str, Any]

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> SyncRequest:
        """Read the settings; they are checked when they are set."""
        return cls(id, fields.get("settings", dict))

    def handle(self, desk: Desk) -> None:
        """Set the settings, send all traits, and answer."""
        desk.sync(self.settings, lambda: desk.send(*self.answer(desk)))

    def answer(self, desk: Desk) -> Message:
        """Return the revision of the traits."""
        revision = desk.session.revision
        return {"type": "synced", "id": self.id, "revision": revision}, []


@dataclass(frozen=True)
class ViewsRequest(Request):
    """Note how many views the page has, and whether it can write into its notebook."""

    message_type = "views"
    id: str
    count: int
    keeps: bool

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> ViewsRequest:
        """Read the number of views."""
        keeps = check_flag("keeps", fields.content.get("keeps"))
        return cls(id, fields.whole("count", 0, 2**53), keeps)

    def answer(self, desk: Desk) -> None:
        """Note it; the page waits for no answer."""
        desk.view(self.count, self.keeps)
