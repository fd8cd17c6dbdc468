"""The broker's URL: `amqp://user:password@host[:port][,host[:port]…]/vhost`, with TLS `amqps://…[?cacertfile=FILE]`.

Several hosts are the nodes of one broker; any of them will do.
"""

from __future__ import annotations

import random
import ssl
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pika

CONNECT_LIMIT = (
    5.0  # for each step on the way to an open connection: a node that is frozen must not be waited for
)
HEARTBEAT = 5  # the broker is never silent for longer, unless it is frozen or unreachable


def read_addresses(url: str) -> list[Any]:
    """pika's parameters for each host, in random order. Raises ValueError, also where the CA file is none."""
    if not url.startswith(("amqp://", "amqps://")):
        raise ValueError("the broker's URL must begin with amqp:// or amqps://")
    parts = urlsplit(url)
    credentials, at, hosts = parts.netloc.rpartition("@")
    query = parse_qsl(parts.query)
    authority = dict(query).get("cacertfile")
    others = urlencode([(name, value) for name, value in query if name != "cacertfile"])
    found = []
    for host in hosts.split(","):
        one = pika.URLParameters(urlunsplit(parts._replace(netloc=f"{credentials}{at}{host}", query=others)))
        if authority:
            one.ssl_options = pika.SSLOptions(_trusting(authority), one.host)
        if one.heartbeat is None:
            one.heartbeat = HEARTBEAT
        found.append(one)
    random.shuffle(found)
    return found


def _trusting(authority: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authority)
    except OSError as error:
        raise ValueError(
            f"cacertfile={authority}: no certificate can be read there ({error.strerror})"
        ) from None
