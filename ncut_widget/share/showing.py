"""Showing a segmenter in a notebook: the widget, a picture of it, and its end."""

from __future__ import annotations

import base64
import gc
import io
import weakref
from threading import Timer
from typing import Any

from ipywidgets.widgets import widget as ipywidgets_table

from ncut_widget.sessions.keeping import Keeping
from ncut_widget.share.cells import forget_result, show_in_cell
from ncut_widget.share.output_picture import PNG, OutputPicture
from ncut_widget.share.snapshot import picture_stage, picture_widget

STILL_QUALITY = 75
"""Of JPEG: the picture goes with the widget's state."""


class Showing(Keeping):
    """A segmenter as the cells of a notebook show it."""

    def __init__(self, **traits: Any) -> None:
        self._output = OutputPicture(self._picture, self._seen_in_picture, self._tell)
        self._views = 0
        self._overwritten = False
        super().__init__(**traits)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Show the widget, and where it cannot be, a picture of how it is now."""
        bundle = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        if not isinstance(bundle, tuple):
            return bundle
        data, metadata = bundle
        self._overwritten = False
        self._hold()
        png = self._output.draw()
        # In a notebook's cell the picture has an output of its own, which follows.
        if not show_in_cell(self) and png is not None:
            data = {**data, PNG: png}
        return data, metadata

    # The picture --------------------------------------------------------------------

    def _picture(self) -> bytes:
        """Draw the widget, a PNG file; its page has the stage from now on."""
        image = self.active_image  # type: ignore[attr-defined]
        stage = picture_stage(self._session, self._pictures, image)
        png = picture_widget(self._session, self._pictures, image, stage)
        buffer = io.BytesIO()
        stage.convert("RGB").save(buffer, "JPEG", quality=STILL_QUALITY)
        jpeg = base64.b64encode(buffer.getvalue()).decode("ascii")
        still = {"image": image, "url": f"data:image/jpeg;base64,{jpeg}"}
        self.set_trait("_still", still)  # type: ignore[attr-defined]
        return png

    def _seen_in_picture(self) -> object:
        image = self.active_image  # type: ignore[attr-defined]
        shelf, version = self._session.shelf, self._pictures.version
        return self._session.revision, shelf, image, version

    def _tell(self, message: dict[str, Any]) -> None:
        comm = self.comm  # type: ignore[attr-defined]
        if comm is not None:
            self.send({**message, "model": comm.comm_id})  # type: ignore[attr-defined]

    def _keep_changes(self) -> None:
        """Keep what has changed: in its file, and in the notebook's picture."""
        super()._keep_changes()  # type: ignore[misc]
        self._output.follow_later()

    def _cell_ended(self, *, shown: bool) -> None:
        self._output.cell_ended(shown=shown)

    # The end ------------------------------------------------------------------------

    def _take_views(self, count: int, keeps: bool) -> None:
        """Take from a page how many views it has, and whether it keeps the picture."""
        self._views = count
        if count:
            self._hold()
            self._output.kept_by_page(keeps)
        elif self._overwritten:
            self._let_go()
            # Not before this message is handled, which holds the widget.
            Timer(1, gc.collect).start()

    def _cell_overwritten(self) -> None:
        self._overwritten = True
        if not self._views:
            self._let_go()

    def _hold(self) -> None:
        """Live on as long as ipywidgets lets a widget live."""
        ipywidgets_table._instances[self.model_id] = self  # type: ignore[attr-defined]

    def _let_go(self) -> None:
        """Live on only as long as the user has a name for it, or keeps it in something.

        ipywidgets' table, the line to the page and IPython's history of results would
        keep it, with its eigenvectors and images, until the kernel's end.
        """
        forget_result(self)
        comm = self.comm  # type: ignore[attr-defined]
        if comm is None:  # closed
            return
        ipywidgets_table._instances.pop(comm.comm_id, None)
        ref = weakref.ref(self)

        def receive(message: Any) -> None:
            widget: Any = ref()
            if widget is not None:
                widget._handle_msg(message)

        comm.on_msg(receive)
