"""Which backbone says what is alike, for each way that a click can be meant."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ncut_widget.backbone import Backbone, CheckpointError, FeatureExtractor
from ncut_widget.backbone.registry import way_of
from ncut_widget.core.checks import shown
from ncut_widget.settings import WAYS

DEFAULT = ("lite", "texture")
"""What a thing is, and how it looks, without a download."""


def name_ways(backbone: Any) -> dict[str, str | Backbone]:
    """Return the backbone of each way, in the order in which they were given.

    Parameters
    ----------
    backbone : str, callable, sequence of two of these, or None
        None: `DEFAULT`.

    Raises
    ------
    TypeError
        If it is a sequence of more or fewer than two.

    Examples
    --------
    >>> name_ways("texture"), name_ways("dinov2"), name_ways(["texture", "dinov2"])
    ({'appearance': 'texture'}, {'semantics': 'dinov2'}, \
{'appearance': 'texture', 'semantics': 'dinov2'})
    """
    given = DEFAULT if backbone is None else backbone
    if isinstance(given, str) or not isinstance(given, Sequence):
        return {way_of(given): given}
    if len(given) != 2:
        raise TypeError(
            "backbone must be one backbone, or a list of two, what a thing is and how "
            f"it looks, as ['dinov2', 'texture']: got {shown(given)}"
        )
    ways = [way_of(each) for each in given]
    if ways[0] == ways[1]:  # the order decides
        ways = [*WAYS]
    return dict(zip(ways, given, strict=True))


def try_default(
    make: Callable[[], FeatureExtractor], needed: bool
) -> dict[str, FeatureExtractor]:
    """Make the default's features by semantics.

    If their weights are not there, warn; raise if these features are needed.
    """
    try:
        return {WAYS[0]: make()}
    except CheckpointError as error:
        if needed:
            raise
        warnings.warn(
            f"clicks go by appearance alone, by colour and texture: {error}",
            stacklevel=4,
        )
        return {}


def common_grid(extractors: Iterable[FeatureExtractor]) -> tuple[int, int] | None:
    """Return the latent grid of two ways: the finest that their backbones tell.

    None where there is one way alone, or no backbone tells its grid.
    """
    models = [each.model for each in extractors]
    told = [grid for each in models if (grid := getattr(each, "grid", None))]
    if len(models) < 2 or not told:
        return None
    rows, cols = zip(*told, strict=True)
    return max(rows), max(cols)
