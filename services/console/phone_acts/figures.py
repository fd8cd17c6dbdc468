"""The figures of `/metrics` about acts that phones kept: how many wait for an officer, and how long."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from prometheus_client import Gauge
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis.figures import Figure, Numbers
from services.console.phone_acts.queries import WAITS
from services.console.phone_acts.tables import phone_acts

ACTS_WAITING: Final = Gauge(
    "doorstep_console_phone_acts_waiting",
    "Records of phones that were not done and wait for an officer, by the reason",
    ["because"],
)
OLDEST_ACT: Final = Gauge(
    "doorstep_console_phone_acts_oldest_age_seconds",
    "How long the one that has waited longest for an officer has waited, in real time",
    ["because"],
)
_BECAUSE = phone_acts.c.because


def _waiting(conn: Connection, _now: datetime) -> Numbers:
    counted = select(_BECAUSE, func.count()).where(WAITS).group_by(_BECAUSE)
    return {(because,): many for because, many in conn.execute(counted)}


def _oldest(conn: Connection, now: datetime) -> Numbers:
    came = select(_BECAUSE, func.min(phone_acts.c.received_at)).where(WAITS).group_by(_BECAUSE)
    return {(because,): max(0.0, (now - first).total_seconds()) for because, first in conn.execute(came)}


FIGURES: Final = (Figure(ACTS_WAITING, _waiting), Figure(OLDEST_ACT, _oldest))
