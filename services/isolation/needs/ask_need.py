"""A household needs something: it is written down, somebody meets it, what cannot wait is told at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import insert_rows, is_in
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Refused
from services.isolation.cases.case import Case
from services.isolation.cases.events import alarm_data
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.unplanned import unplanned_task
from services.isolation.needs.rows import SEALED_AS
from services.isolation.needs.rules import Asked, days_left_now, faults_of, task_of
from services.isolation.needs.tables import needs as table
from services.isolation.plans.task import Task

_NEEDS = UUID("2f0c5f0e-6d0b-4a9a-9a57-1c2b0f6f7d39")


def ask_need(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Plan one task for each need, and tell whoever must know of one that cannot wait."""
    rows: list[dict[str, Any]] = []
    known = _known(uow.conn, commands)
    with cases_in_hand(uow, (case_id for said in commands for case_id in said.data["case_ids"])) as hand:

        def ask(said: Said) -> Outcome:
            id = _id(said)
            if id in known:  # said again when nobody remembers the outcome any more
                return Outcome.done(need_id=id)
            rows.append(_ask(hand, said, id))
            return Outcome.done(need_id=id)

        outcomes = each_in_turn(commands, ask)
        insert_rows(uow.conn, table, rows)
    return outcomes


def _id(said: Said) -> str:
    """It follows from the command: said again after years, it is the same."""
    return str(uuid5(_NEEDS, f"{said.author.source}\n{said.event.id}"))


def _known(conn: Connection, commands: Sequence[Said]) -> set[str]:
    ids = [_id(said) for said in commands]
    return set(conn.execute(select(table.c.need_id).where(is_in(conn, table.c.need_id, ids))).scalars())


def _ask(hand: CasesInHand, said: Said, id: str) -> dict[str, Any]:
    data, uow = said.data, hand.uow
    people = hand.household(said, data["case_ids"])
    text, days_left, cold = data["text"], data["days_left"], data["needs_cold"]
    if faults := faults_of(data["kind"], text, days_left, needs_cold=cold):
        raise Refused.invalid(faults)
    case = _who_stays_longest(hand, people)
    asked = Asked(data["kind"], days_left_now(days_left, said.at, uow.now, uow.zone))
    policy = hand.book.policy(case)
    meets = task_of(asked, policy.needs, uow.now, uow.zone)
    task = unplanned_task(case, policy, meets, uow.now, uow.zone, about=id)
    case = hand.add_task(said, case, task)
    told = _tell(hand, said, case, task) if asked.is_urgent else ()
    for case_id in dict.fromkeys([case.case_id, *(one.case_id for one in people)]):
        has_task = case_id == case.case_id
        detail: dict[str, Any] = {"task": task.task_id, "kind": task.kind} if has_task else {}
        if has_task and told:
            detail["told"] = told
        if one := hand.find(case_id):
            hand.add_line(said, one, "need", need=id, persons=len(people), **detail)
    return {
        "need_id": id,
        "case_id": case.case_id,
        "people": [one.case_id for one in people],
        "kind": data["kind"],
        "text": uow.sealer.seal(text, SEALED_AS) if text else None,
        "days_left": days_left,
        "needs_cold": cold,
        "at": said.at,
        "received_at": uow.now,
        "task_id": task.task_id,
        "told": list(told),
        "source": said.author.source,
        "event_id": said.event.id,
    }


def _who_stays_longest(hand: CasesInHand, people: Sequence[Case]) -> Case:
    """Whoever is released may fetch things for the others: a need goes on while anybody of these stays in.

    Raises Refused where nobody is followed any more.
    """
    return max(hand.all_followed(people), key=lambda case: (case.release_on, case.case_id))


def _tell(hand: CasesInHand, said: Said, case: Case, task: Task) -> tuple[str, ...]:
    """Returns the staff who are told."""
    informed = hand.informed_at_once(case, task)
    data = {**alarm_data(case, task, informed), "need_id": task.about, "at": said.at}
    hand.uow.record("need.urgent", task.about, 1, data, cause=hand.cause(said, case))
    return tuple(member.staff_id for member in informed.staff)
