"""From features to a segmenter."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from ncut_widget.build.start import S, check_keywords, check_start, start
from ncut_widget.core.checks import check_match, check_shape
from ncut_widget.core.progress import heeds_progress
from ncut_widget.images import Errors, Images
from ncut_widget.methods import Spectra
from ncut_widget.methods.spectra import hold
from ncut_widget.ncut import NCUT, Distance, GraphKind
from ncut_widget.pipeline import Pipeline
from ncut_widget.settings import WAYS


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
    by = WAYS[0]
    settings = check_start(settings, images, sizes, num_eig, [by], math.prod(grid))
    pipeline = Pipeline(ncut)
    spectrum = hold(device, *pipeline.fit_features(features, images))
    spectra = Spectra(spectrum, by=by, device=device)
    return start(cls, spectra, {by: pipeline}, images, settings)
