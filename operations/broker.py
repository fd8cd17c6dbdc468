"""A connection to the broker for an operation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from amqp.exceptions import RecoverableConnectionError
from kombu import Connection

from chassis.broker_address import describe
from chassis.errors import WorldAway
from chassis.messaging.connection import BROKER_AWAY, close_quietly, connect
from operations.databases import settings_of
from operations.services import SERVICES


@contextmanager
def broker_connection(name: str, url: str | None = None) -> Iterator[Connection]:
    """An open connection. Raises WorldAway where no broker answers, or where it goes away meanwhile.

    :param name: as the broker's management pages show it.
    :param url: default: of the settings.
    """
    url = url or settings_of(SERVICES[0]).broker_url
    try:
        connection = connect(url, name)
    except BROKER_AWAY as error:
        raise WorldAway(
            f"no broker at {describe(url)} ({type(error).__name__}): is it running? See `doorstep status`"
        ) from None
    try:
        yield connection
    except (RecoverableConnectionError, ConnectionError, TimeoutError) as error:
        raise WorldAway(
            f"the broker at {describe(url)} is gone ({type(error).__name__}): try again"
        ) from None
    finally:
        close_quietly(connection)
