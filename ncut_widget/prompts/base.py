"""The contract of prompts: what every kind of them can say of itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

from ncut_widget.masks.coordinates import Cell


class Seed(NamedTuple):
    """A cell that a prompt labels.

    Attributes
    ----------
    cell : Cell
    weight : float, above 0
        How much it counts, where one click counts 1.
    """

    cell: Cell
    weight: float = 1.0


Group: TypeAlias = tuple[Seed, ...]
"""The seeds of one prompt: each cell once, at least one."""

P = TypeVar("P", bound="Prompt")


class Prompt(Protocol):
    """What a user said of one image; hashable, and equal where it says the same.

    Attributes
    ----------
    kind : str
        What tells it from other kinds, in files and on the wire.
    image : int
        Index in the batch.
    label : int
        1 = positive (this is it), 0 = negative (this is not).
    nbytes : int
        Memory that it takes, about, rounded up.
    """

    @property
    def kind(self) -> str: ...  # noqa: D102

    @property
    def image(self) -> int: ...  # noqa: D102

    @property
    def label(self) -> int: ...  # noqa: D102

    @property
    def nbytes(self) -> int: ...  # noqa: D102

    def seeds(self, size: tuple[int, int], grid: tuple[int, int]) -> Group:
        """Say which cells of a latent grid it labels, on an image of a size (h, w)."""

    def points(self) -> list[tuple[float, float]]:
        """Say where it is drawn: its pixels (x, y), one or a line of them."""

    def on(self: P, image: int) -> P:
        """Return the same on an image of another number."""

    def tell(self) -> Any:
        """Write it as JSON has it."""

    @classmethod
    def read(cls: type[P], told: Any, sizes: Sequence[tuple[int, int]]) -> P:
        """Read what `tell` wrote, or a user gave.

        Parameters
        ----------
        told : Any
        sizes : sequence of (int, int)
            ``(h, w)`` of every image of the batch.

        Raises
        ------
        TypeError, ValueError
            In one sentence, if it is not such a prompt on one of these images.
        """
