"""`NcutSegmenter`: a session as a Jupyter widget. Traits and messages, nothing else."""

from __future__ import annotations

import difflib
import inspect
import itertools
import keyword
import logging
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from types import FrameType
from typing import Any, TypeVar

import anywidget
import numpy as np
import torch
import traitlets
from IPython.core.getipython import get_ipython
from numpy.typing import ArrayLike, NDArray

from ncut_widget.backbone import Backbone, FeatureExtractor
from ncut_widget.checks import check_choice, check_flag, check_number, shown
from ncut_widget.images import Images
from ncut_widget.ncut import NCUT, Distance
from ncut_widget.page.edits import Edit, Edits
from ncut_widget.page.pictures import Pictures
from ncut_widget.page.replies import reply, write_edited
from ncut_widget.page.traits import Checked, Clicks, Mirrored, Result
from ncut_widget.page.wire import (
    EditRequest,
    Message,
    SyncRequest,
    parse_request,
    read_id,
)
from ncut_widget.pipeline import Pipeline
from ncut_widget.session import SETTINGS, Segment, Session, check_match

T = TypeVar("T")

log = logging.getLogger(__name__)

OPACITY = 0.5
OVERLAYS = ("image", "eigvecs", "heatmap")
STATIC = Path(__file__).parent / "static"

VIEW = ("active_image", "overlay", "opacity", "hover_preview")
"""Traits of how it looks."""

TOLD = ("clicks", *SETTINGS, "_revision", "_history", "_segments", "_colors")
"""Traits whose values are the session's, or the pictures'."""

FROM_PAGE = frozenset(("clicks", *SETTINGS, *VIEW, "_view_count"))
"""Traits that the page may set."""


def _setting() -> Any:
    return Mirrored(
        lambda self, name: self._value(name),
        lambda self, name, value: self._set(name, value),
    )


def _told(read: Callable[[NcutSegmenter], Any]) -> Any:
    return Mirrored(lambda self, name: read(self))


