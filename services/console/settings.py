"""What the console is told by its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chassis.errors import SettingsError
from chassis.settings import with_secret_files
from services.console.doors import Doors

SERVICES: Final = ("registration", "isolation", "notification")


@dataclass(frozen=True)
class ConsoleSettings:
    """:param doors: where the doors are, and the key with which the console says who asks."""

    host: str
    port: int
    log_level: str
    doors: Doors


def read_console_settings(environment: Mapping[str, str] | None = None) -> ConsoleSettings:
    """Raises SettingsError with one line that names the variable."""
    given = with_secret_files(dict(os.environ if environment is None else environment))
    urls = {service: _url(given, f"DOORSTEP_{service.upper()}_DOOR_URL") for service in SERVICES}
    return ConsoleSettings(
        host=given.get("DOORSTEP_CONSOLE_HOST", "127.0.0.1"),
        port=_port(given),
        log_level=given.get("DOORSTEP_LOG_LEVEL", "INFO"),
        doors=Doors(urls, _private_key(given.get("DOORSTEP_DOOR_PRIVATE_KEY", ""))),
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


def _private_key(pem: str) -> EllipticCurvePrivateKey:
    try:
        key: Any = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise SettingsError(
            "DOORSTEP_DOOR_PRIVATE_KEY must be a private key (PEM, curve P-256), with which the console "
            "signs who asks"
        )
    return key
