"""`NcutSegmenter`: a session as a Jupyter widget. It has only traits and messages."""

from __future__ import annotations

import os
import textwrap
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import traitlets
from numpy.typing import ArrayLike

from ncut_widget import build
from ncut_widget.build import Predictor, check_keywords, warn_of_silent
from ncut_widget.core.arrays import Doubles, Floats, Labels, Mask
from ncut_widget.core.checks import shown
from ncut_widget.core.composed import part_method
from ncut_widget.eigvecs.store import Store
from ncut_widget.images import Errors, Images
from ncut_widget.methods import Spectra
from ncut_widget.page.coming import Coming
from ncut_widget.page.info import describe_batch
from ncut_widget.page.pictures import Pictures
from ncut_widget.page.segments import list_segments
from ncut_widget.page.traits import (
    ListedPrompts,
    Result,
    SettingTraits,
    check_attribute,
    session_setting,
    told,
)
from ncut_widget.results.results import Results
from ncut_widget.sessions.keeper import Keeper
from ncut_widget.sessions.origin import Origin
from ncut_widget.sessions.segment import Segment, Segments
from ncut_widget.sessions.session import Session
from ncut_widget.settings import TABLE
from ncut_widget.share.display import Display
from ncut_widget.share.sharing import Sharing

STATIC = Path(__file__).parent / "static"


