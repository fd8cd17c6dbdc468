"""The read side: one arrival with its history, the lists of what waits, and whether everything is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.figures import Found
from chassis.sealing import SealBroken, Sealer
from services.registration.arrivals.tables import arrivals, possible_duplicates
from services.registration.places.tables import places
from services.registration.reports.report import read_report
from services.registration.reports.tables import companion_arrivals, reports
from services.registration.staff.tables import staff

_SINCE = arrivals.c.unassigned_since


def trace(conn: Connection, arrival_id: str, *, sealer: Sealer | None = None) -> dict[str, Any] | None:
    """One arrival from its first report to its worker; None if there is no such arrival.

    With `sealer` the person and the stops are shown in clear: that is a view of personal data, and who asks
    for it writes the audit row.
    """
    row = conn.execute(select(arrivals).where(arrivals.c.id == arrival_id)).mappings().one_or_none()
    if row is None:
        return None
    names = _place_names(conn, [row["street"], row["community"], row["grid"]])
    found: dict[str, Any] = {
        "arrival_id": row["id"],
        "state": row["state"],
        "version": row["version"],
        "last_event": last_event(row["id"], row["version"]),
        "arrived_at": row["arrived_at"],
        "expected": row["expected"],
        "person_id": row["person_id"],
        "household_id": row["household_id"],
        "household": list(
            conn.execute(
                select(arrivals.c.id)
                .where(arrivals.c.household_id == row["household_id"])
                .order_by(arrivals.c.id)
            ).scalars()
        ),
        "registered_at": row["created_at"],
        "updated_at": row["updated_at"],
        "correlation_id": row["correlation_id"],
        "reports": [_told_report(one, sealer) for one in _reports_of(conn, arrival_id)],
        "risk": {
            "level": row["risk_level"],
            "certainty": row["risk_certainty"],
            "left_on": row["left_on"],
            "areas": row["risk_areas"],
            "list": row["risk_list"],
        },
        "destination": {
            "division": row["division"],
            "street": _named(row["street"], names),
            "community": _named(row["community"], names),
            "grid": _named(row["grid"], names),
            "placed_by": row["placed_by"],
        },
        "worker": _worker(conn, row["worker"], sealer),
        "unassigned_since": row["unassigned_since"],
        "possible_duplicates": _duplicates_of(conn, arrival_id),
    }
    if sealer:
        found["person"] = _unsealed(sealer, row["sealed"], "person")
    return found


def last_event(arrival_id: str, version: int) -> str:
    """The id of the last event recorded about an arrival: it follows from id and version."""
    kind = "arrival.registered" if version == 1 else "arrival.reassessed"
    return f"{kind}:{arrival_id}:{version}"


def stream_arrival_ids(conn: Connection, size: int = 10_000) -> Iterator[str]:
    """All arrival ids in order: for holding against isolation's cases."""
    rows = conn.execution_options(yield_per=size).execute(select(arrivals.c.id).order_by(arrivals.c.id))
    yield from map(str, rows.scalars())


def stream_last_events(conn: Connection, size: int = 10_000) -> Iterator[tuple[str, str]]:
    """(arrival id, id of its last event) in order of the arrival id."""
    rows = conn.execution_options(yield_per=size).execute(
        select(arrivals.c.id, arrivals.c.version).order_by(arrivals.c.id)
    )
    for arrival_id, version in rows:
        yield arrival_id, last_event(arrival_id, version)


