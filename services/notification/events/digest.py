"""What a digest says: numbers of what happened, by kind and place, and nobody's name. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from field.ids import version_8
from services.notification.events.event import OTHER_NEWS, Line, Parameter

DIGEST: Final = "digest"
"""The event of its notice, the rule of its message, and the beginning of the notice's key."""
TEMPLATE: Final = "staff_digest"
IN_DIGEST: Final = "in_digest"
"""The reason of a message that was folded."""

OVERDUE: Final = "overdue"
NEW: Final = "new_cases"
CHANGES: Final = "changes"
DUPLICATES: Final = "duplicates"
TODAY: Final = "today"
"""The plan of a day."""

# A text names so many kinds of task and places; the others are in the sum.
_KINDS: Final = 4
_PLACES: Final = 3

Content = Mapping[str, Any]
"""Of a digest, as it is stored: `lines`, a list of `[what, word, place, how many]`, and perhaps `today`."""


def digest_id(staff_id: str, hour: datetime) -> str:
    """It follows from recipient and hour, so that replicas write to one row."""
    return subject_id(staff_id, str(int(hour.timestamp())))


def subject_id(staff_id: str, when: str) -> str:
    """A UUID (version 8) for what is told to one member of staff at one time, under no case."""
    return version_8(blake2b(f"{staff_id}/{when}".encode(), digest_size=16).hexdigest())


def content_of(lines: Iterable[Line], today: Mapping[str, Any] | None = None) -> Content:
    return _said(Counter(lines), today)


def merged(contents: Iterable[Content]) -> Content:
    """All of it together; of several days' plans the newest."""
    counted: Counter[Line] = Counter()
    today: Mapping[str, Any] | None = None
    for content in contents:
        for what, word, place, number in content.get("lines", ()):
            counted[Line(what, word, place)] += number
        plan = content.get("today")
        if plan and (today is None or plan["on"] > today["on"]):
            today = plan
    return _said(counted, today)


def _said(counted: Mapping[Line, int], today: Mapping[str, Any] | None) -> Content:
    said: dict[str, Any] = {"lines": [[*line, counted[line]] for line in sorted(counted)]}
    return said | {TODAY: today} if today else said


def parameters_of(content: Content, new_cases: int, names: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of the digest's text.

    :param new_cases: of whose teams the recipient became a member, beside those in the content.
    :param names: of places by their ids; a place without a name is not named.
    """
    sums: Counter[str] = Counter({NEW: new_cases})
    kinds: Counter[str] = Counter()
    places: Counter[str] = Counter()
    for what, word, place, number in content.get("lines", ()):
        sums[what] += number
        if what == OVERDUE:
            kinds[word] += number
            if place in names:
                places[names[place]] += number
    said = {name: sums[name] or None for name in (OVERDUE, NEW, CHANGES, DUPLICATES, OTHER_NEWS)}
    return {
        **said,
        "overdue_kinds": _most(kinds, _KINDS),
        "overdue_places": _most(places, _PLACES),
        "today": content.get("today"),
    }


def _most(counted: Counter[str], most: int) -> Sequence[tuple[str, int]] | None:
    """The most frequent first; of equals the first by name."""
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:most] or None


class _Today(NamedTuple):
    """The plan of a day, as texts name its parts."""

    households: int
    tasks: int
    overdue: int
    first_visits: int
    ending: int


PARAMETERS: Final[Mapping[str, Parameter]] = {
    TODAY: Parameter(_Today(1200, 2400, 1100, 120, 110), optional=True),
    OVERDUE: Parameter(12345, optional=True),
    "overdue_kinds": Parameter([("message_to_staff", 1234)] * _KINDS, optional=True),
    "overdue_places": Parameter([("张掖路街道大众巷社区第一居委会", 1234)] * _PLACES, optional=True),
    NEW: Parameter(1234, optional=True),
    CHANGES: Parameter(1234, optional=True),
    DUPLICATES: Parameter(1234, optional=True),
    OTHER_NEWS: Parameter(1234, optional=True),
}
