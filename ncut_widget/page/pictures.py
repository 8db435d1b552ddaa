"""The batch as the page shows it: encoded images, thumbnails, eigenvector colours."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ncut_widget.eigvecs.colors import (
    Colors,
    PrincipalColors,
    rgb_from_pca_3d,
    rgb_from_tsne_3d,
    rgb_from_umap_3d,
)
from ncut_widget.images import Images, RGBImage
from ncut_widget.methods import Spectra

KINDS = ("stage", "thumb", "eigvecs")

SIDES = {"stage": 2048, "thumb": 192}
"""Longest sides of the pictures, in pixels. Clicks are in the image's own pixels."""

LONGEST = 5
"""Largest ratio of sides at which an image is shown whole; the same as in
``js/src/maths/viewport.js``."""

LONGEST_SIDE = 8192
"""Longest side of the picture of a longer image, in pixels."""

QUALITIES = {"stage": 95, "thumb": 85}
"""JPEG quality."""

SPREAD = 0.98
"""Quantile of the components that has full colour, as in `rgb_from_pca_3d`."""

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


class _Coloring:
    """Eigenvector colours, computed for each image or for all at once.

    Parameters
    ----------
    paint : callable
        Image -> float32 (H, W, 3).
    rgb : ndarray of float32, shape (B, H, W, 3), optional
        The colours of all images.
    """

    def __init__(
        self,
        paint: Callable[[int], NDArray[np.float32]],
        rgb: NDArray[np.float32] | None = None,
    ) -> None:
        self.paint = paint
        self.rgb = rgb


class Pictures:
    """Pictures of one batch, encoded when the page asks for them.

    Parameters
    ----------
    spectra : Spectra
        The eigenvectors.
    images : Images or None
        Files are read when their picture is asked for. Without images the
        eigenvectors' colours are shown instead.
    """

    def __init__(self, spectra: Spectra, images: Images | None) -> None:
        self._spectra = spectra
        self._images = images
        self._colorings: dict[str, _Coloring] = {}
        self._version = 0
        self._lock = Lock()

    @property
    def images(self) -> Images | None:
        """The images; None if there are only the eigenvectors' colours."""
        return self._images

    def shown(self, image: int) -> RGBImage:
        """Return the picture of an image on the stage: uint8, (h, w, 3)."""
        if self._images is None:
            return _as_bytes(self._coloring(self._spectra.ways[0]).paint(image))
        picture: RGBImage = self._images[image]
        return picture

    def small(self, image: int, side: int) -> RGBImage:
        """Return that picture with about ``side`` pixels on its longest side."""
        if self._images is None:
            pil = Image.fromarray(self.shown(image))
            scale = side / max(pil.size)
            width, height = (max(1, round(each * scale)) for each in pil.size)
            return np.asarray(pil.resize((width, height), Image.Resampling.NEAREST))
        reduced = self._images.reduced(image, side)
        return np.asarray(shrink(Image.fromarray(reduced), side))

    @property
    def has_images(self) -> bool:
        """Whether there are images, not only the eigenvectors' colours."""
        return self._images is not None

    def colors(self, by: str) -> NDArray[np.float32]:
        """Colours of the eigenvectors of a way: [0, 1], (B, H, W, 3), read-only."""
        coloring = self._coloring(by)
        if coloring.rgb is None:
            rgb = np.stack([*map(coloring.paint, range(self._spectra.shape[0]))])
            rgb.flags.writeable = False
            with self._lock:
                # Another thread may have computed them meanwhile.
                coloring.rgb = rgb if coloring.rgb is None else coloring.rgb
        return coloring.rgb

    @property
    def version(self) -> int:
        """How many times `color` has changed the colours."""
        return self._version

    def color(self, method: str, by: str, **options: Any) -> None:
        """Compute new colours of the eigenvectors of a way; an error changes nothing.

        It may take long. Pictures that are made meanwhile have the old colours.

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
        # t-SNE and UMAP search the nearest neighbours of all rows: use the device.
        store = self._spectra[by].store
        options.setdefault("device", store.device)
        _, rgb = METHODS[method](store.array(), **options)
        rgb.flags.writeable = False
        with self._lock:
            self._version += 1
            self._colorings[by] = _Coloring(rgb.__getitem__, rgb)

    def renew(self) -> None:
        """Colour the eigenvectors anew, after they have changed."""
        with self._lock:
            self._version += 1
            self._colorings.clear()

    def encoder(self, kind: str, by: str) -> tuple[int, Callable[[int], Picture]]:
        """Return the version of the colours, and a function: image -> its picture."""
        images = self._images
        version = self._version  # first: colours that come meanwhile are shown later
        if kind == "eigvecs" or images is None:
            coloring = self._coloring(by)

            def color(image: int) -> Picture:
                return encode_picture(
                    _as_bytes(coloring.paint(image)), mime="image/png"
                )

            return version, color

        quality = QUALITIES[kind]

        def shrunk(image: int) -> Picture:
            side = _side(kind, images.sizes[image])
            return encode_picture(images.reduced(image, side), side, quality=quality)

        return version, shrunk

    def _coloring(self, by: str) -> _Coloring:
        known = self._colorings.get(by)
        if known is None:
            store = self._spectra[by].store
            colors = PrincipalColors(
                lambda images, places: store.at(images, places, store.shape[3]),
                (store.shape[0], store.cells),
                SPREAD,
                store.device,
            )

            def paint(image: int) -> NDArray[np.float32]:
                rows = store.read(slice(image, image + 1))
                return colors(rows.transpose(1, 2)).reshape(*store.grid, 3)

            with self._lock:
                # Another thread may have coloured meanwhile.
                known = self._colorings.setdefault(by, _Coloring(paint))
        return known


def _side(kind: str, size: tuple[int, int]) -> int:
    """Return the longest side of a picture; the stage shows a part of a long image."""
    ratio = max(size) / min(size) / LONGEST
    return min(round(SIDES[kind] * max(ratio, 1)), LONGEST_SIDE)


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
        Longest side of the file, in pixels; images are never scaled up.
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
        # 4:2:0 chroma smears red on blue by a pixel, which is visible on the stage.
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
