"""An arrival's story, as each service tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chassis.settings import read_public_url
from operations.databases import database_of, settings_of
from operations.settings import environment
from services.isolation import door as isolation
from services.notification import door as notification
from services.registration import door as registration


@dataclass(frozen=True)
class Trace:
    """:param registration: None where registration does not know the arrival."""

    arrival_id: str
    registration: dict[str, Any] | None
    isolation: dict[str, Any]
    notification: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def gather(arrival_id: str, *, reveal: bool = False) -> Trace:
    """Without `reveal` names are masked, and addresses and the texts of messages left out."""
    given = environment()
    settings = settings_of("registration")
    sealer = settings.sealer()
    with database_of("registration").read() as conn:
        arrival = registration.TRACE(conn, arrival_id, sealer=sealer, reveal=reveal)
    with database_of("isolation").read() as conn:
        case = isolation.TRACE(conn, arrival_id, zone=settings.zone)
    with database_of("notification").read() as conn:
        messages = notification.TRACE(
            conn,
            arrival_id,
            sealer=sealer,
            texts=notification.TEXTS(given, settings.zone) if reveal else None,
            hotline=given.get("DOORSTEP_HOTLINE", "12345").strip(),
            public_url=read_public_url(given),
        )
    return Trace(arrival_id, arrival, case, messages)


def note_views(arrival_ids: Sequence[str], *, by: str, reason: str) -> None:
    """Called before anything is revealed: who saw a person's record, and why."""
    with database_of("registration").begin() as conn:
        registration.NOTE_VIEW(conn, arrival_ids, by=by, reason=reason)
