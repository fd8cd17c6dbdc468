"""Whether a home suits for staying in: where it does not, an officer decides where its people go."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from field.words import NEEDS_CARER
from services.isolation.cases.at_home import CARER_SEALED_AS, HOME
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.merged import known_as
from services.isolation.cases.tables import case_history
from services.isolation.cases.unplanned import officers_task
from services.isolation.central.beds import with_bed
from services.isolation.central.rules import OfHome, of_home
from services.isolation.plans.task import Task
from services.isolation.policies.rules import SETTLE_HOME

_H = case_history.c


def report_home(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Note it in each case, and plan a task of the officer for each who is to go elsewhere, or take it back
    where it is no more so. What was seen last counts, in whatever order it comes.
    """
    named = [person["case_id"] for said in commands for person in said.data["people"]]
    with cases_in_hand(uow, named) as hand:
        seen = _Seen(uow, named)
        return each_in_turn(commands, lambda said: _report(hand, seen, said))


class _Seen:
    """What was reported of the homes of these cases so far."""

    def __init__(self, uow: UnitOfWork, case_ids: Collection[str]) -> None:
        these = is_in(uow.conn, _H.case_id, sorted({id for id in case_ids if is_id(id)}))
        columns = (_H.case_id, _H.event_id, _H.detail)
        rows = uow.conn.execute(select(*columns).where(these, _H.what == HOME)).all()
        self._known = {(row.case_id, row.event_id, row.detail["by"]) for row in rows}
        self._last: dict[str, datetime] = {}
        for row in rows:
            self._note(row.case_id, datetime.fromisoformat(row.detail["at"]))

    def knows(self, said: Said, case_id: str) -> bool:
        """Said again when nobody remembers the outcome any more."""
        return (case_id, said.event.id, said.author.source) in self._known

    def is_last(self, said: Said, case_id: str) -> bool:
        """Whether nothing later was seen; noted for the commands after it."""
        before = self._last.get(case_id)
        self._note(case_id, said.at)
        return before is None or before <= said.at

    def _note(self, case_id: str, at: datetime) -> None:
        self._last[case_id] = max(at, self._last.get(case_id, at))


def _report(hand: CasesInHand, seen: _Seen, said: Said) -> Outcome:
    people = said.data["people"]
    ids = [person["case_id"] for person in people]
    if len(set(ids)) < len(ids):
        raise Refused.invalid([Fault("people", "named_twice", "name each of them once")])
    hand.household(said, ids)
    if seen.knows(said, ids[0]):
        return Outcome.done()
    asked = [_asked(hand, said, person) for person in people]
    faults = [
        Fault(f"people[{number}].carer", "needs_carer", "they stay at home: name who cares for them there")
        for number, (person, one) in enumerate(zip(people, asked, strict=True))
        if one.stays and person["group"] in NEEDS_CARER and not (person["carer"] or "").strip()
    ]
    if faults:
        raise Refused.invalid(faults)
    for person, one in zip(people, asked, strict=True):
        _note(hand, seen, said, person, one)
    return Outcome.done()


def _followed(hand: CasesInHand, said: Said, case_id: str) -> Case:
    """As they are followed; the case itself where nobody follows them any more."""
    case = hand.case(said, case_id)
    return hand.followed_as(case) or case


def _asked(hand: CasesInHand, said: Said, person: Mapping[str, Any]) -> OfHome:
    case = _followed(hand, said, person["case_id"])
    if case.closed_at is not None:
        return OfHome(settle=False, stays=False)
    groups = hand.book.policy(case).stays_at_home
    return of_home(case.measure, said.data["lacks"], person["group"], groups)


def _note(hand: CasesInHand, seen: _Seen, said: Said, person: Mapping[str, Any], asked: OfHome) -> None:
    case = _followed(hand, said, person["case_id"])
    task = _settle(hand, said, case, asked) if seen.is_last(said, person["case_id"]) else None
    carer = (person["carer"] or "").strip()
    detail = {
        "lacks": said.data["lacks"],
        "group": person["group"],
        "stays": asked.stays,
        "task": task.task_id if task else None,
        "note": hand.uow.sealer.seal(carer, CARER_SEALED_AS) if carer else None,
    }
    told = {name: value for name, value in detail.items() if value}
    hand.add_line(said, hand.case(said, person["case_id"]), HOME, **told)


def _settle(hand: CasesInHand, said: Said, case: Case, asked: OfHome) -> Task | None:
    """The officer's task, planned if there is none; what is open is taken back where none is needed. Nobody
    decides about the home of whoever has a bed in a centre.
    """
    open_tasks = [task for task in hand.tasks(case) if task.kind == SETTLE_HOME and task.live]
    if not asked.settle or with_bed(hand.uow.conn, known_as(hand.uow.conn, case.case_id)):
        hand.change_tasks(case, [task.cancelled() for task in open_tasks])
        return None
    if open_tasks:
        return open_tasks[0]
    about = f"{SETTLE_HOME}:{case.history_lines + 1}"
    task = officers_task(hand.book, case, hand.book.policy(case).settle_home, about=about)
    hand.add_task(said, case, task)
    return task
