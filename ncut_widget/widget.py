"""`NcutSegmenter`: a session as a Jupyter widget. Traits and messages, nothing else."""

from __future__ import annotations

import inspect
import keyword
import math
import os
import textwrap
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import torch
import traitlets
from IPython.core.getipython import get_ipython
from numpy.typing import ArrayLike, NDArray

from ncut_widget.backbone import Backbone, FeatureExtractor
from ncut_widget.core.checks import check_flag, check_match, check_shape, shown
from ncut_widget.core.names import check_keywords, hint
from ncut_widget.core.progress import heeds_progress, silence
from ncut_widget.eigvecs.store import Store
from ncut_widget.images import Errors, Images
from ncut_widget.masks.full import PerImage
from ncut_widget.methods import METHODS
from ncut_widget.ncut import NCUT, Distance, GraphKind
from ncut_widget.page.pictures import Pictures
from ncut_widget.page.receiving import Receiving
from ncut_widget.page.segments import list_segments
from ncut_widget.page.traits import (
    Clicks,
    Result,
    SettingTraits,
    session_setting,
    told,
)
from ncut_widget.pipeline import Pipeline
from ncut_widget.prompts import Prompt
from ncut_widget.sessions.segment import Segment, Segments
from ncut_widget.sessions.session import Session
from ncut_widget.settings import TABLE
from ncut_widget.share.sharing import Sharing
from ncut_widget.start import check_start

_GAMMA = "affinity_focal_gamma"

STATIC = Path(__file__).parent / "static"


