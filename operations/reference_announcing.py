"""Saying all places, staff and policies again: copies that are new fill, all others stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from amqp.exceptions import NotFound

from chassis.copies import Announcement
from chassis.ids import new_id
from chassis.settings import read_settings
from chassis.unit_of_work import Work
from operations.broker import broker_connection
from operations.databases import database_in
from operations.errors import NotSetUp
from operations.services import SERVICES, subscribers
from services.isolation import door as isolation
from services.registration import door as registration

_OWNERS: Mapping[str, tuple[Announcement, ...]] = {
    "registration": registration.ANNOUNCEMENTS,
    "isolation": isolation.ANNOUNCEMENTS,
}
CONNECTION = "doorstep reference announce"


def what_there_is(environment: Mapping[str, str]) -> dict[str, int]:
    """Event type -> how many rows its owner has, in the order in which they are announced."""
    found: dict[str, int] = {}
    for service, announcements in _OWNERS.items():
        with _work(service, environment) as work, work.database.read() as conn:
            found |= {announcement.event: announcement.count(conn) for announcement in announcements}
    return found


def announce(
    environment: Mapping[str, str],
    advance: Callable[[str, int], object] = lambda event, announced: None,
) -> dict[str, int]:
    """Record everything again, step by step, each a transaction; the owner's service sends it.

    Interrupted, it may be begun anew.

    :param advance: called after each step with the event type and how many were announced so far.
    :returns: event type -> how many were announced.
    :raises NotSetUp: a queue of a copy is not there yet, and what is said would pass it by.
    """
    _must_be_heard(read_settings(SERVICES[0], environment).broker_url)
    again = f"announced-{new_id()}"
    announced: dict[str, int] = {}
    for service, announcements in _OWNERS.items():
        with _work(service, environment) as work:
            for announcement in announcements:
                announced[announcement.event] = 0
                for step in _steps(work, announcement, again):
                    announced[announcement.event] += step
                    advance(announcement.event, announced[announcement.event])
    return announced


def _steps(work: Work, announcement: Announcement, again: str) -> Iterator[int]:
    last = ""
    while True:
        with work.unit() as uow:
            keys = announcement.announce(uow, again, last)
        if not keys:
            return
        yield len(keys)
        last = keys[-1]


@contextmanager
def _work(service: str, environment: Mapping[str, str]) -> Iterator[Work]:
    settings = read_settings(service, environment)
    database = database_in(settings)
    try:
        yield Work.of(settings, database)
    finally:
        database.dispose()


def _must_be_heard(broker_url: str) -> None:
    with broker_connection(CONNECTION, broker_url) as connection:
        for event in (each.event for announcements in _OWNERS.values() for each in announcements):
            for queue in subscribers()[event]:
                try:
                    with connection.channel() as channel:
                        channel.queue_declare(queue, passive=True)
                except NotFound:
                    raise NotSetUp(
                        f"the broker has no queue {queue}, which takes {event}: run `doorstep topology apply`"
                    ) from None
