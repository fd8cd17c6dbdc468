"""The queues that single publishers have of their own, as registration's table says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from kombu import Queue
from sqlalchemy.exc import SQLAlchemyError

from chassis.database.engine import Database
from chassis.handlers import Handler
from chassis.messaging.topology import own_queue
from chassis.names import is_own_queue
from chassis.settings import read_settings
from operations.databases import database_in, database_of
from operations.errors import NotSetUp
from operations.services import SERVICES, handlers_of


def parted_handlers() -> Iterator[tuple[str, Handler]]:
    """Service and handler, of those that read a queue of each publisher."""
    for service in SERVICES:
        for handler in handlers_of(service):
            if handler.publishers:
                yield service, handler


def own_queues(database: Callable[[str], Database] = database_of) -> list[Queue]:
    """Raises NotSetUp, SQLAlchemyError."""
    found = []
    for service, handler in parted_handlers():
        assert handler.publishers is not None
        with database(service).read() as conn:
            publishers: Sequence[str] = handler.publishers(conn)
        found += [own_queue(service, handler, publisher) for publisher in publishers]
    return found


def own_queues_if_known(environment: Mapping[str, str] | None = None) -> list[Queue] | None:
    """None where the table is not there, or its database is away.

    :param environment: other settings than those of the environment.
    """
    try:
        if environment is None:
            return own_queues()
        return own_queues(lambda service: database_in(read_settings(service, environment)))
    except (NotSetUp, SQLAlchemyError):
        return None


def is_some_own_queue(name: str) -> bool:
    """Whether a queue of this name is a publisher's own."""
    return any(is_own_queue(name, handler.queue(service)) for service, handler in parted_handlers())
