"""Somebody who stays in must go out: an officer decides before they go; an emergency goes at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import insert_rows, is_in
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.words import NOT_KEPT_IN
from services.isolation.cases.case import Case
from services.isolation.cases.events import alarm_data
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.unplanned import officers_task
from services.isolation.permits.outings import look_at
from services.isolation.permits.rows import SEALED_AS, outings_taken
from services.isolation.permits.rules import (
    ASKED,
    EMERGENCY,
    GRANTED,
    Outing,
    asked_for,
    faults_of,
    stays_until,
    task_of,
)
from services.isolation.permits.tables import outings as outings_table
from services.isolation.permits.tables import permits as table
from services.isolation.plans.task import Task
from services.isolation.policies.rules import URGENT_PERMIT
from services.isolation.teams.alarm import those
from services.isolation.teams.ladder import Informed

_PERMITS = UUID("8b0f4a52-7c39-4e5d-8f6a-0d1c2b3a4e5f")


def request_permit(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Plan one task of whoever decides for each request, and tell them."""
    known = _known(uow.conn, commands)
    with cases_in_hand(uow, (case_id for said in commands for case_id in said.data["case_ids"])) as hand:

        def request(said: Said) -> Outcome:
            id = _id(said)
            if id in known:  # said again when nobody remembers the outcome any more
                return Outcome.done(permit_id=id)
            return _request(hand, said, id)

        return each_in_turn(commands, request)


def _id(said: Said) -> str:
    """It follows from the command: said again after years, it is the same."""
    return str(uuid5(_PERMITS, f"{said.author.source}\n{said.event.id}"))


def _known(conn: Connection, commands: Sequence[Said]) -> set[str]:
    ids = [_id(said) for said in commands]
    return set(conn.execute(select(table.c.permit_id).where(is_in(conn, table.c.permit_id, ids))).scalars())


def _request(hand: CasesInHand, said: Said, id: str) -> Outcome:
    data, uow = said.data, hand.uow
    people = _who_stays_in(hand, hand.household(said, data["case_ids"]))
    case = max(people, key=lambda one: (one.release_on, one.case_id))
    wanted = asked_for(data["kind"], [Outing(**one) for one in data["outings"]], said.at)
    if faults := _faults(hand, said, people, wanted):
        raise Refused.invalid(faults)
    policy = hand.book.policy(case)
    task = officers_task(
        hand.book, case, task_of(data["kind"], wanted[0], policy.permits, policy.ladders, uow.now), about=id
    )
    case = hand.add_task(said, case, task)
    told = _tell(hand, said, case, task)
    for one in people:
        has_task = one.case_id == case.case_id
        detail: dict[str, Any] = {"task": task.task_id, "kind": task.kind, "told": told} if has_task else {}
        hand.add_line(said, case if has_task else one, "permit_requested", permit=id, **detail)
    asked = {name: data[name] for name in ("where", "why", "how") if data[name]}
    row = {
        "permit_id": id,
        "case_id": case.case_id,
        "people": [one.case_id for one in people],
        "kind": data["kind"],
        "asked": uow.sealer.seal(asked, SEALED_AS),
        "at": said.at,
        "received_at": uow.now,
        "begins": wanted[0].begins,
        "ends": max(one.ends for one in wanted),
        "task_id": task.task_id,
        "told": list(told),
        "version": 0,
        "source": said.author.source,
        "event_id": said.event.id,
    }
    insert_rows(uow.conn, table, [row])
    insert_rows(
        uow.conn,
        outings_table,
        [
            {"permit_id": id, "number": number, "case_id": one.case_id, **asdict(outing)}
            for number, outing in enumerate(wanted)
            for one in people
        ],
    )
    if data["kind"] == EMERGENCY:  # who was seen going out a moment ago had leave
        look_at(hand, [one.case_id for one in people], said.event)
    return Outcome.done(
        permit_id=id, state=GRANTED if data["kind"] == EMERGENCY else ASKED, task_id=task.task_id
    )


def _who_stays_in(hand: CasesInHand, people: Sequence[Case]) -> list[Case]:
    """Those of these who need leave. Raises Refused where nobody does."""
    kept_in = [case for case in hand.all_followed(people) if case.measure not in NOT_KEPT_IN]
    if not kept_in:
        message = "nothing keeps these in: they may go out without asking"
        raise Refused("conflict", [Fault("case_ids", "nothing_keeps_them", message)])
    return kept_in


def _faults(hand: CasesInHand, said: Said, people: Sequence[Case], wanted: Sequence[Outing]) -> list[Fault]:
    """By when all of them stay: who is released first goes out without leave afterwards."""
    zone, now = hand.uow.zone, hand.uow.now
    until = max(stays_until(_ends_on(hand, one), now, zone) for one in people)
    taken = outings_taken(hand.uow.conn, [one.case_id for one in people], wanted[0].begins) if wanted else []
    return faults_of(said.data["kind"], wanted, said.at, until, taken, zone)


def _ends_on(hand: CasesInHand, case: Case) -> date:
    """When the days of the last stage that is planned are full, not only those of the one in force."""
    return max(case.release_on, hand.book.standing(case).ends_on)


def _tell(hand: CasesInHand, said: Said, case: Case, task: Task) -> tuple[str, ...]:
    """Returns the staff who are told: who decides; of an emergency the team too, who takes them."""
    is_emergency = said.data["kind"] == EMERGENCY
    informed = _who_decides(hand, case, task)
    if is_emergency or informed is None:
        informed = hand.informed_at_once(case, task)
    data = {
        **alarm_data(case, task, informed),
        "permit_id": task.about,
        "task_kind": task.kind,
        "urgent": is_emergency or task.kind == URGENT_PERMIT,
        "at": said.at,
    }
    hand.uow.record("permit.asked", task.about, 1, data, cause=hand.cause(said, case))
    return tuple(member.staff_id for member in informed.staff)


def _who_decides(hand: CasesInHand, case: Case, task: Task) -> Informed | None:
    """None: nobody is there who has the task."""
    staff = hand.book.reference.staff
    there = staff.there(task.staff_id, hand.uow.now)
    return those([there.staff_id], there.level, case.arrival.community, staff) if there else None
