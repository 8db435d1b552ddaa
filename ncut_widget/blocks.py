"""The images of a batch, some at a time, shared out among the cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")

CPU_VALUES = 2**19
"""Of a block on a CPU: its float32 values stay in a core's cache."""

VALUES = 2**25
"""Of a block on an accelerator."""


@contextmanager
def one_thread(then: int | None = None) -> Iterator[None]:
    """Give every torch operation of this thread one thread, on a CPU.

    Torch's own threads meet after each of hundreds of short operations, and where
    others want the cores, too, they wait for each other at every one: seconds, in place
    of a tenth.

    Parameters
    ----------
    then : int, optional
        Threads to go back to; by default as many as there are. A new thread starts with
        the number that any thread set last.
    """
    threads = torch.get_num_threads() if then is None else then
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class Blocks:
    """Slices of images, dealt out to the cores: each gets the same every time.

    Parameters
    ----------
    rows : torch.Tensor, shape (B, K, P)
    """

    def __init__(self, rows: Tensor) -> None:
        batch, num_eig, pixels = rows.shape
        on_cpu = rows.device.type == "cpu"
        step = max(1, (CPU_VALUES if on_cpu else VALUES) // (num_eig * pixels))
        self._slices = [slice(at, at + step) for at in range(0, batch, step)]
        threads = torch.get_num_threads() if on_cpu else 1
        self._cores = min(threads, len(self._slices))

    def share(self, work: Callable[[Iterator[slice]], T]) -> list[T]:
        """Call ``work`` once for each core, with the blocks that fall to it.

        Parameters
        ----------
        work : callable
            ``blocks -> result``, in torch's inference mode, with `one_thread`.

        Returns
        -------
        list
            What it returned, core by core.
        """
        threads = torch.get_num_threads()

        def run(core: int) -> T:
            # Both are a thread's own.
            with torch.inference_mode(), one_thread(threads):
                return work(iter(self._slices[core :: self._cores]))

        if self._cores == 1:
            return [run(0)]
        with ThreadPoolExecutor(self._cores) as pool:
            return list(pool.map(run, range(self._cores)))

    def each(self, work: Callable[[slice], object]) -> None:
        """Call ``work`` with every block."""

        def run(blocks: Iterator[slice]) -> None:
            for at in blocks:
                work(at)

        self.share(run)

    def sum(self, work: Callable[[slice], Tensor]) -> Tensor:
        """Add up what ``work`` returns for every block, in float64 on the CPU."""

        def run(blocks: Iterator[slice]) -> list[Tensor]:
            return [work(at).cpu().double() for at in blocks]

        return torch.stack([part for parts in self.share(run) for part in parts]).sum(0)
