"""The reports of an arrival, and the number of reports that somebody must correct."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, union_all
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.figures import Numbers
from chassis.sealing import Sealer
from services.registration.persons.sealed import unsealed
from services.registration.reports.flaws import kept_faults
from services.registration.reports.report import SEAL_PURPOSE, read_report
from services.registration.reports.tables import companion_arrivals, reports

# Literals, so that the planner sees that the partial indexes hold all of them.
TO_CORRECT = ("outcome = 'needs_correction'", "part_waits")


def needing_correction(conn: Connection, _now: datetime) -> Numbers:
    """The number of reports that need correction, whole or in part, by publisher, for `/metrics`."""
    found: Counter[tuple[str, ...]] = Counter()
    counted = select(reports.c.publisher, func.count()).group_by(reports.c.publisher)
    for publisher, count in conn.execute(union_all(*(counted.where(text(one)) for one in TO_CORRECT))):
        found[(publisher or "",)] += count
    return dict(found)


def reports_to_correct(conn: Connection, most: int) -> list[dict[str, Any]]:
    """The reports that need correction, whole or in a part, the longest waiting first; without values."""
    c = reports.c
    columns = (c.id, c.source, c.event_id, c.publisher, c.received_at, c.reasons, c.part_waits)
    rows: list[Any] = []
    for wanted in TO_CORRECT:
        rows += conn.execute(select(*columns).where(text(wanted)).order_by(c.received_at, c.id).limit(most))
    rows.sort(key=lambda row: (row.received_at, row.id))
    return [
        {
            "report_id": row.id,
            "source": row.source,
            "event_id": row.event_id,
            "publisher": row.publisher,
            "received_at": row.received_at,
            "in_part": bool(row.part_waits),
            "reasons": row.reasons or [],
        }
        for row in rows[:most]
    ]


def reports_of(conn: Connection, arrival_id: str, sealer: Sealer | None) -> list[dict[str, Any]]:
    """The reports about an arrival in their order; with `sealer` their stops, too."""
    of_companions = select(companion_arrivals).where(companion_arrivals.c.arrival_id == arrival_id)
    positions = {row.report_id: row.position for row in conn.execute(of_companions)}
    rows = conn.execute(
        select(reports)
        .where((reports.c.arrival_id == arrival_id) | is_in(conn, reports.c.id, sorted(positions)))
        .order_by(reports.c.reported_at, reports.c.id)
    ).mappings()
    return [_document(row, as_companion=row["id"] in positions, sealer=sealer) for row in rows]


def _document(row: Any, *, as_companion: bool, sealer: Sealer | None) -> dict[str, Any]:
    document = {
        "report_id": row["id"],
        "source": row["source"],
        "event_id": row["event_id"],
        "publisher": row["publisher"],
        "reported_at": row["reported_at"],
        "received_at": row["received_at"],
        "outcome": row["outcome"],
        "as_companion": as_companion,
        "corrects": row["corrects"],
        "corrected_by": row["corrected_by"],
        "to_correct": row["reasons"] or [] if row["part_waits"] else [],
    }
    if sealer:
        raw = unsealed(sealer, row["sealed"], SEAL_PURPOSE)
        if isinstance(raw, dict) and isinstance(raw.get("data"), dict):
            report = read_report(raw["data"], kept_faults(row["reasons"] or ()))
            document["source_kind"] = report.source_kind
            document["stops"] = [
                {"division": stop.division, "address": stop.address, "from": stop.first, "to": stop.last}
                for stop in report.stops
            ]
    return document
