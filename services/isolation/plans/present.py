"""The present, as plans see it: today is followed, and tomorrow is planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from field.days import day_begins, local_day
from services.isolation.plans.planning import HORIZON


@dataclass(frozen=True, slots=True)
class Present:
    now: datetime
    zone: ZoneInfo
    today: date
    through: date
    """The last day that is planned by now."""
    today_begins: datetime
    tomorrow_begins: datetime

    @classmethod
    def at(cls, now: datetime, zone: ZoneInfo) -> Present:
        today = local_day(now, zone)
        tomorrow = today + timedelta(days=1)
        return cls(now, zone, today, today + HORIZON, day_begins(today, zone), day_begins(tomorrow, zone))
