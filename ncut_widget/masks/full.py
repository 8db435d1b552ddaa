"""One array for each image, at its own size, made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import NDArray


class PerImage(Sequence[NDArray]):
    """An array for each image, of one moment; each is made when it is asked for.

    So a thousand photographs can be gone through that do not fit into memory together.

    Parameters
    ----------
    sizes : sequence of (int, int)
        ``(h, w)`` of each image.
    make : callable
        ``(image, size)`` -> the array of an image, of shape ``size``.
    """

    def __init__(
        self,
        sizes: Sequence[tuple[int, int]],
        make: Callable[[int, tuple[int, int]], NDArray],
    ) -> None:
        self._sizes = sizes
        self._make = make

    def __len__(self) -> int:
        """Count the images."""
        return len(self._sizes)

    def __getitem__(self, image: Any) -> Any:
        """Make the array of an image, (h, w), or a list of those of a slice."""
        images = range(len(self))[image]
        if isinstance(images, range):
            return [self[each] for each in images]
        return self.at(images, self._sizes[images])

    def at(self, image: int, size: tuple[int, int]) -> NDArray:
        """Make the array of an image at any size (h, w)."""
        return self._make(image, size)
