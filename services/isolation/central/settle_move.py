"""They are admitted, said by the site or by whoever fetched them; or the decision is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.decisions import DECISIONS, MOVE_TO_CENTRAL
from services.isolation.cases.ending import ended
from services.isolation.cases.events import differences
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.lists import LIVING
from services.isolation.cases.merged import one_person
from services.isolation.cases.tables import cases
from services.isolation.cases.unplanned import officers_task
from services.isolation.central.carers import admitted_carers, in_care
from services.isolation.central.rules import ADMITTED, DECIDED, TAKEN_BACK, may_be_admitted
from services.isolation.central.tables import IS_DECIDED, moves
from services.isolation.policies.rules import CONFIRM_ADMISSION, ESCORT_TO_SITE

_M: Final = moves.c
_WRITTEN: Final = ("state", "task_id", "admitted_at", "settled_at", "settled_by")
_SETTLES: Final = (*DECISIONS[MOVE_TO_CENTRAL].settles, ESCORT_TO_SITE)


def settle_move(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """End their cases here with the admission; or give the beds back, and have an officer decide anew."""
    of_it = _of_each(uow.conn, commands)
    ids = {id for named in of_it.values() for id in named if is_id(id)}
    named = select(_M.case_id).where(is_in(uow.conn, _M.move_id, ids))
    with cases_in_hand(uow, uow.conn.execute(named).scalars().all()) as hand:
        # Once more: with its cases locked, nobody else changes one.
        rows = _rows(uow.conn, ids)
        changed: set[str] = set()
        outcomes = each_in_turn(commands, lambda said: _settle(hand, said, of_it[_key(said)], rows, changed))
        written = [{name: rows[id][name] for name in ("move_id", *_WRITTEN)} for id in sorted(changed)]
        update_rows(uow.conn, moves, written, key=["move_id"], set=_WRITTEN)
    return outcomes


def _of_each(conn: Connection, commands: Sequence[Said]) -> dict[tuple[str, str], list[str]]:
    """The command, by its event -> the moves that it is about, the one that it names first."""
    found: dict[tuple[str, str], list[str]] = {}
    for said in commands:
        id = said.data["move_id"]
        found[_key(said)] = [id]
        if said.data["with_household"] and is_id(id):
            found[_key(said)] += _of_household(conn, id)
    return found


def _key(said: Said) -> tuple[str, str]:
    return said.author.source, said.event.id


def _of_household(conn: Connection, move_id: str) -> Sequence[str]:
    """The others of the household who are on the way to the same centre."""
    its = (
        select(_M.centre_id, LIVING.label("household"))
        .join(cases, cases.c.case_id == _M.case_id)
        .where(_M.move_id == move_id)
        .subquery()
    )
    others = (
        select(_M.move_id)
        .join(cases, cases.c.case_id == _M.case_id)
        .join(its, (its.c.centre_id == _M.centre_id) & (its.c.household == LIVING))
        .where(IS_DECIDED, _M.move_id != move_id)
        .order_by(_M.move_id)
    )
    return conn.execute(others).scalars().all()


def _rows(conn: Connection, ids: set[str]) -> dict[str, dict[str, Any]]:
    found = conn.execute(select(moves).where(is_in(conn, _M.move_id, ids))).mappings()
    return {row["move_id"]: {str(name): value for name, value in row.items()} for row in found}


def _settle(
    hand: CasesInHand,
    said: Said,
    of_it: Sequence[str],
    rows: Mapping[str, dict[str, Any]],
    changed: set[str],
) -> Outcome:
    first, outcome = of_it[0], said.data["outcome"]
    followed = {move_id: _followed(hand, said, rows, move_id) for move_id in of_it}
    if outcome == TAKEN_BACK and not hand.is_officer(said):
        message = "an officer decided it, and takes it back: tell them what stands against it"
        raise Refused("not_allowed", [Fault("outcome", "not_by_this_author", message)])
    for move_id, case in followed.items():
        if rows[move_id]["state"] != DECIDED or case is None:
            message = "nobody is on the way: they are there, or the bed was given back"
            raise Refused("conflict", [Fault("move_id", "not_on_the_way", message)])
    named = [rows[move_id] for move_id in of_it]
    if outcome == ADMITTED:
        _must_have_carers(hand.uow.conn, named)
        _must_leave_nobody_on_the_way(hand.uow.conn, named, rows)
    elif not said.data["note"]:
        _must_have_carers_with_them(hand.uow.conn, named)
    for move_id, case in followed.items():
        if case is not None and (case := hand.find(case.case_id)) and case.closed_at is None:
            settle = _admit if outcome == ADMITTED else _take_back
            rows[move_id] |= settle(hand, said, case, rows[move_id])
            changed.add(move_id)
    return Outcome.done(move_id=first, state=outcome, moves=list(of_it))


def _followed(
    hand: CasesInHand, said: Said, rows: Mapping[str, Mapping[str, Any]], move_id: str
) -> Case | None:
    """The case under which they are followed; None: under none. Raises Refused, `unknown`."""
    named = hand.find(rows[move_id]["case_id"]) if move_id in rows else None
    if named is None or not hand.reaches(said, named):
        raise Refused.unknown("move", move_id)
    return hand.followed_as(named)


def _must_have_carers(conn: Connection, admitted: Sequence[Mapping[str, Any]]) -> None:
    """Raises Refused where somebody who cannot be alone would be admitted before their carer."""
    carers = {row["carer"] for row in admitted if row["carer"]}
    with_them = admitted_carers(conn, carers)
    if carers - with_them:
        end_of = one_person(conn, carers)
        coming = {end_of.get(row["case_id"]) for row in admitted}
        with_them |= {carer for carer in carers if end_of[carer] in coming}
    for row in admitted:
        if not may_be_admitted(row["who"], row["carer"], with_them):
            message = (
                "their carer is not there: admit both at once, or take it back and decide with another carer"
            )
            raise Refused("conflict", [Fault("move_id", "carer_not_there", message)])


def _must_leave_nobody_on_the_way(
    conn: Connection, admitted: Sequence[Mapping[str, Any]], rows: Mapping[str, Mapping[str, Any]]
) -> None:
    """Raises Refused where a carer would be admitted without somebody in their care who is to come.

    :param rows: as the commands before have left them.
    """
    settled = {move_id for move_id, row in rows.items() if row["state"] != DECIDED}
    wards = in_care(conn, {row["case_id"] for row in admitted})
    on_the_way = {move_id for move_id, state in wards.items() if state == DECIDED}
    if on_the_way - settled - {row["move_id"] for row in admitted}:
        message = (
            "somebody who cannot be alone is on the way in their care: admit both at once; or an officer "
            "takes the other one's bed back first, and says who minds them"
        )
        raise Refused("conflict", [Fault("move_id", "in_their_care", message)])


def _must_have_carers_with_them(conn: Connection, taken_back: Sequence[Mapping[str, Any]]) -> None:
    """Raises Refused where somebody who cannot be alone stays, whose carer is admitted already."""
    carers = {row["carer"] for row in taken_back if row["carer"]}
    if admitted_carers(conn, carers):
        message = "their carer is in the centre: admit them too, or name who minds them"
        raise Refused("invalid", [Fault("note", "carer_is_there", message)])


def _admit(hand: CasesInHand, said: Said, before: Case, row: Mapping[str, Any]) -> dict[str, Any]:
    for task in hand.tasks(before):
        # Of another bed that is held for them nobody said anything: that one is given back.
        if task.live and (task.kind in _SETTLES or task.task_id == row["task_id"]):
            hand.done(said, before, task)
    after, more = ended(hand, before, states.MOVED_TO_CENTRAL)
    detail = {**_line(hand, said, row), **differences(before, after), **more}
    to = states.MOVED_TO_CENTRAL
    hand.tell(before, after, to, said.event, [to], to, detail)
    return {"state": ADMITTED, "admitted_at": said.at, "settled_by": said.author.source}


def _take_back(hand: CasesInHand, said: Said, case: Case, row: Mapping[str, Any]) -> dict[str, Any]:
    """The bed is free again. Who fetches them by order of the measure still has to."""
    own = [
        task
        for task in hand.tasks(case)
        if task.live and task.about == row["move_id"] and task.kind in (CONFIRM_ADMISSION, ESCORT_TO_SITE)
    ]
    own += [task for task in hand.tasks(case) if task.live and task.task_id == row["task_id"]]
    hand.change_tasks(case, [task.cancelled() for task in own])
    asked, about = hand.book.policy(case).settle_central, f"{row['move_id']}:{case.history_lines + 1}"
    task = officers_task(hand.book, case, asked, about=about)
    case = hand.add_task(said, case, task)
    kinds = ["details", "central_taken_back"]
    hand.tell(case, case, kinds[1], said.event, kinds, kinds[1], _line(hand, said, row))
    return {
        "state": TAKEN_BACK,
        "task_id": task.task_id,
        "settled_at": said.at,
        "settled_by": said.author.source,
    }


def _line(hand: CasesInHand, said: Said, row: Mapping[str, Any]) -> dict[str, Any]:
    note = said.data["note"]
    sealed = {"note": hand.uow.sealer.seal({"note": note}, "note")} if note else {}
    by = {"by": said.author.source, "at": said.at, "staff_id": said.author.staff_id}
    return {**by, "move": row["move_id"], **sealed}
