"""The differences between what publishers say they sent and what arrived, by source and day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.registration.accounts.arrived import arrived_on_day, not_arrived
from services.registration.accounts.tables import closed_batches
from services.registration.reports.tables import reports


@dataclass(slots=True)
class Difference:
    """Of one source and day.

    :param said: by the publisher. Batches may name the same events: then it is the most that they can mean.
    :param arrived: different events, whatever became of them.
    :param missing: events that were said and did not arrive; `ids` those of them that can be named.
    :param since: when the last of these counts came, in real time.
    """

    publisher: str
    source: str
    day: str
    said: int = 0
    arrived: int = 0
    missing: int = 0
    ids: list[str] = field(default_factory=list)
    since: datetime | None = None

    @property
    def more(self) -> int:
        """Events that arrived and that the publisher does not count."""
        return max(0, self.arrived - self.said)


Key = tuple[str, str, str]


def differences(conn: Connection, since: datetime, zone: ZoneInfo) -> tuple[int, list[Difference]]:
    """How many counts came since then (real time), and where they differ from what arrived, in order."""
    c = closed_batches.c
    rows = conn.execute(select(closed_batches).where(c.received_at >= since).order_by(c.said_at)).all()
    by_day: dict[Key, Difference] = {}
    whole_days: dict[Key, int] = {}
    for row in rows:
        key = (row.publisher, row.source, row.day)
        found = by_day.setdefault(key, Difference(*key))
        found.since = max(found.since or row.received_at, row.received_at)
        if row.ids is None:
            whole_days[key] = row.said  # the newest comes last
            continue
        found.said += row.said
        found.ids = sorted({*found.ids, *not_arrived(conn, row.source, row.ids)})
    for key, found in by_day.items():
        found.ids = _not_among_reports(conn, found)
        said = whole_days.get(key, 0)
        found.said = max(found.said, said)
        found.arrived = arrived_on_day(conn, *key)
        if found.arrived < said:  # a version of before counted no arrivals, and kept the reports
            found.arrived = max(found.arrived, _reports_on_day(conn, *key, zone))
        found.missing = max(said - found.arrived, len(found.ids))
    return len(rows), [one for _, one in sorted(by_day.items()) if one.missing or one.more]


def _not_among_reports(conn: Connection, found: Difference) -> list[str]:
    """A count may come when inboxes have forgotten its events, from a program that ran for weeks."""
    if not found.ids:
        return []
    c = reports.c
    of_source = (c.publisher == found.publisher) & (c.source == found.source)
    wanted = select(c.event_id).where(of_source & is_in(conn, c.event_id, found.ids))
    known = set(conn.execute(wanted).scalars())
    return [id for id in found.ids if id not in known]


def _reports_on_day(conn: Connection, publisher: str, source: str, day: str, zone: ZoneInfo) -> int:
    """Reads all reports: asked only where something seems to be missing."""
    begins = datetime.combine(date.fromisoformat(day), time(), zone)
    c = reports.c
    of_source = (c.publisher == publisher) & (c.source == source) & c.corrects.is_(None)
    of_day = (c.reported_at >= begins) & (c.reported_at < begins + timedelta(days=1))
    return conn.execute(select(func.count()).where(of_source & of_day)).scalar_one()
