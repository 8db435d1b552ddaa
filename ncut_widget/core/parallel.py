"""Divide work among the cores: one thread for each core, one part at a time."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor

P = TypeVar("P")
T = TypeVar("T")

CPU_VALUES = 2**19
"""Values of a slice on a CPU: as float32 they fit into a core's cache."""

VALUES = 2**25
"""Values of a slice on an accelerator."""


class _Own(threading.local):
    """Cores that a thread may divide work among while torch uses one thread."""

    cores = 0


_own = _Own()


def cores() -> int:
    """Return the number of cores that this thread may divide work among."""
    return _own.cores or torch.get_num_threads()


@contextmanager
def one_thread() -> Iterator[None]:
    """Give every torch operation of this thread one thread, on a CPU.

    Torch's own threads wait for each other after every operation. In hundreds of short
    operations on busy cores, this takes seconds instead of a tenth of one. Long work is
    divided by `deal`.
    """
    if _own.cores:
        yield
        return
    _own.cores = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(_own.cores)
        _own.cores = 0


def deal(
    work: Callable[[P], T], parts: Iterable[P], device: torch.device
) -> Iterator[T]:
    """Call ``work`` with every part, on each core one part at a time.

    Parameters
    ----------
    work : callable
        ``part -> result``, called with `one_thread` and without gradients. If
        neither the parts nor ``work`` depend on the number of cores, results do not.
    parts : iterable
    device : torch.device
        Where ``work`` computes; on an accelerator only one part at a time.

    Yields
    ------
    object
        The results, in the order of the parts.
    """
    parts = list(parts)
    with one_thread():
        count = min(_own.cores if device.type == "cpu" else 1, len(parts))
        if count < 2:
            yield from map(work, parts)
            return
        pool = ThreadPoolExecutor(count, initializer=_start)
        try:
            yield from pool.map(work, parts)
        finally:
            pool.shutdown(cancel_futures=True)


def _start() -> None:
    """Set a new thread's own modes."""
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    _own.cores = 1


def deal_all(
    work: Callable[[P], object], parts: Iterable[P], device: torch.device
) -> None:
    """Call ``work`` with every part, as `deal` does, and drop the results."""
    for _ in deal(work, parts, device):
        pass


def add_up(
    work: Callable[[P], Tensor], parts: Iterable[P], device: torch.device
) -> Tensor:
    """Add up what ``work`` returns for every part, in their order; see `deal`."""
    results = deal(work, parts, device)
    total = next(results)
    for result in results:
        total += result
    return total


def chunks(count: int, size: int) -> Iterator[slice]:
    """Cut ``count`` items into slices of ``size``; the last slice holds the rest."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


class Slices:
    """Slices of a batch, divided among the cores in the same way every time.

    Parameters
    ----------
    shape : (int, int, int)
        ``(B, K, P)`` of the array, which is sliced along B.
    device : torch.device
        Where the array is.
    most : float
        Most items of the batch in one slice.
    """

    def __init__(
        self, shape: tuple[int, int, int], device: torch.device, most: float = math.inf
    ) -> None:
        batch, num_eig, pixels = shape
        self._device = device
        on_cpu = device.type == "cpu"
        step = (CPU_VALUES if on_cpu else VALUES) // (num_eig * pixels)
        step = max(1, int(min(step, most)))
        self._slices = [slice(at, at + step) for at in range(0, batch, step)]
        threads = torch.get_num_threads() if on_cpu else 1
        self._cores = min(threads, len(self._slices))

    def share(self, work: Callable[[Iterator[slice]], T]) -> list[T]:
        """Call ``work`` once for each core, with the core's slices.

        Parameters
        ----------
        work : callable
            ``slices -> result``, in torch's inference mode, with `one_thread`.

        Returns
        -------
        list
            The results, core by core.
        """

        def run(core: int) -> T:
            with torch.inference_mode():
                return work(iter(self._slices[core :: self._cores]))

        return list(deal(run, range(self._cores), self._device))

    def each(self, work: Callable[[slice], object]) -> None:
        """Call ``work`` with every slice."""

        def run(slices: Iterator[slice]) -> None:
            for at in slices:
                work(at)

        self.share(run)

    def sum(self, work: Callable[[slice], Tensor]) -> Tensor:
        """Add up what ``work`` returns for every slice, in float64 on the CPU."""

        def run(slices: Iterator[slice]) -> list[Tensor]:
            return [work(at).cpu().double() for at in slices]

        return torch.stack([part for parts in self.share(run) for part in parts]).sum(0)
