"""Connections to the broker: with heartbeats, a time limit on every read and write, readable failures.

The broker may be several nodes. Whoever connects takes any that answers; one that fell silent is tried last.
"""

from __future__ import annotations

import random
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any

from amqp import exceptions as amqp_exc
from amqp.serialization import PROPERTY_CLASSES
from kombu import Connection

from chassis.broker_address import BrokerAddress, read_address

# The broker looks every 2.5 s whether it has sent anything since the last look, and sends a sign of life only
# if not: a message just behind a look is followed by 5 s of silence. It gives us up after 10 s without a sign
# of life of ours, so a statement waits less long for a lock (`chassis.database.LOCK_TIMEOUT_MS`).
HEARTBEAT_S = 5
# We give up a broker that is silent for longer: it is frozen, or its cable was pulled.
SILENCE_S = 7
# A write that takes longer means that the broker does not read (a memory alarm): the connection is given up.
WRITE_LIMIT_S = 10
# A node asks the others before it takes a connection, and waits for one that does not answer any more.
CONNECT_LIMIT_S = 5
# How long a node that did not answer is tried last.
_SUSPECT_S = 60

BROKER_AWAY = (
    OSError,
    amqp_exc.ConnectionError,
    amqp_exc.ChannelError,
    amqp_exc.RecoverableConnectionError,
    amqp_exc.RecoverableChannelError,
    amqp_exc.ConnectionForced,
)

_suspects: dict[tuple[str, int], float] = {}
"""When each node last did not answer this process."""


def connect(url: str, name: str) -> Connection:
    """An open connection to one of the nodes. Raises one of BROKER_AWAY."""
    address = read_address(url)
    failure: Exception | None = None
    for host, place in _places(address):
        try:
            return _connect(address, host, place, name)
        except amqp_exc.AccessRefused:  # all nodes know the same users
            raise
        except BROKER_AWAY as error:
            _suspects[place] = time.monotonic()
            failure = failure or error
    assert failure is not None
    raise failure


def _places(address: BrokerAddress) -> Iterator[tuple[str, tuple[str, int]]]:
    """Each host with each of its addresses. Raises OSError where no name is known.

    One name may stand for all nodes, also for one that is frozen; the system's resolver would put the same
    address first every time.
    """
    found: list[tuple[str, tuple[str, int]]] = []
    failure: OSError | None = None
    for host, port in address.hosts:
        try:
            entries = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
        except OSError as error:
            failure = error
        else:
            found += [(host, (str(entry[4][0]), port)) for entry in entries]
    if not found and failure is not None:
        raise failure
    now = time.monotonic()
    random.shuffle(found)
    found.sort(key=lambda one: now - _suspects.get(one[1], -_SUSPECT_S) < _SUSPECT_S)
    yield from found


def _connect(address: BrokerAddress, host: str, place: tuple[str, int], name: str) -> Connection:
    tls = {"server_hostname": host, "cert_reqs": ssl.CERT_REQUIRED, "ca_certs": address.authority}
    connection = Connection(
        hostname=f"[{place[0]}]" if ":" in place[0] else place[0],
        port=place[1],
        userid=address.user,
        password=address.password,
        virtual_host=address.vhost,
        ssl=tls if address.tls else False,
        heartbeat=HEARTBEAT_S,
        connect_timeout=CONNECT_LIMIT_S,
        transport_options={"client_properties": {"connection_name": name}},
    )
    # Not `connect()`: that tries a node twice, two seconds apart.
    connection._connection_factory()
    # py-amqp passes explicit limits when it reads; this one is what is left for writing.
    connection.connection.transport.sock.settimeout(WRITE_LIMIT_S)
    return connection


def stay_alive(connection: Connection) -> None:
    """About every second: tells the broker that we live. Raises one of BROKER_AWAY where it does not."""
    while read_events(connection, 0):  # what came while we were busy is a sign of life too
        pass
    connection.heartbeat_check()
    if time.monotonic() - connection.connection.last_heartbeat_received > SILENCE_S:
        _suspects[(connection.hostname.strip("[]"), connection.port)] = time.monotonic()
        raise amqp_exc.ConnectionForced(f"the broker was silent for {SILENCE_S} s")


def read_events(connection: Connection, seconds: float) -> bool:
    """Let the connection handle what comes in for up to `seconds`; False when nothing came.

    Never without any wait: on a socket that does not block, py-amqp asks again and again for the rest of a
    frame, for ever where the broker froze in the middle of it.
    """
    if not connection.connected:  # kombu would open it again by itself, without our channels
        raise amqp_exc.ConnectionForced("the connection is lost")
    try:
        connection.drain_events(timeout=max(seconds, 0.001))
    except TimeoutError:
        return False
    return True


def close_quietly(connection: Connection | None) -> None:
    """Close without waiting for a broker that may not answer."""
    if connection is None:
        return
    try:
        if connection.connected:  # otherwise kombu would open it again to close it
            connection.connection.transport.sock.settimeout(1)
            connection.close()
        else:
            connection.collect(socket_timeout=1)
    except Exception:
        try:
            connection.collect(socket_timeout=1)
        except Exception:
            return


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
