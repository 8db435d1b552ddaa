"""Makes a segmenter of images or features, and masks of later images.

All arguments that can be checked are checked before the long work.
"""

from __future__ import annotations

import inspect
import math
import os
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from ipywidgets import Layout
from numpy.typing import ArrayLike
from traitlets import TraitError

from ncut_widget.backbone import Backbone, FeatureExtractor
from ncut_widget.core import names
from ncut_widget.core.arrays import Mask
from ncut_widget.core.checks import check_flag, check_match, check_shape, shown
from ncut_widget.core.progress import heeds_progress, silence
from ncut_widget.images import Errors, Images
from ncut_widget.ncut import NCUT, Distance, GraphKind
from ncut_widget.pipeline import Pipeline
from ncut_widget.prompts import check_prompts
from ncut_widget.sessions.autosave import check_place, find_session
from ncut_widget.sessions.file import read_content
from ncut_widget.sessions.fingerprint import describe_images
from ncut_widget.sessions.origin import Origin
from ncut_widget.sessions.session import Session
from ncut_widget.settings import TABLE, Batch, table_of


class Segmenter(Protocol):
    """The widget that is made."""

    _origin: Origin

    @property
    def autosave(self) -> Any:
        """The file in which its session is saved."""

    @autosave.setter
    def autosave(self, path: Any) -> None: ...


S = TypeVar("S", bound=Segmenter)

_GAMMA = "affinity_focal_gamma"


@heeds_progress
def from_features(
    cls: Callable[..., S],
    /,
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
) -> S:
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
    check_keywords(settings, from_features)
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
    settings = _check_start(settings, images, sizes, num_eig, math.prod(grid))
    pipeline = Pipeline(ncut)
    fitted = pipeline.fit_features(features, images)
    return _start(cls, pipeline, fitted, images, device, settings)


@heeds_progress
def from_images(
    cls: Callable[..., S],
    /,
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
) -> S:
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
        What happens to an image that cannot be read: raise, before the long work, or
        skip it. A skipped image keeps its place in the batch, with empty masks, and
        the strip says why.
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
    check_keywords(settings, from_images)
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
    settings = _check_start(settings, images, images.sizes, num_eig)
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
    return _start(cls, pipeline, fitted, images, device, settings)


def _start(
    cls: Callable[..., S],
    pipeline: Pipeline,
    fitted: tuple[Any, Any],
    images: Images | None,
    device: str | torch.device | None,
    settings: dict[str, Any],
) -> S:
    """Make a segmenter of a pipeline's result; it keeps the pipeline for `predict`."""
    eigvecs, eigvals = fitted
    autosave = settings.pop("autosave", None)
    seg = cls(eigvecs, images, eigvals=eigvals, device=device, **settings)
    seg._origin.pipeline = pipeline
    seg.autosave = autosave
    return seg


def check_keywords(keywords: Iterable[str], function: Callable[..., Any]) -> None:
    """Raise TypeError if a keyword is no setting; see `names.check_keywords`."""
    more = inspect.signature(function).parameters
    names.check_keywords(
        "NcutSegmenter", keywords, ("autosave", "clicks", *TABLE, "layout", *more)
    )


def _check_start(
    settings: Mapping[str, Any],
    images: Images | None,
    sizes: Sequence[tuple[int, int]],
    num_eig: int,
    cells: float = math.inf,
) -> dict[str, Any]:
    """Check all that can be checked before there are eigenvectors.

    Parameters
    ----------
    settings : mapping
        ``autosave``, ``clicks``, ``layout`` and settings, as given by the user.
    images : Images or None
    sizes : sequence of (int, int)
        ``(h, w)`` of every image, in pixels.
    num_eig : int
        Number of eigenvectors to come.
    cells : float
        Cells of the latent grid, if known.

    Returns
    -------
    dict
        The checked values to set; iterators have been read into them.

    Raises
    ------
    TypeError, ValueError, traitlets.TraitError
        In one sentence, if one is refused.
    """
    table = table_of(Batch(len(sizes), cells, num_eig, has_eigvals=True))

    def check(name: str, value: Any) -> Any:
        if name == "clicks":
            return check_prompts(value, sizes)
        return table[name].check(value)

    started = dict(settings)
    try:
        for name in started.keys() & {"clicks", *TABLE}:
            started[name] = check(name, started[name])
    except (TypeError, ValueError) as error:
        raise TraitError(str(error)) from None
    if "layout" in started:
        started["layout"] = _as_layout(started["layout"])
    if started.get("autosave") is not None:
        path = started["autosave"] = check_place(started["autosave"])
        clicks = [prompt.tell() for prompt in started.get("clicks", ())]
        found = find_session(
            path,
            {"images": describe_images(images, sizes), "num_eig": num_eig},
            {"clicks": clicks, "segments": [], "writer": ""},
        )
        if found is not None:
            read_content(found.content, check, table, str(path))
    return started