class NcutSegmenter(SettingTraits, Sharing, Receiving):
    """Click a pixel, get the mask of that thing on every image of the batch.

    Display it as the last line of a cell. Left click = this is it, right click or
    Alt-click = this is not. Everything the page can do can be done from Python.

    Parameters
    ----------
    eigvecs : torch.Tensor or array_like of float, shape (B, H, W, K), or Store
        NCUT eigenvectors on the latent grid, as from `NCUT`; finite. Copied, but for a
        store, which is read as it is needed.
    images : optional
        The batch's images, B of them, in any form `load_images` reads. Files are read
        when the page shows them, and have to stay where they are. Without images the
        eigenvectors' colours are shown, and clicks are in latent pixels.
    eigvals : array_like of float, shape (K,), optional
        Eigenvalues, as from `NCUT`. With them `method` is ``"diffusion"`` by default.
    value_range, errors
        As for `load_images`. An image that is skipped has its place in the strip, with
        the reason; so has one of which nothing is known, as its eigenvectors are zero.
    device : str or torch.device, optional
        Where to hold the eigenvectors; by default CUDA, MPS or the CPU, whichever is
        there first.
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
        ``f`` once for each settled change.
    segments : mapping of str to Segment
        What `commit` kept, by name: later ones lie over earlier ones. Their ``name``,
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

    # As text: anywidget watches files, and what watches would keep every widget.
    _esm = (STATIC / "widget.js").read_text(encoding="utf-8")
    _css = (STATIC / "widget.css").read_text(encoding="utf-8")

    _own_layout: Any = None

    clicks = session_setting("Pixels that were clicked, and their labels.")
    masks = Result(
        lambda self: self._session.masks(), "Masks of the clicks, on the latent grid."
    )
    segments = Result(
        lambda self: Segments(self._session, self._apply),
        "What was committed, by name; see `Segments`.",
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
        eigvecs: ArrayLike | Store,
        images: Any = None,
        *,
        eigvals: ArrayLike | None = None,
        device: str | torch.device | None = None,
        value_range: tuple[float, float] | None = None,
        errors: Errors = "raise",
        autosave: str | os.PathLike[str] | None = None,
        **settings: Any,
    ) -> None:
        _check_keywords(settings, "value_range", "errors")
        pictures = None
        if images is not None:
            pictures = Images(images, value_range=value_range, errors=errors)
        sizes = None if pictures is None else pictures.sizes
        self._session: Session = Session(eigvecs, sizes, device, eigvals)
        self._pictures: Pictures = Pictures(self._session.store, pictures)
        _warn_of_silent(self._session.store.blank, pictures)
        self._pipeline: Pipeline | None = None
        self._listed: tuple[Any, Clicks] = ((), Clicks())
        kind = type(self)
        super().__init__(**settings)
        type(self).__doc__ = kind.__doc__  # anywidget makes a class of each widget
        self._own_layout = None if "layout" in settings else self.layout
        self.autosave = autosave

    @traitlets.default("_info")
    def _default_info(self) -> dict[str, Any]:
        """Tell the page what it must know of the batch, and never changes."""
        eigvals = self._session.eigvals
        return {
            "grid": list(self._session.grid),
            "sizes": [list(size) for size in self._session.sizes],
            "has_images": self._pictures.has_images,
            "mark": self._output.mark,
            "blank": sorted(self._session.store.blank),
            "eigvals": None if eigvals is None else eigvals.tolist(),
            "methods": {
                name: {"parameters": method.parameters, "together": method.together}
                for name, method in METHODS.items()
            },
            "settings": {
                name: entry.describe() for name, entry in self._session.table.items()
            },
        }

    @classmethod
    @heeds_progress
    def from_features(
        cls,
        features: ArrayLike,
        images: Any = None,
        num_eig: int = 30,
        *,
        graph: GraphKind = "neighbors",
        distance: Distance = "cosine",
        affinity_focal_gamma: float = 1.0,
        random_state: int = 0,
        device: str | torch.device | None = None,
        progress: bool = True,
        value_range: tuple[float, float] | None = None,
        errors: Errors = "raise",
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
        graph, distance, affinity_focal_gamma, random_state, device, progress
            As for `NCUT`; colours of the images guide a graph of neighbours.
        value_range, errors
            As for `load_images`.
        **settings
            ``autosave``, and any trait of `NcutSegmenter`.

        Returns
        -------
        NcutSegmenter

        Raises
        ------
        TypeError, ValueError, traitlets.TraitError
            In one sentence, if an argument is not as above.
        """
        _check_keywords(settings, *inspect.signature(cls.from_features).parameters)
        check_shape("features", features, "B, H, W, C")
        batch, *grid = np.shape(features)[:3]
        if images is not None:
            images = Images(images, value_range=value_range, errors=errors)
            check_match(len(images), batch)
        ncut = NCUT(
            num_eig,
            graph=graph,
            distance=distance,
            affinity_focal_gamma=affinity_focal_gamma,
            random_state=random_state,
            device=device,
            progress=progress,
        )
        ncut.check_parameters(math.prod((batch, *grid)))
        sizes = [tuple(grid)] * batch if images is None else images.sizes
        settings = check_start(settings, images, sizes, num_eig, math.prod(grid))
        pipeline = Pipeline(ncut)
        fitted = pipeline.fit_features(features, images)
        return cls._start(pipeline, fitted, images, device, settings)

    @classmethod
    @heeds_progress
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
        graph: GraphKind = "neighbors",
        distance: Distance = "cosine",
        affinity_focal_gamma: float | None = None,
        random_state: int = 0,
        device: str | torch.device | None = None,
        progress: bool = True,
        value_range: tuple[float, float] | None = None,
        errors: Errors = "raise",
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
        graph, distance, random_state, device
            As for `NCUT`; colours of the images guide a graph of neighbours.
        progress : bool
            Show progress bars.
        affinity_focal_gamma : float, optional
            As for `NCUT`; by default 1, or on the full graph what the backbone
            recommends.
        value_range
            As for `load_images`.
        errors : {"raise", "skip"}
            Of an image that cannot be read, which is found out before the long work:
            raise, or leave it out. Then it keeps its place in the batch, with empty
            masks, and the strip says why.
        **settings
            ``autosave``, and any trait of `NcutSegmenter`.

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
        ncut = NCUT(
            num_eig,
            graph=graph,
            distance=distance,
            affinity_focal_gamma=(
                1.0 if affinity_focal_gamma is None else affinity_focal_gamma
            ),
            random_state=random_state,
            device=device,
            progress=progress,
        )
        ncut.check_parameters()
        images = Images(images, value_range=value_range, errors=errors)
        settings = check_start(settings, images, images.sizes, num_eig)
        extractor = FeatureExtractor(
            backbone,
            node_type,
            layer,
            batch_size,
            device=device,
            cache_dir=cache_dir,
            progress=progress,
        )
        if affinity_focal_gamma is None and graph == "full":
            ncut.affinity_focal_gamma = getattr(extractor.model, _GAMMA, 1.0)
        pipeline = Pipeline(ncut, extractor)
        fitted = pipeline.fit_transform(images)
        return cls._start(pipeline, fitted, images, device, settings)

    @classmethod
    def _start(
        cls,
        pipeline: Pipeline,
        fitted: tuple[Any, Any],
        images: Images | None,
        device: str | torch.device | None,
        settings: dict[str, Any],
    ) -> NcutSegmenter:
        """Make a segmenter of what a pipeline gives, which it keeps for `predict`."""
        eigvecs, eigvals = fitted
        autosave = settings.pop("autosave", None)
        seg = cls(eigvecs, images, eigvals=eigvals, device=device, **settings)
        seg._pipeline = pipeline
        seg.autosave = autosave
        return seg

    def predict(
        self,
        images: Any = None,
        *,
        features: Any = None,
        full_size: bool = False,
        errors: Errors = "raise",
        progress: bool | None = None,
    ) -> NDArray | list[NDArray]:
        """Apply the clicks to images that are not in the batch.

        Their features are computed as those of the batch were; the eigenvectors are
        extended to them (`NCUT.transform`), compared with those clicked, and cut where
        the batch is. Nothing changes in the widget.

        Parameters
        ----------
        images
            In any form `load_images` reads, with the batch's ``value_range``; read as
            they are needed, so that there may be more than fit into memory.
        features : torch.Tensor or array_like of float, shape (B, H, W, C), optional
            In place of images: their features, where the batch's were given, too.
        full_size : bool
            Give each mask at its image's own size.
        errors : {"raise", "skip"}
            Of an image that cannot be read, which is found out before the long work:
            raise, or give an empty mask, and warn.
        progress : bool, optional
            Show progress bars; by default as when the widget was made.

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
        check_flag("full_size", full_size)
        shown = self._pipeline.progress if progress is None else progress
        with silence(not check_flag("progress", shown)):
            return self._predict(self._pipeline, images, features, full_size, errors)

    def _predict(
        self, pipeline: Pipeline, images: Any, features: Any, full: bool, errors: Errors
    ) -> NDArray | list[NDArray]:
        if features is not None:
            if full:
                raise ValueError("full_size needs images: features have no sizes")
            eigvecs = pipeline.extend(check_shape("features", features, "B, H, W, C"))
            return np.stack(
                list(self._session.masker.predictor(self._session.recipe)(eigvecs))
            )
        batch = self._pictures.images
        value_range = None if batch is None else batch.value_range
        found = Images(images, value_range=value_range, errors=errors)
        predict = self._predictor()
        made: dict[int, NDArray] = {}
        for part, eigvecs in pipeline.extend_to_images(found):
            sizes = [found.sizes[i] for i in part] if full else None
            made.update(zip(part, predict(eigvecs, sizes), strict=True))
        empty = np.zeros(self._session.grid, dtype=bool)
        masks = [
            made[i] if i in made else np.zeros(size, dtype=bool) if full else empty
            for i, size in enumerate(found.sizes)
        ]
        return masks if full else np.stack(masks)

    def _predictor(self) -> Callable[..., Iterator[NDArray]]:
        """Freeze prompts and settings; see `Masker.predictor`."""
        return self._session.masker.predictor(self._session.recipe)

    @property
    def heatmaps(self) -> NDArray:
        """Heatmaps: float32, shape (B, H, W), about [0, 1], high = alike."""
        return self._session.masker.heatmaps(self._session.recipe)

    @property
    def mask(self) -> NDArray:
        """Mask of the active image: bool, shape (h, w), that image's own size."""
        return self._session.full_masks()[self.active_image]

    def full_masks(self) -> PerImage:
        """Masks of all images at their own sizes, each made when it is asked for.

        So a thousand photographs can be gone through that do not fit into memory
        together. They are of the clicks and settings as they are now, whatever becomes
        of these.

        Returns
        -------
        PerImage
            A sequence of ndarray of bool, shapes (h_i, w_i).

        Examples
        --------
        >>> eigvecs = np.ones((2, 8, 8, 2), dtype=np.float32)
        >>> eigvecs[:, 2:5, 2:5, 1] = -1
        >>> seg = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])
        >>> [int(mask.sum()) for mask in seg.full_masks()]
        [9, 9]
        """
        return self._session.full_masks()

    def image_masks(self) -> list[NDArray]:
        """Masks of all images, each at its image's own size; see `full_masks`.

        Returns
        -------
        list of ndarray of bool, shapes (h_i, w_i)
        """
        return list(self.full_masks())

    @property
    def eigvecs(self) -> NDArray:
        """Eigenvectors: float32, shape (B, H, W, K); read-only, not a copy.

        Of sizes that float32 does not hold they are float64, and copied.
        """
        held = self._session.store
        eigvecs = held.array()
        if held.exponent:
            limits = np.finfo(np.float32)
            fits = limits.minexp < held.exponent < limits.maxexp
            kind = np.float32 if fits else np.float64
            eigvecs = np.ldexp(eigvecs.astype(kind), held.exponent)
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
            ``"tsne"`` and ``"umap"`` tell more things apart, take up to a minute, and
            need the extra of that name.
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
        self._apply(self._session.add, [image, x, y, int(positive)])

    def undo(self) -> None:
        """Take back the last change of clicks, settings or segments, if there was one.

        A slider's way from press to release is one change. `active_image`, `overlay`,
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
            A segment of that name gets these clicks and settings. By default the one
            that was opened again does, or else "segment 1", "segment 2" and so on, the
            first that is free, is new.
        color : str or sequence of 3 floats, optional
            What CSS knows, as ``"tomato"``, or red, green and blue within [0, 1]; by
            default the first of the palette that is free.

        Returns
        -------
        Segment
            With ``name``, ``color``, ``clicks``, ``settings``, ``masks`` (B, H, W)
            and ``score``.

        Raises
        ------
        TypeError, ValueError
            If the name is not one, or there is no positive click.
        """
        state = self._apply(self._session.commit, name, color)
        return Segment(self._session, self._apply, state)

    def reopen(self, name: str | None) -> None:
        """Bring a segment's clicks and settings back, to go on with them.

        The next `commit` gives it the new ones, and the settings before come back.

        Parameters
        ----------
        name : str or None
            None: leave the one that is open as it was.

        Raises
        ------
        KeyError
            If there is no such segment.
        """
        found = None if name is None else self.segments[name]._state.id
        self._apply(self._session.reopen, found)

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
                    f"NcutSegmenter has no trait {name!r}; {hint(name, known)}"
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

    def _read_setting(self, name: str) -> Any:
        """Return the clicks or a setting."""
        if name != "clicks":
            return getattr(self._session.settings, name)
        prompts = self._session.prompts
        known, listed = self._listed
        if prompts is not known:
            keep = min(len(prompts), len(known))
            keep = keep if prompts[:keep] == known[:keep] else 0
            listed = Clicks([*listed[:keep], *_listed(prompts[keep:])])
            self._listed = prompts, listed
        return listed

    def _write_setting(self, name: str, value: Any) -> None:
        """Set clicks or a setting."""
        # Before the lock: a user's generator may take its time.
        value = self._session.check(name, value)
        self._apply(self._session.set, self._block, **{name: value})


