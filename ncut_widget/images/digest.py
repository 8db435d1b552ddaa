"""What tells whether an image is the one that it was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple

import numpy as np

from ncut_widget.images.values import RGBImage

CHUNK = 2**16
"""Bytes at the beginning, in the middle and at the end that are looked at first."""

JPEG = b"\xff\xd8\xff"
"""How photographs begin. They are not read whole, there may be a thousand: packed as
they are, what differs in the middle differs in all that follows."""


class Identity(NamedTuple):
    """What an image is known by.

    Attributes
    ----------
    kind : str
        What the digests are of, ``"file"`` or ``"pixels"``; without one ``"missing"``
        or ``"unknown"``.
    digest : str
        Of its size and three pieces: all that sessions of before know of it.
    whole : str
        Of all of it; empty for a JPEG.
    """

    kind: str
    digest: str = ""
    whole: str = ""


def identify_file(file: IO[bytes]) -> Identity:
    """Identify a file that is open."""

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
