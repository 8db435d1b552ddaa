"""Methods that a class forwards to one of its parts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

S = TypeVar("S")
P = ParamSpec("P")
R = TypeVar("R")


def part_method(
    attribute: str, method: Callable[Concatenate[S, P], R], first: str | None = None
) -> Callable[Concatenate[Any, P], R]:
    """Make a method that forwards to a part's method, with signature and docstring.

    Parameters
    ----------
    attribute : str
        Name of the attribute that holds the part.
    method : callable
        A method of the part's class.
    first : str, optional
        Name of a method that is called before.

    Examples
    --------
    >>> class Engine:
    ...     def start(self) -> str:
    ...         return "started"
    >>> class Car:
    ...     def __init__(self) -> None:
    ...         self._engine = Engine()
    ...
    ...     start = part_method("_engine", Engine.start)
    >>> Car().start()
    'started'
    """

    @functools.wraps(method)
    def call(self: Any, /, *arguments: P.args, **keywords: P.kwargs) -> R:
        if first is not None:
            getattr(self, first)()
        return method(getattr(self, attribute), *arguments, **keywords)

    return call
