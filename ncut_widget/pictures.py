"""The batch as the page shows it: encoded images, thumbnails, eigenvector colours."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ncut_widget.color import (
    Colors,
    rgb_from_pca_3d,
    rgb_from_tsne_3d,
    rgb_from_umap_3d,
)
from ncut_widget.images import Images, RGBImage
from ncut_widget.wire import Message, PicturesRequest

SIDES = {"stage": 2048, "thumb": 192}
"""Longest sides of what is sent, in pixels. Clicks are in the image's own pixels."""

QUALITIES = {"stage": 95, "thumb": 85}
"""Of JPEG."""


METHODS: dict[str, Callable[..., Colors]] = {
    "pca": rgb_from_pca_3d,
    "tsne": rgb_from_tsne_3d,
    "umap": rgb_from_umap_3d,
}


class Picture(NamedTuple):
    """An encoded image.

    Attributes
    ----------
    data : bytes
        The whole file.
    mime : str
        ``"image/jpeg"`` or ``"image/png"``.
    width, height : int
        In pixels, after scaling down.
    """

    data: bytes
    mime: str
    width: int
    height: int


@dataclass(frozen=True)
class _Coloring:
    """Eigenvector colours, float32 (B, H, W, 3), and how many came before them."""

    version: int
    rgb: NDArray[np.float32]


class Pictures:
    """Pictures of one batch, made when the page asks for them.

    Parameters
    ----------
    eigvecs : torch.Tensor, shape (B, H, W, K)
    images : Images or None
        Files among them are read when a picture of them is asked for.
        Without images the eigenvectors' colours stand in for them.
    """

    def __init__(self, eigvecs: torch.Tensor, images: Images | None) -> None:
        self._eigvecs = eigvecs
        self._images = images
        self._coloring: _Coloring | None = None
        self._lock = Lock()

    @property
    def has_images(self) -> bool:
        """Whether there are images besides the eigenvectors' colours."""
        return self._images is not None

    @property
    def colors(self) -> NDArray[np.float32]:
        """Eigenvector colours, [0, 1], shape (B, H, W, 3), read-only."""
        return self._current().rgb

    @property
    def version(self) -> int:
        """How many times `color` has changed the colours."""
        return self._coloring.version if self._coloring else 0

    def color(self, method: str, **options: Any) -> None:
        """Colour the eigenvectors anew; nothing has changed if that fails.

        It may take long. Pictures can be written meanwhile, in the colours so far.

        Raises
        ------
        ImportError, TypeError, ValueError
            In one sentence, if the method's library is not installed, or method or
            options are not as for `ncut_widget.NcutSegmenter.color`.
        """
        if not isinstance(method, str) or method not in METHODS:
            methods = ", ".join(METHODS)
            raise ValueError(f"method must be one of {methods}, got {method!r}")
        known = list(inspect.signature(METHODS[method]).parameters)[1:]
        for name in options:
            if name not in known:
                raise TypeError(
                    f"color({method!r}) has no option {name!r}; "
                    f"known: {', '.join(sorted(known))}"
                )
        rgb = self._compute(method, **options)
        with self._lock:
            self._coloring = _Coloring(self.version + 1, rgb)

    def write(self, request: PicturesRequest) -> Message:
        """Answer a request for pictures."""
        if request.kind == "eigvecs" or self._images is None:
            coloring = self._current()
            version = coloring.version
            made = [
                encode_picture(_as_bytes(coloring.rgb[image]), mime="image/png")
                for image in request.images
            ]
        else:
            version = self.version
            side, quality = SIDES[request.kind], QUALITIES[request.kind]
            made = [
                encode_picture(self._images.reduced(image, side), side, quality=quality)
                for image in request.images
            ]
        pictures = [
            {
                "image": image,
                "mime": picture.mime,
                "width": picture.width,
                "height": picture.height,
            }
            for image, picture in zip(request.images, made, strict=True)
        ]
        content = {
            "type": "pictures",
            "id": request.id,
            "kind": request.kind,
            "colors": version,
            "pictures": pictures,
        }
        return content, [picture.data for picture in made]

    def _current(self) -> _Coloring:
        if self._coloring is None:
            rgb = self._compute("pca")
            with self._lock:
                # Another thread may have coloured meanwhile.
                self._coloring = self._coloring or _Coloring(0, rgb)
        return self._coloring

    def _compute(self, method: str, **options: Any) -> NDArray[np.float32]:
        _, rgb = METHODS[method](self._eigvecs, **options)
        rgb.flags.writeable = False
        return rgb


def _as_bytes(rgb: NDArray[np.float32]) -> RGBImage:
    return np.round(rgb * 255).astype(np.uint8)


def encode_picture(
    image: RGBImage,
    max_side: int | None = None,
    mime: str = "image/jpeg",
    quality: int = 90,
) -> Picture:
    """Encode an image as a file for the page, scaled down if it is large.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
    max_side : int, optional
        Longest side in pixels of what is encoded; never scaled up.
    mime : {"image/jpeg", "image/png"}
    quality : int, 1 to 95
        Of JPEG. From 90 on colours keep their full resolution.

    Returns
    -------
    Picture
        ``(data, mime, width, height)``.

    Examples
    --------
    >>> picture = encode_picture(np.zeros((100, 400, 3), np.uint8), max_side=200)
    >>> picture.mime, picture.width, picture.height
    ('image/jpeg', 200, 50)
    """
    if mime not in ("image/jpeg", "image/png"):
        raise ValueError(f"mime must be image/jpeg or image/png, got {mime!r}")
    pil = Image.fromarray(image)
    if max_side is not None:
        pil = shrink(pil, max_side)
    buffer = io.BytesIO()
    if mime == "image/png":
        pil.save(buffer, "PNG")
    else:
        # 4:2:0 chroma smears red on blue by a pixel, which a still stage shows.
        pil.save(buffer, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2)
    return Picture(buffer.getvalue(), mime, pil.width, pil.height)


def shrink(image: Image.Image, max_side: int) -> Image.Image:
    """Scale an image down so that its longest side is at most ``max_side`` pixels."""
    scale = max_side / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    # reducing_gap: box-average large factors first, 5 times as fast and as good.
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)
