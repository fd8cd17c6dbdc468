"""Who is told while somebody is away: their deputy. Pure.

Whoever has no deputy who is there is told themselves, for nothing may be told to nobody. Of whom nothing is
known is always there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from field.presence import is_within


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff, as far as it matters who is told.

    :param person: sealed.
    :param away_to: None, with `away_from`: until further notice.
    """

    staff_id: str
    role: str
    person: str
    language: str
    active: bool
    away_from: datetime | None
    away_to: datetime | None
    deputy: str | None

    def is_away(self, at: datetime) -> bool:
        return is_within(at, self.away_from, self.away_to)


def stand_in(staff_id: str, staff: Mapping[str, Colleague], at: datetime) -> Colleague | None:
    """Who is told instead at that time: the first deputy of deputies who is there. None: nobody else.

    :param staff: those who are away, with their deputies.
    """
    seen = {staff_id}
    one = staff.get(staff_id)
    while one is not None and one.is_away(at):
        following = one.deputy
        if following is None or following in seen:
            return None
        seen.add(following)
        one = staff.get(following)
    return one if one is not None and one.active and one.staff_id != staff_id else None
