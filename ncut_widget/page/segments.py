"""The segments as the page lists them."""

from __future__ import annotations

from typing import Any

from ncut_widget.sessions.state import Shelf


def list_segments(shelf: Shelf) -> list[dict[str, Any]]:
    """Return the list for the page: all but the masks, which it asks for."""
    opened = shelf.editing and shelf.editing.id
    return [
        {
            "id": each.id,
            "edition": each.edition,
            "name": each.name,
            "color": each.color,
            "visible": each.visible,
            "instances": each.instances,
            "clicks": len(each.prompts),
            "open": each.id == opened,
        }
        for each in shelf.segments
    ]