_BEFORE = "    masks : ndarray of bool"
_LISTED = "\n".join(entry.document() for entry in TABLE.values())
NcutSegmenter.__doc__ = (NcutSegmenter.__doc__ or "").replace(
    _BEFORE, f"{textwrap.indent(_LISTED, '    ')}\n{_BEFORE}"
)


def _listed(prompts: Sequence[Prompt]) -> Clicks:
    told = (prompt.tell() for prompt in prompts)
    return Clicks(Clicks(each) if isinstance(each, list) else each for each in told)


def _warn_of_silent(blank: Collection[int], images: Images | None) -> None:
    """Warn of images of which nothing is known, but for those that were skipped."""
    silent = sorted(set(blank) - set(() if images is None else images.failures))
    if silent:
        more = f" and {len(silent) - 5} more" if len(silent) > 5 else ""
        warnings.warn(
            f"eigvecs are all zero on images {', '.join(map(str, silent[:5]))}{more}: "
            "nothing is known of them, and their masks stay empty",
            stacklevel=3,
        )


def _check_attribute(kind: type, name: str) -> None:
    """Raise AttributeError where setting it would do nothing, or undo a method."""
    ours = vars(NcutSegmenter).get(name)
    if inspect.isfunction(ours) and not hasattr(anywidget.AnyWidget, name):
        raise AttributeError(f"{name} is a method: call seg.{name}(...)")
    # Subclasses may have attributes of their own.
    if not hasattr(kind, name) and kind.__name__ == NcutSegmenter.__name__:
        known = [known for known in dir(kind) if not known.startswith("_")]
        raise AttributeError(
            f"NcutSegmenter has no attribute {name!r}; {hint(name, known)}"
        )


def _check_keywords(keywords: Iterable[str], *more: str) -> None:
    check_keywords(
        "NcutSegmenter", keywords, ("autosave", "clicks", *TABLE, "layout", *more)
    )
