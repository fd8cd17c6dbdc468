"""Settings from the environment, `DOORSTEP_…`; each may be given as `DOORSTEP_…_FILE` (a secret's path)."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chassis.broker_address import at_hosts, read_address, with_authority
from chassis.clock import Clock
from chassis.errors import SettingsError
from chassis.sealing import BlindIndex, Sealer

PREFIX = "DOORSTEP_"
PUBLIC_URL = f"{PREFIX}PUBLIC_URL"

_BROKER_URL = f"{PREFIX}BROKER_URL"
_BROKER_CA_FILE = f"{PREFIX}BROKER_CA_FILE"
_CLOCK_FILE = f"{PREFIX}CLOCK_FILE"
_BROKER_EXAMPLE = "amqp://user:password@127.0.0.1:5672/"
_NO_BROKER = "amqp://127.0.0.1/"
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True)
class Settings:
    """The settings of one service. Secrets have no `repr`."""

    service: str
    database_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    seal_keys: str = field(repr=False)
    index_key: str = field(repr=False)
    zone: ZoneInfo
    clock_file: Path | None
    health_host: str
    health_port: int
    log_level: str
    pack: int
    """The most events in one message."""
    outbox_days: int
    inbox_days: int
    retry_delays: tuple[int, ...]
    """Seconds before each further try. When the last try fails, the event becomes a dead letter."""
    publisher_events_a_second: int
    publisher_mib_a_day: int
    """Of one publisher with a queue of its own, for each process that reads it; 0: as much as comes."""
    certificates: tuple[str, ...] = ()
    """Addresses whose certificate is watched, as in `chassis/certificates.py`."""

    def clock(self) -> Clock:
        return Clock(self.clock_file)

    def sealer(self) -> Sealer:
        return Sealer.from_text(self.seal_keys)

    def index(self) -> BlindIndex:
        return BlindIndex.from_text(self.index_key)


@dataclass(frozen=True)
class DoorSettings:
    """Of a door, which has no connection to the broker.

    :param public_key: of the console, PEM; one after the other while they are changed.
    """

    service: Settings
    host: str
    port: int
    public_key: str


def read_settings(service: str, environment: Mapping[str, str] | None = None) -> Settings:
    """All settings of one service. Raises SettingsError with one line that names the variable."""
    return _settings(service, with_secret_files(dict(os.environ if environment is None else environment)))


def read_door_settings(
    service: str, environment: Mapping[str, str] | None = None, *, shared: bool = False
) -> DoorSettings:
    """All settings of one service's door. Raises SettingsError with one line that names the variable.

    :param shared: host and port are those of a process that has the doors of all services, `DOORSTEP_DOOR_…`.
    """
    given = with_secret_files(dict(os.environ if environment is None else environment))
    prefix = "DOOR" if shared else f"{service.upper()}_DOOR"
    return DoorSettings(
        _settings(service, {f"{PREFIX}BROKER_URL": _NO_BROKER} | given),
        host=given.get(f"{PREFIX}{prefix}_HOST", "127.0.0.1"),
        port=_whole(given, f"{prefix}_PORT", 0, low=0, high=65535),
        public_key=_required(given, "DOOR_PUBLIC_KEY", "-----BEGIN PUBLIC KEY----- …"),
    )


def _settings(service: str, given: Mapping[str, str]) -> Settings:
    name = service.upper()
    clock_file = given.get(_CLOCK_FILE)
    outbox_days = _whole(given, "OUTBOX_DAYS", 7, low=1, high=3650)
    inbox_days = _whole(given, "INBOX_DAYS", 30, low=1, high=3650)
    if outbox_days > inbox_days:  # `doorstep replay` sends everything that an outbox holds
        raise SettingsError(
            f"{PREFIX}OUTBOX_DAYS={outbox_days} must not be above {PREFIX}INBOX_DAYS={inbox_days}: "
            "what is sent again must still be recognised"
        )
    return Settings(
        service=service,
        database_url=_required(given, f"{name}_DATABASE_URL", "sqlite:///var/data/x.db"),
        broker_url=_required(given, "BROKER_URL", _BROKER_EXAMPLE),
        seal_keys=_required(given, "SEAL_KEYS", "k1:<base64 of 32 bytes>"),
        index_key=_required(given, "INDEX_KEY", "<base64 of 32 bytes>"),
        zone=read_zone(given.get(f"{PREFIX}TIMEZONE", "Asia/Shanghai")),
        clock_file=Path(clock_file) if clock_file else None,
        health_host=given.get(f"{PREFIX}HEALTH_HOST", "127.0.0.1"),
        health_port=_whole(given, f"{name}_HEALTH_PORT", 0, low=0, high=65535),
        log_level=_log_level(given.get(f"{PREFIX}LOG_LEVEL", "INFO").upper()),
        pack=_whole(given, "PACK", 50, low=1, high=200),
        outbox_days=outbox_days,
        inbox_days=inbox_days,
        retry_delays=_delays(given.get(f"{PREFIX}RETRY_DELAYS", "5,30,120,600,3600")),
        certificates=read_addresses(given, f"{PREFIX}CERTIFICATES"),
        publisher_events_a_second=_whole(given, "PUBLISHER_EVENTS_A_SECOND", 0, low=0, high=1_000_000),
        publisher_mib_a_day=_whole(given, "PUBLISHER_MIB_A_DAY", 4096, low=0, high=10_000_000),
    )


def with_secret_files(given: dict[str, str]) -> dict[str, str]:
    """`X_FILE=path` stands for `X=content of path`; the broker's URL gets the hosts and the
    authority that are set beside it.

    Raises SettingsError where a file cannot be read or the URL is wrong.
    """
    for name in [n for n in given if n.startswith(PREFIX) and n.endswith("_FILE")]:
        target = name.removesuffix("_FILE")
        if name in (_CLOCK_FILE, _BROKER_CA_FILE) or target in given:
            continue
        try:
            given[target] = Path(given[name]).read_text().strip()
        except OSError as error:
            why = error.strerror
            raise SettingsError(f"{name} names {given[name]}, which cannot be read: {why}") from None
        except ValueError:
            raise SettingsError(f"{name} names {given[name]}, which cannot be read: not UTF-8 text") from None
    if given.get(_BROKER_URL, "").strip():
        given[_BROKER_URL] = _broker(given, given[_BROKER_URL].strip())
    return given


def _required(given: Mapping[str, str], name: str, example: str) -> str:
    value = given.get(PREFIX + name, "").strip()
    if not value:
        raise SettingsError(f"{PREFIX}{name} is not set: set it, for example {PREFIX}{name}={example}")
    return value


def read_addresses(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Of certificates that are watched. Raises SettingsError."""
    addresses = given.get(name, "").replace(",", " ").split()
    for address in addresses:
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal():
            raise SettingsError(f"{name} must be addresses, such as edge:8443 or postgresql://postgres:5432")
    return tuple(addresses)


