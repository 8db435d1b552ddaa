"""Identities of images, by which a changed image is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple

import numpy as np

from ncut_widget.images.values import RGBImage

CHUNK = 2**16
"""Bytes of each of three pieces: at the beginning, in the middle and at the end."""

JPEG = b"\xff\xd8\xff"
"""First bytes of a JPEG file. JPEGs are not read whole, as there may be a thousand: in
compressed data a difference in the middle changes everything after it."""


class Identity(NamedTuple):
    """The identity of an image.

    Attributes
    ----------
    kind : str
        What was digested, ``"file"`` or ``"pixels"``; without a digest ``"missing"``
        or ``"unknown"``.
    digest : str
        Digest of the size and three pieces: older sessions have no other.
    whole : str
        Digest of the whole content; empty for a JPEG.
    """

    kind: str
    digest: str = ""
    whole: str = ""


def identify_file(file: IO[bytes]) -> Identity:
    """Identify an open file."""

    def read(start: int, stop: int) -> bytes:
        file.seek(start)
        return file.read(stop - start)

    def chunks() -> Iterator[bytes]:
        file.seek(0)
        return iter(lambda: file.read(2**20), b"")

    digest = _digest_parts(file.seek(0, 2), read)
    packed = read(0, len(JPEG)) == JPEG
    return Identity("file", digest, "" if packed else _digest(chunks()))


def identify_pixels(pixels: RGBImage) -> Identity:
    """Identify an array of bytes; 100 images of 640 x 480 take 0.2 s."""
    data = np.ascontiguousarray(pixels).reshape(-1)
    digest = _digest_parts(data.size, lambda start, stop: data[start:stop].tobytes())
    return Identity("pixels", digest, _digest([data.data]))


def _digest_parts(size: int, read: Callable[[int, int], bytes]) -> str:
    starts = {max(start, 0) for start in (0, (size - CHUNK) // 2, size - CHUNK)}
    parts = (read(start, min(start + CHUNK, size)) for start in sorted(starts))
    return _digest([str(size).encode(), *parts])


def _digest(parts: Iterable[bytes | memoryview]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
