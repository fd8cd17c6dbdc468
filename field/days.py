"""Calendar days of the jurisdiction: rules count days in its time zone, moments are stored in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day of an aware moment in the zone."""
    return moment.astimezone(zone).date()


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day in the zone, in UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)
