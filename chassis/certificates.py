"""When certificates end, asked where they are shown: of the edge by the console, of the broker and of
PostgreSQL by a service.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import structlog
from cryptography import x509
from prometheus_client import Gauge
from sqlalchemy.engine import Connection

from chassis.figures import Numbers

CERTIFICATE_ENDS: Final = Gauge(
    "doorstep_certificate_ends_timestamp_seconds",
    "When the certificate ends that is shown at this address; none where nobody answers there",
    ["address"],
)
POSTGRESQL: Final = "postgresql://"
"""Before an address where TLS is asked for in PostgreSQL's own way."""
_SSL_REQUEST: Final = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
_ANSWERS_WITHIN_S = 3
_ASKED_EVERY, _AGAIN_AFTER = timedelta(hours=1), timedelta(minutes=1)

log = structlog.get_logger()


class Certificates:
    """:param addresses: `host:port` of what answers with TLS, `postgresql://host:port` of PostgreSQL."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._ask_at: dict[str, datetime | None] = dict.fromkeys(addresses)
        self._ends: dict[str, float] = {}

    def ends(self, _conn: Connection, now: datetime) -> Numbers:
        for address, ask_at in self._ask_at.items():
            if ask_at is None or now >= ask_at:
                self._ask_at[address] = now + (_ASKED_EVERY if self._ask(address) else _AGAIN_AFTER)
        return {(address,): end for address, end in self._ends.items()}

    def _ask(self, address: str) -> bool:
        try:
            shown = _shown_at(address)
        except (OSError, ValueError) as error:
            log.warning("no_certificate", address=address, error=type(error).__name__)
            return False
        self._ends[address] = x509.load_der_x509_certificate(shown).not_valid_after_utc.timestamp()
        return True


def _shown_at(address: str) -> bytes:
    """Not checked: one that nobody trusts ends, too. Raises OSError, ValueError."""
    host, _, port = address.removeprefix(POSTGRESQL).rpartition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((host, int(port)), timeout=_ANSWERS_WITHIN_S) as plain:
        if address.startswith(POSTGRESQL):
            plain.sendall(_SSL_REQUEST)
            if plain.recv(1) != b"S":
                raise ValueError("it speaks no TLS")
        with context.wrap_socket(plain, server_hostname=host) as wrapped:
            return wrapped.getpeercert(binary_form=True) or b""
