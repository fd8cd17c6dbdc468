"""A service author declares here, as plain data, everything that a service runs.

Handlers run on events, timers by the clock in one replica at a time, loops without pause in every replica.
The topology, the AsyncAPI document and the nameko entrypoints are made from these declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import Table
from sqlalchemy.engine import Connection

from chassis.figures import Figure
from chassis.names import EVENTS, INBOUND
from chassis.unit_of_work import UnitOfWork, Work
from contracts.envelope import BadEvent, Event

UseCase = Callable[[UnitOfWork, Sequence[Event]], Any]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Map(Protocol):
    """Like the built-in `map`; the calls may run at the same time, the results keep the order."""

    def __call__(
        self, function: Callable[[_Item], _Result], items: Iterable[_Item], /
    ) -> Iterable[_Result]: ...


@dataclass(frozen=True, slots=True)
class Handler:
    """One work queue and the use case its events go to.

    :param events: event types it takes.
    :param batch: how many events one transaction takes at the most.
    :param wait_ms: how long the first event of a batch waits for company.
    :param refused: is told of events whose source and id came before with other content, in the transaction
        that makes them dead letters.
    :param unreadable: is given the events of a message that cannot be read, in the transaction that makes
        them dead letters; their neighbours in the message go to the use case.
    :param repeated: is told of events that were handled before, in the same way.
    :param unsound: is told of events whose data break the contract, in the transaction that makes them dead
        letters.
    :param formerly: the exchange on which outsiders published these events before. What still comes there is
        led on.
    :param publishers: of those who have a queue of their own for these events, the names, by a query of the
        service's database. What comes under other names goes into the work queue. All are read in turn.
    :param lenient: events whose data breaks the contract reach the use case too, with `problems`;
        otherwise they become dead letters.
    :param known: of a handler that keeps a copy: which of these subjects it has in the given version or a
        newer one. What was said of them before may have been said before there was a copy.
    """

    name: str
    events: tuple[str, ...]
    use_case: UseCase
    batch: int = 200
    wait_ms: int = 50
    exchange: str = EVENTS
    formerly: str | None = None
    publishers: Callable[[Connection], Sequence[str]] | None = None
    lenient: bool = False
    refused: UseCase | None = None
    repeated: UseCase | None = None
    unsound: UseCase | None = None
    unreadable: Callable[[UnitOfWork, Sequence[BadEvent]], Any] | None = None
    known: Callable[[Connection, Mapping[str, int]], set[str]] | None = None

    def queue(self, service: str) -> str:
        return f"{service}.{self.name}"

    @property
    def from_outside(self) -> bool:
        """Whether other systems write into its queue."""
        return self.exchange == INBOUND

    @property
    def bindings(self) -> tuple[str, ...]:
        """Routing keys: outsiders append their own name to the type (`arrival.reported.rail-lanzhou`)."""
        return tuple(f"{event}.*" if self.from_outside else event for event in self.events)


@dataclass(frozen=True, slots=True)
class Timer:
    """Work by the clock, done by one replica at a time under a lease.

    :param every: real time between two looks.
    :param use_case: does a bounded piece of work and returns how much it did; anything but 0 means that
        it is called again at once. It takes its rows by `uow.take`, so that a bad one does not stop it.
    :param rest_s: between two pieces of work that nobody waits for, so that handlers are not held up.
    """

    name: str
    every: timedelta
    use_case: Callable[[UnitOfWork], int]
    rest_s: float = 0


@dataclass(frozen=True, slots=True)
class Loop:
    """Work without events, done in every replica at the same time; it shares the work by leases of its own.

    :param every: real time between a turn that found nothing to do and the next one.
    :param make: called once at the start. Gets the work, with a broker connection of its own, and a `map`
        that runs up to `at_once` calls at the same time. Returns the function that does one turn and returns
        how much it did (anything but 0: it is called again at once), or None where the settings switch the
        loop off. Raises SettingsError.
    """

    name: str
    every: timedelta
    make: Callable[[Work, Map], Callable[[], int] | None]
    at_once: int = 20


@dataclass(frozen=True, slots=True)
class Service:
    """Everything the chassis needs to know of a service.

    :param figures: numbers from its database that `/metrics` shows.
    :param canary: whether it sends a message through the retry queues again and again; one service does.
    :param trails: tables of its own to which rows are only added, beside those of the chassis.
    :param checks: called once at the start, before anything is consumed: they read the files that the
        settings name, so that a wrong file stops the service and not each event. They raise SettingsError.
    """

    name: str
    handlers: tuple[Handler, ...]
    timers: tuple[Timer, ...] = ()
    figures: tuple[Figure, ...] = ()
    loops: tuple[Loop, ...] = ()
    checks: tuple[Callable[[], object], ...] = ()
    canary: bool = False
    trails: tuple[Table, ...] = ()
