"""Clicks and settings in, similarities, heatmaps and masks out. No Jupyter here.

A session holds the eigenvectors (on their device), the clicks with their undo history
and the settings. Results are computed when they are read, cached, and numpy. Every
public method takes the session's one lock, so results are never seen half-updated
from whatever thread a notebook's messages arrive on.
"""

from __future__ import annotations

import itertools
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ncut_widget.biased import Graph
from ncut_widget.masks import cut, denoise_mask, heatmap
from ncut_widget.prompts import (
    Click,
    Prompt,
    check_click,
    check_clicks,
    to_prompt,
)
from ncut_widget.similarity import (
    BiasedSimilarity,
    ClickSet,
    Eigvecs,
    Similarity,
    Source,
)
from ncut_widget.smooth import Layer, Layers, smooth_mask

CACHE_BYTES = 256 * 2**20
"""Similarities kept for undo, redo and repeated clicks, besides the current ones."""

METHODS = ("similarity", "biased_ncut")

Compared = Similarity | BiasedSimilarity


@dataclass(frozen=True)
class Settings:
    """What a mask depends on besides the clicks.

    Attributes
    ----------
    num_eig : int, 1 to K
        How many of the leading eigenvectors are compared: few for whole scenes, many
        for parts.
    threshold : float, 0 to 1
        Level of the heatmap above which a pixel belongs to the mask.
    gamma : float, 0.1 to 10
        Exponent of the heatmap; higher means smaller masks.
    negative_threshold : float, 0 to 1
        Level above which a negative click takes pixels away; lower takes more. At 0.7
        it takes nine tenths of what a positive click there would give at 0.5, and
        leaves what is only alike.
    denoise : bool
        Whether small connected components are dropped.
    denoise_area_th : int, 0 to H * W
        Components with fewer latent pixels than this are dropped.
    method : {"similarity", "biased_ncut"}
        Whether pixels are compared with each click by itself, or with all clicks
        together by the eigenvectors of a normalized cut that is biased towards them.
        That needs eigenvalues; its negative clicks act through `bg_weight`, and
        `negative_threshold` does nothing.
    click_weight : float, 0 to 1
        Share of the clicks in the biased cut; the rest is the graph's.
    bg_weight : float, 0 to 10
        How much the negative clicks count in the biased cut.
    """

    num_eig: int
    threshold: float = 0.5
    gamma: float = 1.0
    negative_threshold: float = 0.7
    denoise: bool = True
    denoise_area_th: int = 3
    method: str = "similarity"
    click_weight: float = 0.5
    bg_weight: float = 0.1


SETTINGS = tuple(field.name for field in fields(Settings))


@dataclass(frozen=True)
class Segment:
    """A named, committed result.

    Attributes
    ----------
    name : str
    clicks : tuple of Click
    settings : Settings
        What it was made with.
    masks : ndarray of bool, shape (B, H, W)
        Not to be written to.
    """

    name: str
    clicks: tuple[Click, ...]
    settings: Settings
    masks: NDArray = field(repr=False)


