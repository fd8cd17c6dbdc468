"""What a service author writes: this handler takes this event in batches and calls this use case.

Plain data. The topology, the AsyncAPI document and the nameko entrypoints are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chassis.names import ARRIVALS, EVENTS
from contracts.envelope import Event

if TYPE_CHECKING:
    from chassis.running.figures import Figure
    from chassis.unit_of_work import UnitOfWork

UseCase = Callable[["UnitOfWork", Sequence[Event]], Any]


@dataclass(frozen=True, slots=True)
class Handler:
    """One work queue and the use case its events go to.

    :param events: event types it takes.
    :param batch: how many events one transaction takes at the most.
    :param wait_ms: how long the first event of a batch waits for company.
    :param refused: is told of events whose source and id came before with other content, in the transaction
        that makes them dead letters.
    :param lenient: events whose data breaks the contract reach the use case too, with `problems`;
        otherwise they become dead letters.
    """

    name: str
    events: tuple[str, ...]
    use_case: UseCase
    batch: int = 200
    wait_ms: int = 50
    exchange: str = EVENTS
    lenient: bool = False
    refused: UseCase | None = None

    def queue(self, service: str) -> str:
        return f"{service}.{self.name}"

    @property
    def bindings(self) -> tuple[str, ...]:
        """Routing keys: outsiders append their own name to the type (`arrival.reported.rail-lanzhou`)."""
        return tuple(f"{event}.*" if self.exchange == ARRIVALS else event for event in self.events)


@dataclass(frozen=True, slots=True)
class Timer:
    """Work by the clock, done by one replica at a time under a lease.

    :param every: real time between two looks.
    :param use_case: does a bounded piece of work and returns how much it did; anything but 0 means that
        it is called again at once.
    """

    name: str
    every: timedelta
    use_case: Callable[[UnitOfWork], int]


@dataclass(frozen=True, slots=True)
class Service:
    """Everything the chassis needs to know of a service."""

    name: str
    handlers: tuple[Handler, ...]
    timers: tuple[Timer, ...] = ()
    figures: tuple[Figure, ...] = ()
    """What of its database `/metrics` shows."""
