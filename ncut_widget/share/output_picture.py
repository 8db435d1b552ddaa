"""A widget's picture in an output of its own, updated after changes.

A saved notebook holds an output as it was published or last updated. When an output is
updated, JupyterLab makes its views anew, and they lose their current actions: therefore
the picture is not in the view's output. While there is a view, the page hides the
picture (``js/src/model/output.js``).
"""

from __future__ import annotations

import base64
import contextvars
import logging
import time
import weakref
import zlib
from collections.abc import Callable
from threading import Lock, Thread
from typing import Any
from uuid import uuid4

from IPython.display import publish_display_data

log = logging.getLogger(__name__)

PNG = "image/png"

SETTLED_AFTER = 1.0
"""Seconds without a change before the picture is updated."""

HEAD = 33
"""Bytes of a PNG file's signature and header."""

KEY = b"Widget\0"
"""Keyword of the text in the file. The text after it starts on a new group of three
bytes, so that the page finds it in the file's base64."""


class OutputPicture:
    """One widget's picture.

    Parameters
    ----------
    draw : callable
        Makes the picture, a PNG file.
    seen : callable
        Returns all that the picture depends on; equal values need no new picture.
    tell : callable
        Sends a message to the page.
    """

    def __init__(
        self,
        draw: Callable[[], bytes],
        seen: Callable[[], object],
        tell: Callable[[dict[str, Any]], object],
    ) -> None:
        self.mark = uuid4().hex
        self._draw = draw
        self._seen = seen
        self._tell = tell
        self._drawn: tuple[object, str] | None = None
        self._published: str | None = None
        self._page: contextvars.Context | None = None
        self._is_new_page = False
        self._lock = Lock()
        self._waiting = False
        self._due = 0.0

    def draw(self) -> str | None:
        """Return the current picture in base64; None if it cannot be made."""
        with self._lock:
            return self._current()

    def cell_ended(self, *, shown: bool) -> None:
        """Update the picture after a cell; publish it if the cell showed the widget."""
        if shown or self._page is None:
            self._update(publish=shown, follow=self._page is None)
        if self._page is not None:
            self.follow_later()

    def _update(self, *, publish: bool = False, follow: bool = True) -> None:
        with self._lock:
            png = self._current()
            if png is None:
                return
            if follow:
                self._follow(png)
            if publish:
                publish_display_data(*self._bundle(png), transient=self._transient)
                self._published = self._published or png

    def kept_by_page(self, keeps: bool) -> None:
        """Note whether a new page puts the picture into its notebook.

        After a reload the host knows no output to update, and the notebook may be
        older than the last picture.
        """
        self._page = contextvars.copy_context() if keeps else None
        self._is_new_page = keeps
        self.follow_later()

    def follow_later(self) -> None:
        """Update the picture after a change, once no more come for a while."""
        self._due = time.monotonic() + SETTLED_AFTER
        if self._published is None or self._waiting:
            return
        self._waiting = True
        # JupyterLab lets clicks wait for the running cell while the kernel's last
        # message to the page answers a cell's: make it answer the page's.
        context = self._page or contextvars.copy_context()
        run = context.copy().run
        Thread(target=run, args=(_follow, weakref.ref(self)), daemon=True).start()

    def _follow(self, png: str) -> None:
        if self._published is None:
            return
        if self._page is not None and (self._is_new_page or png != self._published):
            self._tell({"type": "picture", "mark": self.mark, "png": png})
            self._is_new_page = False
        elif png != self._published:
            bundle = self._bundle(png)
            publish_display_data(*bundle, transient=self._transient, update=True)
        self._published = png

    def _current(self) -> str | None:
        seen = self._seen()
        if self._drawn is None or self._drawn[0] != seen:
            try:
                png = mark_png(self._draw(), self.mark)
            except Exception:  # any error: the widget itself can still be shown
                log.exception("no picture of the widget could be made")
                return None
            self._drawn = seen, base64.b64encode(png).decode("ascii")
        return self._drawn[1]

    @property
    def _transient(self) -> dict[str, str]:
        return {"display_id": self.mark}

    def _bundle(self, png: str) -> tuple[dict[str, str], dict[str, Any]]:
        text = "NcutSegmenter, as it was shown last"
        # VS Code gives the picture an address without the mark: put it into the text.
        told = {PNG: {"alt": text}, "vscode_altText": f"{text} ({self.mark})"}
        return {PNG: png, "text/plain": text}, told


def mark_png(png: bytes, mark: str) -> bytes:
    """Write the mark into a PNG file; it can be found in the file's base64."""
    data = KEY + mark.encode("ascii")
    chunk = b"tEXt" + data
    size, check = len(data).to_bytes(4, "big"), zlib.crc32(chunk).to_bytes(4, "big")
    return png[:HEAD] + size + chunk + check + png[HEAD:]


def _follow(ref: weakref.ref[OutputPicture]) -> None:
    """Wait until changes end, with no reference to the widget meanwhile."""
    while (picture := ref()) is not None:
        rest = picture._due - time.monotonic()
        if rest <= 0:
            picture._waiting = False
            picture._update()
            return
        del picture
        time.sleep(rest)