class Session:
    """Interactive segmentation of one batch.

    Parameters
    ----------
    eigvecs : torch.Tensor or array_like of float, shape (B, H, W, K)
        Copied, as float32.
    sizes : sequence of (int, int), optional
        ``(h, w)`` of every image, in pixels; the latent grid by default.
    device : str or torch.device, optional
        Where to hold the eigenvectors; by default `pick_device` chooses.
    eigvals : array_like of float, shape (K,), optional
        Eigenvalues, which the method ``"biased_ncut"`` needs.

    Raises
    ------
    TypeError, ValueError
        If eigenvectors, sizes or eigenvalues are not as above, or not finite.
    """

    def __init__(
        self,
        eigvecs: ArrayLike,
        sizes: Sequence[tuple[int, int]] | None = None,
        device: str | torch.device | None = None,
        eigvals: ArrayLike | None = None,
    ) -> None:
        self.eigvecs = Eigvecs(eigvecs, device)
        batch, height, width, num_eig = self.shape = self.eigvecs.shape
        self.eigvals = None if eigvals is None else _check_eigvals(eigvals, num_eig)
        self._graph: Graph | None = None
        self.grid = (height, width)
        self.sizes = [self.grid] * batch if sizes is None else list(sizes)
        check_match(len(self.sizes), batch)
        self.lock = threading.RLock()
        self.revision = 0
        self.clicks: tuple[Click, ...] = ()
        self.defaults = Settings(num_eig=num_eig)
        self.settings = self.defaults
        self.segments: dict[str, Segment] = {}
        self._ranges: dict[str, tuple[float, float]] = {
            "threshold": (0, 1),
            "gamma": (0.1, 10),
            "negative_threshold": (0, 1),
            "denoise_area_th": (0, height * width),
            "num_eig": (1, num_eig),
            "click_weight": (0, 1),
            "bg_weight": (0, 10),
        }
        self._past: list[tuple[Click, ...]] = []
        self._future: list[tuple[Click, ...]] = []
        self._similarities: OrderedDict[tuple[int, Source], Compared] = OrderedDict()
        self._masks: tuple[int, NDArray] | None = None

    @property
    def history(self) -> tuple[bool, bool]:
        """Whether there is something to undo, and to redo."""
        with self.lock:
            return bool(self._past), bool(self._future)

    def check(self, name: str, value: Any) -> Any:
        """Return a value for ``clicks`` or a setting, checked and as plain Python.

        Raises
        ------
        TypeError, ValueError
            In one sentence: the name, what is allowed, what came.
        """
        if name == "clicks":
            return check_clicks(value, self.sizes)
        if name == "denoise":
            return check_flag(name, value)
        if name == "method":
            return self._check_method(value)
        whole = name in ("denoise_area_th", "num_eig")
        return check_number(name, value, *self._ranges[name], whole=whole)

    def update(self, **changes: Any) -> bool:
        """Set clicks or settings, all of them or, where one is refused, none.

        Parameters
        ----------
        **changes
            ``clicks`` and fields of `Settings`.

        Returns
        -------
        bool
            Whether anything changed; only then `revision` has grown, by one.

        Raises
        ------
        TypeError, ValueError
            As `check`.
        """
        with self.lock:
            checked = {name: self.check(name, value) for name, value in changes.items()}
            clicks = checked.pop("clicks", self.clicks)
            settings = replace(self.settings, **checked)
            if clicks == self.clicks and settings == self.settings:
                return False
            if clicks != self.clicks:
                self._past.append(self.clicks)
                self._future.clear()
            self.clicks, self.settings = clicks, settings
            self.revision += 1
            return True

    def add_click(self, click: Any) -> None:
        """Add ``[image, x, y, label]`` after the other clicks."""
        with self.lock:
            self.update(clicks=(*self.clicks, check_click(click, self.sizes)))

    def clear(self) -> None:
        """Remove every click; can be undone."""
        self.update(clicks=())

    def commit(self, name: str | None = None) -> Segment:
        """Keep the masks as a segment, and clear the clicks for the next thing.

        Parameters
        ----------
        name : str, optional
            A segment of that name is replaced; by default the first of "segment 1",
            "segment 2" and so on that is free.

        Returns
        -------
        Segment

        Raises
        ------
        TypeError
            If the name is not a string.
        ValueError
            If it is empty, or there is no positive click.
        """
        with self.lock:
            if name is None:
                free = (f"segment {n}" for n in itertools.count(1))
                name = next(name for name in free if name not in self.segments)
            if not isinstance(name, str):
                raise TypeError(f"a segment's name must be a string, got {name!r}")
            if not name:
                raise ValueError("a segment's name must not be empty")
            if not self.prompts(label=1):
                raise ValueError(
                    "there is nothing to commit: click something first, positively"
                )
            masks = self.masks()
            masks.flags.writeable = False
            segment = Segment(name, self.clicks, self.settings, masks)
            self.segments[name] = segment
            self.clear()
            return segment

    def undo(self) -> None:
        """Go back to the clicks before the last change of them, if there was one."""
        self._step(self._past, self._future)

    def redo(self) -> None:
        """Take back the last `undo`, if clicks have not changed since."""
        self._step(self._future, self._past)

    def _step(
        self, source: list[tuple[Click, ...]], target: list[tuple[Click, ...]]
    ) -> None:
        with self.lock:
            if source:
                target.append(self.clicks)
                self.clicks = source.pop()
                self.revision += 1

    def similarity(self, source: Source, num_eig: int | None = None) -> Compared:
        """Cosine of what was clicked with every pixel, and statistics.

        Parameters
        ----------
        source : Prompt or ClickSet
            A prompt: by the graph's eigenvectors. A set of clicks: by those of a cut
            that is biased towards them.
        num_eig : int, optional
            Leading eigenvectors to compare; the current setting by default.

        Returns
        -------
        Similarity or BiasedSimilarity
            Shared with the cache, not to be changed.
        """
        with self.lock:
            num_eig = num_eig or self.settings.num_eig
            key = (num_eig, source)
            if key not in self._similarities:
                similarity = self._compare(source, num_eig)
                if similarity.statistics.constant:
                    warnings.warn(_nothing_to_tell(source, num_eig), stacklevel=2)
                self._similarities[key] = similarity
                kept = max(CACHE_BYTES // similarity.nbytes, len(self.clicks), 1)
                while len(self._similarities) > kept:
                    self._similarities.popitem(last=False)
            self._similarities.move_to_end(key)
            return self._similarities[key]

    def _compare(self, source: Source, num_eig: int) -> Compared:
        if isinstance(source, Prompt):
            return Similarity(self.eigvecs, source, num_eig)
        return BiasedSimilarity(self.graph(), self.grid, source, num_eig)

    def graph(self) -> Graph:
        """Give the graph of the batch, for biased cuts.

        Raises
        ------
        ValueError
            If there are no eigenvalues, or the eigenvectors are not of length 1.
        """
        with self.lock:
            if self._graph is None:
                if self.eigvals is None:
                    raise ValueError(
                        "method 'biased_ncut' needs the eigenvalues of eigvecs, got "
                        "none: give eigvals, shape (K,)"
                    )
                self._graph = self.eigvecs.graph(self.eigvals)
            return self._graph

    def _check_method(self, value: Any) -> str:
        if value not in METHODS:
            raise ValueError(
                f"method must be one of {', '.join(METHODS)}, got {value!r}"
            )
        if value == "biased_ncut":
            self.graph()
        return value

    def masks(self) -> NDArray:
        """Masks of the whole batch.

        Returns
        -------
        ndarray of bool, shape (B, H, W)
            On the latent grid; all False without a positive click.
        """
        with self.lock:
            if self._masks is None or self._masks[0] != self.revision:
                empty = np.zeros(self.shape[:3], dtype=bool)
                masks = _combine(empty, self.layers(slice(None)), self.settings)
                self._masks = (self.revision, masks)
            return self._masks[1].copy()

    def mask(self, image: int) -> NDArray:
        """Mask of one image at its own size, with smooth edges; see `smooth_mask`.

        Returns
        -------
        ndarray of bool, shape (h, w)
        """
        with self.lock:
            layers = self.layers(image)
            latent = _combine(np.zeros(self.grid, dtype=bool), layers, self.settings)
            return smooth_mask(latent, layers, self.sizes[image])

    def image_masks(self) -> list[NDArray]:
        """Masks of all images, each at its own size: list of bool (h_i, w_i)."""
        with self.lock:
            masks, layers = self.masks(), self.layers(slice(None))
            return [
                smooth_mask(masks[image], layers.of(image), size)
                for image, size in enumerate(self.sizes)
            ]

    def heatmaps(self) -> NDArray:
        """Heatmaps of the whole batch.

        Returns
        -------
        ndarray of float32, shape (B, H, W)
            About [0, 1]; the maximum over the positive clicks, 0 without one.
        """
        with self.lock:
            heat = np.zeros(self.shape[:3], dtype=np.float32)
            for number, source in enumerate(self.sources()[0]):
                similarity = self.similarity(source)
                layer = heatmap(
                    similarity.values, self.settings.gamma, similarity.statistics
                )
                heat = np.maximum(heat, layer) if number else layer
            return heat

    def prompts(self, label: int | None = None) -> list[Prompt]:
        """Latent pixels of the clicks, each once, of one label or of both."""
        with self.lock:
            return list(
                dict.fromkeys(
                    to_prompt(click, self.sizes[click.image], self.grid)
                    for click in self.clicks
                    if label is None or click.label == label
                )
            )

    def sources(self) -> tuple[list[Source], list[Source]]:
        """Name what masks are made of: alike to the first, and not to the second."""
        with self.lock:
            positives, negatives = self.prompts(label=1), self.prompts(label=0)
            settings = self.settings
            if settings.method == "similarity":
                return [*positives], [*negatives]
            if not positives:
                return [], []
            weights = settings.click_weight, settings.bg_weight
            return [ClickSet(tuple(positives), tuple(negatives), *weights)], []

    def _cuts(self) -> list[list[tuple[Compared, np.float32]]]:
        """Similarities and where they are cut, of positives and of negatives."""
        settings = self.settings
        thresholds = settings.threshold, settings.negative_threshold
        return [
            [
                (similarity, cut(similarity.statistics, threshold, settings.gamma))
                for similarity in map(self.similarity, sources)
            ]
            for sources, threshold in zip(self.sources(), thresholds, strict=True)
        ]

    def layers(self, images: int | slice) -> Layers:
        """Similarities and cuts of the clicks on some images."""
        with self.lock:
            return Layers(
                *(
                    [Layer(s.maps(images), at) for s, at in part]
                    for part in self._cuts()
                )
            )

    def predictor(self) -> Callable[..., Iterator[NDArray]]:
        """Freeze clicks and settings, to make masks of images of no batch.

        Returns
        -------
        callable
            ``(eigvecs, sizes=None)``: eigenvectors ``(B, H, W, K)``, extended from
            those of the batch -> an iterator over their masks, bool, on the latent
            grid or, where sizes ``(h_i, w_i)`` are given, as `mask`: with the
            similarity to what was clicked, standardised and cut as in the batch. The
            biased cut is the batch's own: new images do not change it.
        """
        with self.lock:
            settings = self.settings
            clicked = self._cuts()

        def predict(
            eigvecs: ArrayLike, sizes: Sequence[tuple[int, int]] | None = None
        ) -> Iterator[NDArray]:
            leading = torch.as_tensor(eigvecs)[..., : settings.num_eig].cpu()
            for image, eigvec in enumerate(leading):
                layers = Layers(
                    *(
                        [Layer(s.extend(eigvec), at) for s, at in cuts]
                        for cuts in clicked
                    )
                )
                empty = np.zeros(eigvec.shape[:-1], dtype=bool)
                latent = _combine(empty, layers, settings)
                yield smooth_mask(latent, layers, sizes[image]) if sizes else latent

        return predict


def _combine(empty: NDArray, layers: Layers, settings: Settings) -> NDArray:
    """Masks on the latent grid, denoised; written over ``empty`` ones."""
    masks = empty
    for number, layer in enumerate(layers.positives):
        if number == 0:  # one pass over the masks in place of three
            np.greater(layer.similarity, layer.cut, out=masks)
        else:
            masks |= layer.similarity > layer.cut
    for layer in layers.negatives:
        masks &= ~(layer.similarity > layer.cut)
    return denoise_mask(masks, settings.denoise_area_th) if settings.denoise else masks


def _nothing_to_tell(source: Source, num_eig: int) -> str:
    if isinstance(source, Prompt):
        return (
            "every eigenvector is equally similar to the one at latent pixel "
            f"{tuple(source)} with num_eig = {num_eig}: its mask is empty"
        )
    return (
        "the biased cut tells no pixel from another with click_weight = "
        f"{source.click_weight} and num_eig = {num_eig}: its mask is empty"
    )


def _check_eigvals(eigvals: ArrayLike, num_eig: int) -> NDArray:
    if isinstance(eigvals, torch.Tensor):
        eigvals = eigvals.detach().cpu().numpy()
    checked = np.asarray(eigvals)
    if checked.dtype.kind not in "fiu":
        raise TypeError(f"eigvals must be real numbers, got dtype {checked.dtype}")
    if checked.shape != (num_eig,):
        raise ValueError(
            f"eigvals must be one for each of the {num_eig} eigenvectors, shape "
            f"({num_eig},): got shape {checked.shape}"
        )
    if not np.isfinite(checked).all():
        raise ValueError("eigvals must be finite, got NaN or infinite values")
    return checked


def check_match(images: int, batch: int) -> None:
    """Raise ValueError unless there is one image for each in the batch."""
    if images != batch:
        raise ValueError(
            "images must match the batch, one for each: got "
            f"{images} images for a batch of {batch}"
        )


def check_flag(name: str, value: Any) -> bool:
    """Return True or False as plain Python; else raise TypeError."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def check_number(
    name: str, value: Any, low: float, high: float, *, whole: bool = False
) -> float:
    """Return a number within ``[low, high]`` as plain Python.

    Raises
    ------
    TypeError, ValueError
        In one sentence: the name, what is allowed, what came.
    """
    kind = "a whole number" if whole else "a number"
    allowed = f"{name} must be {kind} between {low} and {high}"
    if isinstance(value, bool) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"{allowed}, got {value!r}")
    if not low <= value <= high or (whole and value != int(value)):
        raise ValueError(f"{allowed}, got {value}")
    return int(value) if whole else float(value)
