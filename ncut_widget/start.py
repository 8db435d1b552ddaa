"""What a segmenter starts with, checked before the long work and not after it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ipywidgets import Layout
from traitlets import TraitError

from ncut_widget.core.checks import shown
from ncut_widget.images import Images
from ncut_widget.prompts import check_prompts
from ncut_widget.sessions.autosave import check_place, find_session
from ncut_widget.sessions.file import read_content
from ncut_widget.sessions.fingerprint import describe_images
from ncut_widget.settings import TABLE, Batch, table_of


def check_start(
    settings: Mapping[str, Any],
    images: Images | None,
    sizes: Sequence[tuple[int, int]],
    num_eig: int,
    cells: float = math.inf,
) -> dict[str, Any]:
    """Check whatever can be checked while there are no eigenvectors yet.

    Parameters
    ----------
    settings : mapping
        ``autosave``, ``clicks``, ``layout`` and settings, as a user gives them.
    images : Images or None
    sizes : sequence of (int, int)
        ``(h, w)`` of every image, in pixels.
    num_eig : int
        Eigenvectors that there will be.
    cells : float
        Of the latent grid, where that is known already.

    Returns
    -------
    dict
        The same, as they are to be set: what can be gone through once was.

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
