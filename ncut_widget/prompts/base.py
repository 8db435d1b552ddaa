"""The interface of prompts, which every kind of prompt implements."""

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
        Weight of the label; that of one click is 1.
    """

    cell: Cell
    weight: float = 1.0


Group: TypeAlias = tuple[Seed, ...]
"""The seeds of one prompt: each cell once, at least one."""

P = TypeVar("P", bound="Prompt")


class Prompt(Protocol):
    """A user's input on one image; hashable, and equal if the content is equal.

    Attributes
    ----------
    kind : str
        Name of the kind, in files and messages.
    image : int
        Index in the batch.
    label : int
        1 = positive (this is it), 0 = negative (this is not).
    nbytes : int
        Memory that it takes, roughly, rounded up.
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
        """Return the cells of a latent grid that it labels, on an image (h, w)."""

    def points(self) -> list[tuple[float, float]]:
        """Return the pixels (x, y) where it is drawn: one, or a line of them."""

    def on(self: P, image: int) -> P:
        """Return the same prompt on another image."""

    def tell(self) -> Any:
        """Return it as values for JSON."""

    @classmethod
    def read(cls: type[P], told: Any, sizes: Sequence[tuple[int, int]]) -> P:
        """Read the result of `tell`, or a user's input.

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
