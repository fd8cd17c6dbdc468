"""A report: the data of `arrival.reported`, typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from contracts.faults import Fault
from field.documents import compact_number
from field.moments import read_moment
from services.registration.persons.names import name_form
from services.registration.persons.person import Person
from services.registration.persons.phones import read_phone
from services.registration.places.divisions import divisions
from services.registration.reports.flaws import without_flaws
from services.registration.risk.assessing import Stop

SEAL_PURPOSE: Final = "report"
"""The purpose under which reports are sealed, whole, as they came."""


@dataclass(slots=True, unsafe_hash=True)
class Report:
    """A notice that somebody came or will come.

    :param people: the person, then the companions. One who waits for correction has no name and no number.
    :param waiting: the names of those who wait, in the form of `name_form`; empty for a name nobody can read.
    :param expected: they have not come yet; so it is, too, with who does not come at all.
    :param reference: the source's own number of the matter.
    :param journey: number of the train or flight, empty where none is named.
    :param called_off: whoever was announced does not come.
    :param entered_on: the day on which they entered the country; None: it names none.
    """

    source_kind: str
    people: tuple[Person, ...]
    stops: tuple[Stop, ...]
    arrived_at: datetime
    expected: bool
    division: str
    address: str
    remarks: str | None
    language: str | None
    reference: str | None = None
    journey: str = ""
    called_off: bool = False
    waiting: tuple[str, ...] = ()
    entered_on: date | None = None

    @property
    def leader(self) -> Person | None:
        """The first who can be known alone: the person of the report, unless they wait for correction."""
        return next((person for person in self.people if person.is_identifiable), None)

    def leans_on(self, position: int) -> Person | None:
        """Through whom somebody without a number or phone of their own is known: an infant, an old parent."""
        person = self.people[position]
        if person.is_identifiable or not (person.name or person.birth_date):
            return None
        return self.leader

    def alike_before(self, position: int) -> int:
        """How many before somebody lean on the same person under the same name: twins without a name yet."""
        person = self.people[position]
        same = (person.name, None if person.name else person.birth_date)
        before = (other for other in self.people[:position] if not other.is_identifiable)
        return sum((other.name, None if other.name else other.birth_date) == same for other in before)

    def contact_of(self, position: int) -> Person | None:
        """Who is called for somebody without a phone: the first of the report who has one."""
        if self.people[position].phone:
            return None
        return next((other for other in self.people if other.phone), None)


def read_report(data: Mapping[str, Any], faults: Iterable[Fault] = ()) -> Report:
    """
    :param data: as the contract loaded it, or as it was kept in JSON, with dates and times as text.
    :param faults: of its parts: they are left out, or count as far as they are known.
    """
    unsure: frozenset[int] = frozenset()
    waiting: tuple[str, ...] = ()
    if faults:
        careful = without_flaws(data, faults)
        waiting = tuple(_names_of_waiting(data, careful.data))
        data, unsure = careful.data, careful.unsure
    coming, destination = data["arrival"], data["destination"]
    called_off, entered_on = _flag(coming.get("called_off")), coming.get("entered_on")
    return Report(
        source_kind=data["source_kind"],
        people=(_person(data["person"]), *(_person(companion) for companion in data.get("companions") or ())),
        stops=tuple(
            Stop(
                known_part(stop.get("division") or ""),
                stop.get("address") or "",
                _day(stop["from"]),
                _day(stop["to"]),
                number not in unsure,
            )
            for number, stop in enumerate(data.get("stops") or ())
        ),
        arrived_at=_moment(coming["at"]),
        expected=_flag(coming.get("expected")) or called_off,
        division=known_part(destination.get("division") or ""),
        address=destination.get("address") or "",
        remarks=data.get("remarks"),
        language=data.get("language"),
        reference=data.get("reference") or None,
        journey=(data.get("transport") or _NONE).get("number") or "",
        called_off=called_off,
        waiting=waiting,
        entered_on=_day(entered_on) if entered_on else None,
    )


def _names_of_waiting(given: Mapping[str, Any], careful: Mapping[str, Any]) -> Iterator[str]:
    """
    :param given: the report as it came.
    :param careful: without its flaws; somebody who waits is empty there.
    """
    companions = given.get("companions")
    as_given = (given.get("person"), *(companions if isinstance(companions, list) else ()))
    for person, known in zip(as_given, (careful["person"], *careful["companions"]), strict=False):
        if not known:
            name = person.get("name") if isinstance(person, Mapping) else None
            yield name_form(name) if isinstance(name, str) else ""


def known_part(code: str) -> str:
    """The longest part of a division code that is known, which is nearly always all of it; "" if none is."""
    trim = divisions().trim
    if not code or (known := trim(code)):
        return known if code else ""
    digits = _DIGITS.match(unicodedata.normalize("NFKC", code).strip())
    parts = (digits[0][:length] for length in (12, 9, 6, 4, 2)) if digits else ()
    return next((known for part in parts if (known := trim(part))), "")


_DIGITS = re.compile(r"[0-9]+")
_NONE: Final[Mapping[str, Any]] = {}


def _person(data: Mapping[str, Any]) -> Person:
    number, born, nationality = data.get("identity_number"), data.get("birth_date"), data.get("nationality")
    return Person(
        name=_seen_name(data.get("name")),
        identity_type=data.get("identity_type"),
        identity_number=compact_number(number) or None if number else None,
        phone=_sure_phone(data.get("phone"), nationality or data.get("issuing_country")),
        birth_date=_day(born) if born else None,
        sex=data.get("sex"),
        nationality=nationality,
        issuing_country=data.get("issuing_country"),
    )


def _seen_name(text: str | None) -> str | None:
    """None where nothing in it is seen; dots and invisible characters are nobody's name."""
    name = text.strip() if text else ""
    return name if name.isalpha() or name_form(name) else None


def _sure_phone(text: str | None, country: str | None) -> str | None:
    """None where it is not sure whose number is meant: see `phone_checks`."""
    phone = read_phone(text, country) if text else None
    return phone if isinstance(phone, str) else None


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: datetime | str) -> datetime:
    return read_moment(value) if isinstance(value, str) else value


def _flag(value: Any) -> bool:
    """In JSON as it came, true may be written as text or as a number, as contracts allow."""
    return value in _TRUE


_TRUE: Final = frozenset(
    ("t", "T", "true", "True", "TRUE", "on", "On", "ON", "y", "Y", "yes", "Yes", "YES", "1", 1, True)
)
