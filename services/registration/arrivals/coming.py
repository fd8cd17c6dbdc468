"""All statements about one coming, folded into one account of it.

The order of the statements decides, never the order in which they came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from field.words import LANGUAGES
from services.registration.arrivals.source_ranks import RANK
from services.registration.arrivals.voices import (
    ComingWords,
    Voice,
    best,
    destination_word,
    stops,
    voices_of,
)
from services.registration.persons.person import Person
from services.registration.places.placing import Placement
from services.registration.places.spelling import fold
from services.registration.reports.statement import Statement
from services.registration.risk.assessing import Stop

_LANGUAGE = LANGUAGES[0]


@dataclass(slots=True, unsafe_hash=True)
class Coming:
    """One person's coming to one place, from all statements about it.

    :param contact: who is called for a person without a phone, where somebody of the same report has one.
    :param not_coming: it was announced, and called off.
    :param entered_on: the day on which they entered the country; None: nobody says that they did.
    """

    person: Person
    arrived_at: datetime
    expected: bool
    stops: tuple[Stop, ...]
    division: str
    address: str
    language: str
    placement: Placement
    source_kinds: tuple[str, ...]
    reports: int
    contact: Person | None = None
    not_coming: bool = False
    entered_on: date | None = None


def fold_statements(statements: Iterable[Statement]) -> Coming:
    """One coming out of all its statements: the last word of each source, and of those the best."""
    said = list(statements)
    if len(said) == 1:
        first, report = said[0], said[0].report
        return Coming(
            first.person,
            report.arrived_at,
            report.expected,
            tuple(sorted(report.stops, key=_stop_order)),
            report.division,
            report.address,
            report.language or _LANGUAGE,
            first.placement,
            (report.source_kind,),
            1,
            _contact(first.person, [said]),
            report.called_off,
            report.entered_on,
        )
    voices = voices_of(said)
    said_when = when(ComingWords(said)).report
    division, address, placement = _destination(voices)
    person = _fold_persons(voices)
    return Coming(
        person=person,
        arrived_at=said_when.arrived_at,
        expected=said_when.expected,
        stops=tuple(sorted({stop for voice in voices for stop in stops(voice)}, key=_stop_order)),
        division=division,
        address=address,
        language=best("language", voices, lambda statement: statement.report.language) or _LANGUAGE,
        placement=placement,
        source_kinds=tuple(sorted({statement.report.source_kind for statement in said})),
        reports=len({statement.report_id for statement in said}),
        contact=_contact(person, voices),
        not_coming=said_when.called_off,
        # It is stamped into the document.
        entered_on=best("identity", voices, lambda statement: statement.report.entered_on),
    )


def _contact(person: Person, voices: Sequence[Voice]) -> Person | None:
    if person.phone:
        return None
    return best("phone", voices, lambda statement: statement.report.contact_of(statement.position))


def when(words: Iterable[Statement]) -> Statement:
    """The statement that says when, and whether, the person comes.

    That somebody came outweighs every announcement, and every word that they do not come. Of equal sources
    the later word counts.

    :param words: that of each voice.
    """
    said = list(words)
    came = [word for word in said if not word.report.expected]
    rank = RANK["came_at" if came else "will_come"]
    return max(came or said, key=lambda word: (-rank[word.report.source_kind], word.order))


def _destination(voices: Sequence[Voice]) -> tuple[str, str, Placement]:
    """Division, address and doorstep: of the best placed, the best source's, with all detail that fits it."""
    words = sorted(map(destination_word, voices), key=lambda word: word.order, reverse=True)
    chosen = min(words, key=_how_well_placed)
    report, placement = chosen.report, chosen.placement
    doorstep = (placement.community, placement.grid)
    there = [w.report for w in words if (w.placement.community, w.placement.grid) == doorstep]
    division = max((other.division for other in there if other.division.startswith(report.division)), key=len)
    address = report.address
    if others := {other.address for other in there if other.address != address}:
        known = fold(address)
        fitting = sorted(other for other in others if known in fold(other))
        address = max((address, *fitting), key=len)
    return division, address or next((w.report.address for w in words if w.report.address), ""), placement


def _how_well_placed(word: Statement) -> tuple[object, ...]:
    placement = word.placement
    rank = RANK["destination"][word.report.source_kind]
    return placement.grid is None, placement.community is None, rank


def _fold_persons(voices: Sequence[Voice]) -> Person:
    """Each field from the source that knows it best; type and number of the document from one report."""

    def document(statement: Statement) -> Person | None:
        return statement.person if statement.person.identity_number else None

    numbered = best("identity", voices, document)
    kind = best("identity", voices, lambda statement: statement.person.identity_type)
    return replace(
        numbered or Person(),
        name=best("identity", voices, lambda statement: statement.person.name),
        identity_type=(numbered.identity_type if numbered else None) or kind,
        phone=best("phone", voices, lambda statement: statement.person.phone),
        birth_date=best("identity", voices, lambda statement: statement.person.birth_date),
        sex=best("identity", voices, lambda statement: statement.person.sex),
        nationality=best("identity", voices, lambda statement: statement.person.nationality),
    )


def _stop_order(stop: Stop) -> tuple[object, ...]:
    return stop.first, stop.last, stop.division, stop.address, not stop.sure
