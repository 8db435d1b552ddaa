"""The request for masks of segments."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from ncut_widget.core.checks import shown
from ncut_widget.masks.runs import to_runs
from ncut_widget.page.protocol import Fields, Message
from ncut_widget.page.requests.base import Desk, Request
from ncut_widget.sessions.session import Session

KINDS = ("stage", "thumb")

REPLY_BYTES = 10**6
REPLY_SECONDS = 0.1
"""Limits of an answer: a longer one would delay others. One part is always sent."""


@dataclass(frozen=True)
class SegmentsRequest(Request):
    """Send the masks of some segments on some images."""

    message_type = "segments"
    id: str
    kind: str
    segments: list[tuple[int, int]]
    images: list[int]

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> SegmentsRequest:
        """Read which segments, of which edition; some may be gone by now."""
        kind = fields.one_of("kind", KINDS)
        segments = []
        for value in fields.get("segments", list):
            if not (
                isinstance(value, list)
                and len(value) == 2
                and all(type(each) is int for each in value)
            ):
                raise TypeError(f"a segment must be [id, edition], got {shown(value)}")
            segments.append((value[0], value[1]))
        return cls(id, kind, segments, fields.indices("images", session))

    def answer(self, desk: Desk) -> Message:
        """Return masks, image by image, as many as there is time for.

        No lock is held between them, so that a click need not wait for all.
        """
        known = {(s.id, s.edition): s for s in desk.session.shelf.segments}
        wanted = [known[each] for each in self.segments if each in known]
        parts: list[dict[str, Any]] = []
        buffers: list[bytes] = []
        late = time.monotonic() + REPLY_SECONDS
        size = 0
        for image in self.images:
            for segment in wanted:
                if parts and (size >= REPLY_BYTES or time.monotonic() >= late):
                    break
                if self.kind == "stage":
                    labels = segment.full_instances()[image]
                    buffer = to_runs(labels).astype("<u4").tobytes()
                else:
                    buffer = np.packbits(segment.masks[image]).tobytes()
                size += len(buffer)
                buffers.append(buffer)
                parts.append(
                    {
                        "id": segment.id,
                        "edition": segment.edition,
                        "image": image,
                        "instances": segment.instances,
                    }
                )
        content = {"type": "segments", "id": self.id, "kind": self.kind, "parts": parts}
        return content, buffers
