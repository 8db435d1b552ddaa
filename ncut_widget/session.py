"""Clicks and settings in, similarities, heatmaps and masks out. No Jupyter here.

A session holds the eigenvectors (on their device), the clicks with their undo history
and the settings. Results are computed when they are read, cached, and numpy. Every
public method takes the session's one lock, so results are never seen half-updated
from whatever thread a notebook's messages arrive on.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ncut_widget.bounded import Bounded
from ncut_widget.checks import check_array, check_finite, check_match
from ncut_widget.history import Change, History
from ncut_widget.masks.combine import combine
from ncut_widget.masks.coordinates import (
    Cell,
    Click,
    check_click,
    check_clicks,
    to_cell,
)
from ncut_widget.masks.diffusion import (
    Diffusion,
    DiffusionSet,
    DiffusionSimilarity,
    diffusion_weights,
)
from ncut_widget.masks.eigvecs import Eigvecs
from ncut_widget.masks.full import FullMasks
from ncut_widget.masks.similarity import (
    SETS,
    BiasedSet,
    BiasedSimilarity,
    Similarity,
    Source,
)
from ncut_widget.masks.smooth import CutMap, CutMaps, smooth_mask
from ncut_widget.ncut.biased import Graph
from ncut_widget.segment import Segment, check_name
from ncut_widget.settings import MASK, TABLE, Batch, Setting, Settings
from ncut_widget.state import State

CACHE_BYTES = 256 * 2**20
"""Similarities that are kept: of the clicks, and for undo, redo and repeated ones."""

Compared = Similarity | BiasedSimilarity | DiffusionSimilarity

GRANULARITIES = 4
"""Times of diffusion whose lengths are kept, for undo and a slider that goes back."""


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
        Eigenvalues, which the methods ``"diffusion"`` and ``"biased_ncut"`` need.

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
        self._diffusions: Bounded[Diffusion] = Bounded(GRANULARITIES)
        self.grid = (height, width)
        self.sizes = [self.grid] * batch if sizes is None else list(sizes)
        check_match(len(self.sizes), batch)
        self.lock = threading.RLock()
        known = Batch(batch, height * width, num_eig, eigvals is not None)
        self.table: dict[str, Setting] = {
            name: entry.at(known) for name, entry in TABLE.items()
        }
        defaults = Settings(**{name: self.table[name].default for name in MASK})
        self._state = State((), (), defaults, place=0, revision=0)
        self._segments: dict[str, Segment] = {}
        self._history = History()
        self._similarities: Bounded[Compared] = Bounded(
            CACHE_BYTES, lambda similarity: similarity.nbytes
        )
        self._masks: tuple[int, NDArray] | None = None

    @property
    def locked_here(self) -> bool:
        """Whether this very thread holds the lock."""
        return self.lock._is_owned()  # type: ignore[attr-defined]

    @property
    def clicks(self) -> tuple[Click, ...]:
        """The clicks, in the order in which they were made."""
        return self._state.clicks

    @property
    def settings(self) -> Settings:
        """What masks depend on besides the clicks."""
        return self._state.settings

    @property
    def revision(self) -> int:
        """How many changes there have been."""
        return self._state.revision

    @property
    def segments(self) -> Mapping[str, Segment]:
        """Committed segments by name, in the order of their first commit."""
        return MappingProxyType(self._segments)

    @property
    def history(self) -> tuple[bool, bool]:
        """Whether there is something to undo, and to redo."""
        with self.lock:
            place = self._state.place
            before, after = self._history.before(place), self._history.after(place)
            return before is not None, after is not None

    def check(self, name: str, value: Any) -> Any:
        """Return a value for ``clicks`` or a setting, checked and as plain Python.

        Raises
        ------
        TypeError, ValueError
            In one sentence: the name, what is allowed, what came.
        """
        if name == "clicks":
            return check_clicks(value, self.sizes)
        checked = self.table[name].check(value)
        if name == "method" and checked in SETS:
            self._check_eigvals(checked)
        if name == "method" and checked == "biased_ncut":
            self.graph()
        return checked

    def update(self, **changes: Any) -> bool:
        """Set clicks or settings, all of them or, where one is refused, none.

        Parameters
        ----------
        **changes
            ``clicks`` and fields of `Settings`. A new threshold turns
            ``auto_threshold`` off.

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
            threshold = checked.get("threshold", self.settings.threshold)
            if threshold != self.settings.threshold:
                checked.setdefault("auto_threshold", False)
            settings = replace(self.settings, **checked)
            change = Change.between(self.clicks, clicks)
            return self._change(change, settings)

    def add_click(self, click: Any) -> None:
        """Add ``[image, x, y, label]`` after the other clicks."""
        with self.lock:
            checked = check_click(click, self.sizes)
            self._change(Change(len(self.clicks), (), (checked,)), self.settings)

    def _change(self, change: Change, settings: Settings) -> bool:
        """Note a change of checked clicks and settings, and make it."""
        place = self._state.place
        if change.removed or change.added:
            self._history.note(place, change)
            place += 1
        elif settings == self.settings:
            return False
        self._make(change, settings, place)
        return True

    def _make(self, change: Change, settings: Settings, place: int) -> None:
        clicks, cells, *_ = self._state
        added = (
            to_cell(click, self.sizes[click.image], self.grid) for click in change.added
        )
        self._state = self._with_threshold(
            State(
                (*clicks[: change.keep], *change.added),
                (*cells[: change.keep], *added),
                settings,
                place,
                self.revision + 1,
            )
        )

    def _with_threshold(self, state: State) -> State:
        """Return the state with the threshold that is found, where it is to be."""
        if not state.settings.auto_threshold:
            return state
        source = next(iter(state.sources()[0]), None)
        if not isinstance(source, DiffusionSet):
            return state
        values = self.similarity(source, state.settings.num_eig).values
        eigvals = self._check_eigvals("diffusion")
        threshold = self.eigvecs.best_threshold(values, eigvals)
        found = {} if threshold is None else {"threshold": threshold}
        return state._replace(settings=replace(state.settings, **found))

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
            name = check_name(name, self._segments)
            if not self.cells(label=1):
                raise ValueError(
                    "there is nothing to commit: click something first, positively"
                )
            masks = self.masks()
            masks.flags.writeable = False
            segment = Segment(name, self.clicks, self.settings, masks)
            # Another one: someone may be going through these.
            self._segments = {**self._segments, name: segment}
            self.clear()
            return segment

    def undo(self) -> None:
        """Go back to the clicks before the last change of them, if there was one."""
        with self.lock:
            place = self._state.place
            change = self._history.before(place)
            if change is not None:
                self._make(change.undo(), self.settings, place - 1)

    def redo(self) -> None:
        """Take back the last `undo`, if clicks have not changed since."""
        with self.lock:
            place = self._state.place
            change = self._history.after(place)
            if change is not None:
                self._make(change, self.settings, place + 1)

    def similarity(self, source: Source, num_eig: int | None = None) -> Compared:
        """Cosine of what was clicked with every pixel, and statistics.

        Parameters
        ----------
        source : Cell, DiffusionSet or BiasedSet
            A cell: by the graph's eigenvectors. A set of clicks: in diffusion
            coordinates, or by the eigenvectors of a cut that is biased towards them.
        num_eig : int, optional
            Leading eigenvectors to compare; the current setting by default.

        Returns
        -------
        Similarity, DiffusionSimilarity or BiasedSimilarity
            Shared with the cache, not to be changed.
        """
        with self.lock:
            num_eig = num_eig or self.settings.num_eig
            return self._similarities.get(
                (num_eig, source), lambda: self._compare(source, num_eig)
            )

    def _compare(self, source: Source, num_eig: int) -> Compared:
        similarity: Compared
        if isinstance(source, Cell):
            similarity = Similarity(self.eigvecs, source, num_eig)
        elif isinstance(source, DiffusionSet):
            fewer = source._replace(positives=source.positives[:-1])
            earlier = self._similarities.peek((num_eig, fewer))
            similarity = DiffusionSimilarity(
                self._diffusion(source.granularity),
                self.grid,
                self.shape[0],
                source,
                earlier if isinstance(earlier, DiffusionSimilarity) else None,
            )
        else:
            similarity = BiasedSimilarity(self.graph(), self.grid, source, num_eig)
        if similarity.constant:
            warnings.warn(_nothing_to_tell(source, num_eig), stacklevel=2)
        return similarity

    def graph(self) -> Graph:
        """Give the graph of the batch, for biased cuts.

        Raises
        ------
        ValueError
            If there are no eigenvalues, or the eigenvectors are not of length 1.
        """
        with self.lock:
            if self._graph is None:
                self._graph = self.eigvecs.graph(self._check_eigvals("biased_ncut"))
            return self._graph

    def _diffusion(self, granularity: float) -> Diffusion:
        """Give the coordinates of the batch in which so many eigenvectors count."""
        eigvals = self._check_eigvals("diffusion")
        return self._diffusions.get(
            granularity,
            lambda: self.eigvecs.diffusion(diffusion_weights(eigvals, granularity)),
        )

    def _check_eigvals(self, method: str) -> NDArray:
        """Return the eigenvalues; raise ValueError if there are none for a method."""
        if self.eigvals is None:
            raise ValueError(
                f"method {method!r} needs the eigenvalues of eigvecs, got none: give "
                "eigvals, shape (K,)"
            )
        return self.eigvals

    def masks(self) -> NDArray:
        """Masks of the whole batch.

        Returns
        -------
        ndarray of bool, shape (B, H, W)
            On the latent grid; all False without a positive click.
        """
        with self.lock:
            if self._masks is None or self._masks[0] != self.revision:
                state = self._state
                positives, negatives = self._cut_maps(state, slice(None))
                area_th = _area_th(state.settings)
                masks = combine(
                    self.shape[:3], positives, negatives, area_th, state.kept()
                )
                self._masks = (self.revision, masks)
            return self._masks[1].copy()

    def full_masks(self) -> FullMasks:
        """Masks at the images' own sizes, each made when it is asked for.

        Returns
        -------
        FullMasks
            Of the clicks and settings as they are now, whatever they become.
        """
        return FullMasks(self.sizes, partial(self._full_mask, self._state))

    def _full_mask(self, state: State, image: int, size: tuple[int, int]) -> NDArray:
        """Mask of one image at a size (h, w), with smooth edges; see `smooth_mask`."""
        with self.lock:
            # Copied: a view would keep the maps of all images.
            cut_maps = CutMaps(
                *(
                    [CutMap(each.similarity.copy(), each.cut) for each in part]
                    for part in self._cut_maps(state, image)
                )
            )
        kept = [(row, col) for at, row, col in state.kept() if at == image]
        latent = combine(self.grid, *cut_maps, _area_th(state.settings), kept)
        return smooth_mask(latent, cut_maps, size)

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
                each = similarity.heat(similarity.values, self.settings.gamma)
                heat = np.maximum(heat, each) if number else each
            return heat

    def cells(self, label: int | None = None) -> list[Cell]:
        """Cells of the clicks, each once, of one label or of both."""
        return self._state.clicked(label)

    def sources(self) -> tuple[list[Source], list[Source]]:
        """Name what masks are made of: alike to the first, and not to the second."""
        return self._state.sources()

    def _cuts(self, state: State) -> list[Iterator[tuple[Compared, np.float32]]]:
        """Similarities and where they are cut, of positives and of negatives.

        One after the other: together they may not fit into the memory they may take.
        """
        settings = state.settings
        thresholds = settings.threshold, settings.negative_threshold

        def cuts(
            sources: list[Source], threshold: float
        ) -> Iterator[tuple[Compared, np.float32]]:
            for source in sources:
                similarity = self.similarity(source, settings.num_eig)
                yield similarity, similarity.cut(threshold, settings.gamma)

        return [*map(cuts, state.sources(), thresholds)]

    def _cut_maps(self, state: State, images: int | slice) -> list[Iterator[CutMap]]:
        """Similarities and cuts of the clicks on some images, one after the other."""

        def cut_maps(cuts: Iterator[tuple[Compared, np.float32]]) -> Iterator[CutMap]:
            for similarity, at in cuts:
                yield CutMap(similarity.maps(images), at)

        return [*map(cut_maps, self._cuts(state))]

    def predictor(self) -> Callable[..., Iterator[NDArray]]:
        """Freeze clicks and settings, to make masks of images of no batch.

        Returns
        -------
        callable
            ``(eigvecs, sizes=None)``: eigenvectors ``(B, H, W, K)``, extended from
            those of the batch -> an iterator over their masks, bool, on the latent
            grid or, where sizes ``(h_i, w_i)`` are given, as `full_masks`: with the
            similarity to what was clicked, standardised and cut as in the batch. The
            biased cut is the batch's own: new images do not change it.
        """
        with self.lock:
            settings = self.settings
            clicked = [list(part) for part in self._cuts(self._state)]

        def predict(
            eigvecs: ArrayLike, sizes: Sequence[tuple[int, int]] | None = None
        ) -> Iterator[NDArray]:
            leading = torch.as_tensor(eigvecs).cpu()
            if settings.method == "similarity":
                leading = leading[..., : settings.num_eig]
            for image, eigvec in enumerate(leading):
                cut_maps = CutMaps(
                    *(
                        [CutMap(s.extend(eigvec), at) for s, at in cuts]
                        for cuts in clicked
                    )
                )
                latent = combine(eigvec.shape[:-1], *cut_maps, _area_th(settings))
                yield smooth_mask(latent, cut_maps, sizes[image]) if sizes else latent

        return predict


def _area_th(settings: Settings) -> int:
    return settings.denoise_area_th if settings.denoise else 0


def _nothing_to_tell(source: Source, num_eig: int) -> str:
    if not isinstance(source, BiasedSet):
        return (
            "every eigenvector is equally similar to the one at latent pixel "
            f"{tuple(source)} with num_eig = {num_eig}: its mask is empty"
        )
    return (
        "the biased cut tells no pixel from another with click_weight = "
        f"{source.click_weight} and num_eig = {num_eig}: its mask is empty"
    )


def _check_eigvals(eigvals: ArrayLike, num_eig: int) -> NDArray:
    checked = np.asarray(torch.as_tensor(check_array("eigvals", eigvals)).cpu())
    if checked.shape != (num_eig,):
        raise ValueError(
            f"eigvals must be one for each of the {num_eig} eigenvectors, shape "
            f"({num_eig},): got shape {checked.shape}"
        )
    return check_finite("eigvals", checked)
