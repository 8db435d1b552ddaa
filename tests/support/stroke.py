"""A kind of prompt that the package does not know: a horizontal stroke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ncut_widget.core.checks import check_number, shown
from ncut_widget.masks.coordinates import to_cell
from ncut_widget.prompts import Click, Group, Seed


class Stroke(NamedTuple):
    """All cells between two pixels of a row; the cells of its ends count half.

    It is written ``{"kind": "stroke", "image", "ends": [x0, x1], "y", "label"}``.
    """

    image: int
    ends: tuple[float, float]
    y: float
    label: int

    @property
    def kind(self) -> str:
        """What tells it from other prompts."""
        return "stroke"

    @property
    def nbytes(self) -> int:
        """Memory that it takes, rounded up."""
        return 400

    def seeds(self, size: tuple[int, int], grid: tuple[int, int]) -> Group:
        """Label the cells from one end to the other."""
        first, last = (to_cell(self.image, x, self.y, size, grid) for x in self.ends)
        cells = [first._replace(col=col) for col in range(first.col, last.col + 1)]
        return tuple(Seed(c, 0.5 if c in (first, last) else 1.5) for c in cells)

    def points(self) -> list[tuple[float, float]]:
        """Draw it from end to end."""
        return [(x, self.y) for x in self.ends]

    def on(self, image: int) -> Stroke:
        """Return the same on an image of another number."""
        return self._replace(image=image)

    def tell(self) -> dict[str, Any]:
        """Write it as a dictionary."""
        return {
            "kind": "stroke",
            "image": self.image,
            "ends": list(self.ends),
            "y": self.y,
            "label": self.label,
        }

    @classmethod
    def read(cls, told: Any, sizes: Sequence[tuple[int, int]]) -> Stroke:
        """Read what `tell` wrote."""
        names = ("kind", *cls._fields)
        if not isinstance(told, Mapping) or set(told) != set(names):
            raise TypeError(f"a stroke must have {', '.join(names)}, got {shown(told)}")
        ends = told["ends"]
        if not isinstance(ends, (list, tuple)) or len(ends) != 2:
            raise TypeError(f"a stroke must have two ends, got {shown(ends)}")
        for x in ends:
            Click.read([told["image"], x, told["y"], told["label"]], sizes)
        first, last = (check_number("an end of a stroke", x) for x in ends)
        if first > last:
            raise ValueError(f"a stroke goes from left to right, got {shown(ends)}")
        return cls(int(told["image"]), (first, last), told["y"], int(told["label"]))
