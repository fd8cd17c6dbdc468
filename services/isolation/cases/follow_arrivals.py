"""An arrival is registered or assessed again: its case is opened, or made stricter or laxer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from chassis.database.statements import insert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.isolation.cases.arrival import arrival_of, chapter_of
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook, casebook
from services.isolation.cases.chosen_languages import chosen
from services.isolation.cases.merged import Said, note_merged
from services.isolation.cases.open_cases import Opening, open_cases
from services.isolation.cases.revise_cases import Occasion, revise_cases
from services.isolation.cases.revising import WRONG_NUMBER, Change
from services.isolation.cases.story import Chapter
from services.isolation.cases.tables import waiting_for_policy
from services.isolation.reference import Reference

_DETAILS = frozenset({"details_added", "companion_added"})
_CORRECTED = {
    "phone_changed": "phone",
    "phone_taken_back": WRONG_NUMBER,
    "address_changed": "door",
    "time_moved": "time",
}
"""What registration says was corrected, and what case.changed calls it."""


class News(NamedTuple):
    """An event about an arrival, and what became known with it."""

    event: Event
    chapter: Chapter


def follow_arrivals(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Open a case under the policy in force, or make an open one stricter or laxer; plan its tasks.

    Takes `arrival.registered` and `arrival.reassessed` alike, for either may come first. The newest version
    gives the facts, all versions together give the days, and a repeated version changes nothing.
    """
    with casebook(uow) as book:
        news, waiting = _by_arrival(book.reference, events)
        known = book.stored(news)
        openings = [_opening(id, of_it) for id, of_it in news.items() if id not in known]
        known |= open_cases(book, openings)
        cases = book.lock(known).values()
        _note_merged(book, news, cases)
        occasions = [_occasion(case, news[case.case_id]) for case in cases]
        revise_cases(book, _in_chosen_languages(book, [o for o in occasions if o]))
    _let_wait(book, waiting)


def _by_arrival(
    reference: Reference, events: Sequence[Event]
) -> tuple[Mapping[str, list[News]], Mapping[str, list[Event]]]:
    """The news of each arrival by version, and apart from them the events no policy can answer yet."""
    news: dict[str, dict[int, News]] = {}
    waiting: dict[str, list[Event]] = {}
    for event in events:
        arrival_id = event.data["arrival_id"]
        policy = reference.policies.in_force(event.data["destination"]["division"], event.time)
        if policy is None:
            waiting.setdefault(arrival_id, []).append(event)
        else:
            of_it = news.setdefault(arrival_id, {})
            of_it[event.version] = News(event, chapter_of(event, policy.policy_id))
    return {a: [versions[v] for v in sorted(versions)] for a, versions in news.items()}, waiting


def _opening(arrival_id: str, news: Sequence[News]) -> Opening:
    chapters = [chapter for _, chapter in news]
    return Opening(arrival_id, arrival_of(news[-1].event), chapters, cause=news[0].event)


def _occasion(case: Case, news: Sequence[News]) -> Occasion | None:
    """The news that the case has not seen; None: it has seen all these versions."""
    seen = {chapter.version for chapter in case.story}
    unseen = [(event, chapter) for event, chapter in news if chapter.version not in seen]
    if not unseen:
        return None
    newest = unseen[-1][0]
    why = (newest.data.get("change") or {}).get("why", ())
    is_latest = newest.version > case.arrival.version
    change = Change(
        reason=",".join(why) or newest.type,
        chapters=tuple(chapter for _, chapter in unseen),
        arrival=arrival_of(newest) if is_latest else None,
        details=is_latest and not _DETAILS.isdisjoint(why),
        corrected=_corrected(event for event, _ in unseen),
        merged=bool(newest.data.get("merged")),
    )
    return Occasion(case, change, newest)


def _note_merged(book: Casebook, news: Mapping[str, Sequence[News]], cases: Collection[Case]) -> None:
    """As which case each goes on by its newest news. Of one that stays as it was nothing is asked."""
    known = {case.case_id: case for case in cases}
    said: dict[str, Said] = {}
    for case_id, of_it in news.items():
        case, newest = known.get(case_id), of_it[-1].event
        if case and newest.version <= case.arrival.version:
            continue
        goes_on_as, is_open = newest.data.get("goes_on_as"), case is None or case.closed_at is None
        if goes_on_as or not is_open:
            said[case_id] = Said(newest.version, goes_on_as, was_followed=case is not None and is_open)
    note_merged(book.uow.conn, said, book.uow.now)


def _in_chosen_languages(book: Casebook, occasions: Sequence[Occasion]) -> list[Occasion]:
    """A report says another language than the case has: what its people chose counts. It is seldom so."""
    ask = [
        occasion.case.case_id
        for occasion in occasions
        if occasion.change.arrival and occasion.change.arrival.language != occasion.case.arrival.language
    ]
    languages = chosen(book.uow.conn, ask)
    return [_in_language(occasion, languages.get(occasion.case.case_id)) for occasion in occasions]


def _in_language(occasion: Occasion, language: str | None) -> Occasion:
    arrival = occasion.change.arrival
    if language is None or arrival is None:
        return occasion
    arrival = replace(arrival, language=language)
    return occasion._replace(change=replace(occasion.change, arrival=arrival))


def _corrected(unseen: Iterable[Event]) -> tuple[str, ...]:
    """What all this news corrects: also what is late, for the case was not told of it."""
    why = {word for event in unseen for word in (event.data.get("change") or {}).get("why", ())}
    return tuple(kind for word, kind in _CORRECTED.items() if word in why)


def _let_wait(book: Casebook, waiting: Mapping[str, list[Event]]) -> None:
    """No policy was ever published for their places: keep the events, to open cases when one is published."""
    if not waiting:
        return
    epoch = book.reference.policies.epoch(book.uow.now)
    rows = [
        {
            "arrival_id": arrival_id,
            "version": event.version,
            "event": event.raw,
            "since": book.uow.now,
            "policy_epoch": epoch,
        }
        for arrival_id in sorted(waiting)
        for event in waiting[arrival_id]
    ]
    insert_rows(book.uow.conn, waiting_for_policy, rows, ignore_conflicts=True)
