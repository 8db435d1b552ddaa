"""Files of images, messages and sessions, and what can happen to them."""

from __future__ import annotations

import io
import random
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image


def encodings(image: NDArray[np.uint8]) -> dict[str, bytes]:
    """Encode an image in many ways: by name and file's ending."""
    made: dict[str, bytes] = {}
    exif = Image.Exif()
    exif[274] = 6
    exif[271] = "camera"
    exif.get_ifd(0x8769)[36867] = "2026:01:01 00:00:00"
    pil = Image.fromarray(image)
    for kind, how in {
        "plain png": {},
        "turned png": {"exif": exif},
        "palette png": {},
        "plain jpg": {},
        "turned jpg": {"exif": exif},
        "progressive jpg": {"progressive": True},
        "plain tif": {},
        "lzw tif": {"compression": "tiff_lzw"},
        "turned tif": {"exif": exif},
        "plain webp": {"exif": exif},
        "plain gif": {},
        "plain bmp": {},
        "plain ppm": {},
        "plain jp2": {},
        "plain ico": {},
        "plain tga": {},
    }.items():
        name, _, ending = kind.partition(" ")
        buffer = io.BytesIO()
        form = {"jpg": "JPEG", "tif": "TIFF", "jp2": "JPEG2000"}.get(ending, ending)
        (pil.quantize(8) if name == "palette" else pil).save(buffer, form, **how)
        made[kind] = buffer.getvalue()
    for kind, values in {
        "deep tif": image.astype(np.uint16) * 257,
        "float tif": image / 255,
    }.items():
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, values, photometric="rgb")
        made[kind] = buffer.getvalue()
    return made


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Damage a file: cut it, or change, insert, drop or double some of its bytes."""
    what = rng.randrange(6)
    if what == 0:
        return data[: rng.randrange(len(data))]
    changed = bytearray(data)
    head = min(len(data), rng.choice((64, 512, len(data))))
    for _ in range(rng.choice((1, 1, 2, 8, 40))):
        at = rng.randrange(min(head, len(changed)) or 1)
        if what in (1, 2):
            changed[at] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
        elif what == 3:
            changed[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(9)))
        elif what == 4:
            del changed[at : at + rng.randrange(1, 9)]
        else:
            end = at + rng.randrange(1, 64)
            changed[at:at] = changed[at:end]
        if not changed:
            break
    return bytes(changed)


def spot(content: Any, chance: random.Random) -> tuple[Any, Any]:
    """Choose a place anywhere in what JSON holds: an object or a list, and where."""
    places = [(content, name) for name in content]
    for place, name in places:
        inner = place[name]
        if isinstance(inner, dict):
            places += [(inner, key) for key in inner]
        elif isinstance(inner, list):
            places += [(inner, at) for at in range(len(inner))]
    return chance.choice(places or [({"id": 0}, "id")])
