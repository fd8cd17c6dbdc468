"""A message could not be delivered: a human tells the resident; for staff the next level is informed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from uuid import UUID, uuid5

from sqlalchemy import select

from chassis.database.statements import is_in
from chassis.errors import Wrong
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from field.days import local_day
from field.ladder import NOBODY, Ladder, Rung
from field.words import RUNGS
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook, casebook
from services.isolation.cases.tables import case_history
from services.isolation.cases.unplanned import unplanned_task
from services.isolation.metrics import STAFF_NOT_REACHED
from services.isolation.plans.tables import tasks
from services.isolation.policies.counting import day_number
from services.isolation.policies.rules import VISIT
from services.isolation.tasks.overdue_event import overdue_data
from services.isolation.teams.ladder import Informed, Whereabouts, first_with_staff

_NOT_REACHED = "not_reached"

NotReached = dict[tuple[str, str], set[str | None]]
"""(case, subject of a message) -> staff whom no message about it reached."""


def call_by_phone(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """One task for the case's worker, once a message. A message to staff makes no task: see `_climb`."""
    by_notice = {
        (each.data["message_id"], each.data["case_id"], each.data.get("about")): each
        for event in events
        for each in _apart(event)
    }
    with casebook(uow) as book:
        cases = book.lock({case_id for _, case_id, _ in by_notice})
        has_task = _with_task(
            uow, cases, [e.data["message_id"] for e in by_notice.values() if _to_resident(e)]
        )
        not_reached = _not_reached(uow, cases)
        for key in sorted(by_notice, key=str):
            event, message_id = by_notice[key], key[0]
            if message_id in has_task:
                continue
            case = cases.get(event.data["case_id"])
            if case is None and not _to_resident(event):
                # About a pair of arrivals, which need no case: it stands in the list of possible duplicates.
                uow.count(STAFF_NOT_REACHED, NOBODY)
                continue
            if case is None:
                raise Wrong(f"message {message_id} is about a case that is not here")
            if case.stripped_at is not None:
                continue  # nobody knows any more whom to call
            if case.closed_at is None or _tells_the_end(case, event):
                cases[case.case_id] = (
                    _add_call(book, case, event)
                    if _to_resident(event)
                    else _climb(book, case, event, not_reached)
                )


def _apart(event: Event) -> list[Event]:
    """Of a digest to staff each notice that it told, as if a message of its own had failed."""
    abouts = event.data.get("abouts") or ()
    return [event.with_data({**event.data, **about, "abouts": ()}) for about in abouts] or [event]


def _tells_the_end(case: Case, event: Event) -> bool:
    """Whoever was told a measure, by whatever way, must hear that it is void."""
    return _to_resident(event) and event.data.get("about") == f"changed:{case.version}"


def _to_resident(event: Event) -> bool:
    return bool(event.data["recipient"]["kind"] == "resident")


def _with_task(uow: UnitOfWork, case_ids: Collection[str], message_ids: Sequence[str]) -> set[str]:
    """Those of these messages about which there is a task already."""
    k = tasks.c
    these = is_in(uow.conn, k.case_id, case_ids) & k.about.in_(message_ids)
    return set(uow.conn.execute(select(k.about).where(these)).scalars())


def _not_reached(uow: UnitOfWork, case_ids: Collection[str]) -> NotReached:
    h = case_history.c
    of_these = is_in(uow.conn, h.case_id, case_ids) & (h.what == _NOT_REACHED)
    staff: NotReached = defaultdict(set)
    for case_id, detail in uow.conn.execute(select(h.case_id, h.detail).where(of_these)):
        staff[case_id, detail["about"]].add(detail["staff_id"])
    return staff


def _add_call(book: Casebook, case: Case, event: Event) -> Case:
    """Plan a task that no plan has: to call, or visit, the resident whom the message did not reach."""
    message_id = event.data["message_id"]
    policy = book.policy(case)
    asked = policy.call_by_phone
    if event.data.get("instead") == "visit":
        asked = replace(asked, kind=VISIT)
    task = unplanned_task(case, policy, asked, event.time, book.uow.zone, about=message_id)
    case = book.add_unplanned(case, task, event)
    case = replace(case, history_lines=case.history_lines + 1)
    book.change(case, task.kind, event, {"message": message_id, "reason": event.data["reason"]})
    return case


def _climb(book: Casebook, case: Case, event: Event, not_reached: NotReached) -> Case:
    """If several officers of one level were messaged, wait until all of them failed. Then treat it like an
    overdue task and message the next level, once per subject. A failure there climbs the same way; above the
    district nobody is left.
    """
    data, recipient = event.data, event.data["recipient"]
    about = data.get("about") or data["message_id"]  # events of an earlier version name no `about`
    missed = not_reached[case.case_id, about]
    if recipient["staff_id"] in missed:
        return case
    missed.add(recipient["staff_id"])
    ladder = book.policy(case).ladder
    same_level = [rung for rung in ladder.rungs if rung.level == data.get("level") != RUNGS[0]]
    informed = _first_with_staff(book, case, same_level)
    climbs = informed is None or missed.issuperset(member.staff_id for member in informed.staff)
    if climbs:
        informed = _first_with_staff(book, case, ladder.above(recipient["role"]))
    level = informed.level if informed else NOBODY
    book.uow.count(STAFF_NOT_REACHED, level)
    detail = {"about": about, "staff_id": recipient["staff_id"], "told": level, "reason": data["reason"]}
    case = replace(case, history_lines=case.history_lines + 1)
    book.change(case, _NOT_REACHED, event, detail)
    if climbs and informed:
        _inform(book, case, event, ladder, informed)
    return case


def _first_with_staff(book: Casebook, case: Case, rungs: Iterable[Rung]) -> Informed | None:
    a, reference = case.arrival, book.reference
    where = Whereabouts(a.street, a.community, a.grid, case.owner)
    return first_with_staff(rungs, where, reference.places, reference.staff, book.uow.now)


def _inform(book: Casebook, case: Case, event: Event, ladder: Ladder, informed: Informed) -> None:
    """Publish the failure as an overdue task of the level that is informed, once per subject."""
    message_id, about = event.data["message_id"], event.data.get("about")
    subject = str(uuid5(UUID(case.case_id), about)) if about else message_id
    step = 1 + next(n for n, rung in enumerate(ladder.rungs) if rung.level == informed.level)
    data = overdue_data(
        subject,
        case.case_id,
        kind="message_to_staff",
        day=_day(book, case, event),
        due_by=event.time,
        step=step,
        informed=informed,
        community=case.arrival.community,
        urgent=bool(event.data.get("urgent")),
    )
    book.uow.record("task.overdue", subject, step, data, cause=event)


def _day(book: Casebook, case: Case, event: Event) -> int:
    """The day number of the measure at the event's time."""
    return day_number(local_day(event.time, book.uow.zone), case.counted_from)
