"""A service's door: the queries and commands that others may call, listed as plain data in its `door.py`.

Whoever calls one in the same process hands in what its function takes first: a query a connection, a command
a unit of work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Query(Generic[P, R]):
    """Something that may be asked. It changes nothing."""

    name: str
    function: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)


@dataclass(frozen=True, slots=True)
class Command(Generic[P, R]):
    """Something that may be done, in the caller's transaction. It raises `Refused` where it is not done."""

    name: str
    function: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)
