"""Somebody refuses what the measure asks: recorded with a witness, and an officer looks what would help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import insert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Refused
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.unplanned import officers_task
from services.isolation.notices import witnesses
from services.isolation.notices.recorded import recorded
from services.isolation.notices.refused_visits import VISIT, look_at_refused_visits
from services.isolation.notices.tables import refusals
from services.isolation.plans.task import Task

_REFUSALS = UUID("b7a9a2c4-2f57-4c0e-9a3d-6f1de2a7c012")


def report_refusal(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Record it for each case named, and plan one task for the household's officer. Nobody is moved by it.

    So many refused visits as the policy says are to be looked into.
    """
    rows: list[dict[str, Any]] = []
    visits: dict[str, Said] = {}
    with cases_in_hand(uow, (case_id for said in commands for case_id in said.data["case_ids"])) as hand:
        known = recorded(uow.conn, refusals, refusals.c.refusal_id, commands)

        def report(said: Said) -> Outcome:
            cases = hand.household(said, said.data["case_ids"])
            id = _id(said)
            if id in known:
                return Outcome.done(refusal_id=id)
            staff = hand.book.reference.staff
            if faults := witnesses.faults_of(said.data["witness"], said.author.staff_id, staff, needed=True):
                raise Refused.invalid(faults)
            rows.extend(_record(hand, said, id, cases))
            if said.data["what"] == VISIT:
                visits.update((case.case_id, said) for case in cases)
            return Outcome.done(refusal_id=id)

        outcomes = each_in_turn(commands, report)
        insert_rows(uow.conn, refusals, rows)
        look_at_refused_visits(hand, visits)
    return outcomes


def _id(said: Said) -> str:
    return str(uuid5(_REFUSALS, f"{said.event.source}\n{said.event.id}"))


def _record(hand: CasesInHand, said: Said, id: str, cases: Sequence[Case]) -> list[dict[str, Any]]:
    data, note = said.data, said.data.get("what_would_help")
    sealed = hand.uow.sealer.seal(note, "note") if note else None
    first = next((followed for case in cases if (followed := hand.followed_as(case))), None)
    first = first or next((case for case in cases if hand.is_merged(case)), None)
    task = _task(hand, id, first) if first else None
    if first and task:
        hand.add_task(said, first, task)
    rows = []
    for named in cases:
        case = hand.case(said, named.case_id)  # as it is by now
        told = {"refused": data["what"], "why": data["why"], "witness": data["witness"]}
        of_task = {"task": task.task_id} if task else {}
        hand.add_line(said, case, "refusal", refusal=id, persons=len(cases), **told, **of_task)
        rows.append(
            {
                "case_id": case.case_id,
                "refusal_id": id,
                "at": said.at,
                "received_at": hand.uow.now,
                "what": data["what"],
                "why": data["why"],
                "what_would_help": sealed,
                "witness": data["witness"],
                "task_id": task.task_id if task else None,
                "source": said.author.source,
                "event_id": said.event.id,
            }
        )
    return rows


def _task(hand: CasesInHand, id: str, case: Case) -> Task:
    return officers_task(hand.book, case, hand.book.policy(case).settle_refusal, about=id)