def _as_layout(layout: Any) -> Layout:
    if isinstance(layout, Mapping):
        return Layout(**layout)
    if not isinstance(layout, Layout):
        raise TraitError(
            f"layout must be an ipywidgets.Layout or a dict, got {shown(layout)}"
        )
    return layout


def warn_of_silent(blank: Collection[int], images: Images | None) -> None:
    """Warn of images whose eigenvectors are all zero, except skipped ones."""
    silent = sorted(set(blank) - set(() if images is None else images.failures))
    if silent:
        more = f" and {len(silent) - 5} more" if len(silent) > 5 else ""
        warnings.warn(
            f"eigvecs are all zero on images {', '.join(map(str, silent[:5]))}{more}: "
            "nothing is known of them, and their masks stay empty",
            stacklevel=3,
        )


class Predictor:
    """Applies the clicks of a session to images that are not in its batch.

    Parameters
    ----------
    session : Session
    origin : Origin
    """

    def __init__(self, session: Session, origin: Origin) -> None:
        self._session = session
        self._origin = origin

    def predict(
        self,
        images: Any = None,
        *,
        features: Any = None,
        full_size: bool = False,
        errors: Errors = "raise",
        progress: bool | None = None,
    ) -> Mask | list[Mask]:
        """Apply the clicks to images that are not in the batch.

        Their features are computed as those of the batch were. The eigenvectors are
        extended to them (`NCUT.transform`), compared with those at the clicks, and cut
        at the batch's threshold. Nothing changes in the widget.

        Parameters
        ----------
        images
            In any form `load_images` reads, with the batch's ``value_range``; each is
            read when needed: together they may exceed the memory.
        features : torch.Tensor or array_like of float, shape (B, H, W, C), optional
            In place of images: their features, if the batch was made of features.
        full_size : bool
            Give each mask at its image's own size.
        errors : {"raise", "skip"}
            What happens to an image that cannot be read: raise, before the long work,
            or warn and give an empty mask.
        progress : bool, optional
            Show progress bars; by default as for the making of the widget.

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
        >>> from ncut_widget import NcutSegmenter
        >>> tiles = np.zeros((4, 32, 32, 3), dtype=np.uint8)
        >>> tiles[:, :16, :16] = 255
        >>> seg = NcutSegmenter.from_images(tiles[:2], num_eig=3)
        >>> seg.add_click(8, 8)
        >>> masks = seg.predict(tiles[2:])
        >>> masks.shape, masks[0, 0, 0], masks[0, 63, 63]
        ((2, 64, 64), np.True_, np.False_)
        """
        pipeline = self._origin.pipeline
        if pipeline is None:
            raise ValueError(
                "predict needs the pipeline that made the eigenvectors: use "
                "NcutSegmenter.from_images or NcutSegmenter.from_features"
            )
        if (images is None) == (features is None):
            raise TypeError("predict needs either images or features")
        check_flag("full_size", full_size)
        shown = pipeline.progress if progress is None else progress
        with silence(not check_flag("progress", shown)):
            return self._predict(pipeline, images, features, full_size, errors)

    def _predict(
        self, pipeline: Pipeline, images: Any, features: Any, full: bool, errors: Errors
    ) -> Mask | list[Mask]:
        if features is not None:
            if full:
                raise ValueError("full_size needs images: features have no sizes")
            eigvecs = pipeline.extend(check_shape("features", features, "B, H, W, C"))
            return np.stack(
                list(self._session.masker.predictor(self._session.recipe)(eigvecs))
            )
        batch = self._origin.images
        value_range = None if batch is None else batch.value_range
        found = Images(images, value_range=value_range, errors=errors)
        predict = self._frozen()
        made: dict[int, Mask] = {}
        for part, eigvecs in pipeline.extend_to_images(found):
            sizes = [found.sizes[i] for i in part] if full else None
            made.update(zip(part, predict(eigvecs, sizes), strict=True))
        empty = np.zeros(self._session.grid, dtype=bool)
        masks = [
            made[i] if i in made else np.zeros(size, dtype=bool) if full else empty
            for i, size in enumerate(found.sizes)
        ]
        return masks if full else np.stack(masks)

    def _frozen(self) -> Callable[..., Iterator[Mask]]:
        return self._session.masker.predictor(self._session.recipe)
