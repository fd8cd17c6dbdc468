"""When an arrival is registered, or assessed again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chassis.database.statements import insert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.cases.arrival import chapter_in, chapter_of, facts_of
from services.isolation.cases.casebook import Case, Casebook
from services.isolation.cases.story import Chapter, in_order
from services.isolation.reference import Reference, current

_TELLING = frozenset({"details_added", "companion_added"})


def follow_arrivals(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Open a case under the policy in force, or make the one there is stricter or laxer; plan its tasks.

    Takes `arrival.registered` and `arrival.reassessed` alike, for either may come first: the newest version
    says what is, all versions together say since when, and what comes twice changes nothing.
    """
    reference = current(uow.conn, uow.zone)
    told, waiting = _by_arrival(reference, events)
    book = Casebook(uow, reference)
    known = book.there(told)
    _open(book, {arrival: events for arrival, events in told.items() if arrival not in known})
    known |= book.insert_new()
    _revise(book, {case_id: told[case_id] for case_id in known}, book.lock(known))
    book.write()
    _let_wait(uow, waiting, book.epoch)


Told = list[tuple[Event, Chapter]]


def _by_arrival(
    reference: Reference, events: Sequence[Event]
) -> tuple[dict[str, Told], dict[str, list[Event]]]:
    """The events of each arrival by version, and apart from them those no policy can answer yet."""
    told: dict[str, dict[int, tuple[Event, Chapter]]] = {}
    waiting: dict[str, list[Event]] = {}
    for event in events:
        arrival = event.data["arrival_id"]
        policy = reference.policies.in_force(event.data["destination"]["division"], event.time)
        if policy is None:
            waiting.setdefault(arrival, []).append(event)
        else:
            told.setdefault(arrival, {})[event.version] = (event, chapter_of(event, policy.policy_id))
    return {a: [versions[v] for v in sorted(versions)] for a, versions in told.items()}, waiting


def _open(book: Casebook, told: dict[str, Told]) -> None:
    ready: list[tuple[str, dict[str, Any], list[Chapter], Any, Event]] = []
    for arrival in sorted(told):
        facts = facts_of(told[arrival][-1][0])
        chapters = in_order([chapter for _, chapter in told[arrival]])
        stands = book.standing(chapters, facts["arrived_at"])
        ready.append((arrival, facts, chapters, stands, told[arrival][0][0]))
    book.loads.read((book.roles_of(stands), book.places_of(facts)) for _, facts, _, stands, _ in ready)
    for one in ready:
        book.open(*one)


def _revise(book: Casebook, told: dict[str, Told], known: dict[str, Case]) -> None:
    ready: list[tuple[Case, list[Chapter], Event, dict[str, Any] | None]] = []
    for case_id in sorted(told):
        case = known[case_id]
        chapters = [chapter_in(stored) for stored in case["chapters"]]
        seen = {chapter.version for chapter in chapters}
        fresh = [(event, chapter) for event, chapter in told[case_id] if chapter.version not in seen]
        if fresh:
            newest = fresh[-1][0]
            facts = facts_of(newest) if newest.version > case["arrival_version"] else None
            ready.append((case, [*chapters, *(chapter for _, chapter in fresh)], newest, facts))
    book.tasks.read([case["case_id"] for case, *_ in ready])
    book.loads.read(_wanted(book, ready))
    for case, chapters, newest, facts in ready:
        change = newest.data.get("change") or {}
        book.revise(
            case,
            chapters=chapters,
            facts=facts,
            cause=newest,
            reason=",".join(change.get("why", ())) or newest.type,
            details=facts is not None and not _TELLING.isdisjoint(change.get("why", ())),
        )


def _wanted(book: Casebook, ready: Any) -> Any:
    for case, chapters, _, facts in ready:
        after = {**case, **(facts or {})}
        stands = book.standing(in_order(chapters), after["arrived_at"])
        yield book.roles_of(stands), book.places_of(after)


def _let_wait(uow: UnitOfWork, waiting: dict[str, list[Event]], epoch: int) -> None:
    """No policy was ever published for there: keep the event, so that a case is opened when one is."""
    rows = [
        {
            "arrival_id": arrival,
            "version": event.version,
            "event": event.raw,
            "since": uow.now,
            "policy_epoch": epoch,
        }
        for arrival in sorted(waiting)
        for event in waiting[arrival]
    ]
    insert_rows(uow.conn, t.waiting_for_policy, rows, ignore_conflicts=True)