def unassigned(
    conn: Connection, now: datetime, *, street: str | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """Arrivals that no worker has, the longest waiting first, with the minutes they have waited."""
    columns = (
        arrivals.c.id,
        arrivals.c.state,
        arrivals.c.division,
        arrivals.c.street,
        arrivals.c.community,
        arrivals.c.risk_level,
        arrivals.c.arrived_at,
        arrivals.c.unassigned_since,
    )
    query = select(*columns).where(arrivals.c.unassigned_since.is_not(None))
    if street is not None:
        query = query.where(arrivals.c.street == street)
    rows = conn.execute(query.order_by(arrivals.c.unassigned_since, arrivals.c.id).limit(limit)).mappings()
    return [
        {**row, "waiting_minutes": int((now - row["unassigned_since"]).total_seconds() // 60)} for row in rows
    ]


def _reports_of(conn: Connection, arrival_id: str) -> list[Any]:
    companions = dict(
        (row.report_id, row.position)
        for row in conn.execute(
            select(companion_arrivals).where(companion_arrivals.c.arrival_id == arrival_id)
        )
    )
    rows = conn.execute(
        select(reports)
        .where((reports.c.arrival_id == arrival_id) | is_in(conn, reports.c.id, sorted(companions)))
        .order_by(reports.c.reported_at, reports.c.id)
    ).mappings()
    return [{**row, "position": companions.get(row["id"], 0)} for row in rows]


def _told_report(row: Any, sealer: Sealer | None) -> dict[str, Any]:
    told = {
        "report_id": row["id"],
        "source": row["source"],
        "event_id": row["event_id"],
        "publisher": row["publisher"],
        "reported_at": row["reported_at"],
        "received_at": row["received_at"],
        "outcome": row["outcome"],
        "as_companion": row["position"] > 0,
        "corrects": row["corrects"],
        "corrected_by": row["corrected_by"],
    }
    if sealer:
        raw = _unsealed(sealer, row["sealed"], "report")
        if isinstance(raw, dict) and isinstance(raw.get("data"), dict):
            report = read_report(raw["data"])
            told["source_kind"] = report.source_kind
            told["stops"] = [
                {"division": stop.division, "address": stop.address, "from": stop.first, "to": stop.last}
                for stop in report.stops
            ]
    return told


def _unsealed(sealer: Sealer, token: str, purpose: str) -> Any:
    try:
        return sealer.unseal(token, purpose)
    except SealBroken:
        return "sealed with a key that is not here"


def _place_names(conn: Connection, ids: list[str | None]) -> dict[str, str]:
    wanted = sorted({one for one in ids if one})
    query = select(places.c.place_id, places.c.name).where(is_in(conn, places.c.place_id, wanted))
    return {row.place_id: row.name for row in conn.execute(query)}


def _named(place_id: str | None, names: dict[str, str]) -> dict[str, str] | None:
    return {"place_id": place_id, "name": names.get(place_id, "")} if place_id else None


def _worker(conn: Connection, staff_id: str | None, sealer: Sealer | None) -> dict[str, Any] | None:
    if staff_id is None:
        return None
    row = conn.execute(select(staff).where(staff.c.staff_id == staff_id)).mappings().one_or_none()
    if row is None:
        return {"staff_id": staff_id}
    told: dict[str, Any] = {"staff_id": staff_id, "role": row["role"], "place": row["place"]}
    if sealer:
        person = _unsealed(sealer, row["sealed"], "person")
        if isinstance(person, dict):
            told["name"] = person.get("name")
    return told


def _duplicates_of(conn: Connection, arrival_id: str) -> list[dict[str, Any]]:
    pair = possible_duplicates.c
    rows = conn.execute(
        select(possible_duplicates).where((pair.first == arrival_id) | (pair.second == arrival_id))
    )
    return [
        {
            "arrival_id": row.second if row.first == arrival_id else row.first,
            "why": row.why,
            "state": row.state,
            "opened_at": row.opened_at,
        }
        for row in rows
    ]


def without_worker(conn: Connection, _now: datetime) -> Found:
    """How many arrivals wait for a worker, as a figure for `/metrics`."""
    waiting = select(func.count()).select_from(arrivals).where(_SINCE.is_not(None))
    return {("registration",): conn.execute(waiting).scalar_one()}


def longest_without_worker(conn: Connection, now: datetime) -> Found:
    """The seconds that the longest waiting arrival has waited, as a figure for `/metrics`."""
    since = conn.execute(select(func.min(_SINCE)).where(_SINCE.is_not(None))).scalar_one()
    return {("registration",): max(0.0, (now - since).total_seconds()) if since else 0.0}
