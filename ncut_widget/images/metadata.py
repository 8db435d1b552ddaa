"""The orientation of images: the only metadata that is used.

All other metadata is ignored: damage there must not change pixels.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import IO, Any

from PIL import Image

ORIENTATION = 0x0112

# Sizes and codes of the kinds of numbers that an orientation may be.
_CODES = {1: "B", 3: "H", 4: "L", 6: "b", 8: "h", 9: "l"}

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Damaged(Exception):
    """Metadata that cannot be read."""


def turned_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Return height and width (h, w) of an image after turning."""
    return size[::-1] if orientation in (5, 6, 7, 8) else size


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """Turn an image by its orientation."""
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def orientation_of(image: Image.Image) -> int:
    """Read the orientation, 1 to 8, of an image that Pillow has opened.

    Raises
    ------
    Damaged
        If it cannot be read.
    """
    if image.format == "TIFF":
        return 1  # Pillow turns these itself.
    exif = image.info.get("exif")
    if isinstance(exif, str):
        exif = exif.encode("latin-1")
    if not exif and "Raw profile type exif" in image.info:
        exif = _unpack_profile(image.info["Raw profile type exif"])
    if not exif and image.format == "PNG":
        exif = _late_exif(getattr(image, "fp", None))
    found = _read_orientation(exif) if exif else None
    if found is None:
        found = _xmp_orientation(image.info)
    return 1 if found is None or found not in range(1, 9) else found


def _read_orientation(exif: bytes) -> int | None:
    """Find the orientation among the EXIF tags; other tags are ignored."""
    while exif.startswith(b"Exif\0\0"):
        exif = exif[6:]
    try:
        order = {b"II": "<", b"MM": ">"}[bytes(exif[:2])]
        (first,) = struct.unpack_from(f"{order}L", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, first)
        for at in range(first + 2, first + 2 + 12 * count, 12):
            tag, kind, number = struct.unpack_from(f"{order}HHL", exif, at)
            if tag != ORIENTATION:
                continue
            if kind == 5 and number == 1:  # a fraction
                (place,) = struct.unpack_from(f"{order}L", exif, at + 8)
                above, below = struct.unpack_from(f"{order}LL", exif, place)
                return above // below if below and above % below == 0 else None
            if kind not in _CODES or number < 1:
                return None
            (found,) = struct.unpack_from(order + _CODES[kind], exif, at + 8)
            return int(found)
    except (struct.error, KeyError) as error:
        raise Damaged from error
    return None


def _late_exif(file: IO[bytes] | None) -> bytes | None:
    """Find EXIF after a PNG file's pixels, which Pillow reads only with the pixels."""
    if file is None:
        return None
    here = file.tell()
    try:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length = int.from_bytes(head[:4], "big")
            if head[4:] == b"eXIf":
                return file.read(length)
            file.seek(length + 4, 1)
        return None
    finally:
        file.seek(here)


def _unpack_profile(profile: Any) -> bytes:
    """Read EXIF as ImageMagick writes it into PNG: a name, a length, hex digits."""
    try:
        text = profile.decode("latin-1") if isinstance(profile, bytes) else str(profile)
        return bytes.fromhex("".join(text.split("\n")[3:]))
    except ValueError as error:
        raise Damaged from error


def _xmp_orientation(info: dict[Any, Any]) -> int | None:
    for name in ("XML:com.adobe.xmp", "xmp", "Raw profile type xmp"):
        xmp = info.get(name)
        if isinstance(xmp, tuple):
            xmp = xmp[-1]
        if isinstance(xmp, str):
            xmp = xmp.encode("utf-8", "replace")
        if isinstance(xmp, bytes):
            found = re.search(rb'tiff:Orientation(?:="|>)([1-8])', xmp)
            if found:
                return int(found[1])
    return None


# Files without their metadata ---------------------------------------------------------

_TRANSPARENCY = b"tRNS"
"""The only optional PNG chunk that pixels depend on."""


def without_metadata(data: bytes) -> bytes | None:
    """Remove all metadata from an encoded image; None if there is none to remove."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        rest = _png_pixels(data)
    elif data.startswith(b"\xff\xd8"):
        rest = _jpeg_pixels(data)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        rest = _webp_pixels(data)
    else:
        return None
    return None if rest == data else rest


def _png_pixels(data: bytes) -> bytes:
    parts, at = [data[:8]], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        chunk, kind = data[at : at + 12 + length], data[at + 4 : at + 8]
        is_whole = zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")
        # A capital first letter marks a chunk that decoders need; see
        # https://www.w3.org/TR/png-3/#5Chunk-naming-conventions
        if kind[:1].isupper() or (kind == _TRANSPARENCY and is_whole):
            parts.append(chunk)
        at += 12 + length
    return b"".join(parts)


def _jpeg_pixels(data: bytes) -> bytes:
    parts, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        # Drop APP1 to APP13, APP15 and comments; APP0 and APP14 give the colour coding.
        if not (0xE1 <= data[at + 1] <= 0xED or data[at + 1] in (0xEF, 0xFE)):
            parts.append(data[at:end])
        at = end
    return b"".join([*parts, data[at:]])


def _webp_pixels(data: bytes) -> bytes:
    parts, at = [], 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + length + length % 2
        if data[at : at + 4] not in (b"EXIF", b"XMP ", b"ICCP"):
            parts.append(data[at:end])
        at = end
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + len(body).to_bytes(4, "little") + body
