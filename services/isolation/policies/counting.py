"""Days, as the published rules count them.

A day is a calendar day of the jurisdiction's zone. The day of arrival, or of leaving the risk area,
is **day 0**; day 1 is the day after; a measure of N days ends on day N. A person who left at noon of
1 October and owes seven days is released on 8 October, when seven full days have passed.

Many cities count the day of arrival as **day 1** of the two tests in three days (三天两检): where a policy
says so, day 0 is the day before, and people are told that the days begin with their arrival.

The ninth edition (2022-06-27) says of those who come from high- and medium-risk areas
"管理期限自离开风险区域算起", the period counts from leaving the risk area: days spent since then, on
the way or elsewhere, are served. It numbers the days of testing (第1、2、3、5、7天) without naming the
first one. We do not count the day of leaving itself: neighbourhoods published it so, and "满7天" (seven
full days) asks for it.
"""

from __future__ import annotations

from datetime import date, timedelta


def counted_from(rule: str, *, arrival_day: date, left_on: date | None, arrival_is_day: int = 0) -> date:
    """Day 0.

    :param rule: `arrival` or `leaving`; the others are as `arrival` here: the story knows those days.
    :param arrival_is_day: the number of the day of arrival, 0 or 1; of `arrival` alone.
    :param left_on: last day in the risk area. Where it is unknown, or would lie after the arrival, the day
        of arrival is day 0, so that nobody gets out early on a guess.
    """
    if rule == "leaving" and left_on is not None and left_on < arrival_day:
        return left_on
    return arrival_day - timedelta(days=arrival_is_day)


def day_number(day: date, day_zero: date) -> int:
    return (day - day_zero).days


def release_day(day_zero: date, days: int) -> date:
    return day_zero + timedelta(days=days)
