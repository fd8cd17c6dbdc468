"""Night: only what is urgent climbs or wakes somebody; the rest waits for the morning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Night:
    """The hours of the night by the clock of the jurisdiction: `begins` belongs to it, `ends` does not.

    :param resumes: the time of day, at or after the end of the night, to which what falls into it is put.
    """

    begins: time
    ends: time
    resumes: time
    zone: ZoneInfo

    def holds(self, moment: datetime) -> bool:
        """Whether it is night then."""
        return self._holds(moment.astimezone(self.zone).time())

    def _holds(self, now: time) -> bool:
        if self.begins < self.ends:
            return self.begins <= now < self.ends
        return now >= self.begins or now < self.ends

    def over(self, moment: datetime) -> datetime:
        """The moment itself by day; of the night, the morning after it, in UTC."""
        local = moment.astimezone(self.zone)
        if not self._holds(local.time()):
            return moment
        day = local.date()
        if self.begins > self.ends and local.time() >= self.begins:
            day += timedelta(days=1)
        return datetime.combine(day, self.resumes, self.zone).astimezone(UTC)
