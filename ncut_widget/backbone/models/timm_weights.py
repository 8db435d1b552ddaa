"""Check weights of timm's models between timm's conversion and its loading."""

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
"""Names of weights after the features, which checkpoints have and our encoders lack."""

DERIVED = re.compile(
    r".*\b(num_batches_tracked|relative_position_index|relative_coords_table|attn_mask)"
)
"""Names of values that some versions of encoders store, and others compute."""

_LOADING = threading.Lock()


@contextmanager
def checked_loading(label: str, norm: bool, *, given: bool) -> Iterator[None]:
    """Check the weights that this thread loads.

    timm converts names and shapes of many origins to the model's. Then it loads the
    weights that fit, and only logs the others. It has no hook between the two, so this
    replaces `load_state_dict` meanwhile. Surplus weights are refused only in a file
    that the user gave.
    """
    own = threading.get_ident()

    def checked(model: Any, state: Any, *args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != own:
            return load(model, state, *args, **kwargs)
        model.pretrained_cfg.pop("state_dict", None)  # else it would be in memory twice
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
    """List the weights that features depend on, without those of the head."""
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
    """Whether a name belongs to this kind of encoder, e.g. in a surplus block."""
    part = weight.partition(".")[0]
    # A final norm is on the tokens or, with another name, on their mean.
    return hasattr(model, part) and part != "norm" and not _is_no_matter(weight)
