"""Shows a segmenter in a notebook: the widget, its picture, and its release."""

from __future__ import annotations

import base64
import gc
import io
import weakref
from threading import Timer
from typing import Any, Protocol

from ipywidgets.widgets import widget as ipywidgets_table

from ncut_widget.page.pictures import Pictures
from ncut_widget.sessions.session import Session
from ncut_widget.share.cells import forget_result, show_in_cell
from ncut_widget.share.output_picture import PNG, OutputPicture
from ncut_widget.share.snapshot import picture_stage, picture_widget

STILL_QUALITY = 75
"""JPEG quality; low, as the picture is part of the widget's state."""


class Displayed(Protocol):
    """The widget that is shown."""

    active_image: int
    comm: Any
    model_id: Any

    def send(self, content: Any) -> None:
        """Send a message to the page."""

    def set_trait(self, name: str, value: Any) -> Any:
        """Set a trait that is read-only."""

    def _handle_msg(self, message: Any) -> None:
        """Handle a message of the page."""


class Display:
    """A segmenter as the cells of a notebook show it.

    Parameters
    ----------
    widget : Displayed
    session : Session
    pictures : Pictures
    """

    def __init__(self, widget: Displayed, session: Session, pictures: Pictures) -> None:
        self._widget = widget
        self._session = session
        self._pictures = pictures
        self._output = OutputPicture(self._picture, self._seen_in_picture, self._tell)
        self._views = 0
        self._overwritten = False

    @property
    def mark(self) -> str:
        """The mark by which the page finds the picture."""
        return self._output.mark

    def bundle(self, bundle: Any) -> Any:
        """Add a picture of the widget as it is now to its MIME bundle."""
        if not isinstance(bundle, tuple):
            return bundle
        data, metadata = bundle
        self._overwritten = False
        self._hold()
        png = self._output.draw()
        # In a notebook's cell the picture has an output of its own, published later.
        if not show_in_cell(self) and png is not None:
            data = {**data, PNG: png}
        return data, metadata

    # The picture --------------------------------------------------------------------

    def _picture(self) -> bytes:
        """Draw the widget as a PNG file, and give the page a still of the stage."""
        image = self._widget.active_image
        stage = picture_stage(self._session, self._pictures, image)
        png = picture_widget(self._session, self._pictures, image, stage)
        buffer = io.BytesIO()
        stage.convert("RGB").save(buffer, "JPEG", quality=STILL_QUALITY)
        jpeg = base64.b64encode(buffer.getvalue()).decode("ascii")
        still = {"image": image, "url": f"data:image/jpeg;base64,{jpeg}"}
        self._widget.set_trait("_still", still)
        return png

    def _seen_in_picture(self) -> object:
        image = self._widget.active_image
        shelf, version = self._session.shelf, self._pictures.version
        return self._session.revision, shelf, image, version

    def _tell(self, message: dict[str, Any]) -> None:
        comm = self._widget.comm
        if comm is not None:
            self._widget.send({**message, "model": comm.comm_id})

    def follow(self) -> None:
        """Update the picture after a change."""
        self._output.follow_later()

    def cell_ended(self, *, shown: bool) -> None:
        """Hear that a cell has ended, and whether it showed the widget."""
        self._output.cell_ended(shown=shown)

    # The end ------------------------------------------------------------------------

    def take_views(self, count: int, keeps: bool) -> None:
        """Note how many views a page has, and whether it keeps the picture."""
        self._views = count
        if count:
            self._hold()
            self._output.kept_by_page(keeps)
        elif self._overwritten:
            self._let_go()
            # Later: this message, while it is handled, refers to the widget.
            Timer(1, gc.collect).start()

    def cell_overwritten(self) -> None:
        """Hear that no cell's output shows it any more."""
        self._overwritten = True
        if not self._views:
            self._let_go()

    def _hold(self) -> None:
        """Let ipywidgets' table keep the widget alive."""
        ipywidgets_table._instances[self._widget.model_id] = self._widget

    def _let_go(self) -> None:
        """Let the widget live only while the user's variables refer to it.

        ipywidgets' table, the comm to the page and IPython's history of results would
        keep it, with its eigenvectors and images, until the kernel ends.
        """
        forget_result(self._widget)
        comm = self._widget.comm
        if comm is None:  # closed
            return
        ipywidgets_table._instances.pop(comm.comm_id, None)
        ref = weakref.ref(self._widget)

        def receive(message: Any) -> None:
            widget: Any = ref()
            if widget is not None:
                widget._handle_msg(message)

        comm.on_msg(receive)
