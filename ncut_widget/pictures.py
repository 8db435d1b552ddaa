"""The batch as the page shows it: encoded images, thumbnails, eigenvector colours."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from ncut_widget.color import rgb_from_pca_3d
from ncut_widget.images import Picture, RGBImage, encode_picture
from ncut_widget.wire import Message, PicturesRequest

STAGE_SIDE, THUMB_SIDE = 2048, 192
"""Longest sides of what is sent, in pixels. Clicks are in the image's own pixels."""


class Pictures:
    """Pictures of one batch, made when the page asks for them.

    Parameters
    ----------
    eigvecs : torch.Tensor, shape (B, H, W, K)
    images : list of ndarray of uint8, shapes (h_i, w_i, 3), or None
        Without images the eigenvectors' colours stand in for them.
    """

    def __init__(self, eigvecs: torch.Tensor, images: list[RGBImage] | None) -> None:
        self._eigvecs = eigvecs
        self._images = images

    @property
    def has_images(self) -> bool:
        """Whether there are images besides the eigenvectors' colours."""
        return self._images is not None

    @cached_property
    def colors(self) -> NDArray[np.uint8]:
        """Eigenvector colours, shape (B, H, W, 3)."""
        _, rgb = rgb_from_pca_3d(self._eigvecs)
        return np.round(rgb * 255).astype(np.uint8)

    def write(self, request: PicturesRequest) -> Message:
        """Answer a request for pictures."""
        made = [self._picture(request.kind, image) for image in request.images]
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
            "pictures": pictures,
        }
        return content, [picture.data for picture in made]

    def _picture(self, kind: str, image: int) -> Picture:
        if kind == "eigvecs" or self._images is None:
            return encode_picture(self.colors[image], mime="image/png")
        if kind == "stage":
            return encode_picture(self._images[image], STAGE_SIDE, quality=95)
        return encode_picture(self._images[image], THUMB_SIDE, quality=85)
