"""The checks of a report. They find all faults at once, and no fault repeats the value that it is about.

A report that nobody can act on is kept as *needs correction* and answered with `report.rejected`. Of any
other only the flawed part waits (`flaws.py`), and `report.accepted` lists it in `to_correct`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.envelope import Event
from contracts.faults import Fault
from field.days import local_day
from field.documents import (
    birth_date_in,
    check_character_fits,
    in_a_lifetime,
    is_resident_number,
    looks_like_resident_number,
)
from field.moments import CLOCK_SKEW
from services.registration.persons.names import is_placeholder
from services.registration.persons.numbers import changed_by_spreadsheet
from services.registration.persons.person import Person
from services.registration.places.divisions import divisions
from services.registration.reports.flaws import makes_person_unknown
from services.registration.reports.phone_checks import check_phone
from services.registration.reports.report import Report

OLDEST_ARRIVAL = timedelta(days=30)
FARTHEST_EXPECTED = timedelta(days=90)
# Longer ago than any incubation period; a stop that old is a typing error in the year or month.
OLDEST_STOP = timedelta(days=180)
IMPOSSIBLE = timedelta(days=3660)


def check_source(event: Event) -> Iterator[Fault]:
    if not event.speaks_for_itself:
        yield Fault(
            "source", "source_not_publisher", "must begin with the publisher's own name: /<publisher>/…"
        )


def is_possible_time(moment: datetime, now: datetime) -> bool:
    """A time that is years off is a typing error; near the ends of the calendar it breaks computing."""
    return abs(moment - now) <= IMPOSSIBLE


def check_event_time(time: datetime, now: datetime) -> Iterator[Fault]:
    """:param time: the event's own."""
    if not is_possible_time(time, now):
        yield Fault("time", "time_impossible", "is more than ten years from now")


