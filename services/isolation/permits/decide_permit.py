"""An officer grants leave to go out or refuses it, or whoever asked for it takes it back."""

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
from services.isolation.permits.outings import any_out, look_at
from services.isolation.permits.rows import SEALED_AS, outings_taken
from services.isolation.permits.rules import EMERGENCY, GRANTED, REFUSED, WITHDRAWN, Outing, state_of
from services.isolation.permits.tables import outings
from services.isolation.permits.tables import permits as table
from services.isolation.plans.acts import DONE
from services.isolation.plans.task import Task

_WRITTEN = ("decision", "decided_at", "decided_by", "said", "version", "withdrawn_at")
_Row = dict[str, Any]


def decide_permit(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Settle the task of each permit, and tell the household what was decided."""
    ids = sorted({said.data["permit_id"] for said in commands if is_id(said.data["permit_id"])})
    named = _named(uow.conn, ids).values()
    # The case that has the task may be one that went on for theirs for a while.
    people = {case_id for permit in named for case_id in (*permit["people"], permit["case_id"])}
    with cases_in_hand(uow, people) as hand:
        permits = _named(uow.conn, ids)  # once more: with their cases locked, nobody else changes one
        return each_in_turn(commands, lambda said: _decide(hand, permits, said))


def _named(conn: Connection, ids: Sequence[str]) -> dict[str, _Row]:
    rows = conn.execute(select(table).where(is_in(conn, table.c.permit_id, ids))).mappings()
    return {row["permit_id"]: {str(name): value for name, value in row.items()} for row in rows}


def _decide(hand: CasesInHand, permits: Mapping[str, _Row], said: Said) -> Outcome:
    permit, case, task = _found(hand, permits, said)
    if said.data["decision"] == WITHDRAWN:
        _withdraw(hand, said, permit, case, task)
    else:
        _must_be_an_officer(hand, said)
        if said.data["expects"] != permit["version"]:
            message = f"it is {permit['decision'] or 'not decided'}, at version {permit['version']}"
            raise Refused.conflict("expects", message)
        if faults := _faults(said.data):
            raise Refused.invalid(faults)
        _settle(hand, said, permit, case, task)
    update_rows(hand.uow.conn, table, [permit], key=["permit_id"], set=_WRITTEN)
    look_at(hand, permit["people"], said.event)
    stands = state_of(
        permit["kind"], permit["decision"], withdrawn=permit["withdrawn_at"] is not None, dropped=False
    )
    return Outcome.done(permit_id=permit["permit_id"], state=stands, version=permit["version"])


def _found(hand: CasesInHand, permits: Mapping[str, _Row], said: Said) -> tuple[_Row, Case, Task]:
    """Raises Refused, `unknown`, where the author does not reach it."""
    permit = permits.get(said.data["permit_id"])
    try:
        case = hand.case(said, permit["case_id"] if permit else "")
    except Refused:
        raise Refused.unknown("permit", said.data["permit_id"]) from None
    assert permit is not None
    return permit, case, next(task for task in hand.tasks(case) if task.task_id == permit["task_id"])


def _must_be_an_officer(hand: CasesInHand, said: Said) -> None:
    if not hand.is_officer(said):
        message = "an officer decides it; whoever asked for it takes it back"
        raise Refused("not_allowed", [Fault("decision", "not_by_this_author", message)])


def _faults(data: Mapping[str, Any]) -> list[Fault]:
    if data["decision"] == REFUSED and not (data["reason"] or "").strip():
        return [Fault("reason", "missing", "say why, and what would be possible: they read it")]
    return []


def _withdraw(hand: CasesInHand, said: Said, permit: _Row, case: Case, task: Task) -> None:
    """Said twice it is one. Somebody is on the way in an emergency: whoever sees them ends it."""
    if said.author.kind == "contact" and permit["source"] != said.author.source:
        message = "a contact person takes back what they asked for themselves"
        raise Refused("not_allowed", [Fault("permit_id", "not_by_this_author", message)])
    if permit["withdrawn_at"] is not None:
        return
    if permit["kind"] == EMERGENCY:
        raise Refused.conflict("decision", "somebody is told already and comes or calls: tell them")
    if permit["decision"] == REFUSED or permit["ends"] <= said.at:
        raise Refused.conflict("decision", "there is nothing to take back any more")
    if any_out(hand.uow.conn, permit["permit_id"]):
        raise Refused("conflict", [Fault("decision", "out", "they are out: say when they are back")])
    permit["withdrawn_at"] = said.at
    if task.live:
        hand.change_tasks(case, [task.cancelled()])
    hand.add_line(said, case, "permit_withdrawn", permit=permit["permit_id"], task=task.task_id)


def _settle(hand: CasesInHand, said: Said, permit: _Row, case: Case, task: Task) -> None:
    data, decision = said.data, said.data["decision"]
    _must_be_possible(hand, said, permit, case)
    was = state_of(permit["kind"], permit["decision"], withdrawn=False, dropped=False)
    told = {name: data[name] for name in ("reason", "escort", "how") if data[name]}
    permit |= {
        "decision": decision,
        "decided_at": said.at,
        "decided_by": said.author.source,
        "said": hand.uow.sealer.seal(told, SEALED_AS),
        "version": permit["version"] + 1,
    }
    if task.live:
        hand.report(said, case, task, act_of(said, DONE))
    detail = {"permit": permit["permit_id"], "task": task.task_id, "staff_id": said.author.staff_id}
    what = f"permit_{decision}"
    if was == decision and not told.keys() - {"how"}:
        # An emergency that is found in order: they know already that they may go.
        hand.add_line(said, case, what, **detail)
        return
    line = {"by": said.author.source, "at": said.at, **detail}
    hand.tell(case, case, what, said.event, [what], what, line)


def _must_be_possible(hand: CasesInHand, said: Said, permit: _Row, case: Case) -> None:
    """An emergency is reviewed whatever became of it."""
    if permit["withdrawn_at"] is not None:
        raise Refused.conflict("decision", "it was taken back: nobody asks for it any more")
    if case.closed_at is not None:
        raise Refused.conflict("permit_id", "their case has ended")
    if said.data["decision"] != GRANTED or permit["kind"] == EMERGENCY:
        return
    if permit["ends"] <= hand.uow.now:
        raise Refused("conflict", [Fault("decision", "over", "its time is over: refuse it, and say why")])
    if permit["decision"] == REFUSED and _is_taken(hand, permit):
        message = "another one for this time was asked for meanwhile: decide on that"
        raise Refused("conflict", [Fault("decision", "taken", message)])


def _is_taken(hand: CasesInHand, permit: _Row) -> bool:
    conn, c = hand.uow.conn, outings.c
    own = [Outing(*row) for row in conn.execute(_times.where(c.permit_id == permit["permit_id"]))]
    taken = outings_taken(conn, permit["people"], permit["begins"])
    return any(one.overlaps(other) for one in own for other in taken)


_times = select(outings.c.begins, outings.c.ends).distinct()
