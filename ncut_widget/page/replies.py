"""The session's answers to the page's requests, as message contents and buffers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from ncut_widget.masks.coordinates import Cell
from ncut_widget.masks.similarity import Eigvecs, Quantised, Source
from ncut_widget.page.pictures import Pictures
from ncut_widget.page.wire import (
    EditRequest,
    MapsRequest,
    Message,
    MomentsRequest,
    Query,
    VectorsRequest,
    map_bytes,
)
from ncut_widget.session import Session

EDITED_BYTES = 10**6
"""Of the maps of an edit's answer, at most: more would keep the first one waiting."""

VALUES_AT_ONCE = 2**24
"""Of eigenvectors whose moments take less than a tenth of a second."""


def reply(session: Session, pictures: Pictures, request: Query) -> Message:
    """Answer what changes nothing; an edit's answer is `write_edited`."""
    if isinstance(request, MapsRequest):
        return write_maps(session, request)
    if isinstance(request, VectorsRequest):
        return write_vectors(session, request)
    if isinstance(request, MomentsRequest):
        return write_moments(session, request)
    return pictures.write(request)


def write_edited(
    session: Session, request: EditRequest, before: Iterable[Source], error: str | None
) -> Message:
    """Answer an edit: the clicks as they are now, and the maps of what is new.

    Parameters
    ----------
    session : Session
    request : EditRequest
    before : iterable of Source
        What masks were made of before the edits: the page has its maps, or asks.
    error : str, optional
        Why an edit was refused.
    """
    clicked = any(operation == "click" for operation, _ in request.edits)
    with session.lock:
        new = dict.fromkeys(itertools.chain(*session.sources())) if clicked else {}
        for source in before:
            new.pop(source, None)
        wants = list(_fitting([*new], request.images, map_bytes(session)))
        maps, buffers = _maps(session, session.settings.num_eig, wants)
        return {
            "type": "edited",
            "id": request.id,
            "revision": session.revision,
            "clicks": [list(click) for click in session.clicks],
            "history": list(session.history),
            "num_eig": session.settings.num_eig,
            "maps": maps,
            "error": error,
        }, buffers


def _fitting(
    sources: list[Source], images: list[int], size: int
) -> Iterator[tuple[Source, list[int]]]:
    """Yield the maps that a reply has room for, those of the first image first."""
    room = max(EDITED_BYTES // size, 1)
    images = images[: max(room // max(len(sources), 1), 1)]
    if images:
        yield from ((source, images) for source in sources[:room])


def write_maps(session: Session, request: MapsRequest) -> Message:
    """Answer a request for similarity maps."""
    with session.lock:
        maps, buffers = _maps(session, request.num_eig, request.wants)
        return {
            "type": "maps",
            "id": request.id,
            "revision": session.revision,
            "num_eig": request.num_eig,
            "maps": maps,
        }, buffers


def write_vectors(session: Session, request: VectorsRequest) -> Message:
    """Answer a request for quantised eigenvectors."""
    eigvecs = session.eigvecs
    if request.sample and not _at_hand(eigvecs, session.shape[-1]):
        return _later(request)
    parts: list[tuple[int | None, Quantised]] = [
        (image, eigvecs.quantised(image)) for image in request.images
    ]
    if request.sample:
        parts.append((None, eigvecs.quantised_sample()))
    entries = [
        {"image": image, "low": part.low.tolist(), "step": part.step.tolist()}
        for image, part in parts
    ]
    content = {"type": "vectors", "id": request.id, "vectors": entries}
    return content, [part.levels.astype("<u2").tobytes() for _, part in parts]


def write_moments(session: Session, request: MomentsRequest) -> Message:
    """Answer a request for moments."""
    if not _at_hand(session.eigvecs, request.num_eig):
        return _later(request)
    prefix = session.eigvecs.prefix(request.num_eig)
    return {
        "type": "moments",
        "id": request.id,
        "num_eig": request.num_eig,
        "count": math.prod(session.shape[:3]),
    }, [prefix.mean.astype("<f8").tobytes(), prefix.covariance.astype("<f8").tobytes()]


def _at_hand(eigvecs: Eigvecs, num_eig: int) -> bool:
    """Whether moments and sample can be sent; if not, they will be."""
    if math.prod(eigvecs.shape) <= VALUES_AT_ONCE or eigvecs.ready(num_eig):
        return True
    eigvecs.prepare(num_eig)
    return False


def _later(request: VectorsRequest | MomentsRequest) -> Message:
    return {"type": "later", "id": request.id}, []


def _maps(
    session: Session, num_eig: int, wants: Iterable[tuple[Source, list[int]]]
) -> tuple[list[dict[str, Any]], list[bytes]]:
    maps, buffers = [], []
    for source, images in wants:
        similarity = session.similarity(source, num_eig)
        stats = asdict(similarity.statistics)
        maps.append({**_describe(source), "images": images, "stats": stats})
        buffers.append(
            np.ascontiguousarray(similarity.maps(images), dtype="<f4").tobytes()
        )
    return maps, buffers


def _describe(source: Source) -> dict[str, Any]:
    """Name what a map is of, as the page does where it asks for it."""
    if isinstance(source, Cell):
        return {"cell": list(source)}
    return {
        "clicks": {
            "positives": [list(cell) for cell in source.positives],
            "negatives": [list(cell) for cell in source.negatives],
            "click_weight": source.click_weight,
            "bg_weight": source.bg_weight,
        }
    }