def check_report(report: Report, data: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> Iterator[Fault]:
    """
    :param data: the same report as the contract loaded it: codes and numbers as written.
    """
    today = local_day(now, zone)
    given = (data["person"], *(data.get("companions") or ()))
    for number, (person, as_given) in enumerate(zip(report.people, given, strict=True)):
        leans = report.leans_on(number) is not None
        yield from _check_person(person, as_given, path_of(number), today, leans=leans)
        yield from check_phone(person, as_given, path_of(number))
    if is_possible_time(report.arrived_at, now):
        yield from _check_stops(report, data, zone)
        yield from _check_times(report, now)
        yield from _check_entry(report, zone)
    else:
        yield Fault("arrival.at", "time_impossible", "is more than ten years from now")
    yield from _check_destination(report, data)


def path_of(position: int) -> str:
    """Where one of its people stands in a report."""
    return "person" if position == 0 else f"companions[{position - 1}]"


def who_waits(faults: Iterable[Fault]) -> set[str]:
    """The paths of the people who cannot be known with these faults."""
    return {fault.where.partition(".")[0] for fault in faults if makes_person_unknown(fault)}


def check_who_remains(report: Report, faults: Sequence[Fault]) -> Iterator[Fault]:
    """Who cannot be known any more, once what the faults are about is left out.

    :param report: without what the faults are about.
    """
    waiting = who_waits(faults)
    for position, person in enumerate(report.people):
        path = path_of(position)
        if path not in waiting and not person.is_identifiable and not report.leans_on(position):
            yield Fault(path, "person_unknown", _NEEDS[position > 0])
    if not report.division and not report.address.strip():
        yield Fault("destination", "destination_missing", "needs a known division code or an address")


_NEEDS = (
    "needs an identity number, or a name and a phone number",
    "needs an identity number, a name and a phone number, or a name beside a person who has them",
)


def _check_person(
    person: Person, given: Mapping[str, Any], path: str, today: date, *, leans: bool
) -> Iterator[Fault]:
    """:param leans: they are known through somebody else of the report."""
    if not (leans or person.is_identifiable):
        yield Fault(path, "person_unknown", _NEEDS[path != "person"])
    if person.birth_date and not in_a_lifetime(person.birth_date, today):
        yield Fault(f"{path}.birth_date", "birth_date_impossible", "must be in the past 130 years")
    if person.name and is_placeholder(person.name):
        yield Fault(f"{path}.name", "name_placeholder", "is nobody's: give the name of the person, or none")
    yield from _check_identity(person, given, path, today, leans=leans)


def _check_identity(
    person: Person, given: Mapping[str, Any], path: str, today: date, *, leans: bool
) -> Iterator[Fault]:
    """What a spreadsheet has changed has no other fault: the number that it was is not known."""
    number, path_number = person.identity_number, f"{path}.identity_number"
    if number is None:
        if person.identity_type == "resident_id" and not (leans or (person.name and person.phone)):
            yield Fault(path_number, "identity_missing", "identity_type is given without a number")
    elif damage := changed_by_spreadsheet(given["identity_number"], person):
        yield Fault(path_number, "identity_spreadsheet", f"{damage}: {AS_TEXT}")
    elif person.identity_type == "resident_id":
        yield from _check_resident_id(person, path, today)
    elif not 4 <= len(number) <= 30:
        yield Fault(path_number, "identity_length", "must have 4 to 30 letters and digits")
    elif len(set(number)) == 1:
        yield Fault(
            path_number,
            "identity_placeholder",
            "is one character repeated: give the number of the document, or leave it out",
        )
    elif looks_like_resident_number(number) and (person.identity_type is None or is_resident_number(number)):
        yield from _check_resident_id(person, path, today)


AS_TEXT: Final = (
    "a spreadsheet did that; format the column as text before numbers are entered or pasted, and send the "
    "number as it stands in the document"
)


def _check_resident_id(person: Person, path: str, today: date) -> Iterator[Fault]:
    """GB 11643: division (6), birth date (8), sequence (3, odd for men), check character."""
    number, path_number = person.identity_number or "", f"{path}.identity_number"
    if not looks_like_resident_number(number):
        yield Fault(
            path_number, "identity_length", "a resident identity number has 17 digits and a digit or X"
        )
        return
    if not check_character_fits(number):
        yield Fault(
            path_number, "identity_checksum", "the check character does not fit: one character is wrong"
        )
    born = birth_date_in(number)
    if born is None:
        yield Fault(path_number, "identity_birth_date", "characters 7 to 14 are no date")
        return
    if not in_a_lifetime(born, today):
        yield Fault(path_number, "identity_birth_date", "the birth date in it must be in the past 130 years")
    elif person.birth_date and person.birth_date != born:
        yield Fault(f"{path}.birth_date", "birth_date_differs", "differs from the one in the identity number")
    if person.sex and person.sex != ("male" if int(number[16]) % 2 else "female"):
        yield Fault(f"{path}.sex", "sex_differs", "differs from the one in the identity number")


def _check_stops(report: Report, data: Mapping[str, Any], zone: ZoneInfo) -> Iterator[Fault]:
    arrival_day = local_day(report.arrived_at, zone)
    for number, (stop, given) in enumerate(zip(report.stops, data.get("stops") or (), strict=True)):
        path = f"stops[{number}]"
        code = given.get("division")
        if code and not divisions().knows(code):
            yield Fault(f"{path}.division", "division_unknown", _PART_COUNTS)
        if not stop.sure:
            continue  # what else is wrong with it was found before
        if not code and not stop.address.strip():
            yield Fault(path, "stop_without_place", "needs a division code or an address")
        if stop.first > stop.last:
            yield Fault(f"{path}.from", "stop_ends_before_it_begins", "from must not be after to")
        elif stop.first < arrival_day - OLDEST_STOP:
            yield Fault(f"{path}.from", "stop_too_old", "is more than 180 days before the arrival")
        if stop.last > arrival_day + timedelta(days=1):
            yield Fault(f"{path}.to", "stop_after_arrival", "is after the day of arrival")


def _check_times(report: Report, now: datetime) -> Iterator[Fault]:
    age = now - report.arrived_at
    if report.expected:
        if -age > FARTHEST_EXPECTED:
            yield Fault("arrival.at", "expected_too_far", "is more than 90 days ahead")
    elif age < -CLOCK_SKEW:
        yield Fault(
            "arrival.at",
            "arrival_in_future",
            "an actual arrival is in the past; set expected for a coming one",
        )
    if age > OLDEST_ARRIVAL and not (report.remarks or "").strip():
        yield Fault("arrival.at", "arrival_too_old", "is over 30 days ago: say why in remarks")


def _check_entry(report: Report, zone: ZoneInfo) -> Iterator[Fault]:
    arrival_day, entered_on = local_day(report.arrived_at, zone), report.entered_on
    if entered_on and entered_on > arrival_day:
        yield Fault("arrival.entered_on", "entry_after_arrival", "is after the day of arrival")
    elif entered_on and entered_on < arrival_day - OLDEST_STOP:
        yield Fault("arrival.entered_on", "entry_too_old", "is more than 180 days before the arrival")


def _check_destination(report: Report, data: Mapping[str, Any]) -> Iterator[Fault]:
    code = data["destination"].get("division")
    if code and not divisions().knows(code):
        yield Fault("destination.division", "division_unknown", _PART_COUNTS)
    if not code and not report.address.strip():
        yield Fault("destination", "destination_missing", "needs a division code or an address")


_PART_COUNTS = "is no known administrative division code: its known part counts until it is corrected"
