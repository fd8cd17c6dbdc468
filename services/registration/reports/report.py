"""A report: the data of `arrival.reported`, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from services.registration.persons.person import Person, compact_number
from services.registration.persons.phones import read_phone
from services.registration.places.divisions import divisions
from services.registration.risk.assessing import Stop

SEAL_PURPOSE: Final = "report"
"""The purpose under which reports are sealed, whole, as they came."""


@dataclass(frozen=True, slots=True)
class Report:
    """A notice that somebody came or will come. `people[0]` is the person, the others are companions."""

    source_kind: str
    people: tuple[Person, ...]
    stops: tuple[Stop, ...]
    arrived_at: datetime
    expected: bool
    division: str
    address: str
    remarks: str | None
    language: str | None


def read_report(data: Mapping[str, Any]) -> Report:
    """:param data: as the contract loaded it, or as it was kept in JSON, with dates and times as text."""
    coming, destination = data["arrival"], data["destination"]
    trim = divisions().trim
    return Report(
        source_kind=data["source_kind"],
        people=(_person(data["person"]), *(_person(companion) for companion in data.get("companions") or ())),
        stops=tuple(
            Stop(
                trim(stop.get("division") or ""),
                stop.get("address") or "",
                _day(stop["from"]),
                _day(stop["to"]),
            )
            for stop in data.get("stops") or ()
        ),
        arrived_at=_moment(coming["at"]),
        expected=bool(coming.get("expected")),
        division=trim(destination.get("division") or ""),
        address=destination.get("address") or "",
        remarks=data.get("remarks"),
        language=data.get("language"),
    )


def _person(data: Mapping[str, Any]) -> Person:
    number, born, nationality = data.get("identity_number"), data.get("birth_date"), data.get("nationality")
    name = data.get("name")
    return Person(
        name=name.strip() or None if name else None,
        identity_type=data.get("identity_type"),
        identity_number=compact_number(number) or None if number else None,
        phone=_sure_phone(data.get("phone"), nationality),
        birth_date=_day(born) if born else None,
        sex=data.get("sex"),
        nationality=nationality,
        issuing_country=data.get("issuing_country"),
    )


def _sure_phone(text: str | None, nationality: str | None) -> str | None:
    """None where it is not sure whose number is meant: see `phone_checks`."""
    phone = read_phone(text, nationality) if text else None
    return phone if isinstance(phone, str) else None


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
