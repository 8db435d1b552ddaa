"""A cache that keeps within a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """Something that knows how much memory it takes."""

    @property
    def nbytes(self) -> int:
        """Bytes, now."""


V = TypeVar("V", bound=Sized)


class Bounded(Generic[V]):
    """Values by key, least recently used first out; the last one stays in any case.

    Values may grow while they are in use: the one used last is measured when another
    is asked for.

    Parameters
    ----------
    limit : int
        Bytes of all values together.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._values: OrderedDict[Hashable, V] = OrderedDict()
        self._measured: dict[Hashable, int] = {}
        self._total = 0

    def __len__(self) -> int:
        """Count the values."""
        return len(self._values)

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """Return the value of a key, made if it isn't there."""
        if self._values:
            self._measure(next(reversed(self._values)))
        if key not in self._values:
            self._values[key] = make()
            self._measure(key)
        self._values.move_to_end(key)
        while self._total > self.limit and len(self._values) > 1:
            oldest, _ = self._values.popitem(last=False)
            self._total -= self._measured.pop(oldest)
        return self._values[key]

    def _measure(self, key: Hashable) -> None:
        nbytes = self._values[key].nbytes
        self._total += nbytes - self._measured.get(key, 0)
        self._measured[key] = nbytes
