"""Users' methods to share a segmenter without a kernel: interactive pages."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

from IPython.display import HTML

from ncut_widget.core.checks import check_flag, check_indices, check_number
from ncut_widget.core.paths import as_path
from ncut_widget.core.progress import heeds_progress
from ncut_widget.core.writing.whole import whole_file
from ncut_widget.page.pictures import Pictures
from ncut_widget.sessions.keeper import PathLike
from ncut_widget.sessions.session import Session
from ncut_widget.settings import TABLE
from ncut_widget.share.page import (
    Moment,
    SharedPage,
    compare_masks,
    render_page,
    take_moment,
)

MOST = 12
"""Images of a page, by default; each takes half a megabyte."""

TOLD = ("_info", "_segments", "_colors", "_revision", *TABLE)


class Sharing:
    """Makes pages that show a segmenter without a kernel.

    Parameters
    ----------
    session : Session
    pictures : Pictures
    trait : callable
        Name -> value of one of the widget's traits, as it is sent to a page.
    """

    def __init__(
        self, session: Session, pictures: Pictures, trait: Callable[[str], Any]
    ) -> None:
        self._session = session
        self._pictures = pictures
        self._trait = trait

    @heeds_progress
    def save_html(
        self,
        path: PathLike,
        images: int | Sequence[int] | None = None,
        *,
        title: str | None = None,
        overwrite: bool = False,
        progress: bool = True,
    ) -> SharedPage:
        """Write a page that needs neither kernel nor network, one file.

        In any browser it takes clicks, hovering and sliders as the widget does;
        segments can be shown, hidden and recoloured. The page computes masks of
        eigenvectors in 16 bits; how far they are from the kernel's is measured and
        reported. The page has no biased cut.

        Parameters
        ----------
        path : str or Path
        images : int or sequence of int, optional
            Images for the page; images with clicks are added. By default 12, those with
            clicks first. Each takes about half a megabyte for each way of `by`.
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
            If the file exists, and ``overwrite`` is False.
        """
        target = as_path(path)
        with whole_file(target, overwrite=check_flag("overwrite", overwrite)) as file:
            moment = self._moment(images)
            page = self._page(moment, title or target.stem, progress)
            file.write_text(page, encoding="utf-8")
        iou = compare_masks(self._session, moment)
        return SharedPage(target, target.stat().st_size, tuple(moment.images), iou)

    @heeds_progress
    def to_iframe(
        self,
        images: int | Sequence[int] | None = None,
        *,
        height: int = 720,
        progress: bool = True,
    ) -> HTML:
        """Show the page of `save_html` in the notebook, and save it there.

        It also works in the notebook's HTML export, and wherever there is no kernel.

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

    def _moment(self, images: int | Sequence[int] | None) -> Moment:
        count = len(self._session.sizes)
        given = None if images is None else check_indices("images", images, count)
        with self._session.lock:
            traits = {name: self._trait(name) for name in TOLD}
            moment = take_moment(self._session, traits, given, MOST)
        if not moment.images:
            raise ValueError("there is nothing to show: images must name at least one")
        return moment

    def _page(self, moment: Moment, title: str, progress: bool) -> str:
        # Without the lock: files are read, and the widget can be used meanwhile.
        return render_page(
            self._session, self._pictures, moment, title, progress=progress
        )
