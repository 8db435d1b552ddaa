"""What is checked before the long work, and the segmenter that is made after it."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ipywidgets import Layout
from traitlets import TraitError

from ncut_widget.build.growing import Growing
from ncut_widget.core import names
from ncut_widget.core.checks import shown
from ncut_widget.images import Images
from ncut_widget.methods import Spectra, Spectrum
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

    _session: Session
    _origin: Origin

    @property
    def autosave(self) -> Any:
        """The file in which its session is saved."""

    @autosave.setter
    def autosave(self, path: Any) -> None: ...

    def _renew(self, take: Callable[[], Spectrum | None]) -> None:
        """Go on with the eigenvectors that a function gives."""

    def _show_failure(self, observer: Any, name: str, error: Exception) -> None:
        """Show an error on the page."""


S = TypeVar("S", bound=Segmenter)


def start(
    cls: Callable[..., S],
    spectra: Spectra,
    pipelines: dict[str, Pipeline],
    images: Images | None,
    settings: dict[str, Any],
    growing: Growing | None = None,
) -> S:
    """Make a segmenter of eigenvectors; it keeps their pipelines for `predict`.

    A session can be saved, and loaded, only once all images are there.
    """
    autosave = settings.pop("autosave", None)
    try:
        seg = cls(spectra, images, **settings)
    except BaseException:
        spectra.close()
        raise
    seg._origin.pipelines = pipelines
    if growing is None:
        seg.autosave = autosave
    else:
        growing.follow(seg, partial(_complete, autosave))
    return seg


def _complete(autosave: Path | None, seg: Segmenter) -> None:
    """Do what needs all images."""
    warn_of_silent(seg._session.spectrum.store.blank, seg._origin.images)
    seg.autosave = autosave


def check_keywords(keywords: Iterable[str], function: Callable[..., Any]) -> None:
    """Raise TypeError if a keyword is no setting; see `names.check_keywords`."""
    more = [n for n in inspect.signature(function).parameters if n != "cls"]
    names.check_keywords(
        "NcutSegmenter", keywords, ("autosave", "clicks", *TABLE, "layout", *more)
    )


def check_start(
    settings: Mapping[str, Any],
    images: Images | None,
    sizes: Sequence[tuple[int, int]],
    num_eig: int,
    ways: Sequence[str],
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
    ways : sequence of str
        Ways that a click can be meant, the default first.
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
    batch = Batch(len(sizes), cells, num_eig, True, True, tuple(ways))
    table = table_of(batch)

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
        now = {"images": describe_images(images, sizes), "num_eig": num_eig}
        found = find_session(
            path,
            lambda _: now,
            ways,
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
