"""How much one publisher with a queue of its own may say: a rate, a size a day, and garbage that is kept.

Who floods delays only himself already, for queues are read in turn; a quota keeps him from filling databases,
too. What is beyond it stays unread in his queue, and is read when the rate or the next day allows it.

Counted in memory while messages are read, so that no batch costs a statement more: each replica allows as
much, and a process that starts anew has read nothing today.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from chassis.settings import Settings
from field.days import local_day

# So many seconds' worth of events may come at once, after a pause.
_BURST_S: Final = 30
# The publisher is warned at these shares: of what may come at once that is left, and of the day's size.
_LEFT, _NEAR = 0.5, 0.8
# A publisher at its rate is told again after so long.
_SILENT_S: Final = 3600.0
_MIB: Final = 1024 * 1024
GARBAGE_KEPT: Final = 100
"""Letters of one publisher's messages that name no event at all, on one day; beyond them:"""
ONE_IN: Final = 100

What = Literal["rate", "size_a_day"]
Standing = Literal["near", "reached"]


@dataclass(frozen=True, slots=True)
class Quota:
    """:param a_second: events. :param a_day: MiB of bodies without packing. 0 is no limit."""

    a_second: int = 0
    a_day: int = 0

    @classmethod
    def of(cls, settings: Settings) -> Quota:
        return cls(settings.publisher_events_a_second, settings.publisher_mib_a_day)


@dataclass(frozen=True, slots=True)
class Notice:
    """What a publisher is told."""

    publisher: str
    what: What
    standing: Standing
    limit: int

    @property
    def message(self) -> str:
        if self.what == "rate":
            said = f"more than {self.limit} events a second come from you"
            wait = "what is beyond waits in your queue, and is taken at that rate"
        else:
            said = f"your messages of today come to {self.limit} MiB"
            wait = "what is beyond waits in your queue until tomorrow"
        return f"{said}: {wait}" if self.standing == "reached" else f"soon {said}; then {wait}"


@dataclass(slots=True)
class _Said:
    """By one publisher."""

    left: float
    as_of: float
    day: date
    bytes: int = 0
    garbage: int = 0
    rests_until: float = 0.0
    told: dict[tuple[What, Standing], float] = field(default_factory=dict)


class Quotas:
    """Of one consumer.

    :param now: the time of the field.
    """

    def __init__(
        self,
        quota: Quota,
        zone: ZoneInfo,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._quota = quota
        self._zone = zone
        self._now = now
        self._monotonic = monotonic
        self._said: dict[str, _Said] = {}
        self.notices: list[Notice] = []
        """To be told; whoever has told one takes it away."""

    def took(self, publisher: str, events: int, weight: int) -> None:
        """:param weight: bytes."""
        quota = self._quota
        if not (quota.a_second or quota.a_day):
            return
        said = self._of(publisher)
        if quota.a_second:
            self._count_rate(publisher, said, events)
        if quota.a_day:
            said.bytes += weight
            most = quota.a_day * _MIB
            if said.bytes >= most:
                self._tell(publisher, said, "size_a_day", "reached")
            elif said.bytes >= _NEAR * most:
                self._tell(publisher, said, "size_a_day", "near")

    def rests(self, publisher: str) -> bool:
        """Whether nothing of it is to be taken now."""
        said = self._said.get(publisher)
        if said is None:
            return False
        return self._monotonic() < said.rests_until or self.is_over_for_today(publisher)

    def is_over_for_today(self, publisher: str) -> bool:
        """Then its queue is left, too: the broker waits only so long for the acks of what it has pushed."""
        if not self._quota.a_day or publisher not in self._said:
            return False
        return self._of(publisher).bytes >= self._quota.a_day * _MIB

    def keeps_garbage(self, publisher: str) -> bool:
        """Whether the letter of one more message that names no event is kept; it is counted in any case."""
        said = self._of(publisher)
        said.garbage += 1
        return said.garbage <= GARBAGE_KEPT or said.garbage % ONE_IN == 0

    def _of(self, publisher: str) -> _Said:
        today = local_day(self._now(), self._zone)
        said = self._said.get(publisher)
        if said is None:
            burst = float(self._quota.a_second * _BURST_S)
            said = self._said[publisher] = _Said(burst, self._monotonic(), today)
        elif said.day != today:
            said.day, said.bytes, said.garbage = today, 0, 0
            for standing in ("near", "reached"):
                said.told.pop(("size_a_day", standing), None)
        return said

    def _count_rate(self, publisher: str, said: _Said, events: int) -> None:
        rate, now = self._quota.a_second, self._monotonic()
        burst = float(rate * _BURST_S)
        said.left = min(burst, said.left + (now - said.as_of) * rate) - events
        said.as_of = now
        if said.left < 0:
            said.rests_until = now - said.left / rate
            self._tell(publisher, said, "rate", "reached")
        elif said.left < _LEFT * burst:
            self._tell(publisher, said, "rate", "near")

    def _tell(self, publisher: str, said: _Said, what: What, standing: Standing) -> None:
        """Of the day once a day, of the rate once an hour."""
        now, key = self._monotonic(), (what, standing)
        before = said.told.get(key)
        if before is not None and (what == "size_a_day" or now - before < _SILENT_S):
            return
        said.told[key] = now
        limit = self._quota.a_second if what == "rate" else self._quota.a_day
        self.notices.append(Notice(publisher, what, standing, limit))
