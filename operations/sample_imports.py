"""Importing the reference data of a demo: all at once, and published at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from chassis.messaging.outbox import Outbox
from chassis.messaging.publisher import Publisher
from chassis.unit_of_work import UnitOfWork, Work
from operations.databases import database_of, settings_of
from services.isolation import door as isolation
from services.registration import door as registration


def import_samples(places: str, staff: str, official_list: Any, source: str) -> None:
    """And the policies that come with Doorstep.

    :param places: a CSV, as `staff` is.
    :param source: who published the official risk list.
    """
    with _announcing("isolation") as do:
        for policy in isolation.SHIPPED_POLICIES():
            do(partial(isolation.IMPORT_POLICY, document=policy))
    with _announcing("registration") as do:
        do(lambda uow: registration.IMPORT_PLACES(uow, places))
        do(lambda uow: registration.IMPORT_STAFF(uow, staff))
        do(lambda uow: _import_list(uow, official_list, source))


def _import_list(uow: UnitOfWork, official: Any, source: str) -> None:
    registration.IMPORT_RISK_LIST(uow, registration.READ_OFFICIAL_LIST(official, uow.zone), source)


@contextmanager
def _announcing(service: str) -> Iterator[Callable[[Callable[[UnitOfWork], Any]], None]]:
    """Units of work whose events are published as soon as they are recorded."""
    settings = settings_of(service)
    outlet = Outbox(Publisher(settings.broker_url, "doorstep demo"))
    work = Work.of(settings, database_of(service), outlet)

    def do(command: Callable[[UnitOfWork], Any]) -> None:
        with work.unit() as uow:
            command(uow)

    yield do
    outlet.settle()
    work.write_marks()
    outlet.publisher.drop()
