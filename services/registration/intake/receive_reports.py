"""When reports come: keep and check them, join each to its arrival or register a new one, and answer."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.registration.arrivals.catalogue import read_catalogue
from services.registration.intake.received import check, take_in


def receive_reports(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """The hot path: a batch of reports in a handful of statements."""
    catalogue = read_catalogue(uow)
    take_in(uow, catalogue, [check(uow, catalogue, event) for event in events])
