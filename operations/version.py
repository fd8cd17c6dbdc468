"""The version of Doorstep, of the tables it knows, and of the keys it reads and finds by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version as version_of
from typing import Any

from chassis.database.migrations import CHASSIS, revisions
from chassis.sealing import BlindIndex, Sealer
from operations.services import CONSOLE, SERVICES


@dataclass(frozen=True)
class Keys:
    """Fingerprints: they tell whether two keys are the same, and nothing else. `seal`: by the key's id.

    :param console: those of the console, which are its own; None where it has none.
    """

    seal: dict[str, str]
    index: str
    console: Keys | None = None


@dataclass(frozen=True)
class Version:
    """:param tables: service, or `chassis` -> the revisions of its tables, the newest last.
    :param keys: None where none are set.
    """

    version: str
    tables: dict[str, list[str]] = field(default_factory=dict)
    keys: Keys | None = None

    def as_dict(self) -> dict[str, Any]:
        keys = asdict(self.keys) if self.keys else {}
        return {"version": self.version, "tables": self.tables, "keys": keys}


def version(given: Mapping[str, str]) -> Version:
    """Asks neither broker nor database."""
    tables = {service: list(revisions(service)) for service in (*SERVICES, CONSOLE, CHASSIS)}
    console = _fingerprints(given, "DOORSTEP_CONSOLE_", None)
    return Version(version_of("doorstep"), tables, _fingerprints(given, "DOORSTEP_", console))


def _fingerprints(given: Mapping[str, str], prefix: str, console: Keys | None) -> Keys | None:
    seal_keys, index_key = given.get(f"{prefix}SEAL_KEYS", ""), given.get(f"{prefix}INDEX_KEY", "")
    if not (seal_keys and index_key):
        return None
    seal = Sealer.from_text(seal_keys).fingerprints
    return Keys(seal, BlindIndex.from_text(index_key)("fingerprint", "")[:16], console)
