"""A click: one pixel, and whether it belongs to the thing."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, NamedTuple

from ncut_widget.core.checks import shown
from ncut_widget.masks.coordinates import to_cell
from ncut_widget.prompts.base import Group, Seed


class Click(NamedTuple):
    """A point prompt, as SAM's ``point_coords`` and ``point_labels``.

    It is written ``[image, x, y, label]``.

    Attributes
    ----------
    image : int
        Index in the batch.
    x, y : float
        Pixels of that image, x right and y down, ``0 <= x < w``, ``0 <= y < h``.
    label : int
        1 = positive (this is it), 0 = negative (this is not).
    """

    image: int
    x: float
    y: float
    label: int

    @property
    def kind(self) -> str:
        """Name of this kind of prompt."""
        return "click"

    @property
    def nbytes(self) -> int:
        """Memory that it takes, rounded up."""
        return 150

    def seeds(self, size: tuple[int, int], grid: tuple[int, int]) -> Group:
        """Label the cell that it lies in."""
        return (Seed(to_cell(self.image, self.x, self.y, size, grid)),)

    def points(self) -> list[tuple[float, float]]:
        """Draw it at its pixel."""
        return [(self.x, self.y)]

    def on(self, image: int) -> Click:
        """Return the same click on another image."""
        return self._replace(image=image)

    def tell(self) -> list[float]:
        """Write it as ``[image, x, y, label]``."""
        return list(self)

    @classmethod
    def read(cls, told: Any, sizes: Sequence[tuple[int, int]]) -> Click:
        """Read ``[image, x, y, label]`` as a click on one of the images.

        Parameters
        ----------
        told : sequence of 4 numbers
        sizes : sequence of (int, int)
            ``(h, w)`` of every image, in pixels.

        Raises
        ------
        TypeError
            If it is not four numbers.
        ValueError
            If it points outside the batch or outside its image.
        """
        if (
            not isinstance(told, Sequence)
            or len(told) != 4
            or not all(isinstance(v, Real) and not isinstance(v, bool) for v in told)
        ):
            raise TypeError(f"a click must be [image, x, y, label], got {shown(told)}")
        image, x, y, label = map(_plain, told)
        if image not in range(len(sizes)):
            raise ValueError(
                f"a click's image must be an index from 0 to {len(sizes) - 1}, "
                f"got {shown(image)}"
            )
        height, width = sizes[int(image)]
        if not (0 <= x < width and 0 <= y < height):
            raise ValueError(
                f"a click on image {int(image)} must lie in its {width} x {height} "
                f"pixels (0 <= x < {width}, 0 <= y < {height}), got x = {shown(x)}, "
                f"y = {shown(y)}"
            )
        if label not in (0, 1):
            raise ValueError(
                "a click's label must be 1 (positive) or 0 (negative), got "
                f"{shown(label)}"
            )
        return cls(int(image), x, y, int(label))


def _plain(value: Any) -> float:
    """Convert a real number to an int or a float, which JSON can hold."""
    return int(value) if isinstance(value, Integral) else float(value)
