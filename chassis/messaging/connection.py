"""Connections to the broker, with heartbeats, a time limit on every read and write, and readable failures.

The broker may have several nodes. Any node that answers will do; a node that fell silent is tried last.
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

# Every 2.5 s the broker checks whether it has sent anything since the last check, and sends a heartbeat only
# if not: a message just after a check is followed by 5 s of silence. It gives us up after 10 s without a
# heartbeat from us, so statements wait less for a lock (`chassis.database.engine.LOCK_TIMEOUT_MS`).
HEARTBEAT_S = 5
# We give up a broker that is silent for longer: it is frozen, or the network is cut.
SILENCE_S = 7
# A write that takes longer means that the broker does not read (a memory alarm): the connection is given up.
WRITE_LIMIT_S = 10
# A node asks the other nodes before it accepts a connection, and waits for a node that no longer answers.
CONNECT_LIMIT_S = 5
# For so long a node that did not answer is tried last.
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
"""The last time that each node did not answer this process."""


def connect(url: str, name: str) -> Connection:
    """Open a connection to one of the nodes. Raises one of BROKER_AWAY."""
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
    """Each host with each of its addresses, in random order. Raises OSError where no name is known.

    One name may stand for all nodes, and one of them may be frozen; the system's resolver would put the same
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
    # py-amqp passes explicit limits when it reads, so this limit applies to writing only.
    connection.connection.transport.sock.settimeout(WRITE_LIMIT_S)
    return connection


def open_channel(connection: Connection) -> Any:
    """A channel that hands bodies over as they came; py-amqp's own would decode some by their encoding."""
    channel = connection.channel()
    channel.auto_decode = False
    return channel


def stay_alive(connection: Connection) -> None:
    """Send a heartbeat if one is due; call it about every second. Raises one of BROKER_AWAY."""
    while read_events(connection, 0):  # data that came while we were busy shows that the broker lives, too
        pass
    connection.heartbeat_check()
    if time.monotonic() - connection.connection.last_heartbeat_received > SILENCE_S:
        _suspects[(connection.hostname.strip("[]"), connection.port)] = time.monotonic()
        raise amqp_exc.ConnectionForced(f"the broker was silent for {SILENCE_S} s")


def read_events(connection: Connection, seconds: float) -> bool:
    """Let the connection handle incoming data for up to `seconds`; False when nothing came.

    It always waits a little: on a socket that does not block, py-amqp asks again and again for the rest of a
    frame, and for ever when the broker froze in the middle of it.
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
        if connection.connected:  # otherwise kombu would open the connection again to close it
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
    """Leave out all properties of a message when py-amqp cannot decode them (bad UTF-8, an impossible time).

    Its error would end the connection, and the same message would come first again: nobody could read the
    queue any more. Without a content type the message becomes a dead letter instead.
    """

    def decode_or_nothing(buffer: bytes, offset: int) -> tuple[dict[str, Any], int]:
        try:
            return decode(buffer, offset)
        except Exception:
            return {}, len(buffer)

    return decode_or_nothing


for _class_id, _decode in list(PROPERTY_CLASSES.items()):
    PROPERTY_CLASSES[_class_id] = _tolerant(_decode)
