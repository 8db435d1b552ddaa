"""The choice of images, by index, and of segments, by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TypeAlias

from ncut_widget.core.checks import as_list, check_indices, shown
from ncut_widget.results.labelled import Labelled
from ncut_widget.results.names import unique_names
from ncut_widget.segments.record import SegmentState, spelled, ways_of
from ncut_widget.sessions.origin import Origin
from ncut_widget.sessions.segment import Segment
from ncut_widget.sessions.session import Session

Names: TypeAlias = str | Segment | Iterable[str | Segment]
"""Names of segments, or segments."""


def choose(
    session: Session,
    origin: Origin,
    images: int | Sequence[int] | None,
    segments: Names | None,
    progress: bool,
) -> Labelled:
    """Choose segments and images; by default all images that can be read."""
    count, failures = len(session.sizes), origin.failures
    # An image that cannot be read has no results.
    chosen = [each for each in range(count) if each not in failures]
    if images is not None:
        chosen = check_indices("images", images, count)
        for image in chosen:
            if image in failures:
                raise ValueError(failures[image])
    numbered = choose_segments(session, segments)
    folders = unique_names(session.segments)
    return Labelled(
        tuple(numbered.values()),
        tuple(numbered),
        tuple(folders[number - 1] for number in numbered),
        origin.images,
        session.sizes,
        chosen,
        origin.made(),
        partial(origin.fingerprint, ways_of(numbered.values(), origin.ways)),
        progress,
    )


def choose_segments(session: Session, names: Names | None) -> dict[int, SegmentState]:
    """Find segments by name; return them by number, in their order."""
    known = session.segments
    if names is None:
        return dict(enumerate(known.values(), 1))
    if isinstance(names, (str, Segment)):
        names = [names]
    given = as_list("segments", names, "names of segments, or segments")
    wanted = [spelled(e.name if isinstance(e, Segment) else e) for e in given]
    for name in wanted:
        if not isinstance(name, str) or name not in known:
            raise KeyError(
                f"there is no segment {shown(name)}; known: "
                f"{', '.join(known) or 'none'}"
            )
    return {n: known[name] for n, name in enumerate(known, 1) if name in wanted}
