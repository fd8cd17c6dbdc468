"""The voices about one coming: what one source says of one matter, its later word in place of the earlier.

A report that leaves a field out does not take it back. What a voice no longer says is said by nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from services.registration.arrivals.source_ranks import RANK, SEEN_AGAIN, Field
from services.registration.reports.statement import Statement
from services.registration.risk.assessing import Stop

Value = TypeVar("Value")

Voice = Sequence[Statement]
"""Statements of one source about one matter, the latest first."""


def voices_of(statements: Iterable[Statement]) -> list[Voice]:
    """The voices in the statements about one coming, the one that spoke last first."""
    voices: dict[tuple[str, ...], list[Statement]] = {}
    for statement in sorted(statements, key=lambda statement: statement.order, reverse=True):
        voices.setdefault(_voice(statement), []).append(statement)
    return list(voices.values())


def _voice(statement: Statement) -> tuple[str, ...]:
    """Reports under one reference are one matter. So are those without any, unless they name two journeys."""
    report = statement.report
    if report.reference:
        return statement.publisher, report.reference
    return statement.publisher, report.source_kind, report.journey


def best(field: Field, voices: Iterable[Voice], value: Callable[[Statement], Value | None]) -> Value | None:
    """What counts of a field: the word of the best source, and of equal ones the later word."""
    ranks = RANK[field]
    best_rank, best_word = len(ranks), None
    for voice in voices:
        word = latest(voice, value)
        if word is None:
            continue
        rank = ranks[word[0].report.source_kind]
        if best_word is None or rank < best_rank:
            best_rank, best_word = rank, word
        elif rank == best_rank and word[0].order > best_word[0].order:
            best_word = word
    return best_word[1] if best_word else None


def latest(voice: Voice, value: Callable[[Statement], Value | None]) -> tuple[Statement, Value] | None:
    """The voice's last word about a field, with the statement that says it; None: it says nothing of it."""
    for statement in voice:
        given = value(statement)
        if given:
            return statement, given
    return None


def phones(voices: Iterable[Voice]) -> frozenset[str]:
    """The numbers that somebody gives as the person's now; one that was taken back is none of them."""
    words = (latest(voice, lambda statement: statement.person.phone) for voice in voices)
    return frozenset(word[1] for word in words if word)


def stops(voice: Voice) -> Sequence[Stop]:
    """Where the person was, by this voice. Its last list counts; a report without any takes none back.

    Nor does one of whose stops only a part is known: it may be about the same stop.
    """
    found: list[Stop] = []
    for statement in voice:
        listed = statement.report.stops
        found += listed
        if listed and all(stop.sure for stop in listed):
            break
    return found


def coming_word(voice: Voice) -> Statement:
    """The statement that says when, and whether, the person comes.

    That somebody came is not taken back: an announcement after it is of another coming, or a mistake. Whoever
    sees people again and again said first when they came.
    """
    last = voice[0].report
    if last.source_kind in SEEN_AGAIN and not last.expected and not last.reference:
        came = [statement for statement in voice if not statement.report.expected]
        return min(came, key=lambda statement: (statement.report.arrived_at, statement.order))
    return next((statement for statement in voice if not statement.report.expected), voice[0])


def destination_word(voice: Voice) -> Statement:
    """The statement that says where to. One that only names a wider place says nothing new."""
    said = voice[0]
    for earlier in voice[1:]:
        report = said.report
        if report.address.strip() or not earlier.report.division.startswith(report.division):
            break
        said = earlier
    return said
