"""Whoever knocks at the doors says of somebody that a sample was taken, or why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import insert_rows, is_in
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from services.isolation.rounds.look import look, rounds_of
from services.isolation.rounds.rules import NEEDS_NOTE, TESTED, reaches
from services.isolation.rounds.tables import round_acts, round_people

ACTS: Final = UUID("a1f8c0d2-64b1-4d0e-9d5f-2f3b8a7c6e10")
_P: Final = round_people.c


def report_round_person(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """A fact: the one that happened last counts, whatever the order in which they are told."""
    named = {said.data["person_id"] for said in commands if is_id(said.data["person_id"])}
    rounds = rounds_of(uow.conn, _rounds_with(uow.conn, named), held=True)
    people = _lock(uow.conn, named)
    acts: list[dict[str, Any]] = []
    outcomes = each_in_turn(commands, lambda said: _report(uow, people, rounds, acts, said))
    insert_rows(uow.conn, round_acts, acts, ignore_conflicts=True)
    stands = look(uow, [people[id] for id in {act["person_id"] for act in acts}], rounds)
    return [
        Outcome.done(**outcome.result, state=stands[outcome.result["person_id"]].state)
        if outcome.kind == "done"
        else outcome
        for outcome in outcomes
    ]


def act_id_of(said: Said) -> str:
    return str(uuid5(ACTS, f"{said.author.source}\n{said.event.id}"))


def _rounds_with(conn: Connection, named: Collection[str]) -> set[str]:
    these = select(_P.round_id).where(is_in(conn, _P.person_id, named))
    return set(conn.execute(these).scalars()) if named else set()


def _lock(conn: Connection, named: Collection[str]) -> dict[str, Row[Any]]:
    """In sorted order, after their rounds: a clock looks at them, too."""
    these = select(round_people).where(is_in(conn, _P.person_id, named)).order_by(_P.person_id)
    return {row.person_id: row for row in conn.execute(these.with_for_update())} if named else {}


def _report(
    uow: UnitOfWork,
    people: Mapping[str, Row[Any]],
    rounds: Mapping[str, Row[Any]],
    acts: list[dict[str, Any]],
    said: Said,
) -> Outcome:
    data = said.data
    person = people.get(data["person_id"])
    if person is None or not reaches(said.scope, person.street, person.community, person.grid):
        raise Refused.unknown("person of a round", data["person_id"])
    round = rounds[person.round_id]
    if faults := _faults(data, said.at, round):
        raise Refused.invalid(faults)
    if round.closed_at is not None and said.at > round.closed_at:
        raise Refused("conflict", [Fault("person_id", "round_is_closed", "the round is closed")])
    note = data["note"]
    acts.append(
        {
            "act_id": act_id_of(said),
            "round_id": person.round_id,
            "person_id": person.person_id,
            "what": data["outcome"],
            "at": said.at,
            "note": uow.sealer.seal(note, "note") if note else None,
            "source": said.author.source,
            "event_id": said.event.id,
        }
    )
    return Outcome.done(person_id=person.person_id, round_id=person.round_id)


def _faults(data: Mapping[str, Any], at: datetime, round: Row[Any]) -> list[Fault]:
    faults = []
    if data["outcome"] in NEEDS_NOTE and not data["note"]:
        faults.append(Fault("note", "missing", "say why"))
    if data["outcome"] == TESTED and at < round.begins_at:
        faults.append(
            Fault("outcome", "not_begun", "a sample of before the round began does not count in it")
        )
    return faults
