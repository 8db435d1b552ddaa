"""A cache that keeps within a number of bytes, or of values."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

V = TypeVar("V")


def key_bytes(key: Hashable) -> int:
    """Memory that a key takes, about, if it shares nothing with others.

    Of a long tuple, as all clicks are, the first item stands for the others.

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
"""Items of a tuple that are all of one kind."""


class Bounded(Generic[V]):
    """Values by key, least recently used first out; the last one stays in any case.

    Values may grow while they are in use: the one used last is measured when another
    is asked for. `cachetools.LRUCache` measures a value only when it is put in, and
    refuses one above the limit.

    Parameters
    ----------
    limit : int
        Bytes of all values and their keys together, or how many values.
    size : callable, optional
        Bytes of a value now; by default each counts as one, whatever its key.
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
        """Return the value of a key if it is there; that is no use of it."""
        return self._values.get(key)

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """Return the value of a key, made if it isn't there."""
        if self._values:
            self._measure(next(reversed(self._values)))
        if key not in self._values:
            self.put(key, make())
        self._values.move_to_end(key)
        self._shrink()
        return self._values[key]

    def put(self, key: Hashable, value: V) -> None:
        """Keep a value, in place of the one that has the key."""
        self._values[key] = value
        self._measure(key)
        self._values.move_to_end(key)
        self._shrink()

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
