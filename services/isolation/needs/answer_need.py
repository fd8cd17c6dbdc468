"""Somebody took a need up, met it, could not meet it, or nobody needs it any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand, act_of, cases_in_hand
from services.isolation.needs.rules import MET, NOT_POSSIBLE, SEEN, WITHDRAWN, state_of
from services.isolation.needs.tables import needs as table
from services.isolation.plans.acts import DONE, Act
from services.isolation.plans.task import Task
from services.isolation.policies.rules import MEDICAL_NEED

_WRITTEN = ("how", "withdrawn_at")


def answer_need(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Settle the task of each need, or hold its ladder to a term; the household sees it on its page."""
    ids = sorted({said.data["need_id"] for said in commands if is_id(said.data["need_id"])})
    case_ids = {need["case_id"] for need in _named(uow.conn, ids).values()}
    with cases_in_hand(uow, case_ids) as hand:
        needs = _named(uow.conn, ids)  # once more: with its case locked, nobody else changes one
        outcomes = each_in_turn(commands, lambda said: _answer(hand, needs, said))
        update_rows(uow.conn, table, list(needs.values()), key=["need_id"], set=_WRITTEN)
    return outcomes


def _named(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    c = table.c
    columns = (c.need_id, c.case_id, c.task_id, c.how, c.withdrawn_at, c.source)
    rows = conn.execute(select(*columns).where(is_in(conn, c.need_id, ids))).mappings()
    return {row["need_id"]: {str(name): value for name, value in row.items()} for row in rows}


def _answer(hand: CasesInHand, needs: Mapping[str, dict[str, Any]], said: Said) -> Outcome:
    need, case, task = _found(hand, needs, said)
    data = said.data
    if faults := _faults(data):
        raise Refused.invalid(faults)
    if data["outcome"] == WITHDRAWN:
        after = _withdraw(hand, said, need, case, task)
    else:
        after = hand.report(said, case, task, _act(hand, said, case, task))
        need["how"] = data["how"] if data["outcome"] == MET else need["how"]
    hand.add_line(said, case, f"need_{data['outcome']}", **_told(hand, said, task))
    stands = state_of(
        after.state,
        seen=bool(after.acts and after.acts.seen_at),
        withdrawn=need["withdrawn_at"] is not None,
    )
    return Outcome.done(need_id=need["need_id"], state=stands, task_id=task.task_id, version=after.version)


def _found(
    hand: CasesInHand, needs: Mapping[str, dict[str, Any]], said: Said
) -> tuple[dict[str, Any], Case, Task]:
    """Raises Refused, `unknown`, where the author does not reach it."""
    need = needs.get(said.data["need_id"])
    try:
        case = hand.case(said, need["case_id"] if need else "")
    except Refused:
        raise Refused.unknown("need", said.data["need_id"]) from None
    assert need is not None
    if said.author.staff_id is None and said.data["outcome"] != WITHDRAWN:
        message = "a household takes back what it asked for; whoever meets it says the rest"
        raise Refused("not_allowed", [Fault("outcome", "not_by_this_author", message)])
    if said.author.kind == "contact" and need["source"] != said.author.source:
        message = "a contact person takes back what they asked for themselves"
        raise Refused("not_allowed", [Fault("need_id", "not_by_this_author", message)])
    return need, case, next(task for task in hand.tasks(case) if task.task_id == need["task_id"])


def _faults(data: Mapping[str, Any]) -> list[Fault]:
    faults = []
    if data["outcome"] == MET and not data["how"]:
        faults.append(Fault("how", "missing", "say how it was met"))
    if data["outcome"] == NOT_POSSIBLE and not data["because"]:
        faults.append(Fault("because", "missing", "say why it was not possible"))
    if data["because"] == "other" and not data["note"]:
        faults.append(Fault("note", "missing", "say in words what else it was"))
    return faults


def _act(hand: CasesInHand, said: Said, case: Case, task: Task) -> Act:
    if said.data["outcome"] == SEEN:
        return hand.taken(said, case, task)
    if said.data["outcome"] == NOT_POSSIBLE:
        return hand.not_possible(said, case, said.data["because"])
    return act_of(said, DONE)


def _withdraw(hand: CasesInHand, said: Said, need: dict[str, Any], case: Case, task: Task) -> Task:
    """Said twice it is one. Somebody is on the way for what cannot wait: they end it, who see the person."""
    if need["withdrawn_at"] is not None:
        return task
    if task.kind == MEDICAL_NEED:
        raise Refused.conflict("outcome", "somebody is told already and comes or calls: tell them")
    if not task.live:
        raise Refused.conflict("outcome", f"its task is {task.state} already")
    need["withdrawn_at"] = said.at
    after = task.cancelled()
    hand.change_tasks(case, [after])
    return after


def _told(hand: CasesInHand, said: Said, task: Task) -> dict[str, Any]:
    """What the case's history says of it."""
    data = said.data
    told = {
        "need": data["need_id"],
        "task": task.task_id,
        "kind": task.kind,
        "staff_id": said.author.staff_id,
        "because": data["because"],
        "how": data["how"],
        "note": hand.uow.sealer.seal(data["note"], "note") if data["note"] else None,
        "of_one_that_was": task.state if not task.live else None,
    }
    return {name: value for name, value in told.items() if value is not None}
