"""Connections to the broker: with heartbeats, a time limit on every read and write, readable failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from amqp import exceptions as amqp_exc
from amqp.serialization import PROPERTY_CLASSES
from kombu import Connection

HEARTBEAT_S = 30
# A write that takes longer means that the broker does not read (a memory alarm): the connection is given up.
WRITE_LIMIT_S = 10
CONNECT_LIMIT_S = 5

BROKER_AWAY = (
    OSError,
    amqp_exc.ConnectionError,
    amqp_exc.ChannelError,
    amqp_exc.RecoverableConnectionError,
    amqp_exc.RecoverableChannelError,
    amqp_exc.ConnectionForced,
)


def connect(url: str, name: str) -> Connection:
    """An open connection. Raises one of BROKER_AWAY."""
    connection = Connection(
        url,
        heartbeat=HEARTBEAT_S,
        connect_timeout=CONNECT_LIMIT_S,
        transport_options={"client_properties": {"connection_name": name}},
    )
    connection.connect()
    # py-amqp passes explicit limits when it reads; this one is what is left for writing.
    connection.connection.transport.sock.settimeout(WRITE_LIMIT_S)
    return connection


def read_events(connection: Connection, seconds: float) -> bool:
    """Let the connection handle what comes in for up to `seconds`; False when nothing came."""
    try:
        connection.drain_events(timeout=seconds)
    except TimeoutError:
        return False
    return True


def close_quietly(connection: Connection | None) -> None:
    """Close without waiting for a broker that may not answer."""
    if connection is None:
        return
    try:
        connection.connection.transport.sock.settimeout(1)
        connection.close()
    except Exception:
        try:
            connection.collect(socket_timeout=1)
        except Exception:
            return


def describe(url: str) -> str:
    """The broker's address without the password."""
    return str(Connection(url).as_uri())


def _tolerant(decode: Callable[[bytes, int], tuple[dict[str, Any], int]]) -> Any:
    """Properties that py-amqp cannot decode (text that is not UTF-8, an impossible time) become none at all.

    Its error would end the connection, and the message would come again as the first one: a queue that
    nobody can read any more. Without a content type the message is a dead letter instead.
    """

    def decode_or_nothing(buffer: bytes, offset: int) -> tuple[dict[str, Any], int]:
        try:
            return decode(buffer, offset)
        except Exception:
            return {}, len(buffer)

    return decode_or_nothing


for _class_id, _decode in list(PROPERTY_CLASSES.items()):
    PROPERTY_CLASSES[_class_id] = _tolerant(_decode)