class NcutSegmenter(anywidget.AnyWidget):
    """Click a pixel, get the mask of that thing on every image of the batch.

    Display it as the last line of a cell. Left click = this is it, right click or
    Alt-click = this is not. Everything the page can do can be done from Python.

    Parameters
    ----------
    eigvecs : torch.Tensor or array_like of float, shape (B, H, W, K)
        NCUT eigenvectors on the latent grid, as from `NCUT`; finite. Copied.
    images : optional
        The batch's images, B of them, in any form `load_images` reads. Files are read
        when the page shows them, and have to stay where they are. Without images the
        eigenvectors' colours are shown, and clicks are in latent pixels.
    eigvals : array_like of float, shape (K,), optional
        Eigenvalues, as from `NCUT`; `method` ``"biased_ncut"`` needs them.
    device : str or torch.device, optional
        Where to hold the eigenvectors; by default CUDA, MPS or the CPU, whichever is
        there first.
    **settings
        Any of the traits below.

    Attributes
    ----------
    clicks : list of [image, x, y, label]
        Pixels of that image, x right, y down; label 1 = positive, 0 = negative.
        Replace the list; a change in place is refused.
    threshold : float, 0 to 1, default 0.5
        Level of the heatmap above which a pixel belongs to the mask.
    gamma : float, 0.1 to 10, default 1
        Exponent of the heatmap; higher means smaller masks.
    negative_threshold : float, 0 to 1, default 0.7
        Level above which a negative click takes pixels away; lower takes more.
    denoise : bool, default True
        Whether small connected components are dropped.
    denoise_area_th : int, 0 to H * W, default 3
        Components with fewer latent pixels than this are dropped.
    num_eig : int, 1 to K, default K
        Leading eigenvectors compared: few for whole scenes, many for parts.
    method : {"similarity", "biased_ncut"}, default "similarity"
        ``"similarity"``: pixels are compared with each click by itself.
        ``"biased_ncut"``: with all clicks together, by the leading two eigenvectors of
        a normalized cut that is biased towards them; see `Graph.bias`. Needs `eigvals`,
        and eigenvectors of length 1 over the whole batch.
    click_weight : float, 0 to 1, default 0.5
        Share of the clicks in the biased cut; the rest is the graph's.
    bg_weight : float, 0 to 10, default 0.1
        How much negative clicks count in the biased cut, in place of
        `negative_threshold`.
    active_image : int, 0 to B - 1, default 0
        The image on the stage.
    overlay : {"image", "eigvecs", "heatmap"}, default "image"
        What lies over the image on the stage: the mask alone, or the eigenvectors'
        colours or the heatmap with the mask's outline.
    opacity : float, 0 to 1, default 0.5
        Of what lies over the image.
    hover_preview : bool, default True
        Whether the page shows, under the pointer, what a click there would give.
    masks : ndarray of bool, shape (B, H, W)
        Read-only; all False without a positive click. ``observe(f, "masks")`` calls
        ``f`` once for each settled change.

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

    # As text: anywidget watches files, and what watches would keep every widget.
    _esm = (STATIC / "widget.js").read_text(encoding="utf-8")
    _css = (STATIC / "widget.css").read_text(encoding="utf-8")

    _own_layout: Any = None

    clicks = _setting()
    threshold = _setting()
    gamma = _setting()
    negative_threshold = _setting()
    denoise = _setting()
    denoise_area_th = _setting()
    num_eig = _setting()
    method = _setting()
    click_weight = _setting()
    bg_weight = _setting()

    active_image = Checked(
        lambda self, name, value: check_number(
            name, value, 0, len(self._session.sizes) - 1, whole=True
        ),
        lambda self, name: 0,
    )
    overlay = Checked(
        lambda self, name, value: check_choice(name, value, OVERLAYS),
        lambda self, name: "image",
    )
    opacity = Checked(
        lambda self, name, value: check_number(name, value, 0, 1),
        lambda self, name: OPACITY,
    )

    hover_preview = Checked(
        lambda self, name, value: check_flag(name, value),
        lambda self, name: True,
    )

    masks = Result()

    _info = traitlets.Dict(read_only=True).tag(sync=True)
    _revision = _told(lambda self: self._session.revision)
    _colors = _told(lambda self: self._pictures.version)
    _segments = _told(lambda self: list(self._session.segments))
    _history = _told(lambda self: list(self._session.history))

    def __init__(
        self,
        eigvecs: ArrayLike,
        images: Any = None,
        *,
        eigvals: ArrayLike | None = None,
        device: str | torch.device | None = None,
        **settings: Any,
    ) -> None:
        _check_keywords(settings)
        pictures = None if images is None else Images(images)
        sizes = None if pictures is None else pictures.sizes
        self._session: Session = Session(eigvecs, sizes, device, eigvals)
        self._pictures: Pictures = Pictures(self._session.eigvecs.tensor, pictures)
        self._edits = Edits()
        self._bound: dict[str, dict[str, Any]] = {}
        self._pipeline: Pipeline | None = None
        self._listed: tuple[Any, Clicks] = ((), Clicks())
        self._events: deque[Any] = deque()
        self._queue = Lock()
        self._teller: FrameType | None = None
        self._last_told: dict[str, Any] = {}
        super().__init__(**settings)
        self._last_told = {name: getattr(self, name) for name in TOLD}
        self._own_layout = None if "layout" in settings else self.layout
        self.on_msg(self._receive)

    @traitlets.default("_info")
    def _default_info(self) -> dict[str, Any]:
        """Tell the page what it must know of the batch, and never changes."""
        return {
            "grid": list(self._session.grid),
            "sizes": [list(size) for size in self._session.sizes],
            "num_eig_max": self._session.shape[-1],
            "has_images": self._pictures.has_images,
            "has_eigvals": self._session.eigvals is not None,
            "defaults": {**asdict(self._session.defaults), "opacity": OPACITY},
        }

    @classmethod
    def from_features(
        cls,
        features: ArrayLike,
        images: Any = None,
        num_eig: int = 30,
        *,
        distance: Distance = "cosine",
        affinity_focal_gamma: float = 1.0,
        random_state: int = 0,
        device: str | torch.device | None = None,
        progress: bool = True,
        **settings: Any,
    ) -> NcutSegmenter:
        """Segment by the NCUT eigenvectors of a backbone's features.

        Parameters
        ----------
        features : torch.Tensor or array_like of float, shape (B, H, W, C)
            Backbone output on the latent grid, finite.
        images : optional
            As for `NcutSegmenter`.
        num_eig : int
            Eigenvectors to compute, fewer than the B * H * W latent pixels.
        distance, affinity_focal_gamma, random_state, device, progress
            As for `NCUT`.
        **settings
            Any trait of `NcutSegmenter`.

        Returns
        -------
        NcutSegmenter

        Raises
        ------
        TypeError, ValueError, traitlets.TraitError
            In one sentence, if an argument is not as above.
        """
        _check_keywords(settings, *inspect.signature(cls.from_features).parameters)
        features = _check_features(features)
        if images is not None:
            images = Images(images)
            check_match(len(images), np.shape(features)[0])
        ncut = NCUT(
            num_eig,
            distance=distance,
            affinity_focal_gamma=affinity_focal_gamma,
            random_state=random_state,
            device=device,
            progress=progress,
        )
        pipeline = Pipeline(ncut)
        eigvecs, eigvals = pipeline.fit_features(features)
        seg = cls(eigvecs, images, eigvals=eigvals, device=device, **settings)
        seg._pipeline = pipeline
        return seg

    @classmethod
    def from_images(
        cls,
        images: Any,
        backbone: str | Backbone = "texture",
        num_eig: int = 30,
        *,
        node_type: str | None = None,
        layer: int | None = None,
        batch_size: int | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        distance: Distance = "cosine",
        affinity_focal_gamma: float | None = None,
        random_state: int = 0,
        device: str | torch.device | None = None,
        progress: bool = True,
        **settings: Any,
    ) -> NcutSegmenter:
        """Segment images, from pixels to widget.

        Parameters
        ----------
        images
            One or many, of any sizes, in any form `load_images` reads: paths, PIL
            images, numpy arrays, torch tensors.
        backbone : str or callable
            A registered backbone's name, what `load_model` gives, or any callable
            ``images -> features (B, H, W, C)``.
        num_eig : int
            Eigenvectors to compute.
        node_type, layer, batch_size, cache_dir
            As for `extract_features`; one layer.
        distance, random_state, device
            As for `NCUT`.
        progress : bool
            Show progress bars.
        affinity_focal_gamma : float, optional
            As for `NCUT`; by default what the backbone recommends, or else 1.
        **settings
            Any trait of `NcutSegmenter`.

        Returns
        -------
        NcutSegmenter

        Raises
        ------
        TypeError, ValueError, traitlets.TraitError
            In one sentence, if an argument is not as above.
        """
        _check_keywords(settings, *inspect.signature(cls.from_images).parameters)
        if isinstance(layer, Sequence):
            raise TypeError(f"layer must be one layer of the backbone, got {layer!r}")
        images = Images(images)
        extractor = FeatureExtractor(
            backbone,
            node_type,
            layer,
            batch_size,
            device=device,
            cache_dir=cache_dir,
            progress=progress,
        )
        if affinity_focal_gamma is None:
            affinity_focal_gamma = getattr(extractor.model, "affinity_focal_gamma", 1.0)
        ncut = NCUT(
            num_eig,
            distance=distance,
            affinity_focal_gamma=affinity_focal_gamma,
            random_state=random_state,
            device=device,
            progress=progress,
        )
        pipeline = Pipeline(ncut, extractor)
        eigvecs, eigvals = pipeline.fit_transform(images)
        seg = cls(eigvecs, images, eigvals=eigvals, device=device, **settings)
        seg._pipeline = pipeline
        return seg

    def predict(
        self, images: Any = None, *, features: Any = None, full_size: bool = False
    ) -> NDArray | list[NDArray]:
        """Apply the clicks to images that are not in the batch.

        Their features are computed as those of the batch were; the eigenvectors are
        extended to them (`NCUT.transform`), compared with those clicked, and cut where
        the batch is. Nothing changes in the widget.

        Parameters
        ----------
        images
            In any form `load_images` reads; read as they are needed, so that there may
            be more than fit into memory.
        features : torch.Tensor or array_like of float, shape (B, H, W, C), optional
            In place of images: their features, where the batch's were given, too.
        full_size : bool
            Give each mask at its image's own size.

        Returns
        -------
        ndarray of bool, shape (B, H, W), or list of ndarray of bool, shapes (h_i, w_i)
            On the latent grid, as `masks`; a list with `full_size`.

        Raises
        ------
        TypeError, ValueError
            If there is neither a backbone for the images nor features.

        Examples
        --------
        >>> tiles = np.zeros((4, 32, 32, 3), dtype=np.uint8)
        >>> tiles[:, :16, :16] = 255
        >>> seg = NcutSegmenter.from_images(tiles[:2], num_eig=3)
        >>> seg.add_click(8, 8)
        >>> masks = seg.predict(tiles[2:])
        >>> masks.shape, masks[0, 0, 0], masks[0, 63, 63]
        ((2, 64, 64), np.True_, np.False_)
        """
        if self._pipeline is None:
            raise ValueError(
                "predict needs what the eigenvectors were made with: use "
                "NcutSegmenter.from_images or NcutSegmenter.from_features"
            )
        if (images is None) == (features is None):
            raise TypeError("predict wants either images or features")
        predict = self._session.predictor()
        if features is not None:
            if full_size:
                raise ValueError("full_size needs images: features have no sizes")
            eigvecs = self._pipeline.extend(_check_features(features))
            return np.stack(list(predict(eigvecs)))
        masks: list[NDArray] = []
        for part, eigvecs in self._pipeline.extend_to_images(images):
            sizes = [image.shape[:2] for image in part] if full_size else None
            masks.extend(predict(eigvecs, sizes))
        return masks if full_size else np.stack(masks)

    @property
    def heatmaps(self) -> NDArray:
        """Heatmaps: float32, shape (B, H, W), about [0, 1], high = alike."""
        return self._session.heatmaps()

    @property
    def mask(self) -> NDArray:
        """Mask of the active image: bool, shape (h, w), that image's own size."""
        return self._session.mask(self.active_image)

    def image_masks(self) -> list[NDArray]:
        """Masks of all images, each at its image's own size.

        Returns
        -------
        list of ndarray of bool, shapes (h_i, w_i)
        """
        return self._session.image_masks()

    @property
    def eigvecs(self) -> NDArray:
        """Eigenvectors: float32, shape (B, H, W, K); read-only, not a copy."""
        eigvecs = self._session.eigvecs.tensor.cpu().numpy()
        eigvecs.flags.writeable = False
        return eigvecs

    @property
    def eigvals(self) -> NDArray | None:
        """Eigenvalues: float, shape (K,), descending; None where none were given."""
        eigvals = self._session.eigvals
        return None if eigvals is None else eigvals.copy()

    @property
    def colors(self) -> NDArray:
        """Eigenvectors' colours: float32, shape (B, H, W, 3), [0, 1]; read-only.

        By `color`, else by principal components.
        """
        return self._pictures.colors

    def color(self, method: str = "pca", **options: Any) -> None:
        """Colour the eigenvectors anew, in `colors` and in the page.

        Parameters
        ----------
        method : {"pca", "tsne", "umap"}
            ``"tsne"`` and ``"umap"`` tell more things apart, take seconds, and need
            the extra of that name.
        **options
            As for `rgb_from_pca_3d`, `rgb_from_tsne_3d` or `rgb_from_umap_3d`.

        Raises
        ------
        ImportError, TypeError, ValueError
            In one sentence, if an argument is not as above or the extra is not
            installed; nothing has changed then.
        """
        # Without the session's lock: the page can be used meanwhile.
        self._pictures.color(method, **options)
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
        if positive not in (0, 1):
            raise ValueError(f"positive must be True or False, got {shown(positive)}")
        self._apply(self._session.add_click, [image, x, y, int(positive)])

    def undo(self) -> None:
        """Go back to the clicks before the last change of them, if there was one."""
        self._apply(self._session.undo)

    def redo(self) -> None:
        """Take back the last `undo`, if clicks have not changed since."""
        self._apply(self._session.redo)

    def clear(self) -> None:
        """Remove every click; can be undone."""
        self._apply(self._session.clear)

    def commit(self, name: str | None = None) -> Segment:
        """Keep the masks as a segment, and clear the clicks for the next thing.

        Parameters
        ----------
        name : str, optional
            A segment of that name is replaced; by default "segment 1", "segment 2"
            and so on.

        Returns
        -------
        Segment
            With ``name``, ``clicks``, ``settings`` and ``masks`` (B, H, W), bool.

        Raises
        ------
        TypeError, ValueError
            If the name is not one, or there is no positive click.
        """
        return self._apply(self._session.commit, name)

    @property
    def segments(self) -> Mapping[str, Segment]:
        """Committed segments by name, in the order of their first commit; read-only."""
        return self._session.segments

    def bind(self, name: str) -> None:
        """Keep a notebook variable equal to `masks`, from now on.

        Parameters
        ----------
        name : str
            The variable's name; it is overwritten at every change of the masks.

        Raises
        ------
        ValueError
            If it is no variable name.
        RuntimeError
            If there is no notebook.
        """
        if (
            not isinstance(name, str)
            or not name.isidentifier()
            or keyword.iskeyword(name)
        ):
            raise ValueError(f"name must be a variable name, got {shown(name)}")
        shell = get_ipython()
        if shell is None:
            raise RuntimeError(
                "bind needs a notebook or IPython; elsewhere use observe(f, 'masks')"
            )

        self._bound[name] = shell.user_ns
        shell.user_ns[name] = self.masks

    def unbind(self, name: str) -> None:
        """End what `bind` began; the variable keeps its last value."""
        self._bound.pop(name, None)

    def close(self) -> None:
        """Take the widget, and the layout that came with it, off every page."""
        super().close()
        if self._own_layout is not None:
            self._own_layout.close()

    def observe(
        self, handler: Any, names: Any = traitlets.All, type: Any = "change"
    ) -> None:
        """Call a function at every change; as for any traits.

        Raises
        ------
        ValueError
            If there is no such trait, which would never change.
        """
        for name in traitlets.parse_notifier_name(names):
            if isinstance(name, str) and not self.has_trait(name):
                known = [n for n in self.trait_names() if not n.startswith("_")]
                raise ValueError(
                    f"NcutSegmenter has no trait {name!r}; {_hint(name, known)}"
                )
        super().observe(handler, names, type)

    def __repr__(self) -> str:
        """Name the batch, not the traits."""
        batch, height, width, num_eig = self._session.shape
        return (
            f"NcutSegmenter({batch} images, {height} x {width} latent grid, "
            f"{num_eig} eigenvectors, {len(self.clicks)} clicks)"
        )

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse what is no attribute: a name that is misspelt would do nothing."""
        if not name.startswith("_"):
            _check_attribute(type(self), name)
        super().__setattr__(name, value)

    # From traits to session and back ---------------------------------------------

    def _value(self, name: str) -> Any:
        """Return the clicks or a setting."""
        if name != "clicks":
            return getattr(self._session.settings, name)
        clicks = self._session.clicks
        known, listed = self._listed
        if clicks is not known:
            keep = min(len(clicks), len(known))
            keep = keep if clicks[:keep] == known[:keep] else 0
            listed = Clicks([*listed[:keep], *_listed(clicks[keep:])])
            self._listed = clicks, listed
        return listed

    def _set(self, name: str, value: Any) -> None:
        """Set clicks or a setting."""
        # Before the lock: a user's generator may take its time.
        value = self._session.check(name, value)
        self._apply(self._session.update, **{name: value})

    def _apply(self, action: Callable[..., T], *arguments: Any, **changes: Any) -> T:
        """Change the session, and tell the page and observers whatever comes of it."""

        def change() -> T:
            before = self._watched_masks()
            try:
                return action(*arguments, **changes)
            finally:
                self._tell_changes(before)

        return self._locked(change)

    def _locked(self, action: Callable[[], T]) -> T:
        """Do something under the session's lock; observers hear of it afterwards."""
        try:
            with self._session.lock:
                return action()
        finally:
            self._tell_observers()

    def _tell_changes(self, masks: NDArray | None) -> None:
        """Tell what has changed since it was last told, and masks that were these."""
        changes = [
            _change(self, name, old, new)
            for name, old in self._last_told.items()
            if (new := getattr(self, name)) is not old and new != old
        ]
        after = self._watched_masks()
        if not (masks is None or after is None or np.array_equal(masks, after)):
            for name, namespace in self._bound.items():
                namespace[name] = after.copy()
            changes.append(_change(self, "masks", masks, after))
        if "notify_change" in vars(self):  # a block holds what is to be told
            for change in changes:
                self.notify_change(change)
            return
        names = [change.name for change in changes if change.name in self._last_told]
        names = [n for n in names if self._should_send_property(n, getattr(self, n))]
        if names:
            self.send_state(names)
        for change in changes:
            self._note_told(change)
            self._notify_observers(change)

    def notify_change(self, change: Any) -> None:
        """Tell the page of a change, and then observers."""
        super().notify_change(change)
        self._note_told(change)

    def _note_told(self, change: Any) -> None:
        if change["name"] in self._last_told:
            self._last_told[change["name"]] = change["new"]

    @contextmanager
    def hold_trait_notifications(self) -> Iterator[None]:
        """Tell of several changes at once, when the block ends; as for any traits."""
        try:
            with super().hold_trait_notifications():
                yield
        finally:
            # A block that is refused forgets what it held.
            if "notify_change" not in vars(self):
                self._apply(lambda: None)

    def _watched_masks(self) -> NDArray | None:
        """Return the masks if anyone wants them; nothing is computed for nobody."""
        observers = self._trait_notifiers
        watched = observers.get("masks", {}) or observers.get(traitlets.All, {})
        wanted = self._bound or watched.get("change")
        return self._session.masks() if wanted else None

    # From session to observers ----------------------------------------------------

    def _notify_observers(self, event: Any) -> None:
        if event["name"] in (*TOLD, *VIEW, "masks"):
            self._events.append(event)
            self._tell_observers()
        else:
            super()._notify_observers(event)

    def _tell_observers(self) -> None:
        """Call observers in the order of the changes, one at a time, without the lock.

        Whoever changes something meanwhile leaves it to the one who is telling.
        """
        me = sys._getframe()
        while not self._session.locked_here:
            event = self._next_event(me)
            if event is None:
                break
            self._tell_observers_of(event)

    def _next_event(self, me: FrameType) -> Any:
        with self._queue:
            teller = self._teller
            if teller not in (None, me) and _is_running(teller):
                return None
            self._teller = me if self._events else None
            return self._events.popleft() if self._events else None

    def _tell_observers_of(self, event: Any) -> None:
        tables = (
            self._trait_notifiers.get(name, {})
            for name in (event["name"], traitlets.All)
        )
        observers = [
            observer
            for table in tables
            for kind in (event["type"], traitlets.All)
            for observer in table.get(kind, ())
        ]
        for observer in observers:
            try:
                if isinstance(observer, traitlets.EventHandler) and observer.name:
                    observer = getattr(self, observer.name)
                observer(event)
            except Exception as error:
                _show_failure(observer, event["name"], error)

    # From and to the page ---------------------------------------------------------

    def send_state(self, key: str | Iterable[str] | None = None) -> None:
        """Send traits to the page, without a search for buffers in thousands of clicks.

        That search takes ipywidgets 2 us a number; only a widget's first state, which
        goes another way, could hold any.
        """
        state = self.get_state(key=key)
        for name in state.keys() & self._property_lock.keys():
            self._property_lock[name] = state[name]
        if state:
            self._send({"method": "update", "state": state, "buffer_paths": []})

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Take from the page what it may set; what is refused is said and put right."""
        taken = {k: value for k, value in sync_data.items() if k in FROM_PAGE}
        wrong = sync_data.keys() & set(self.keys) - taken.keys()

        def take() -> None:
            try:
                self._check(taken)  # before it is sent to other pages, or set in part
                self._apply(self._take, taken)
            except (TypeError, ValueError, traitlets.TraitError) as error:
                self._send_error(None, error)
                wrong.update(taken)
            if wrong:
                self.send_state(wrong)

        self._locked(take)

    def _take(self, values: Mapping[str, Any]) -> None:
        """Set what has been checked: what masks depend on as one change."""
        ours = ("clicks", *SETTINGS)
        self._session.update(**{k: v for k, v in values.items() if k in ours})
        super().set_state(dict(values))

    def _check(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            if name not in FROM_PAGE:
                raise ValueError(f"the page may not set {shown(name)}")
            if name in VIEW:
                self.traits()[name].validate(self, value)
            elif name in TOLD:
                self._session.check(name, value)

    def _receive(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        """Answer a request of the page; see `ncut_widget.page.wire`."""
        request_id = read_id(content)
        try:
            request = parse_request(content, self._session)
            if isinstance(request, EditRequest):
                # The traits come after: the page paints from the answer alone, and a
                # small message before it can hold it up by a round trip.
                self._apply(lambda: self.send(*self._edit(request)))
            elif isinstance(request, SyncRequest):
                self._sync(request)
            else:
                self.send(*reply(self._session, self._pictures, request))
        except (TypeError, ValueError, OSError, traitlets.TraitError) as error:
            self._send_error(request_id, error)
        except Exception as error:
            log.exception("a message from the page failed: %s", shown(content))
            self._send_error(request_id, error)

    def _edit(self, request: EditRequest) -> Message:
        """Edit the clicks in order, up to the first edit that is refused."""

        def make(edit: Edit) -> None:
            operation, click = edit
            if operation == "click":
                self._session.add_click(click)
            else:
                getattr(self._session, operation)()

        before = [*itertools.chain(*self._session.sources())]
        refused = self._edits.make(request.page, request.first, request.edits, make)
        return write_edited(self._session, request, before, refused)

    def _sync(self, request: SyncRequest) -> None:
        """Set what may not have arrived, and tell all that the page may have missed."""

        def sync() -> None:
            try:
                self._check(request.settings)
                self._apply(self._take, request.settings)
            finally:
                self.send_state([*TOLD, *VIEW])
            revision = self._session.revision
            self.send({"type": "synced", "id": request.id, "revision": revision})

        self._locked(sync)

    def _send_error(self, request_id: str | None, error: Exception) -> None:
        message = str(error) or type(error).__name__
        self.send({"type": "error", "id": request_id, "message": message})


def _change(owner: Any, name: str, old: Any, new: Any) -> traitlets.Bunch:
    return traitlets.Bunch(name=name, old=old, new=new, owner=owner, type="change")


def _is_running(frame: FrameType) -> bool:
    """Whether a call goes on, on any thread: Ctrl-C may have ended it anywhere."""
    for top in sys._current_frames().values():
        each: FrameType | None = top
        while each is not None:
            if each is frame:
                return True
            each = each.f_back
    return False


def _listed(clicks: Sequence[Any]) -> Clicks:
    return Clicks(map(Clicks, clicks))


def _show_failure(observer: Any, name: str, error: Exception) -> None:
    """Show the traceback of a user's observer, and log it: nobody can catch it."""
    shell = get_ipython()
    what = "%s, which observes %s, failed: %s"
    log.error(what, shown(observer), name, error, exc_info=shell is None)
    if shell is not None:
        shell.showtraceback()


def _check_attribute(kind: type, name: str) -> None:
    """Raise AttributeError where setting it would do nothing, or undo a method."""
    ours = vars(NcutSegmenter).get(name)
    if inspect.isfunction(ours) and not hasattr(anywidget.AnyWidget, name):
        raise AttributeError(f"{name} is a method: call seg.{name}(...)")
    # Subclasses may have attributes of their own.
    if not hasattr(kind, name) and kind.__name__ == NcutSegmenter.__name__:
        known = [known for known in dir(kind) if not known.startswith("_")]
        raise AttributeError(
            f"NcutSegmenter has no attribute {name!r}; {_hint(name, known)}"
        )


def _check_features(features: Any) -> Any:
    if len(np.shape(features)) != 4:
        raise ValueError(
            f"features must have shape (B, H, W, C), got {tuple(np.shape(features))}"
        )
    return features


def _check_keywords(keywords: Mapping[str, Any], *more: str) -> None:
    allowed = sorted({"clicks", *SETTINGS, *VIEW, "layout", *more})
    for name in keywords.keys() - set(allowed):
        raise TypeError(
            f"NcutSegmenter has no keyword {name!r}; {_hint(name, allowed)}"
        )


def _hint(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
