"""What sources say of an arrival that does not count, because another's word does: shown, not lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from services.registration.arrivals.voices import Voice, coming_word, destination_word, latest, voices_of
from services.registration.persons.phones import same_phone
from services.registration.places.spelling import fold
from services.registration.reports.statement import Statement

_WORDS: Final[Mapping[str, Callable[[Voice], tuple[Statement, Any] | None]]] = {
    "address": lambda voice: _said(destination_word(voice), lambda said: said.report.address),
    "arrived_at": lambda voice: _said(coming_word(voice), lambda said: said.report.arrived_at),
    "called_off": lambda voice: _said(coming_word(voice), lambda said: said.report.called_off or None),
    "name": lambda voice: latest(voice, lambda said: said.person.name),
    "phone": lambda voice: latest(voice, lambda said: said.person.phone),
}
_FORMS: Final[Mapping[str, Callable[[Any], Any]]] = {"address": fold, "phone": same_phone}
"""Two ways to write the same are no disagreement."""


def other_words(counts: Mapping[str, Any], statements: Iterable[Statement]) -> list[dict[str, Any]]:
    """The last word of each source that differs from what counts, by field; values are personal data.

    :param counts: what counts: address, arrived_at, called_off, name, phone.
    """
    voices = voices_of(statements)
    found = [word for field in _WORDS for voice in voices for word in _differing(field, counts, voice)]
    found.sort(key=lambda word: (word["field"], word["reported_at"], word["source"]))
    return found


def _differing(field: str, counts: Mapping[str, Any], voice: Voice) -> Iterator[dict[str, Any]]:
    word = _WORDS[field](voice)
    if word is None:
        return
    said, value = word
    form = _FORMS.get(field, _same)
    counting = counts.get(field)
    if counting is None or form(value) != form(counting):
        reported_at: datetime = said.order[0]
        yield {
            "field": field,
            "source": said.order[1],
            "source_kind": said.report.source_kind,
            "reported_at": reported_at,
            "value": value,
        }


def _said(statement: Statement, value: Callable[[Statement], Any]) -> tuple[Statement, Any] | None:
    given = value(statement)
    return (statement, given) if given else None


def _same(value: Any) -> Any:
    return value
