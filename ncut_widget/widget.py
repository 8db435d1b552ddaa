"""`NcutSegmenter`: a session as a Jupyter widget. Traits and messages, nothing else."""

from __future__ import annotations

import difflib
import keyword
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import anywidget
import numpy as np
import torch
import traitlets
from IPython.core.getipython import get_ipython
from numpy.typing import ArrayLike, NDArray

from ncut_widget.backbone import Backbone, extract_features, resolve_model
from ncut_widget.images import load_images
from ncut_widget.ncut import NCUT, Distance
from ncut_widget.pictures import Pictures
from ncut_widget.session import SETTINGS, Segment, Session, check_match, check_number
from ncut_widget.traits import Checked, Result
from ncut_widget.wire import (
    EditRequest,
    MapsRequest,
    parse_request,
    write_edited,
    write_maps,
)

T = TypeVar("T")

log = logging.getLogger(__name__)

OPACITY = 0.5
LAYERS = ("image", "eigvecs", "heatmap")
STATIC = Path(__file__).parent / "static"


def _setting() -> Any:
    return Checked(
        lambda self, name, value: self._session.check(name, value),
        lambda self, name: getattr(self._session.defaults, name),
    )


def _check_clicks(self: NcutSegmenter, name: str, value: Any) -> list[list[float]]:
    return [list(click) for click in self._session.check(name, value)]


def _check_layer(self: NcutSegmenter, name: str, value: Any) -> str:
    if value not in LAYERS:
        raise ValueError(f"{name} must be one of {', '.join(LAYERS)}, got {value!r}")
    return value


