"""An officer gives a round a register of residents: people without a case should be tested, too."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import insert_rows, is_in
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.addresses import building_of
from field.days import local_day
from field.documents import IDENTITY, compact_number
from field.ids import is_id
from services.isolation.cases.tables import cases
from services.isolation.reference import current
from services.isolation.rounds.look import rounds_of
from services.isolation.rounds.registered import address_of, born_of, faults_of_line
from services.isolation.rounds.report_round_person import act_id_of
from services.isolation.rounds.rules import ANSWERED_WITHIN, LEVELS, MISSING, visited_as
from services.isolation.rounds.tables import round_acts, round_people
from services.isolation.tests.tables import awaited_people

_REGISTERED: Final = UUID("c3b5e8a4-90b7-4f0a-8d4e-7e1f2a6b9c03")
_GIVEN: Final = "register"
_C, _P = cases.c, round_people.c


def give_register(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Nobody stands in a round twice: who has a case there already is known, and so is whoever was given."""
    named = {said.data["round_id"] for said in commands if is_id(said.data["round_id"])}
    rounds = rounds_of(uow.conn, named, held=True)
    return each_in_turn(commands, lambda said: _give(uow, rounds, said))


def _give(uow: UnitOfWork, rounds: Mapping[str, Row[Any]], said: Said) -> Outcome:
    data = said.data
    round = rounds.get(data["round_id"])
    if round is None or not said.scope.covers(round.grid, round.community, round.street):
        raise Refused.unknown("round", data["round_id"])
    if round.closed_at is not None:
        raise Refused("conflict", [Fault("round_id", "round_is_closed", "the round is closed")])
    levels = _levels(uow, round, data["place"])
    today = local_day(uow.now, uow.zone)
    faults = [
        fault for number, line in enumerate(data["people"]) for fault in faults_of_line(line, number, today)
    ]
    if faults:
        raise Refused.invalid(faults)
    people = {row["person_id"]: (number, row) for number, row in _rows(uow, round, levels, data["people"])}
    followed = _followed(uow.conn, round, {number for number, _ in people.values() if number})
    wanted = {id: one for id, one in people.items() if one[0] not in followed}
    rows = [wanted[id][1] for id in sorted(wanted)]
    new = insert_rows(uow.conn, round_people, rows, ignore_conflicts=True, returning=["person_id"])
    added = {id for (id,) in new}
    awaited = [{"person_id": id, "identity": wanted[id][0]} for id in sorted(added) if wanted[id][0]]
    insert_rows(uow.conn, awaited_people, awaited, ignore_conflicts=True)
    act = {
        "act_id": act_id_of(said),
        "round_id": round.round_id,
        "person_id": None,
        "what": _GIVEN,
        "at": said.at,
        "note": None,
        "source": said.author.source,
        "event_id": said.event.id,
    }
    insert_rows(uow.conn, round_acts, [act], ignore_conflicts=True)
    return Outcome.done(round_id=round.round_id, added=len(added), known=len(data["people"]) - len(added))


def _levels(uow: UnitOfWork, round: Row[Any], place: str | None) -> dict[str, str | None]:
    """Where they live. Raises Refused."""
    tree = current(uow).places
    if place is not None and (place not in tree.by_id or round.place not in tree.upward(place)):
        raise Refused.invalid([Fault("place", "not_of_this_place", "must lie inside the round's place")])
    of_place = tree.by_level(place or round.place)
    return {level: of_place.get(level) for level in LEVELS}


def _rows(
    uow: UnitOfWork, round: Row[Any], levels: Mapping[str, str | None], lines: Sequence[Mapping[str, Any]]
) -> list[tuple[int | None, dict[str, Any]]]:
    """(blind index of the number, row) of each line. Where there is no number they are known by name and
    door."""
    found = []
    today = local_day(uow.now, uow.zone)
    for line in lines:
        number = compact_number(line["identity_number"] or "")
        identity = uow.index.short(IDENTITY, number) if number else None
        address = address_of(line)
        known_by = f"number {identity}" if identity else uow.index("register", f"{line['name']}\n{address}")
        marks = ("cannot_walk",) if line["cannot_walk"] else ()
        told = {"name": line["name"], "phone": line["phone"], "address": address}
        row = {
            "person_id": str(uuid5(_REGISTERED, f"{round.round_id}\n{known_by}")),
            "round_id": round.round_id,
            "case_id": None,
            "person": uow.sealer.seal(told),
            "building": building_of(address) or "",
            "visit": visited_as(born_of(line), marks, today),
            **levels,
            "state": MISSING,
            "why": None,
            "tested_at": None,
            "due_by": round.ends_at + ANSWERED_WITHIN,
            "look_at": uow.now,
        }
        found.append((identity, row))
    return found


def _followed(conn: Connection, round: Row[Any], numbers: Collection[int]) -> set[int]:
    """Those of these numbers under which somebody stands in the round by their case."""
    of_case = select(_C.identity).join(round_people, _P.case_id == _C.case_id)
    these = of_case.where(
        is_in(conn, _C.identity, numbers), _C.closed_at.is_(None), _P.round_id == round.round_id
    )
    return set(conn.execute(these).scalars()) if numbers else set()
