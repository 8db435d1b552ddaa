"""TIFF as microscopes and satellites write it; Pillow reads some of it wrongly.

Pillow drops the lower byte of colours with 16 bits, leaves 16-bit grey that runs from
white to black as it is, and knows no float64, float16 or planes. It reads 8 bits
well, in more compressions than tifffile.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ncut_widget.core.arrays import AnyArray
from ncut_widget.images.metadata import ORIENTATION

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

MINISWHITE, MINISBLACK, RGB = 0, 1, 2
ALPHA = (1, 2)
"""Values of ExtraSamples that mean alpha, premultiplied or not."""


class Page(NamedTuple):
    """The first page of a file.

    Attributes
    ----------
    size : (int, int)
        Height and width as stored.
    orientation : int
    dtype : numpy.dtype
    inverted : bool
        Whether 0 is white.
    """

    size: tuple[int, int]
    orientation: int
    dtype: np.dtype
    inverted: bool


def is_tiff(head: bytes) -> bool:
    """Whether a file with these first bytes is a TIFF."""
    return head[:4] in MAGIC


def describe(file: Any) -> Page | None:
    """Describe the first page of a path or a binary file.

    None for palettes and other colour codings, which Pillow reads better.
    """
    import tifffile  # here, as this import takes a fifth of a second

    with tifffile.TiffFile(file) as tiff:
        page = tiff.pages.first
        if page.dtype is None:
            raise ValueError(f"{page.bitspersample} bits a sample")
        if page.photometric not in (MINISWHITE, MINISBLACK, RGB):
            return None
        tag = page.tags.get(ORIENTATION)
        return Page(
            (int(page.imagelength), int(page.imagewidth)),
            tag.value if tag is not None and tag.value in range(1, 9) else 1,
            np.dtype(page.dtype),
            page.photometric == MINISWHITE,
        )


def read(file: Any) -> AnyArray:
    """Read the first page: (h, w) or (h, w, C), C = 3 or 4, as stored.

    Raises
    ------
    ValueError
        If it has more bands than colours, or is compressed as no installed package can
        read.
    """
    import tifffile

    with tifffile.TiffFile(file) as tiff:
        page = tiff.pages.first
        bands = page.samplesperpixel
        is_color = page.photometric == RGB
        if bands not in ((3, 4) if is_color else (1, 2)):
            raise ValueError(
                f"it has {bands} bands: choose three, as in "
                "tifffile.imread(path)[..., :3], and give that array"
            )
        try:
            values = page.asarray()
        except Exception as error:
            if "imagecodecs" in str(error):
                method = tifffile.COMPRESSION(page.compression).name
                raise ValueError(
                    f"it is compressed by {method}: pip install imagecodecs"
                ) from error
            raise
        if bands > 1 and page.planarconfig == 2:
            values = np.moveaxis(values, 0, -1)
        if not is_color:
            return values if bands == 1 else values[..., 0]
        # A fourth band without a tag for alpha is something else, such as infrared.
        has_alpha = bands == 4 and (page.extrasamples or (0,))[0] in ALPHA
        return values if has_alpha else values[..., :3]
