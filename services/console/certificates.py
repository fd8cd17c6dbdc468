"""When the certificates end with which people's browsers are answered, asked where they are shown."""

from __future__ import annotations

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
    "doorstep_console_certificate_ends_timestamp_seconds",
    "When the certificate ends that is shown at this address; none where nobody answers there",
    ["address"],
)
_ANSWERS_WITHIN_S = 3
_ASKED_EVERY, _AGAIN_AFTER = timedelta(hours=1), timedelta(minutes=1)

log = structlog.get_logger()


class Certificates:
    """:param addresses: `host:port` of what answers with TLS."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._ask_at: dict[str, datetime | None] = dict.fromkeys(addresses)
        self._ends: dict[str, float] = {}

    def ends(self, _conn: Connection, now: datetime) -> Numbers:
        for address, ask_at in self._ask_at.items():
            if ask_at is None or now >= ask_at:
                self._ask_at[address] = now + (_ASKED_EVERY if self._ask(address) else _AGAIN_AFTER)
        return {(address,): end for address, end in self._ends.items()}

    def _ask(self, address: str) -> bool:
        host, _, port = address.rpartition(":")
        try:
            # Not checked: one that no browser trusts ends, too.
            shown = ssl.get_server_certificate((host, int(port)), timeout=_ANSWERS_WITHIN_S)
        except (OSError, ValueError) as error:
            log.warning("no_certificate", address=address, error=type(error).__name__)
            return False
        found = x509.load_pem_x509_certificate(shown.encode())
        self._ends[address] = found.not_valid_after_utc.timestamp()
        return True
