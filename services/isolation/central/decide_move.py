"""An officer decides that people of a household go to central isolation: a bed is held for each at once.

They are followed here, with all their tasks, until they are admitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.merged import known_as
from services.isolation.cases.unplanned import officers_task, unplanned_task
from services.isolation.central.beds import Beds, read_rooms
from services.isolation.central.carers import adults_there, by_case
from services.isolation.central.rules import (
    ADULT,
    DECIDED,
    Mover,
    faults_of,
    free_beds,
    left_apart,
    place,
)
from services.isolation.plans.task import Task
from services.isolation.policies.rules import (
    ESCORT_TO_SITE,
    SETTLE_BREACH,
    SETTLE_CENTRAL,
    SETTLE_HOME,
    SETTLE_REFUSAL,
)

SEALED_AS: Final = "person"
PROPOSED_BY: Final = (SETTLE_REFUSAL, SETTLE_BREACH, SETTLE_HOME, SETTLE_CENTRAL)
"""Kinds of the officer's tasks that are done with the decision."""


def decide_move(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Hold the beds, and plan for each person who fetches them, and who sees that they are admitted."""
    named = [person["case_id"] for said in commands for person in said.data["people"]]
    with cases_in_hand(uow, named) as hand:
        beds = Beds(uow.conn, {said.data["centre_id"] for said in commands})
        outcomes = each_in_turn(commands, lambda said: _decide(hand, beds, said))
        beds.write()
    return outcomes


def _decide(hand: CasesInHand, beds: Beds, said: Said) -> Outcome:
    data, people = said.data, said.data["people"]
    ids = [person["case_id"] for person in people]
    if len(set(ids)) < len(ids):
        raise Refused.invalid([Fault("people", "named_twice", "name each of them once")])
    named = {case.case_id: case for case in hand.household(said, ids)}
    _must_be_free_to_go(hand, beds, people, named)
    centre_id = data["centre_id"]
    if centre_id not in beds.names:
        raise Refused.unknown("centre", centre_id)
    household = next(iter(named.values())).household
    movers = [_mover(person) for person in people]
    there = adults_there(hand.uow.conn, household, centre_id)
    carers = {id: adult.room_id for id, adult in by_case(there).items()}
    if faults := faults_of(movers, carers.keys()):
        raise Refused.invalid(faults)
    rooms = [room for room in beds.of(centre_id) if data["room_id"] in (None, room.room_id)]
    if apart := left_apart(movers, rooms, carers):
        free = _what_is_free(hand, beds)
        raise Refused(
            "conflict", [_apart(number, carers[movers[number].carer or ""], free) for number in apart]
        )
    placed = place(movers, household, rooms, carers)
    if placed is None:
        needed = sum(one.beds for one in movers)
        message = f"{needed} free beds are needed; until there are, they stay on the list. Free: "
        raise Refused("conflict", [Fault("room_id", "no_bed", message + _what_is_free(hand, beds))])
    moved = []
    for mover, person in zip(movers, people, strict=True):
        case = named[mover.case_id]
        row = _hold(hand, said, case, mover, person) | {
            "centre_id": centre_id,
            "room_id": placed[case.case_id],
        }
        beds.hold(row, household)
        moved.append({name: row[name] for name in ("move_id", "case_id", "room_id")})
    return Outcome.done(moves=moved)


def _must_be_free_to_go(
    hand: CasesInHand, beds: Beds, people: Sequence[Mapping[str, Any]], named: Mapping[str, Case]
) -> None:
    """Raises Refused."""
    for number, person in enumerate(people):
        case, where = named[person["case_id"]], f"people[{number}]"
        if person["expects"] != case.version:
            message = f"the case is {case.state}, at version {case.version}"
            raise Refused("conflict", [Fault(f"{where}.expects", "conflict", message)])
        if case.closed_at is not None:
            message = f"the case is {case.state}: nobody is moved who is not followed"
            raise Refused("conflict", [Fault(f"{where}.case_id", "not_in_this_state", message)])
        if beds.moving(known_as(hand.uow.conn, case.case_id)):
            message = "a bed is held for them already: take that decision back first"
            raise Refused("conflict", [Fault(f"{where}.case_id", "has_a_bed", message)])


def _mover(person: Mapping[str, Any]) -> Mover:
    return Mover(
        person["case_id"],
        person["who"],
        person["carer"],
        bool(person["carer_named"]),
        person["dependants"],
        bool(person["minded_by"]),
        person["apart"],
    )


def _apart(number: int, room_id: str, free: str) -> Fault:
    message = (
        f"their carer is in room {room_id}, where no bed is free or another room is named: name one who goes "
        f"along, or say that they stay apart. Free: {free}"
    )
    return Fault(f"people[{number}].apart", "apart_from_carer", message)


def _what_is_free(hand: CasesInHand, beds: Beds) -> str:
    rooms = read_rooms(hand.uow.conn)
    return free_beds([(beds.names[id], beds.of(id) or of_it) for id, of_it in rooms.items()])


def _hold(
    hand: CasesInHand, said: Said, case: Case, mover: Mover, person: Mapping[str, Any]
) -> dict[str, Any]:
    """Settle what asked for it, plan what comes next, and tell it. Returns the row, but for its room."""
    for task in hand.tasks(case):
        if task.kind in PROPOSED_BY and task.live:
            hand.done(said, case, task)
    move_id = new_id()
    case, escort = _escort(hand, said, case, move_id)
    asked = hand.book.policy(case).confirm_admission
    confirm = officers_task(hand.book, case, asked, about=move_id)
    case = hand.add_task(said, case, confirm)
    words = {
        "carer": person["carer_named"],
        "minded_by": person["minded_by"],
        "note": said.data["note"],
    }
    words = {name: text for name, text in words.items() if text}
    detail = {"by": said.author.source, "at": said.at, "staff_id": said.author.staff_id, "move": move_id}
    kinds = ["details", "central_decided"]
    hand.tell(case, case, "central_decided", said.event, kinds, "central_decided", detail)
    return {
        "move_id": move_id,
        "case_id": case.case_id,
        "beds": mover.beds,
        "who": mover.who,
        "carer": None if mover.who == ADULT else mover.carer,
        "state": DECIDED,
        "decided_at": said.at,
        "decided_by": said.author.source,
        "said": hand.uow.sealer.seal(words, SEALED_AS) if words else None,
        "task_id": confirm.task_id,
        "escort_task_id": escort.task_id,
        **dict.fromkeys(("admitted_at", "settled_at", "settled_by", "ended_as")),
    }


def _escort(hand: CasesInHand, said: Said, case: Case, move_id: str) -> tuple[Case, Task]:
    """Whoever fetches them: the measure may have asked for it already. Returns the case, which counts it."""
    for task in hand.tasks(case):
        if task.kind == ESCORT_TO_SITE and task.live:
            return case, task
    uow, policy = hand.uow, hand.book.policy(case)
    task = unplanned_task(case, policy, policy.escort_to_site, uow.now, uow.zone, about=move_id)
    return hand.add_task(said, case, task), task
