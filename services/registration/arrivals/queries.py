"""One arrival with its history, and the number of arrivals that no worker has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis.figures import Numbers
from chassis.sealing import SealBroken, Sealer
from services.registration.arrivals.duplicates import duplicates_of
from services.registration.arrivals.history import history_of
from services.registration.arrivals.other_words import other_words
from services.registration.arrivals.tables import arrivals
from services.registration.persons.sealed import unsealed
from services.registration.places.placing import Placement
from services.registration.places.queries import place_names
from services.registration.reports.queries import reports_of
from services.registration.reports.read_statements import statements_about
from services.registration.staff.queries import member_of_staff

_SINCE = arrivals.c.unassigned_since


def trace(conn: Connection, arrival_id: str, *, sealer: Sealer | None = None) -> dict[str, Any] | None:
    """One arrival from its first report to its worker; None if there is no such arrival.

    With `sealer` the person and the stops are shown in clear: that is a view of personal data, and the caller
    notes it.
    """
    row = conn.execute(select(arrivals).where(arrivals.c.id == arrival_id)).mappings().one_or_none()
    if row is None:
        return None
    document: dict[str, Any] = {
        "arrival_id": row["id"],
        "state": row["state"],
        "version": row["version"],
        "last_event": _last_event(row["id"], row["version"]),
        "arrived_at": row["arrived_at"],
        "expected": row["expected"],
        "person_id": row["person_id"],
        "household_id": row["household_id"],
        "household": _members_of(conn, row["household_id"]),
        "registered_at": row["created_at"],
        "updated_at": row["updated_at"],
        "correlation_id": row["correlation_id"],
        "reports": reports_of(conn, arrival_id, sealer),
        "risk": {
            "level": row["risk_level"],
            "certainty": row["risk_certainty"],
            "left_on": row["left_on"],
            "areas": row["risk_areas"],
            "list": row["risk_list"],
        },
        "destination": {
            "division": row["division"],
            **_named_places(conn, {level: row[level] for level in ("street", "community", "grid")}),
            "placed_by": row["placed_by"],
        },
        "worker": _worker(conn, row["worker"], sealer),
        "unassigned_since": row["unassigned_since"],
        "possible_duplicates": duplicates_of(conn, arrival_id),
        "to_settle": row["to_settle"].split(",") if row["to_settle"] else [],
        "to_settle_since": row["to_settle_since"],
        "history": history_of(conn, arrival_id, sealer),
    }
    if sealer:
        person = document["person"] = unsealed(sealer, row["sealed"], "person")
        if isinstance(person, dict):
            document["other_words"] = _other_words(conn, sealer, row, person)
    return document


def _other_words(conn: Connection, sealer: Sealer, row: Any, person: Mapping[str, Any]) -> list[Any]:
    try:
        about = statements_about(conn, sealer, _nowhere, [row["id"]])
    except SealBroken:  # the reports themselves show which of them cannot be opened
        return []
    called_off = row["state"] == "not_coming" or None
    counts = {**person, "arrived_at": row["arrived_at"], "called_off": called_off}
    told = about.get(row["id"])
    return other_words(counts, told.statements if told else ())


def _nowhere(division: str, address: str) -> Placement:
    """What a source says does not depend on where that is."""
    return Placement()


def without_worker(conn: Connection, _now: datetime) -> Numbers:
    """The number of arrivals that wait for a worker, as a figure for `/metrics`."""
    waiting = select(func.count()).select_from(arrivals).where(_SINCE.is_not(None))
    return {("registration",): conn.execute(waiting).scalar_one()}


def longest_without_worker(conn: Connection, now: datetime) -> Numbers:
    """The seconds that the longest waiting arrival has waited, as a figure for `/metrics`."""
    since = conn.execute(select(func.min(_SINCE)).where(_SINCE.is_not(None))).scalar_one()
    return {("registration",): max(0.0, (now - since).total_seconds()) if since else 0.0}


def _last_event(arrival_id: str, version: int) -> str:
    """The id of the last event recorded about an arrival: it follows from id and version."""
    kind = "arrival.registered" if version == 1 else "arrival.reassessed"
    return f"{kind}:{arrival_id}:{version}"


def _members_of(conn: Connection, household_id: str) -> list[str]:
    members = select(arrivals.c.id).where(arrivals.c.household_id == household_id).order_by(arrivals.c.id)
    return list(conn.execute(members).scalars())


def _named_places(conn: Connection, ids: dict[str, str | None]) -> dict[str, dict[str, str] | None]:
    names = place_names(conn, ids.values())
    return {
        level: {"place_id": place_id, "name": names.get(place_id, "")} if place_id else None
        for level, place_id in ids.items()
    }


def _worker(conn: Connection, staff_id: str | None, sealer: Sealer | None) -> dict[str, Any] | None:
    if staff_id is None:
        return None
    row = member_of_staff(conn, staff_id)
    if row is None:
        return {"staff_id": staff_id}
    worker: dict[str, Any] = {"staff_id": staff_id, "role": row.role, "place": row.place}
    if sealer:
        person = unsealed(sealer, row.sealed, "person")
        if isinstance(person, dict):
            worker["name"] = person.get("name")
    return worker
