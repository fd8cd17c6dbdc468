"""Trails of who saw and did what are as they were sealed, piece by piece (`chassis.trails`)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.engine import Connection

from chassis.database.migrations import metadata_of
from chassis.handover import MOST_NAMED
from chassis.sealing import BlindIndex
from chassis.settings import with_secret_files
from chassis.trails import broken, trails
from operations.audit.result import Audit
from operations.databases import settings_of
from operations.services import CONSOLE
from operations.settings import environment


def trails_are_as_they_were_sealed(audit: Audit, conns: Mapping[str, Connection]) -> None:
    """:param conns: service, or the console -> a snapshot of its database."""
    sums = audit.sums["trails"] = {"sealed": 0, "broken": 0}
    for service, conn in conns.items():
        index = _index_of(service)
        if index is None:
            continue
        sealed, found = broken(conn, trails(metadata_of(service).tables.values()), index)
        sums["sealed"] += sealed
        sums["broken"] += len(found)
        for piece in found[:MOST_NAMED]:
            audit.miss("trail", f"{service}.{piece.trail}, piece {piece.number}", piece.why)
        audit.miss_unnamed(max(0, len(found) - MOST_NAMED))


def _index_of(service: str) -> BlindIndex | None:
    """The console has a key of its own; None where it is not known here. Raises SettingsError."""
    if service != CONSOLE:
        return settings_of(service).index()
    setting = f"DOORSTEP_{CONSOLE.upper()}_INDEX_KEY"
    key = with_secret_files(environment()).get(setting, "")
    return BlindIndex.from_text(key, setting) if key.strip() else None
