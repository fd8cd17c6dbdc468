"""Publishers' own counts, held against what arrived: the difference of each source and day."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from operations.audit.intake import SERVICE
from operations.audit.result import Audit
from operations.databases import settings_of
from services.registration import handover as registration


def publishers_counts_are_met(audit: Audit, conn: Connection, zone: ZoneInfo) -> None:
    """What was said and has not arrived is on its way, or missing.

    Older counts than inboxes remember are not asked any more: nobody could tell what has come since.
    """
    since = datetime.now(UTC) - timedelta(days=settings_of(SERVICE).inbox_days - 1)
    counts, found = registration.differences(conn, since, zone)
    in_flight = missing = 0
    for one in found:
        if not one.missing:
            continue
        if one.since is not None and audit.unhandled.may_come(registration.RECEIVER, one.since):
            in_flight += one.missing
            audit.unhandled.in_flight[registration.RECEIVER] += one.missing
            continue
        missing += one.missing
        said = f"{one.publisher} counts {one.said} events of {one.day}, {one.arrived} arrived"
        for id in one.ids:
            why = f"{said}: this one did not, and is in no queue; its publisher sends it again"
            audit.miss("event", f"{one.source} {id}", why, lost=True)
        if nameless := one.missing - len(one.ids):
            why = f"{said}: {nameless} are missing, and are in no queue; its publisher sends the day again"
            audit.miss("events", f"{one.source} {one.day}", why, lost=True)
    audit.sums["publishers_counts"] = {
        "counts": counts,
        "in_flight": in_flight,
        "missing": missing,
        "differences": [asdict(one) | {"more": one.more} for one in found],
    }
