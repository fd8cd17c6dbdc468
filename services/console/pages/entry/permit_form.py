"""Leave to go out as somebody types it, at home or for a household, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from contracts.faults import Refused
from field.words import PERMIT_BY, PERMIT_KINDS
from services.console.pages.catalogues import gettext
from services.console.pages.shown.rows import Wrong
from services.console.pages.shown.terms import read_time

_LONGEST: Final = {"where": 200, "why": 300}
_EMERGENCY: Final = "emergency"
MOST_OUTINGS: Final = 30
WEEKDAYS: Final = tuple(range(7))
"""From Monday on."""


def read_permit(given: MultiDict[str, str], now: datetime) -> tuple[dict[str, Any], list[Wrong]]:
    """What isolation's door takes, without who goes; an emergency has no time, it is now.

    :param now: in the district's zone.
    """
    kind, way = given.get("kind", ""), given.get("way", "")
    said: dict[str, Any] = {"kind": kind}
    wrong = [] if kind in PERMIT_KINDS else [Wrong("kind", gettext("Choose one."))]
    for name, most in _LONGEST.items():
        if text := given.get(name, "")[:most].strip():
            said[name] = text
    if "where" not in said:
        wrong.append(Wrong("where", gettext("Say where to: which hospital, which place.")))
    if way in PERMIT_BY:
        said["how"] = way
    if kind != _EMERGENCY:
        outings, faults = _outings(given, now)
        wrong += faults
        said["outings"] = [{"begins": one.isoformat(), "ends": other.isoformat()} for one, other in outings]
    return said, wrong


def _outings(
    given: MultiDict[str, str], now: datetime
) -> tuple[list[tuple[datetime, datetime]], list[Wrong]]:
    wrong = []
    begins, ends = (read_time(given.get(name, "")[:25], now) for name in ("begins", "ends"))
    for name, at in (("begins", begins), ("ends", ends)):
        if at is None:
            wrong.append(Wrong(name, gettext("Say a day and a time, such as 2022-10-01 18:00.")))
    if begins is None or ends is None:
        return [], wrong
    if ends <= begins:
        return [], [Wrong("ends", gettext("They are back after they go: choose a later time."))]
    weekdays = {int(one) for one in given.getlist("weekday") if one in map(str, WEEKDAYS)}
    until = _day(given.get("until", ""))
    if weekdays and until is None:
        return [], [Wrong("until", gettext("Say up to which day."))]
    outings = recurring(begins, ends, weekdays, until) if until and weekdays else [(begins, ends)]
    if len(outings) > MOST_OUTINGS:
        says = gettext("That is too often for one request: choose an earlier last day.")
        return [], [Wrong("until", says)]
    return outings, []


def recurring(
    begins: datetime, ends: datetime, weekdays: Collection[int], until: date
) -> list[tuple[datetime, datetime]]:
    """The first one, and one at the same time on each of these weekdays up to that day, or a few too many.

    :param weekdays: 0 is Monday.
    """
    last = min((until - begins.date()).days, 7 * (MOST_OUTINGS + 1))
    days = range(1, max(last, 0) + 1)
    shifts = [timedelta(days=day) for day in days]
    later = [shift for shift in shifts if (begins + shift).weekday() in weekdays]
    return [(begins + shift, ends + shift) for shift in (timedelta(0), *later)]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def why_not(refused: Refused) -> list[Wrong]:
    """Why it is not possible, and what would be, each beside its field."""
    known = {
        "in_the_past": gettext("This is over: choose a time that is still to come."),
        "beyond_measure": gettext("The measure is over by then. Choose a time up to its last day."),
        "overlap_each_other": gettext("Two of the times overlap: choose one after the other."),
        "taken": gettext(
            "For this time something is asked for or granted already: see above. Choose a time before or "
            "after it, or take that one back first."
        ),
        "ends_before": gettext("They are back after they go: choose a later time."),
        "too_long": gettext("Up to 72 hours are possible at once: ask for another one after it."),
        "nothing_keeps_them": gettext("Nothing keeps these in: they may go out without asking."),
    }
    field = {"ends_before": "ends", "too_long": "ends", "nothing_keeps_them": "who"}
    return [
        Wrong(field.get(fault.code, "begins"), known[fault.code])
        for fault in refused.faults
        if fault.code in known
    ]
