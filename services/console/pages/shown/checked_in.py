"""What somebody types of the people of a household, read person by person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.console.pages.shown.temperatures import Temperature, read_temperature

_Person = tuple[str, str, Sequence[str], str, str]
"""Case, temperature, symptoms, how it is known, note; as they came."""


@dataclass(frozen=True, slots=True)
class TypedPerson:
    case_id: str
    temperature: Temperature | None
    symptoms: tuple[str, ...]
    how: str
    note: str
    alarms: bool


@dataclass(frozen=True, slots=True)
class Typed:
    """:param people: those of whom something was typed, and nothing is wrong.
    :param wrong: (field, code) of what is.
    """

    people: tuple[TypedPerson, ...] = ()
    wrong: tuple[tuple[str, str], ...] = ()

    @property
    def alarms(self) -> bool:
        return any(one.alarms for one in self.people)


def read_typed(given: Iterable[_Person], *, known: Sequence[str], ways: Sequence[str], fever: float) -> Typed:
    """Whoever was neither seen nor heard is left empty, and nothing is said of them.

    :param known: the symptoms that may be named.
    :param ways: how it may be known.
    :param fever: from this temperature on, in °C, somebody is alarmed.
    """
    people: list[TypedPerson] = []
    wrong: list[tuple[str, str]] = []
    for case_id, typed, named, how, note in given:
        symptoms = tuple(one for one in known if one in named)
        if not typed.strip() and not symptoms and how not in ways and not note:
            continue
        read = read_temperature(typed) if typed.strip() else None
        if isinstance(read, str):
            wrong.append((f"temperature-{case_id}", read))
            continue
        if read is None and not symptoms:
            wrong.append((f"temperature-{case_id}", "nothing_said"))
            continue
        if how not in ways:
            wrong.append((f"how-{case_id}", "how_missing"))
            continue
        alarms = bool(symptoms) or (read is not None and read.celsius >= fever)
        people.append(TypedPerson(case_id, read, symptoms, how, note, alarms))
    return Typed(tuple(people), tuple(wrong))
