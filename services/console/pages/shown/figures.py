"""Figures as people send them on: one sentence with what, where, how many, as of when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal, Protocol


class Texts(Protocol):
    """The catalogue of the reader's language; flask_babel's functions fit."""

    def gettext(self, string: str, /, **variables: object) -> str: ...

    def ngettext(self, singular: str, plural: str, num: int, /, **variables: object) -> str: ...


Unit = Literal[
    "people", "tasks", "reports", "pairs", "results", "needs", "permits", "batches", "contacts", "breaches"
]


@dataclass(frozen=True, slots=True)
class Count:
    """Persons, and the households they live in; None where households are not counted.

    :param unit: what is counted where that is no person.
    """

    people: int
    households: int | None = None
    unit: Unit = "people"


@dataclass(frozen=True, slots=True)
class Part:
    """:param what: in the reader's language.
    :param because: why, with a number for each reason; in the reader's language, in the order shown.
    """

    what: str
    count: Count
    because: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """:param as_of: the moment, written in the reader's language.
    :param where: name of the place.
    :param definition: what is counted, in a sentence; it stands under the figure.
    """

    as_of: str
    where: str
    whole: Part
    parts: Sequence[Part] = ()
    definition: str = ""


def as_sentence(figure: Figure, texts: Texts) -> str:
    """截至10月1日16:02，张掖路街道居家隔离412户963人，其中今日应报未报23户31人（无电话6、未接9）。"""
    sentence = texts.gettext(
        "As of %(moment)s, %(place)s: %(figure)s",
        moment=figure.as_of,
        place=figure.where,
        figure=_part(figure.whole, texts),
    )
    for part in figure.parts:
        sentence = texts.gettext(
            "%(before)s, of these %(figure)s", before=sentence, figure=_part(part, texts)
        )
    return texts.gettext("%(sentence)s.", sentence=sentence)


def count_in_words(count: Count, texts: Texts) -> str:
    """412户963人; a household is said before its people."""
    people = _number(count, texts)
    if count.households is None:
        return people
    households = texts.ngettext("%(num)s household", "%(num)s households", count.households)
    return texts.gettext("%(households)s with %(people)s", households=households, people=people)


def _number(count: Count, texts: Texts) -> str:
    number = count.people
    if count.unit == "tasks":
        return texts.ngettext("%(num)s task", "%(num)s tasks", number)
    if count.unit == "reports":
        return texts.ngettext("%(num)s report", "%(num)s reports", number)
    if count.unit == "pairs":
        return texts.ngettext("%(num)s pair", "%(num)s pairs", number)
    if count.unit == "results":
        return texts.ngettext("%(num)s result", "%(num)s results", number)
    if count.unit == "needs":
        return texts.ngettext("%(num)s need", "%(num)s needs", number)
    if count.unit == "batches":
        return texts.ngettext("%(num)s batch", "%(num)s batches", count.people)
    if count.unit == "contacts":
        return texts.ngettext("%(num)s contact", "%(num)s contacts", count.people)
    if count.unit == "permits":
        return texts.ngettext("%(num)s request", "%(num)s requests", number)
    if count.unit == "breaches":
        return texts.ngettext("%(num)s breach", "%(num)s breaches", number)
    return texts.ngettext("%(num)s person", "%(num)s people", number)


def _part(part: Part, texts: Texts) -> str:
    said = texts.gettext("%(what)s – %(count)s", what=part.what, count=count_in_words(part.count, texts))
    if not part.because:
        return said
    reasons = [texts.gettext("%(why)s %(number)s", why=why, number=number) for why, number in part.because]
    joined = reduce(lambda one, more: texts.gettext("%(one)s, %(more)s", one=one, more=more), reasons)
    return texts.gettext("%(said)s (%(reasons)s)", said=said, reasons=joined)