class NcutSegmenter(SettingTraits, Coming):
    """Click a pixel, get the mask of that thing on every image of the batch.

    Display it as the last line of a cell. Left click = this is it, right click or
    Alt-click = this is not. Everything the page can do can be done from Python.

    Parameters
    ----------
    eigvecs : torch.Tensor or array_like of float, shape (B, H, W, K), or Store
        NCUT eigenvectors on the latent grid, as from `NCUT`; finite. An array is
        copied; a store is read when needed.
    images : optional
        The batch's images, B of them, in any form `load_images` reads. Files are read
        when the page shows them, and have to stay where they are. Without images the
        eigenvectors' colours are shown, and clicks are in latent pixels.
    eigvals : array_like of float, shape (K,), optional
        Eigenvalues, as from `NCUT`. With them `method` is ``"diffusion"`` by default.
    value_range, errors
        As for `load_images`. A skipped image keeps its place in the strip, with the
        reason; so does an image whose eigenvectors are all zero.
    device : str or torch.device, optional
        Device that holds the eigenvectors; by default the first of CUDA, MPS and the
        CPU that is available.
    autosave : str or Path, optional
        A file that is written at once and after every change, as `save_session` does.
        If it is there already, its session is loaded: a cell that runs again goes on
        where it was. What the cell does afterwards is done again, on top of that: put
        `add_click` and `commit` under ``if not (seg.segments or seg.clicks):``, or give
        the first clicks as ``clicks``. The file must be of the same images and
        eigenvectors; with ``clicks`` that are not those it began with, it is refused.
        What somebody else writes to it is put beside it, with a warning here and on the
        page.
    **settings
        Any of the traits below.

    Attributes
    ----------
    clicks : list of [image, x, y, label]
        Pixels of that image, x right, y down; label 1 = positive, 0 = negative.
        Replace the list; a change in place is refused.
    masks : ndarray of bool, shape (B, H, W)
        Read-only; all False without a positive click. ``observe(f, "masks")`` calls
        ``f`` once after each complete change.
    segments : mapping of str to Segment
        The committed segments by name; later ones lie over earlier ones. ``name``,
        ``color``, ``visible`` and ``instances`` can be set, and ``del`` removes one.
    label_map : ndarray of int, shape (B, H, W)
        All segments at once: 0 = background, 1 = the first.

    Raises
    ------
    TypeError, ValueError, traitlets.TraitError
        In one sentence, if an argument is not as above.

    Examples
    --------
    >>> eigvecs = np.ones((2, 8, 8, 2), dtype=np.float32)
    >>> eigvecs[:, 2:5, 2:5, 1] = -1
    >>> seg = NcutSegmenter(eigvecs)
    >>> seg.add_click(3, 3)
    >>> seg.masks.sum(axis=(1, 2)).tolist()
    [9, 9]
    """

    # As text: anywidget watches files, and the watcher would keep widgets alive.
    _esm = (STATIC / "widget.js").read_text(encoding="utf-8")
    _css = (STATIC / "widget.css").read_text(encoding="utf-8")

    _own_layout: Any = None

    clicks = session_setting("Pixels that were clicked, and their labels.")
    masks = Result(
        lambda self: self._whole.masks(), "Masks of the clicks, on the latent grid."
    )
    segments = Result(
        lambda self: Segments(self._session, self._apply),
        "The committed segments by name; see `Segments`.",
    )

    _info = traitlets.Dict(read_only=True).tag(sync=True)
    _still = traitlets.Dict(None, allow_none=True, read_only=True).tag(sync=True)
    _seen = traitlets.Int(0).tag(sync=True)
    _step = traitlets.Unicode("").tag(sync=True)
    _revision = told(lambda self: self._session.revision)
    _colors = told(lambda self: self._pictures.version)
    _segments = told(lambda self: list_segments(self._session.shelf))
    _history = told(lambda self: list(self._session.history))

    def __init__(
        self,
        eigvecs: ArrayLike | Store | Spectra,
        images: Any = None,
        *,
        eigvals: ArrayLike | None = None,
        device: str | torch.device | None = None,
        value_range: tuple[float, float] | None = None,
        errors: Errors = "raise",
        autosave: str | os.PathLike[str] | None = None,
        **settings: Any,
    ) -> None:
        check_keywords(settings, type(self).__init__)
        read = None
        if images is not None:
            read = Images(images, value_range=value_range, errors=errors)
        sizes = None if read is None else read.sizes
        session = self._session = Session(eigvecs, sizes, device, eigvals)
        pictures = self._pictures = Pictures(session.spectra, read)
        awaited = session.spectra.awaited
        warn_of_silent(session.spectrum.store.blank - awaited, read)
        self._origin = Origin(session.masker, read)
        self._keeper = Keeper(session, self._origin, self._apply, self._show_trouble)
        self._results = Results(
            session, pictures, self._origin, lambda: self.active_image
        )
        self._sharing = Sharing(session, pictures, partial(getattr, self))
        self._predictor = Predictor(session, self._origin)
        self._display = Display(self, session, pictures)
        self._listed = ListedPrompts()
        kind = type(self)
        super().__init__(**settings)
        type(self).__doc__ = kind.__doc__  # anywidget makes a class of each widget
        self._own_layout = None if "layout" in settings else self.layout
        self._keeper.begin()
        self._keeper.keep_at(autosave)

    from_images = classmethod(build.from_images)  # type: ignore[var-annotated]
    from_features = classmethod(build.from_features)  # type: ignore[var-annotated]
    predict = part_method("_predictor", Predictor.predict, "wait")

    full_masks = part_method("_session", Session.full_masks, "wait")
    full_label_maps = part_method("_results", Results.full_label_maps, "wait")
    instances = part_method("_results", Results.instances, "wait")
    to_table = part_method("_results", Results.to_table, "wait")
    to_dataframe = part_method("_results", Results.to_dataframe, "wait")
    export = part_method("_results", Results.export, "wait")
    to_supervision = part_method("_results", Results.to_supervision, "wait")
    plot = part_method("_results", Results.plot, "wait")
    plot_eigvecs = part_method("_results", Results.plot_eigvecs, "wait")

    save_session = part_method("_keeper", Keeper.save_session, "wait")
    load_session = part_method("_keeper", Keeper.load_session, "wait")

    save_html = part_method("_sharing", Sharing.save_html, "wait")
    to_iframe = part_method("_sharing", Sharing.to_iframe, "wait")

    @traitlets.default("_info")
    def _default_info(self) -> dict[str, Any]:
        return describe_batch(self._session, self._pictures, self._display.mark)

    @property
    def heatmaps(self) -> Floats:
        """Heatmaps: float32, shape (B, H, W), about [0, 1], high = alike."""
        return self._whole.masker.heatmaps(self._session.recipe)

    @property
    def presence(self) -> Floats:
        """How surely each image has the thing: float32, shape (B,), 0 to 1.

        Below 0.5 the image's mask is empty. Methods that do not ask this say 1.
        """
        return self._whole.masker.presence(self._session.recipe)

    @property
    def label_map(self) -> Labels:
        """All segments at once: int32, shape (B, H, W), on the latent grid.

        0 = background, 1 = the first segment and so on; of overlapping ones the last.
        """
        self.wait()
        return self._results.label_map

    @property
    def autosave(self) -> Path | None:
        """The file that is written after every change, or None.

        Set it to keep a file up to date from now on; see `Keeper.keep_at`.
        """
        self.wait()
        return self._keeper.path

    @autosave.setter
    def autosave(self, path: str | os.PathLike[str] | None) -> None:
        self.wait()
        self._keeper.keep_at(path)

    @property
    def mask(self) -> Mask:
        """Mask of the active image: bool, shape (h, w), at the image's own size."""
        mask: Mask = self._whole.full_masks()[self.active_image]
        return mask

    def image_masks(self) -> list[Mask]:
        """Masks of all images, each at its image's own size; see `full_masks`.

        Returns
        -------
        list of ndarray of bool, shapes (h_i, w_i)
        """
        return list(self.full_masks())

    @property
    def eigvecs(self) -> Floats | Doubles:
        """Eigenvectors: float32, shape (B, H, W, K); read-only, not a copy.

        Those that clicks are compared by now: of two kinds, as `by` says.
        If values are too large or small for float32, it is a copy in float64.
        """
        return self._whole.spectrum.store.given()

    @property
    def eigvals(self) -> Floats | Doubles | None:
        """Eigenvalues: float, shape (K,), descending; None where none were given."""
        eigvals = self._whole.spectrum.eigvals
        return None if eigvals is None else eigvals.copy()

    @property
    def colors(self) -> Floats:
        """Eigenvectors' colours: float32, shape (B, H, W, 3), [0, 1]; read-only.

        As set by `color`; by default of the principal components.
        """
        self.wait()
        return self._pictures.colors(self.by)

    def color(self, method: str = "pca", **options: Any) -> None:
        """Compute new colours of the eigenvectors, in `colors` and on the page.

        Parameters
        ----------
        method : {"pca", "tsne", "umap"}
            ``"tsne"`` and ``"umap"`` distinguish more things, take up to a minute, and
            need the extra of the same name.
        **options
            As for `rgb_from_pca_3d`, `rgb_from_tsne_3d` or `rgb_from_umap_3d`.

        Raises
        ------
        ImportError, TypeError, ValueError
            In one sentence, if an argument is not as above or the extra is not
            installed; nothing has changed then.
        """
        self.wait()
        # Without the session's lock: the page can be used meanwhile.
        self._pictures.color(method, self.by, **options)
        self._apply(lambda: None)

    def add_click(
        self, x: float, y: float, image: int | None = None, positive: bool = True
    ) -> None:
        """Click a pixel.

        Parameters
        ----------
        x, y : float
            Pixels of that image, x right, y down.
        image : int, optional
            Index in the batch; the active image by default.
        positive : bool
            True: this is it. False: this is not.

        Raises
        ------
        TypeError, ValueError
            If the pixel is not on the image; nothing has changed then.
        """
        image = self.active_image if image is None else image
        if np.ndim(positive) or positive not in (0, 1):
            raise ValueError(f"positive must be True or False, got {shown(positive)}")
        self._apply(self._session.add, [image, x, y, int(positive)])

    def undo(self) -> None:
        """Take back the last change of clicks, settings or segments, if there was one.

        A slider from press to release makes one change. `active_image`, `overlay`,
        `opacity` and `hover_preview` stay: they change no mask.
        """
        self._apply(self._session.undo)

    def redo(self) -> None:
        """Take back the last `undo`, if nothing has been changed since."""
        self._apply(self._session.redo)

    def clear(self) -> None:
        """Remove every click; can be undone."""
        self._apply(self._session.clear)

    def commit(self, name: str | None = None, color: Any = None) -> Segment:
        """Keep the masks as a segment, and clear the clicks for the next thing.

        Parameters
        ----------
        name : str, optional
            An existing segment of that name gets these clicks and settings. By default
            the segment that is open again does; else a new one is named "segment 1",
            "segment 2" and so on, the first free name.
        color : str or sequence of 3 floats, optional
            A CSS colour, as ``"tomato"``, or red, green and blue within [0, 1]; by
            default the first free colour of the palette.

        Returns
        -------
        Segment
            With ``name``, ``color``, ``clicks``, ``settings``, ``masks`` (B, H, W)
            and ``score``.

        Raises
        ------
        TypeError, ValueError
            If the name is not valid, or there is no positive click.
        """
        state = self._apply(self._session.commit, name, color)
        return Segment(self._session, self._apply, state)

    def reopen(self, name: str | None) -> None:
        """Bring a segment's clicks and settings back, to go on with them.

        The next `commit` gives the segment the new ones, and brings back the settings
        from before.

        Parameters
        ----------
        name : str or None
            None: close the open segment without a change.

        Raises
        ------
        KeyError
            If there is no such segment.
        """
        found = None if name is None else self.segments[name]._state.id
        self._apply(self._session.reopen, found)

    def close(self) -> None:
        """Remove the widget, and the layout it made, from every page."""
        super().close()
        self._session.spectra.close()
        if self._own_layout is not None:
            self._own_layout.close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Show the widget or, where that cannot be shown, a picture of it."""
        return self._display.bundle(super()._repr_mimebundle_(**kwargs))

    def _keep_changes(self) -> None:
        """Save changes in the file, and update the notebook's picture."""
        try:
            self._keeper.save_changes()
        except Exception as error:  # a failed save refuses no change
            self._show_failure(self._keeper.save_changes, "autosave", error)
        self._display.follow()

    def _take_views(self, count: int, keeps: bool) -> None:
        self._display.take_views(count, keeps)

    def __repr__(self) -> str:
        """Name the batch, not the traits."""
        batch, height, width, num_eig = self._session.shape
        return (
            f"NcutSegmenter({batch} images, {height} x {width} latent grid, "
            f"{num_eig} eigenvectors, {len(self.clicks)} clicks)"
        )

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse an unknown attribute: a misspelt name would do nothing."""
        if not name.startswith("_"):
            check_attribute(type(self), NcutSegmenter, name)
        super().__setattr__(name, value)

    # From traits to session and back ---------------------------------------------

    def _read_setting(self, name: str) -> Any:
        """Return the clicks or a setting."""
        if name != "clicks":
            return getattr(self._session.settings, name)
        return self._listed.of(self._session.prompts)

    def _write_setting(self, name: str, value: Any) -> None:
        """Set clicks or a setting."""
        # Before the lock: eigenvectors, and a user's generator, may take their time.
        if name == "by":
            self._session.await_way(value)
        value = self._session.check(name, value)
        self._apply(self._session.set, self._block, **{name: value})


_BEFORE = "    masks : ndarray of bool"
_LISTED = "\n".join(entry.document() for entry in TABLE.values())
NcutSegmenter.__doc__ = (NcutSegmenter.__doc__ or "").replace(
    _BEFORE, f"{textwrap.indent(_LISTED, '    ')}\n{_BEFORE}"
)
