"""At which hours people are written to, and how often: all by the clock of the jurisdiction. Pure.

What is urgent is written at any hour and counts for nothing here. A member of staff gets so many other
messages a local day at the most; a third of them is kept for digests, so that what must wait is told the
same day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from field.days import local_day
from field.night import Night

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """
    :param a_day: messages that are not urgent, to one member of staff on one day; at least 1.
    :param to_a_number: texts that are not urgent, to one phone of a resident on one day; and the urgent ones,
        which are counted apart.
    :param night: of staff; what falls into it waits for its end. None: it is never night.
    :param of_residents: the same hours; what falls into them may wait somewhat longer.
    """

    zone: ZoneInfo
    a_day: int = 12
    to_a_number: int = 6
    urgent_to_a_number: int = 12
    night: Night | None = None
    of_residents: Night | None = None

    @property
    def alone(self) -> int:
        """So many of a day's messages may each be about one thing; digests may use the rest too."""
        return self.a_day - max(1, self.a_day // 3)

    def morning(self, moment: datetime, *, to_staff: bool) -> datetime | None:
        """Until when a message waits that is not urgent; None by day."""
        night = self.night if to_staff else self.of_residents
        return night.over(moment) if night is not None and night.holds(moment) else None

    def day(self, moment: datetime) -> date:
        return local_day(moment, self.zone)

    def hour(self, moment: datetime) -> datetime:
        """The full hour by local clocks at or before the moment, in UTC."""
        return moment.astimezone(self.zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)

    def next_digest(self, moment: datetime) -> datetime:
        """The first full hour after the moment that is not in the night, in UTC."""
        return self._awake(self.hour(moment) + _HOUR)

    def next_day(self, moment: datetime) -> datetime:
        """The first digest of the local day after the moment, in UTC."""
        return self._awake(self._midnight_after(moment))

    def next_day_of_residents(self, moment: datetime) -> datetime:
        """When residents are written to on the local day after the moment, in UTC."""
        midnight = self._midnight_after(moment)
        return self.of_residents.over(midnight) if self.of_residents is not None else midnight

    def _midnight_after(self, moment: datetime) -> datetime:
        return datetime.combine(self.day(moment) + timedelta(days=1), time.min, self.zone).astimezone(UTC)

    def _awake(self, moment: datetime) -> datetime:
        return self.night.over(moment) if self.night is not None else moment
