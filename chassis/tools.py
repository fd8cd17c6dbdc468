"""What the operator's tools may call of a service in their own process, listed in the service's `door.py`.

The caller hands in what the function takes first: a query a connection, a command a unit of work. What people
and other systems say goes another way: `chassis/commands/command.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ToolQuery(Generic[P, R]):
    """Something that may be asked. It changes nothing."""

    name: str
    function: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)


@dataclass(frozen=True, slots=True)
class ToolCommand(Generic[P, R]):
    """Something that may be done, in the caller's transaction. It raises `Refused` where it is not done."""

    name: str
    function: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)
