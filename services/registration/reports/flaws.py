"""Flaws: a fault of one part of a report does not condemn the whole.

A report is condemned where nobody can act on it: nobody in it can be known, its time is impossible, it has
no destination, or its source is not its publisher's. Any other fault makes a part wait for correction:

- a person who cannot be known waits, and the others of the report go on;
- a stop goes on with what is known of it, never safer than that (see `_careful_stop`);
- whatever else is wrong, a birth date, a phone, a seat, is left out, and the person is followed.

What is left out follows from the faults alone. They are kept with the report, so it reads the same for good.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

from contracts.faults import Fault
from field.moments import read_moment
from field.words import SOURCE_KINDS

MOST_COMPANIONS: Final = 30
MOST_STOPS: Final = 60
LONGEST_ADDRESS: Final = 300

# Reports name the stops of the last 14 days (the contract): where the days of one are unknown, it may be any.
_TOLD = timedelta(days=14)
_LONG_AGO = timedelta(days=180)
# Division codes are China's, and so are the days of their stops.
_CHINA = timezone(timedelta(hours=8))

_PERSON = re.compile(r"(?:person|companions\[(\d+)\])(?:\.(\w+))?")
_STOP = re.compile(r"stops\[(\d+)\](?:\.(\w+))?")
_DETAILS = frozenset({"reference", "transport", "remarks", "language", "source_kind", "companions", "stops"})
_PLACES = frozenset({"destination.division", "destination.address"})
_ENTRY: Final = "arrival.entered_on"
# They say who somebody is: with a wrong one it is nobody whom we know.
_WHOLE_PERSON = frozenset({None, "identity_number"})
# A filler such as 0000 stands where the source has no number.
_AS_IF_LEFT_OUT = frozenset({"identity_placeholder", "identity_missing"})


def condemns(fault: Fault) -> bool:
    """Whether it is about all of the report, not about one part of it."""
    where = fault.where
    return not (
        where in _PLACES
        or where == _ENTRY
        or where.partition(".")[0] in _DETAILS
        or _PERSON.fullmatch(where)
        or _STOP.fullmatch(where)
    )


def makes_person_unknown(fault: Fault) -> bool:
    found = _PERSON.fullmatch(fault.where)
    return found is not None and found[2] in _WHOLE_PERSON and fault.code not in _AS_IF_LEFT_OUT


@dataclass(frozen=True, slots=True)
class Careful:
    """The data of a report without its flaws.

    :param data: it fulfils the contract where the faults name all that breaks it. A person who waits is an
        empty object: the others keep their positions.
    :param unsure: the numbers of stops of which only a part is known.
    """

    data: dict[str, Any]
    unsure: frozenset[int]


def without_flaws(data: Mapping[str, Any], faults: Iterable[Fault]) -> Careful:
    """
    :param data: as it came, in JSON or loaded by the contract.
    :param faults: of its parts; others are passed over.
    """
    sound = dict(data)
    people: list[Any] = [data.get("person"), *_entries(data.get("companions"), MOST_COMPANIONS)]
    stops = _entries(data.get("stops"), MOST_STOPS)
    flawed_stops: dict[int, list[Fault]] = {}
    is_short_of_stops = False
    for fault in faults:
        where = fault.where
        top, _, below = where.partition(".")
        if match := _PERSON.fullmatch(where):
            position = int(match[1]) + 1 if match[1] else 0
            if position < len(people):
                people[position] = _careful_person(people[position], match[2], fault)
        elif match := _STOP.fullmatch(where):
            flawed_stops.setdefault(int(match[1]), []).append(fault)
        elif where == "stops":
            is_short_of_stops = True
        elif where in _PLACES:
            sound["destination"] = _careful_destination(sound.get("destination"), below, fault)
        elif where == _ENTRY:
            sound[top] = _without(sound.get(top), below)
        elif top == "source_kind":
            sound[top] = SOURCE_KINDS[-1]
        elif top in _DETAILS:
            sound[top] = _without(sound.get(top), below) if below else None
    if is_short_of_stops:  # the last one stands for all that nobody can read
        flawed_stops[min(len(stops), MOST_STOPS - 1)] = []
        stops = [*stops[: MOST_STOPS - 1], {}]
    unsure = frozenset(number for number in flawed_stops if number < len(stops))
    if unsure and (day := _day_of_arrival(data)):
        for number in unsure:
            stops[number] = _careful_stop(stops[number], flawed_stops[number], day)
    sound["person"], sound["companions"], sound["stops"] = people[0], people[1:], stops
    return Careful(sound, unsure)


def kept_faults(reasons: Sequence[Mapping[str, str]]) -> list[Fault]:
    """The faults again from the column in which they are kept."""
    return [Fault(reason["field"], reason["code"], reason["message"]) for reason in reasons]


def _careful_person(person: Any, field: str | None, fault: Fault) -> Any:
    """What contradicts the number stays: it says that the number may be somebody else's."""
    if makes_person_unknown(fault):
        return {}
    if fault.code in _AS_IF_LEFT_OUT:
        return _without(_without(person, "identity_number"), "identity_type")
    return person if fault.code.endswith("_differs") else _without(person, field or "")


def _careful_destination(destination: Any, field: str, fault: Fault) -> Any:
    """A code counts as its longest known part, an address as far as it may be long."""
    if fault.code == "division_unknown" or not isinstance(destination, Mapping):
        return destination
    return dict(destination) | {field: _known_text(destination.get(field), field)}


def _careful_stop(stop: Any, faults: Iterable[Fault], arrived: date) -> dict[str, Any]:
    """What is known of a stop. Where days are wrong, it lasts as long as it may have.

    Days in the wrong order are swapped; a day after the arrival is the arrival's; a stay that ended half a
    year ago, or whose last day nobody can read, is taken for one of the last 14 days.
    """
    stop = stop if isinstance(stop, Mapping) else {}
    wrong = {fault.where.rpartition(".")[2] for fault in faults if fault.code == "contract"}
    first, last = (None if name in wrong else _day(stop.get(name)) for name in ("from", "to"))
    if first and last and first > last:
        first, last = last, first
    if last is None or last < arrived - _LONG_AGO:
        first, last = min(first or arrived, arrived - _TOLD), arrived
    last = min(last, arrived)
    first = min(first, last) if first else last - _TOLD
    places = {
        name: _known_text(stop.get(name), name) if name in wrong else stop.get(name)
        for name in ("division", "address")
    }
    return {**places, "from": max(first, arrived - _LONG_AGO).isoformat(), "to": last.isoformat()}


def _known_text(value: Any, field: str) -> str | None:
    if not isinstance(value, str):
        return None
    return value[:LONGEST_ADDRESS] if field == "address" else value[:12]


def _without(part: Any, name: str) -> Any:
    if not isinstance(part, Mapping):
        return None
    return {key: value for key, value in part.items() if key != name}


def _entries(value: Any, most: int) -> list[Any]:
    return list(value[:most]) if isinstance(value, list) else []


def _day_of_arrival(data: Mapping[str, Any]) -> date | None:
    coming = data.get("arrival")
    at = coming.get("at") if isinstance(coming, Mapping) else None
    if isinstance(at, str):
        try:
            at = read_moment(at)
        except ValueError:
            return None
    return at.astimezone(_CHINA).date() if isinstance(at, datetime) else None


def _day(value: Any) -> date | None:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, date) else None