class NcutSegmenter(anywidget.AnyWidget):
    """Click a pixel, get the mask of that thing on every image of the batch.

    Display it as the last line of a cell. Left click = this is it, right click or
    Alt-click = this is not. Everything the page can do can be done from Python.

    Parameters
    ----------
    eigvecs : torch.Tensor or array_like of float, shape (B, H, W, K)
        NCUT eigenvectors on the latent grid, as from `NCUT`; finite. Copied.
    images : optional
        The batch's images, B of them, in any form `load_images` reads. Without them
        the eigenvectors' colours are shown, and clicks are in latent pixels.
    eigvals : array_like of float, shape (K,), optional
        Eigenvalues, kept for the user.
    device : str or torch.device, optional
        Where to hold the eigenvectors; by default CUDA, MPS or the CPU, whichever is
        there first.
    **settings
        Any of the traits below.

    Attributes
    ----------
    clicks : list of [image, x, y, label]
        Pixels of that image, x right, y down; label 1 = positive, 0 = negative.
        Replace the list, do not change it in place.
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
    active_image : int, 0 to B - 1, default 0
        The image on the stage.
    layer : {"image", "eigvecs", "heatmap"}, default "image"
        What lies over the image on the stage: the mask alone, or the eigenvectors'
        colours or the heatmap with the mask's outline.
    opacity : float, 0 to 1, default 0.5
        Of what lies over the image.
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

    _esm = STATIC / "widget.js"
    _css = STATIC / "widget.css"

    clicks = Checked(_check_clicks, lambda self, name: [])
    threshold = _setting()
    gamma = _setting()
    negative_threshold = _setting()
    denoise = _setting()
    denoise_area_th = _setting()
    num_eig = _setting()

    active_image = Checked(
        lambda self, name, value: check_number(
            name, value, 0, len(self._session.sizes) - 1, whole=True
        ),
        lambda self, name: 0,
    )
    layer = Checked(_check_layer, lambda self, name: "image")
    opacity = Checked(
        lambda self, name, value: check_number(name, value, 0, 1),
        lambda self, name: OPACITY,
    )

    masks = Result()

    _info = traitlets.Dict().tag(sync=True)
    _revision = traitlets.Int(0, read_only=True).tag(sync=True)
    _segments: Any = traitlets.List(read_only=True).tag(sync=True)
    _history = traitlets.List([False, False], read_only=True).tag(sync=True)

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
        pictures = None if images is None else load_images(images)
        sizes = None if pictures is None else [p.shape[:2] for p in pictures]
        self._session: Session = Session(eigvecs, sizes, device)
        self._pictures = Pictures(self._session.eigvecs, pictures)
        self._eigvals = None if eigvals is None else _as_numpy(eigvals)
        self._bound: dict[str, Callable[[Any], None]] = {}
        super().__init__(**settings)
        self.on_msg(self._receive)

    @traitlets.default("_info")
    def _default_info(self) -> dict[str, Any]:
        """Tell the page what it must know of the batch, and never changes."""
        return {
            "grid": list(self._session.grid),
            "sizes": [list(size) for size in self._session.sizes],
            "num_eig_max": self._session.shape[-1],
            "has_images": self._pictures.has_images,
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
        distance, affinity_focal_gamma, random_state, device
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
        _check_keywords(settings)
        if len(np.shape(features)) != 4:
            raise ValueError(
                "features must have shape (B, H, W, C), got "
                f"{tuple(np.shape(features))}"
            )
        if images is not None:
            images = load_images(images)
            check_match(len(images), np.shape(features)[0])
        ncut = NCUT(
            num_eig,
            distance=distance,
            affinity_focal_gamma=affinity_focal_gamma,
            random_state=random_state,
            device=device,
        )
        eigvecs, eigvals = ncut.fit_transform(features)
        return cls(eigvecs, images, eigvals=eigvals, device=device, **settings)

    @classmethod
    def from_images(
        cls,
        images: Any,
        backbone: str | Backbone = "texture",
        num_eig: int = 30,
        **options: Any,
    ) -> NcutSegmenter:
        """Segment images, from pixels to widget.

        Parameters
        ----------
        images
            One or many, of any sizes, in any form `load_images` reads: paths, PIL
            images, numpy arrays, torch tensors.
        backbone : str or callable
            A registered backbone's name, or ``images -> features (B, H, W, C)``.
        num_eig : int
            Eigenvectors to compute.
        **options
            As for `from_features`; ``affinity_focal_gamma`` is what the backbone
            recommends, where it does.

        Returns
        -------
        NcutSegmenter

        Raises
        ------
        TypeError, ValueError, traitlets.TraitError
            In one sentence, if an argument is not as above.
        """
        _check_keywords(
            options,
            "distance",
            "affinity_focal_gamma",
            "random_state",
            "device",
        )
        images = load_images(images)
        model = resolve_model(backbone)
        features = extract_features(images, model)
        wanted = getattr(model, "affinity_focal_gamma", 1.0)
        options.setdefault("affinity_focal_gamma", wanted)
        return cls.from_features(features, images, num_eig, **options)

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
        eigvecs = self._session.eigvecs.cpu().numpy()
        eigvecs.flags.writeable = False
        return eigvecs

    @property
    def eigvals(self) -> NDArray | None:
        """Eigenvalues: float, shape (K,), descending; None where none were given."""
        return None if self._eigvals is None else self._eigvals.copy()

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
    def segments(self) -> dict[str, Segment]:
        """Committed segments by name, in the order of their first commit."""
        return dict(self._session.segments)

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
            raise ValueError(f"name must be a variable name, got {name!r}")
        shell = get_ipython()
        if shell is None:
            raise RuntimeError(
                "bind needs a notebook or IPython; elsewhere use observe(f, 'masks')"
            )

        def assign(change: Any) -> None:
            shell.user_ns[name] = change.new

        self.unbind(name)
        self._bound[name] = assign
        self.observe(assign, "masks")
        shell.user_ns[name] = self.masks

    def unbind(self, name: str) -> None:
        """End what `bind` began; the variable keeps its last value."""
        if name in self._bound:
            self.unobserve(self._bound.pop(name), "masks")

    def __repr__(self) -> str:
        """Name the batch, not the traits."""
        batch, height, width, num_eig = self._session.shape
        return (
            f"NcutSegmenter({batch} images, {height} x {width} latent grid, "
            f"{num_eig} eigenvectors, {len(self.clicks)} clicks)"
        )

    # From traits to session and back ---------------------------------------------

    @traitlets.observe("clicks", *SETTINGS)
    def _settle(self, change: Any) -> None:
        """Pass on what was set, by a cell or by the page, as one change."""
        wanted = {name: getattr(self, name) for name in ("clicks", *SETTINGS)}
        self._apply(lambda: self._session.update(**wanted))

    def _apply(self, action: Callable[..., T], *arguments: Any) -> T:
        """Change the session, then bring the traits in step and tell observers."""
        with self._session.lock:
            revision = self._session.revision
            before = self._observed_masks()
            result = action(*arguments)
            if self._session.revision == revision:
                return result
            with self.hold_sync():
                self.clicks = [list(click) for click in self._session.clicks]
                self.set_trait("_segments", list(self._session.segments))
                self.set_trait("_history", list(self._session.history))
                self.set_trait("_revision", self._session.revision)
            after = self._observed_masks()
            if not (before is None or after is None or np.array_equal(before, after)):
                self.notify_change(
                    traitlets.Bunch(
                        name="masks", old=before, new=after, owner=self, type="change"
                    )
                )
            return result

    def _observed_masks(self) -> NDArray | None:
        """Return the masks if anyone observes them; nothing is computed for nobody."""
        observers = self._trait_notifiers
        watched = observers.get("masks", {}) or observers.get(traitlets.All, {})
        return self._session.masks() if watched.get("change") else None

    # From and to the page ---------------------------------------------------------

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Take trait values from the page; what is refused is said and put right."""
        with self._session.lock:
            try:
                super().set_state(sync_data)
            except traitlets.TraitError as error:
                self.send_state(list(sync_data.keys() & set(self.keys)))
                self._send_error(None, error)

    def _receive(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        """Answer a request of the page; see `ncut_widget.wire`."""
        request_id = content.get("id") if isinstance(content, dict) else None
        try:
            request = parse_request(content, self._session)
            if isinstance(request, EditRequest):
                refused = self._edit(request.edits)
                self.send(*write_edited(self._session, request, refused))
            elif isinstance(request, MapsRequest):
                self.send(*write_maps(self._session, request))
            else:
                self.send(*self._pictures.write(request))
        except (TypeError, ValueError) as error:
            self._send_error(request_id, error)
        except Exception as error:
            log.exception("a message from the page failed: %r", content)
            self._send_error(request_id, error)

    def _edit(self, edits: Sequence[tuple[str, Any]]) -> str | None:
        """Edit the clicks in order, up to the first edit that is refused."""
        for operation, click in edits:
            try:
                if operation == "click":
                    self._apply(self._session.add_click, click)
                else:
                    self._apply(getattr(self._session, operation))
            except (TypeError, ValueError) as error:
                return str(error)
        return None

    def _send_error(self, request_id: Any, error: Exception) -> None:
        message = str(error) or type(error).__name__
        self.send({"type": "error", "id": request_id, "message": message})


def _as_numpy(values: ArrayLike) -> NDArray:
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().numpy()
    return np.array(values)


def _check_keywords(keywords: Mapping[str, Any], *more: str) -> None:
    allowed = sorted(
        {"clicks", *SETTINGS, "active_image", "layer", "opacity", "layout", *more}
    )
    for name in keywords.keys() - set(allowed):
        close = difflib.get_close_matches(name, allowed, n=1)
        hint = (
            f"did you mean {close[0]!r}?" if close else f"known: {', '.join(allowed)}"
        )
        raise TypeError(f"NcutSegmenter has no keyword {name!r}; {hint}")
