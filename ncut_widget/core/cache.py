"""A cache limited to a number of bytes, or of values."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

V = TypeVar("V")


def key_bytes(key: Hashable) -> int:
    """Estimate the bytes of a key, as if it shared nothing with other keys.

    In a long tuple, such as that of all clicks, every item counts as the first one.

    Examples
    --------
    >>> key_bytes(((1, 2),) * 1000) > 1000 * key_bytes((1, 2))
    True
    """
    size = sys.getsizeof(key)
    if not isinstance(key, tuple):
        return size
    if len(key) > _LONG:
        return size + len(key) * key_bytes(key[0])
    return size + sum(map(key_bytes, key))


_LONG = 8
"""A tuple with more items than this is taken to hold items of one kind."""


class Bounded(Generic[V]):
    """Values by key; beyond the limit the least recently used go, but never the last.

    Values may grow while in use, so the value used last is measured again at the next
    request. `cachetools.LRUCache` measures a value only when it is put in, and
    refuses one above the limit.

    Parameters
    ----------
    limit : int
        Bytes of all values and their keys together, or how many values.
    size : callable, optional
        Current bytes of a value; by default every value counts as 1, and keys as 0.
    """

    def __init__(self, limit: int, size: Callable[[V], int] | None = None) -> None:
        self.limit = limit
        self._size = size
        self._values: OrderedDict[Hashable, V] = OrderedDict()
        self._measured: dict[Hashable, int] = {}
        self._total = 0

    def __len__(self) -> int:
        """Count the values."""
        return len(self._values)

    def __iter__(self) -> Iterator[V]:
        """Go through the values, the least recently used first."""
        return iter(self._values.values())

    def peek(self, key: Hashable) -> V | None:
        """Return the value of a key, or None; this does not count as a use."""
        return self._values.get(key)

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """Return the value of a key; make it if it is missing."""
        if self._values:
            self._measure(next(reversed(self._values)))
        if key not in self._values:
            self.put(key, make())
        self._values.move_to_end(key)
        self._shrink()
        return self._values[key]

    def put(self, key: Hashable, value: V) -> None:
        """Store a value; it replaces an earlier value of the key."""
        self._values[key] = value
        self._measure(key)
        self._values.move_to_end(key)
        self._shrink()

    def clear(self) -> None:
        """Drop all values."""
        self._values.clear()
        self._measured.clear()
        self._total = 0

    def _shrink(self) -> None:
        while self._total > self.limit and len(self._values) > 1:
            oldest, _ = self._values.popitem(last=False)
            self._total -= self._measured.pop(oldest)

    def _measure(self, key: Hashable) -> None:
        size = 1
        if self._size:
            size = self._size(self._values[key]) + key_bytes(key)
        self._total += size - self._measured.get(key, 0)
        self._measured[key] = size
