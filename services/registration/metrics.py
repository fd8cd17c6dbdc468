"""What `/metrics` shows of registration: what comes in, and what waits for somebody."""

from datetime import datetime

from prometheus_client import Counter, Gauge
from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from chassis.running.figures import Figure, Found
from chassis.telemetry import SAME_IN_ALL
from field.words import LEVELS, SOURCE_KINDS
from services.registration.tables import arrivals, reports

# A counter, not a gauge: to count a million arrivals again and again would read them all, or cost each of
# them an index; and how many came today is what is asked.
ARRIVALS = Counter(
    "doorstep_arrivals_total",
    "Arrivals registered, by the kind of source that told of them first and their risk at that time",
    ["source", "risk"],
)
for _source in SOURCE_KINDS:
    for _risk in LEVELS:
        ARRIVALS.labels(_source, _risk)

NEEDING_CORRECTION = Gauge(
    "doorstep_reports_needing_correction",
    f"Reports that somebody must correct; no publisher: imported {SAME_IN_ALL}",
    ["publisher"],
)
WITHOUT_OWNER = Gauge(
    "doorstep_arrivals_without_owner", f"Arrivals that no worker has {SAME_IN_ALL}", ["service"]
)
OLDEST_WITHOUT_OWNER = Gauge(
    "doorstep_arrivals_without_owner_oldest_age_seconds",
    f"How long the one that has waited longest has waited, in the time of the field {SAME_IN_ALL}",
    ["service"],
)


def needing_correction(conn: Connection, _now: datetime) -> Found:
    # A literal, so that the planner sees that the partial index holds all of them.
    wanted = text("outcome = 'needs_correction'")
    rows = conn.execute(select(reports.c.publisher, func.count()).where(wanted).group_by(reports.c.publisher))
    return {(publisher or "",): count for publisher, count in rows}


_SINCE = arrivals.c.unassigned_since


def without_worker(conn: Connection, _now: datetime) -> Found:
    waiting = select(func.count()).select_from(arrivals).where(_SINCE.is_not(None))
    return {("registration",): conn.execute(waiting).scalar_one()}


def longest_without_worker(conn: Connection, now: datetime) -> Found:
    since = conn.execute(select(func.min(_SINCE)).where(_SINCE.is_not(None))).scalar_one()
    return {("registration",): max(0.0, (now - since).total_seconds()) if since else 0.0}


FIGURES = (
    Figure(NEEDING_CORRECTION, needing_correction),
    Figure(WITHOUT_OWNER, without_worker),
    Figure(OLDEST_WITHOUT_OWNER, longest_without_worker),
)
