"""From images to a segmenter."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from ncut_widget.backbone import Backbone, FeatureExtractor
from ncut_widget.backbone.extraction.joined import JoinedExtractor
from ncut_widget.build.growing import Growing
from ncut_widget.build.start import S, check_keywords, check_start, start
from ncut_widget.build.ways import common_grid, name_ways, try_default
from ncut_widget.core.checks import check_flag
from ncut_widget.core.progress import heeds_progress
from ncut_widget.images import Errors, Images
from ncut_widget.images.looks import first_way
from ncut_widget.methods import Spectra
from ncut_widget.methods.spectra import hold
from ncut_widget.ncut import NCUT, Distance, GraphKind
from ncut_widget.pipeline import Pipeline
from ncut_widget.settings import WAYS

_GAMMA = "affinity_focal_gamma"


@heeds_progress
def from_images(
    cls: Callable[..., S],
    /,
    images: Any,
    backbone: str | Backbone | Sequence[str | Backbone] | None = None,
    num_eig: int = 30,
    *,
    node_type: str | None = None,
    layer: int | Sequence[int] | None = None,
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
    wait: bool = True,
    **settings: Any,
) -> S:
    """Segment images, from pixels to widget.

    By default a click can mean what a thing is, by a trained network, or how it looks,
    by colour and texture: the setting ``by``. Unless it is given, it is
    ``"appearance"`` for drawings, plots and screens, and ``"semantics"`` for
    photographs; see `first_way`. The features of the other one are computed when
    they are first asked for, which the page does as soon as it is shown.

    Parameters
    ----------
    images
        One or many, of any sizes, in any form `load_images` reads: paths, PIL
        images, numpy arrays, torch tensors.
    backbone : str, callable or sequence of two of these, optional
        A registered backbone's name, what `load_model` gives, or any callable
        ``images -> features (B, H, W, C)``. Of two the first is by semantics, the
        second by appearance; the default is ``["lite", "texture"]``.
    num_eig : int
        Eigenvectors to compute.
    node_type, batch_size, cache_dir
        As for `extract_features`. Of two backbones node type and layer are of the one
        by semantics.
    layer : int or sequence of int, optional
        Of a `LayeredBackbone`: a layer, from 0, or backwards from -1, the default; or
        several together, whose features are concatenated: each centred over the batch
        and of unit variance, on the finest of their grids.
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
    wait : bool
        False: return as soon as the first image can be clicked. The others follow in
        the strip, with masks of the clicks that are there; in the end all is as with
        True. What is of the whole batch, as `masks`, waits for it when it is read; see
        `NcutSegmenter.wait`. Until then `autosave` does not write its file, and if the
        file is there already, all images are waited for.
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
    check_flag("wait", wait)
    if isinstance(layer, Sequence) and len(layer) == 1:
        (layer,) = layer

    def solver(model: Any = None) -> NCUT:
        gamma = affinity_focal_gamma
        if gamma is None:
            gamma = getattr(model, _GAMMA, 1.0) if graph == "full" else 1.0
        return NCUT(
            num_eig,
            graph=graph,
            distance=distance,
            affinity_focal_gamma=gamma,
            random_state=random_state,
            device=device,
            progress=progress,
        )

    def extractor(by: str, backbone: str | Backbone) -> FeatureExtractor:
        node: tuple[Any, Any] = (node_type, layer)
        if len(named) > 1 and by != WAYS[0]:
            node = (None, None)
        several = isinstance(node[1], Sequence) and not isinstance(node[1], str)
        make = JoinedExtractor if several else FeatureExtractor
        return make(
            backbone,
            *node,
            batch_size,
            device=device,
            cache_dir=cache_dir,
            progress=progress,
        )

    solver().check_parameters()
    images = Images(images, value_range=value_range, errors=errors)
    named = name_ways(backbone)
    made = {}
    if backbone is None:
        needed = (node_type, layer) != (None, None) or settings.get("by") == WAYS[0]
        made = try_default(lambda: extractor(WAYS[0], named[WAYS[0]]), needed)
        named = {by: each for by, each in named.items() if made or by != WAYS[0]}
    first = settings.get("by")
    if len(named) == 1 or not isinstance(first, str) or first not in named:
        first = next(iter(named)) if len(named) == 1 else first_way(images)
    first = str(first)
    ways = [first, *(by for by in named if by != first)]
    settings = check_start(settings, images, images.sizes, num_eig, ways)
    for by, each in named.items():
        made[by] = made.get(by) or extractor(by, each)
    for each_made in made.values():
        rows, cols = getattr(each_made.model, "grid", None) or (math.inf, 1)
        solver().check_parameters(len(images) * rows * cols)
    grid = common_grid(made.values())
    pipelines = {by: Pipeline(solver(made[by].model), made[by], grid) for by in ways}
    fit, growing = partial(pipelines[first].fit_transform, images), None
    if wait or _is_there(settings.get("autosave")):
        spectrum = hold(device, *fit())
    else:
        growing = Growing(fit, len(images), device, progress)
        spectrum = growing.first()
    others = {}
    for by in ways[1:]:
        pipelines[by].grid = spectrum.store.grid
        others[by] = partial(pipelines[by].fit_transform, images)
    spectra = Spectra(spectrum, by=first, others=others, device=device, rest=growing)
    return start(cls, spectra, pipelines, images, settings, growing)


def _is_there(path: Path | None) -> bool:
    return path is not None and path.exists()
