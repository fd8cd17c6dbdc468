"""What the console is told by its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chassis.clock import Clock
from chassis.database.engine import STATEMENT_LIMIT_S, TOOL_STATEMENT_LIMIT_S, Database
from chassis.errors import SettingsError
from chassis.sealing import BlindIndex, Sealer
from chassis.settings import read_addresses, read_public_url, read_zone, with_secret_files
from chassis.unit_of_work import Work
from services.console.doors import Doors

SERVICES: Final = ("registration", "isolation", "notification")
_CONNECTIONS: Final = 12
"""To the database: as many as there are threads that answer."""
HOTLINE: Final = "12345"
DATABASE_URL: Final = "DOORSTEP_CONSOLE_DATABASE_URL"
_DOOR_KEY: Final = "DOORSTEP_DOOR_PRIVATE_KEY"
RELEASE_KEY: Final = "DOORSTEP_RELEASE_CERTIFICATE_KEY"
_SEAL_KEYS: Final = "DOORSTEP_CONSOLE_SEAL_KEYS"
_INDEX_KEY: Final = "DOORSTEP_CONSOLE_INDEX_KEY"


@dataclass(frozen=True)
class ConsoleSettings:
    """:param doors: where the doors are, and the key with which the console says who asks.
    :param work: on the console's own database; None where it has none, and so neither accounts nor pages.
    :param public_url: under which people reach it, without a slash at its end; None where nobody said so.
    :param proxies: how many stand before it, the last of which says who asks.
    :param hotline: whom pages say to call where nobody else is known.
    :param certificates: addresses whose certificate is watched, `host:port`.
    :param release_key: signs certificates of release; None where there is none, and so no such certificate.
    """

    host: str
    port: int
    log_level: str
    doors: Doors
    work: Work | None
    public_url: str | None
    proxies: int
    hotline: str
    certificates: tuple[str, ...] = ()
    release_key: EllipticCurvePrivateKey | None = None


def read_console_settings(environment: Mapping[str, str] | None = None) -> ConsoleSettings:
    """Raises SettingsError with one line that names the variable."""
    given = with_secret_files(dict(os.environ if environment is None else environment))
    urls = {service: _url(given, f"DOORSTEP_{service.upper()}_DOOR_URL") for service in SERVICES}
    return ConsoleSettings(
        host=given.get("DOORSTEP_CONSOLE_HOST", "127.0.0.1"),
        port=_port(given),
        log_level=given.get("DOORSTEP_LOG_LEVEL", "INFO"),
        doors=Doors(urls, _private_key(given, _DOOR_KEY, "the console signs who asks")),
        work=_work(given, "doorstep-console", _CONNECTIONS) if given.get(DATABASE_URL, "").strip() else None,
        public_url=read_public_url(given),
        proxies=_proxies(given),
        hotline=given.get("DOORSTEP_HOTLINE", "").strip() or HOTLINE,
        certificates=read_addresses(given, "DOORSTEP_CONSOLE_CERTIFICATES"),
        release_key=_private_key(given, RELEASE_KEY, "the console signs certificates of release")
        if given.get(RELEASE_KEY, "").strip()
        else None,
    )


def work_of(environment: Mapping[str, str], application: str) -> Work:
    """Units of work on the console's database. Raises SettingsError with one line that names the variable."""
    given = with_secret_files(dict(environment))
    if not given.get(DATABASE_URL, "").strip():
        raise SettingsError(f"{DATABASE_URL} is not set: set it, or {DATABASE_URL}_FILE")
    return _work(given, application, pool_size=1, statement_limit_s=TOOL_STATEMENT_LIMIT_S)


def address_of(environment: Mapping[str, str]) -> str:
    """Under which people reach the console, or else this machine does, without a slash at its end.

    Raises SettingsError.
    """
    own = environment.get("DOORSTEP_CONSOLE_ADDRESS") or f"http://127.0.0.1:{_port(environment)}"
    return read_public_url(environment) or own


def _work(
    given: Mapping[str, str], application: str, pool_size: int, statement_limit_s: int = STATEMENT_LIMIT_S
) -> Work:
    """Its keys are its own: what the services have sealed it cannot open. It goes by real time: sessions and
    one-time codes must work with the phones of today while the field is in another year.
    """
    return Work(
        service="console",
        database=Database(
            given[DATABASE_URL].strip(),
            application=application,
            pool_size=pool_size,
            statement_limit_s=statement_limit_s,
        ),
        clock=Clock(),
        sealer=Sealer.from_text(given.get(_SEAL_KEYS, ""), _SEAL_KEYS),
        index=BlindIndex.from_text(given.get(_INDEX_KEY, ""), _INDEX_KEY),
        zone=read_zone(given.get("DOORSTEP_TIMEZONE", "Asia/Shanghai")),
    )


def _url(given: Mapping[str, str], name: str) -> str:
    url = given.get(name, "").rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise SettingsError(f"{name} must be the address of a door, such as http://127.0.0.1:8091")
    return url


def _port(given: Mapping[str, str]) -> int:
    text = given.get("DOORSTEP_CONSOLE_PORT", "8080")
    if not text.isdecimal() or int(text) > 65535:
        raise SettingsError("DOORSTEP_CONSOLE_PORT must be a port, 0 to 65535")
    return int(text)


def _proxies(given: Mapping[str, str]) -> int:
    text = given.get("DOORSTEP_CONSOLE_PROXIES", "0")
    if not text.isdecimal() or int(text) > 9:
        raise SettingsError(
            "DOORSTEP_CONSOLE_PROXIES must be 0 to 9: how many proxies stand before the console"
        )
    return int(text)


def _private_key(given: Mapping[str, str], name: str, what_for: str) -> EllipticCurvePrivateKey:
    try:
        key: Any = load_pem_private_key(given.get(name, "").encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise SettingsError(f"{name} must be a private key (PEM, curve P-256), with which {what_for}")
    return key
