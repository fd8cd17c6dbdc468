"""Somebody who cannot be alone, and is in a centre or on the way there, has another carer from now on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import is_in, lock_rows, update_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.central.beds import names_of_centres, read_rooms
from services.isolation.central.carers import AdultThere, by_case, may_be_carers
from services.isolation.central.decide_move import SEALED_AS
from services.isolation.central.rules import (
    ADMITTED,
    ADULT,
    DECIDED,
    Naming,
    Room,
    beside,
    faults_of_naming,
    free_beds,
)
from services.isolation.central.tables import centres, moves
from services.isolation.policies.rules import NAME_CARER

_M: Final = moves.c
_WRITTEN: Final = ("carer", "said", "room_id", "beds")


def name_carer(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Write down who the carer is, and settle the task of whoever was to find one."""
    ids = {said.data["move_id"] for said in commands if is_id(said.data["move_id"])}
    named = uow.conn.execute(select(_M.case_id, _M.centre_id).where(is_in(uow.conn, _M.move_id, ids))).all()
    carers = [said.data["carer"] for said in commands if said.data["carer"]]
    with cases_in_hand(uow, [*(row.case_id for row in named), *carers]) as hand:
        # Cases are locked before centres, as by whoever gives a bed; with both nobody else changes a move.
        # That of the carer, too: they may be about to leave.
        lock_rows(uow.conn, centres, "centre_id", {row.centre_id for row in named})
        return each_in_turn(commands, lambda said: _name(hand, said))


def _name(hand: CasesInHand, said: Said) -> Outcome:
    conn, data = hand.uow.conn, said.data
    row = _move(conn, data["move_id"])
    case = hand.find(row["case_id"]) if row else None
    if row is None or case is None or not hand.reaches(said, case):
        raise Refused.unknown("move", data["move_id"])
    if row["who"] == ADULT or row["state"] not in (DECIDED, ADMITTED):
        message = "they are an adult who can be alone, or have no bed there any more: nobody is named"
        raise Refused("conflict", [Fault("move_id", "needs_no_carer", message)])
    there = hand.goes_on(case) or case
    adults = by_case(may_be_carers(conn, there.household, row["centre_id"], row["state"]))
    naming = Naming(
        data["carer"],
        bool(data["carer_named"]),
        data["takes_bed"],
        data["dependants"],
        bool(data["minded_by"]),
    )
    if faults := faults_of_naming(naming, adults.keys()):
        raise Refused.invalid(faults)
    carer = adults.get(naming.carer or "")
    room_id, beds = _room(conn, row, there, naming, carer, apart=data["apart"])
    said_of_it = _said(hand, row, data)
    after = {"carer": naming.carer, "said": said_of_it, "room_id": room_id, "beds": beds}
    update_rows(conn, moves, [{"move_id": row["move_id"], **after}], key=["move_id"], set=_WRITTEN)
    for task in hand.tasks(there):
        if task.kind == NAME_CARER and task.live and task.about.startswith(f"{row['move_id']}:"):
            hand.done(said, there, task)
    line = {"staff_id": said.author.staff_id, "move": row["move_id"], "carer": naming.carer}
    line |= {"room": room_id} if room_id != row["room_id"] else {}
    hand.add_line(said, there, "carer_named", **line)
    return Outcome.done(move_id=row["move_id"], room_id=room_id, moved=room_id != row["room_id"])


def _move(conn: Connection, move_id: str) -> dict[str, Any] | None:
    """With what the commands before have left of it."""
    if not is_id(move_id):
        return None
    row = conn.execute(select(moves).where(_M.move_id == move_id)).mappings().one_or_none()
    return {str(name): value for name, value in row.items()} if row else None


def _room(
    conn: Connection,
    row: Mapping[str, Any],
    there: Case,
    naming: Naming,
    carer: AdultThere | None,
    *,
    apart: bool,
) -> tuple[str, int]:
    """Where they are from now on, and with how many beds. Raises Refused with what is possible."""
    rooms = read_rooms(conn, {row["centre_id"]}).get(row["centre_id"], [])
    own = next((room for room in rooms if room.room_id == row["room_id"]), Room(row["room_id"], 0, False))
    takes_bed = naming.takes_bed and naming.carer_named
    with_room = carer.room_id if carer else None
    found = beside(own, row["beds"], there.household, rooms, with_room, takes_bed=takes_bed)
    if found is None and carer and apart:
        found = beside(own, row["beds"], there.household, rooms, None, takes_bed=False)
    if found is not None:
        return found
    free = free_beds([(names_of_centres(conn)[row["centre_id"]], rooms)])
    if carer is None:
        message = f"the carer needs a bed beside them, and no room has one; free: {free}"
        raise Refused("conflict", [Fault("carer_named", "no_bed", message)])
    message = (
        f"the carer is in room {with_room}, which has no free bed: name one who comes to them, or another "
        f"adult of theirs, or say that they stay apart; free: {free}"
    )
    raise Refused("conflict", [Fault("apart", "apart_from_carer", message)])


def _said(hand: CasesInHand, row: Mapping[str, Any], data: Mapping[str, Any]) -> str | None:
    """Sealed: the words about the carer before are replaced, the note to the site stays."""
    sealer = hand.uow.sealer
    before = sealer.unseal(row["said"], SEALED_AS) if row["said"] else {}
    words = {"carer": data["carer_named"], "minded_by": data["minded_by"], "note": before.get("note")}
    words = {name: text for name, text in words.items() if text}
    return sealer.seal(words, SEALED_AS) if words else None
