"""The voices about one coming: what one source says of one matter, its later word in place of the earlier.

A report that leaves a field out does not take it back. What a voice no longer says is said by nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from services.registration.arrivals.retold_stops import still_waiting
from services.registration.arrivals.source_ranks import CALLS_OFF_ITS_OWN, RANK, SEEN_AGAIN, Field
from services.registration.reports.statement import Order, Statement
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

    Nor does one of whose stops only a part is known: it may be about the same stop. A stop that waits for
    correction is taken back by no list that leaves it out.
    """
    found: list[Stop] = []
    later: list[Stop] = []
    is_whole = False
    for statement in voice:
        listed = statement.report.stops
        if not is_whole:
            found += (stop for stop in listed if stop.sure or not statement.waits)
        if statement.waits:
            found += still_waiting(listed, later)
        later += listed
        is_whole = is_whole or (bool(listed) and all(stop.sure for stop in listed))
    return found


def coming_word(voice: Voice) -> Statement:
    """The statement that says when, and whether, the person comes."""
    spoken = _Spoken(voice[0])
    for statement in voice[1:]:
        spoken.add(statement)
    return spoken.word


class ComingWords:
    """What each voice says of when the person comes, kept up to date statement by statement, in any order."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._spoken: dict[tuple[str, ...], _Spoken] = {}
        self._announced_by: set[str] = set()  # publishers, and kinds of source
        for statement in statements:
            self.add(statement)

    def add(self, statement: Statement) -> None:
        key, report = _voice(statement), statement.report
        if not report.called_off:
            self._announced_by |= {f"/{statement.publisher}", report.source_kind}
        if key in self._spoken:
            self._spoken[key].add(statement)
        else:
            self._spoken[key] = _Spoken(statement)

    def __iter__(self) -> Iterator[Statement]:
        words = [spoken.word for spoken in self._spoken.values()]
        return iter([word for word in words if self._may_say(word)] or words)

    def _may_say(self, word: Statement) -> bool:
        """Whoever announced nothing calls nothing off in another's name."""
        kind = word.report.source_kind
        if not word.report.called_off or kind not in CALLS_OFF_ITS_OWN:
            return True
        return kind in self._announced_by or f"/{word.publisher}" in self._announced_by


class _Spoken:
    """Of one voice's statements, those of which one is its word about the coming."""

    def __init__(self, statement: Statement) -> None:
        self._last = statement
        self._first_came = self._last_came = None if statement.report.expected else statement

    def add(self, statement: Statement) -> None:
        if statement.order > self._last.order:
            self._last = statement
        if statement.report.expected:
            return
        if self._last_came is None or statement.order > self._last_came.order:
            self._last_came = statement
        if self._first_came is None or _came(statement) < _came(self._first_came):
            self._first_came = statement

    @property
    def word(self) -> Statement:
        """That somebody came is not taken back: an announcement after it is of another coming, or a mistake.

        Whoever sees people again and again said first when they came.
        """
        last = self._last.report
        if last.source_kind in SEEN_AGAIN and not last.expected and not last.reference:
            return self._first_came or self._last
        return self._last_came or self._last


def _came(statement: Statement) -> tuple[datetime, Order]:
    return statement.report.arrived_at, statement.order


def destination_word(voice: Voice) -> Statement:
    """The statement that says where to. One that only names a wider place says nothing new."""
    said = voice[0]
    for earlier in voice[1:]:
        report = said.report
        if report.address.strip() or not earlier.report.division.startswith(report.division):
            break
        said = earlier
    return said
