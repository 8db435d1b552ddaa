"""Weights of timm's models, checked between timm's own conversion and its loading."""

from __future__ import annotations

import copy
import itertools
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from torch import nn

from ncut_widget.backbone.models.timm_making import is_plain
from ncut_widget.backbone.weights.files import check_fit, some

HEADS = re.compile(r"(\w+_)?(head|fc|classifier|last_linear|[Ll]ogits|AuxLogits)")
"""Names of what follows the features: checkpoints have them, encoders here do not."""

DERIVED = re.compile(
    r".*\b(num_batches_tracked|relative_position_index|relative_coords_table|attn_mask)"
)
"""Names of what encoders of one version keep and those of another compute."""

_LOADING = threading.Lock()


@contextmanager
def checked_loading(label: str, norm: bool, *, given: bool) -> Iterator[None]:
    """Have the weights checked that this thread loads.

    timm brings names and shapes of many origins to the model's, and then loads what
    fits and only logs what does not; between these two there is no other way in. What
    may be too many is known of published weights, and not of a file that was given.
    """
    own = threading.get_ident()

    def checked(model: Any, state: Any, *args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != own:
            return load(model, state, *args, **kwargs)
        model.pretrained_cfg.pop("state_dict", None)  # it would be held twice
        wanted = model.state_dict()
        check_fit(
            label,
            state,
            wanted,
            needed=_needed(model, norm),
            too_many=lambda weight: given and _is_of_the_encoder(model, weight),
        )
        spare = [weight for weight in state if weight not in wanted]
        spare = [weight for weight in spare if not _is_no_matter(weight)]
        if spare and given:
            warnings.warn(
                f"{label.replace(' is not a ', ' is a ')}, and holds {len(spare)} "
                f"weights more, which are not used ({some(spare)})",
                UserWarning,
                stacklevel=2,
            )
        fitting = {weight: state[weight] for weight in state if weight in wanted}
        return load(model, fitting, strict=False)

    with _LOADING:
        load = nn.Module.load_state_dict
        nn.Module.load_state_dict = checked  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            nn.Module.load_state_dict = load  # type: ignore[method-assign]


def _needed(model: Any, norm: bool) -> set[str]:
    """Name the weights that features depend on: not those of the head."""
    # The copy shares its tensors with the model.
    tensors = itertools.chain(model.parameters(), model.buffers())
    features: Any = copy.deepcopy(model, {id(tensor): tensor for tensor in tensors})
    last = len(model.feature_info) - 1
    with suppress(Exception):  # without it, the final norm is needed, too
        features.prune_intermediate_layers(
            [last], prune_norm=not (norm and is_plain(model)), prune_head=True
        )
    return {name for name in features.state_dict() if not _is_no_matter(name)}


def _is_no_matter(weight: str) -> bool:
    """Whether features do not depend on a weight of that name."""
    return bool(HEADS.match(weight) or DERIVED.match(weight))


def _is_of_the_encoder(model: Any, weight: str) -> bool:
    """Whether a name is one of this kind of encoder, as of a block that it has not."""
    part = weight.partition(".")[0]
    # A final norm is on the tokens or, with another name, on their mean.
    return hasattr(model, part) and part != "norm" and not _is_no_matter(weight)
