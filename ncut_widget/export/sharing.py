"""Showing a segmenter where there is no kernel: pictures, and pages that live."""

from __future__ import annotations

import base64
import html
import io
import logging
from collections.abc import Sequence
from typing import Any

from IPython.display import HTML

from ncut_widget.checks import check_flag, check_number
from ncut_widget.export.keeping import Keeping, PathLike
from ncut_widget.export.page import (
    Moment,
    SharedPage,
    compare_masks,
    render_page,
    take_moment,
)
from ncut_widget.export.snapshot import picture_stage, picture_widget
from ncut_widget.export.writing import whole_file
from ncut_widget.paths import as_path
from ncut_widget.settings import TABLE

log = logging.getLogger(__name__)

PNG = "image/png"

STILL_QUALITY = 75
"""Of JPEG: the picture goes with the widget's state."""

MOST = 12
"""Images of a page, if not told; each takes half a megabyte."""

TOLD = ("_info", "_segments", "_colors", "_revision", *TABLE)


class Sharing(Keeping):
    """A segmenter that can be shown without a kernel."""

    def save_html(
        self,
        path: PathLike,
        images: Sequence[int] | None = None,
        *,
        title: str | None = None,
        overwrite: bool = False,
        progress: bool = True,
    ) -> SharedPage:
        """Write a page that needs neither kernel nor network, one file.

        Whoever opens it in a browser clicks, hovers and slides as here; segments are
        shown, hidden, recoloured. Masks are computed in the page, of eigenvectors in 16
        bits; how far they are from the kernel's is measured and reported. A biased cut
        cannot be made there.

        Parameters
        ----------
        path : str or Path
        images : sequence of int, optional
            Those to put into it, and those with clicks besides; by default 12, those
            with clicks before others. Each takes about half a megabyte.
        title : str, optional
            Of the page; by default the file's name.
        overwrite : bool
            Replace a file that is there already.
        progress : bool
            Show a progress bar.

        Returns
        -------
        SharedPage
            ``path``, ``nbytes``, ``images`` and ``iou``.

        Raises
        ------
        FileExistsError
            If there is such a file, and it is not to be overwritten.
        """
        target = as_path(path)
        with whole_file(target, overwrite=check_flag("overwrite", overwrite)) as file:
            moment = self._moment(images)
            page = self._page(moment, title or target.stem, progress)
            file.write_text(page, encoding="utf-8")
        iou = compare_masks(self._session, moment)
        return SharedPage(target, target.stat().st_size, tuple(moment.images), iou)

    def to_iframe(
        self,
        images: Sequence[int] | None = None,
        *,
        height: int = 720,
        progress: bool = True,
    ) -> HTML:
        """Show the page of `save_html` in the notebook, where it stays.

        Saved with the notebook, it lives on in its HTML export, and wherever no kernel
        is.

        Parameters
        ----------
        images, progress
            As for `save_html`.
        height : int, at least 100
            In CSS pixels.
        """
        height = int(check_number("height", height, 100, integer=True))
        page = self._page(self._moment(images), "ncut_widget", progress)
        frame = (
            f'<iframe srcdoc="{html.escape(page)}" sandbox="allow-scripts" '
            f'style="width: 100%; height: {height}px; border: 0"></iframe>'
        )
        return HTML(f"<div>{frame}</div>")

    def _moment(self, images: Sequence[int] | None) -> Moment:
        last = len(self._session.sizes) - 1
        given = None
        if images is not None:
            given = [
                int(check_number("an image index", image, 0, last, whole=True))
                for image in images
            ]
        with self._session.lock:
            traits = {name: getattr(self, name) for name in TOLD}
            return take_moment(self._session, traits, given, MOST)

    def _page(self, moment: Moment, title: str, progress: bool) -> str:
        # Without the lock: files are read, and the widget can be used meanwhile.
        return render_page(
            self._session, self._pictures, moment, title, progress=progress
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Show the widget, or where it cannot be, a picture of how it is now."""
        bundle = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        if not isinstance(bundle, tuple):
            return bundle
        data, metadata = bundle
        try:
            data = {**data, PNG: self._picture()}
        except Exception:  # whatever it is: the widget itself can be shown
            log.exception("no picture of the widget could be made")
        return data, metadata

    def _picture(self) -> str:
        """Draw the widget, in base64; its page has the stage from now on."""
        image = self.active_image  # type: ignore[attr-defined]
        stage = picture_stage(self._session, self._pictures, image)
        png = picture_widget(self._session, self._pictures, image, stage)
        buffer = io.BytesIO()
        stage.convert("RGB").save(buffer, "JPEG", quality=STILL_QUALITY)
        jpeg = base64.b64encode(buffer.getvalue()).decode("ascii")
        still = {"image": image, "url": f"data:image/jpeg;base64,{jpeg}"}
        self.set_trait("_still", still)  # type: ignore[attr-defined]
        return base64.b64encode(png).decode("ascii")
