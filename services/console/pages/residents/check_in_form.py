"""The household's check-in as it was typed: what is said of whom, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from services.console.pages.catalogues import gettext
from services.console.pages.shown.households import Member, Window
from services.console.pages.shown.rows import Wrong
from services.console.pages.shown.temperatures import Temperature, read_temperature
from services.console.pages.words import temperature_fault

MOST_PEOPLE: Final = 30
_LONGEST: Final = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the form.

    :param typed: the temperature, as somebody typed it.
    """

    member: Member
    typed: str = ""
    symptoms: Sequence[str] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    rows: Sequence[Row]
    people: Sequence[dict[str, Any]] = ()
    wrong: Sequence[Wrong] = ()

    @property
    def due(self) -> list[Row]:
        """Of whom a check-in is still asked for."""
        return [row for row in self.rows if row.member.is_asked]

    @property
    def others(self) -> list[Row]:
        return [row for row in self.rows if not row.member.is_asked]

    @property
    def in_order(self) -> list[Row]:
        """As the page shows them, and numbers their fields."""
        return [*self.due, *self.others]


def blank(people: Sequence[Member]) -> Form:
    """Nothing is filled in beforehand."""
    return Form([Row(one) for one in people])


def read_form(people_of_form: Sequence[Member], given: MultiDict[str, str]) -> Form:
    """Whoever has neither a temperature nor a symptom is left out, and still asked for theirs.

    The form names each person by their case: who came to the household meanwhile gets nobody's temperature.
    """
    number_of = {given.get(f"who-{n}", ""): n for n in range(MOST_PEOPLE)}
    rows, people = [], []
    for member in people_of_form:
        n = number_of.get(member.case_id)
        typed = "" if n is None else given.get(f"temperature-{n}", "").strip()[:_LONGEST]
        ticked = (
            [] if n is None else [one for one in given.getlist(f"symptoms-{n}") if one in member.symptoms]
        )
        read = read_temperature(typed) if typed else None
        fault = temperature_fault(read) if isinstance(read, str) else ""
        rows.append(Row(member, typed, ticked, fault))
        if isinstance(read, Temperature) or (ticked and not fault):
            people.append(_person(member, read, ticked))
    form = Form(rows, people)
    wrong = [Wrong(f"temperature-{n}", row.fault) for n, row in enumerate(form.in_order) if row.fault]
    if not people and not wrong:
        wrong = [Wrong("temperature-0", gettext("Type the temperature of at least one person."))]
    return replace(form, wrong=wrong)


def read_window(given: MultiDict[str, str]) -> Window | None:
    """That the form of what was missed is about; None: it names none."""
    try:
        begins, ends = (datetime.fromisoformat(given.get(name, "")) for name in ("begins", "ends"))
    except ValueError:
        return None
    return Window(begins, ends, done=False, late=True) if begins.tzinfo and ends.tzinfo else None


def _person(member: Member, read: object, symptoms: Sequence[str]) -> dict[str, Any]:
    said: dict[str, Any] = {"case_id": member.case_id, "symptoms": symptoms, "how_known": "by_link"}
    return said | ({"temperature": read.celsius} if isinstance(read, Temperature) else {})