def read_public_url(given: Mapping[str, str]) -> str | None:
    """Under which people reach the console, without a slash at its end; None where nobody said so. Raises
    SettingsError.
    """
    url = given.get(PUBLIC_URL, "").strip().rstrip("/")
    if url and not re.fullmatch(r"https?://[^/?#@\s]+", url):
        raise SettingsError(
            f"{PUBLIC_URL} must be an address without a path, such as https://doorstep.example"
        )
    return url or None


def read_zone(name: str) -> ZoneInfo:
    """Raises SettingsError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(f"{PREFIX}TIMEZONE={name} is unknown: give one as in Asia/Shanghai") from None


def _broker(given: Mapping[str, str], url: str) -> str:
    """Add the hosts of DOORSTEP_BROKER_HOSTS, and TLS where DOORSTEP_BROKER_CA_FILE names an authority."""
    hosts, authority = given.get(f"{PREFIX}BROKER_HOSTS", "").strip(), given.get(_BROKER_CA_FILE, "").strip()
    try:
        read_address(url)
    except ValueError:  # the value is not shown: it holds a password
        raise SettingsError(f"{_BROKER_URL} cannot be read: give one as in {_BROKER_EXAMPLE}") from None
    if hosts:
        try:
            url = at_hosts(url, hosts)
        except ValueError as error:
            raise SettingsError(f"{PREFIX}BROKER_HOSTS: {error}: give host[:port], comma separated") from None
    if authority:
        url = with_authority(url, authority)
    trusted = read_address(url).authority
    if trusted:
        named = _BROKER_CA_FILE if authority else f"{_BROKER_URL}?cacertfile="
        try:
            ssl.create_default_context(cafile=trusted)
        except ssl.SSLError:  # is an OSError too
            raise SettingsError(f"{named} names {trusted[:200]}, which holds no certificate (PEM)") from None
        except OSError as error:
            why = error.strerror
            raise SettingsError(f"{named} names {trusted[:200]}, which cannot be read: {why}") from None
    return url


def _log_level(name: str) -> str:
    if name not in _LOG_LEVELS:
        raise SettingsError(f"{PREFIX}LOG_LEVEL={name[:40]} must be one of {', '.join(_LOG_LEVELS)}")
    return name


def _whole(given: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    text = given.get(PREFIX + name, "").strip() or str(default)
    if not text.isdecimal() or len(text) > 9 or not low <= int(text) <= high:
        raise SettingsError(f"{PREFIX}{name}={text[:40]} must be a whole number from {low} to {high}")
    return int(text)


def _delays(text: str) -> tuple[int, ...]:
    try:
        delays = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        delays = ()
    if any(delay < 1 for delay in delays) or (text.strip() and not delays):
        raise SettingsError(f"{PREFIX}RETRY_DELAYS={text} must be seconds, comma separated, as in 5,30,120")
    return delays
