"""The form in which a report is corrected: one field for each value, what is wrong marked beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from field.words import IDENTITY_TYPES, LANGUAGES, SOURCE_KINDS
from services.console.pages.catalogues import N_, gettext
from services.console.pages.shown.report_fields import (
    ReportField,
    fields_of_report,
    place_of_path,
    report_of_fields,
)
from services.console.pages.shown.terms import read_time
from services.console.pages.words import document_word, word

BEGINS: Final = "data:"
"""The names of its fields begin so; the path of the value follows."""
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "source_kind": SOURCE_KINDS,
    "identity_type": IDENTITY_TYPES,
    "sex": ("male", "female"),
    "language": LANGUAGES,
    "expected": ("yes", "no"),
    "called_off": ("yes", "no"),
}
_GROUPS: Final[Mapping[str, str]] = {
    "": N_("The report"),
    "person": N_("Who comes"),
    "companions": N_("Who comes along"),
    "arrival": N_("When they come"),
    "destination": N_("Where to"),
    "stops": N_("Where they were"),
    "transport": N_("By what"),
}
_NAMES: Final[Mapping[str, str]] = {
    "source_kind": N_("kind of source"),
    "reference": N_("reference"),
    "name": N_("name"),
    "identity_type": N_("kind of document"),
    "identity_number": N_("number of the document"),
    "phone": N_("phone"),
    "birth_date": N_("date of birth"),
    "sex": N_("sex"),
    "nationality": N_("nationality"),
    "issuing_country": N_("issued by"),
    "at": N_("day and time"),
    "expected": N_("have not come yet"),
    "called_off": N_("called off"),
    "entered_on": N_("entered the country on"),
    "division": N_("division code"),
    "address": N_("address"),
    "from": N_("from this day"),
    "to": N_("to this day"),
    "mode": N_("by what"),
    "number": N_("number of the train, flight or car"),
    "carriage": N_("carriage"),
    "seat": N_("seat"),
    "remarks": N_("remarks"),
    "language": N_("language"),
}
FAULTS: Final[Mapping[str, str]] = {
    "arrival_in_future": N_("They cannot have come yet."),
    "arrival_too_old": N_("It is too long ago."),
    "expected_too_far": N_("It is too far ahead."),
    "entry_after_arrival": N_("They were here already then."),
    "entry_too_old": N_("It is too long ago."),
    "birth_date_differs": N_("The number of the document says another date of birth."),
    "birth_date_impossible": N_("Nobody alive was born on this day."),
    "sex_differs": N_("The number of the document says another sex."),
    "destination_missing": N_("A known division code, or an address, is needed."),
    "division_unknown": N_("There is no such division code."),
    "id_personal": N_("The sender's own number of it holds a number of somebody: tell the sender."),
    "identity_birth_date": N_("The date of birth in the number is impossible."),
    "identity_checksum": N_("One character is wrong: the last does not fit the others."),
    "identity_length": N_("It has too many or too few characters."),
    "identity_missing": N_("The number is missing."),
    "identity_spreadsheet": N_("A spreadsheet has changed the number: take it from the document."),
    "name_placeholder": N_("That is nobody's name: ask for theirs, or leave it out."),
    "person_unknown": N_("Needed are a number of a document, or a name and a phone."),
    "phone_ambiguous": N_("It may be a number of two countries: begin with + and the country."),
    "phone_area_missing": N_("The area code is missing."),
    "phone_country_missing": N_("Begin with + and the country."),
    "phone_invalid": N_("No phone has such a number."),
    "phone_letters": N_("Letters stand in it."),
    "phone_several": N_("It is more than one number: give one."),
    "phone_shared": N_("Too many people have this number: ask for their own."),
    "phone_spreadsheet": N_("A spreadsheet has changed the number: ask for it again."),
    "source_not_publisher": N_("The source is not the one that sent it."),
    "stop_after_arrival": N_("They were here already then."),
    "stop_ends_before_it_begins": N_("It ends before it begins."),
    "stop_too_old": N_("It is too long ago."),
    "stop_without_place": N_("It says no place."),
    "time_impossible": N_("There is no such time."),
    "person_left_out": N_(
        "They are registered by this report already: keep them at the same place, without faults."
    ),
    "contract": N_("It cannot be read: look at what the field asks for."),
}
"""Code of a fault of a report -> what is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class Line:
    """A field as the page shows it.

    :param options: (value, text) to choose from; none: it is typed.
    :param value: as it came; of a choice "" where it is none of them.
    """

    name: str
    label: str
    value: str
    options: tuple[tuple[str, str], ...]
    hint: str
    fault: str


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: list[Line]


def sections_of_report(data: Any, faults: Mapping[str, str]) -> list[Section]:
    """:param faults: path -> what is wrong, in the reader's language."""
    sections: list[Section] = []
    for one in fields_of_report(data, faults):
        title = group_of(one.group, one.number)
        if not sections or sections[-1].title != title:
            sections.append(Section(title, []))
        sections[-1].lines.append(_line(one, faults.get(one.path, "")))
    return sections


def data_of_form(given: Iterable[tuple[str, str]], now: datetime | None = None) -> dict[str, Any]:
    """The report that the posted fields say.

    :param now: for its zone: a time that is typed without one is of the district. Without it all is left as
        it was typed.
    """
    typed = {name.removeprefix(BEGINS): value for name, value in given if name.startswith(BEGINS)}
    if now and (at := read_time(typed.get("arrival.at", ""), now)):
        typed["arrival.at"] = at.isoformat()
    return report_of_fields(typed)


def fault_sentence(code: str, message: str) -> str:
    """What is wrong, in the reader's language; where nobody has translated it, as the register says it."""
    text = FAULTS.get(code)
    return str(gettext(text)) if text else message


def fault_in_words(fault: Mapping[str, str]) -> str:
    """:param fault: as doors write it."""
    where, what = path_in_words(fault["field"]), fault_sentence(fault["code"], fault["message"])
    return str(gettext("%(where)s: %(what)s", where=where, what=what)) if where else what


def path_in_words(path: str) -> str:
    """What the path of a fault means: who comes along 2, number of the document."""
    group, number, name = place_of_path(path)
    said = [group_of(group, number)] if group else []
    if name:
        said.append(str(gettext(_NAMES[name])) if name in _NAMES else name)
    return str(gettext("%(one)s, %(more)s", one=said[0], more=said[1])) if len(said) > 1 else "".join(said)


def group_of(group: str, number: int) -> str:
    text = str(gettext(_GROUPS[group])) if group in _GROUPS else group
    return f"{text} {number}" if number else text


def _line(one: ReportField, fault: str) -> Line:
    label = str(gettext(_NAMES[one.name])) if one.name in _NAMES else one.name
    words = _WORDS.get(one.name, ())
    value = one.value if not words or one.value in words else ""
    hint = str(gettext("Such as 2022-10-01 18:00")) if one.path == "arrival.at" else ""
    say = document_word if words is IDENTITY_TYPES else word
    return Line(BEGINS + one.path, label, value, tuple((it, say(it)) for it in words), hint, fault)
