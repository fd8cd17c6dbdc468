"""Somebody, or a place, is put on the contacts' list of a positive, and somebody tells them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import insert_rows, is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import local_day
from field.ids import is_id
from services.isolation.cases.in_hand import cases_in_hand
from services.isolation.positives.tables import close_contacts
from services.isolation.tests.tables import positives

_CONTACTS: Final = UUID("1e0f3b0a-5a53-4d0c-8c7e-2d7a3f9b6c41")
_TOLD_WITHIN: Final = timedelta(hours=24)
_LOOKED_BACK: Final = timedelta(days=30)
_SAID: Final = ("name", "phone", "address", "note")


def list_close_contact(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Keep each, sealed, with a term until which somebody has told them."""
    ids = {said.data["case_id"] for said in commands if is_id(said.data["case_id"])}
    found = select(positives.c.case_id).where(is_in(uow.conn, positives.c.case_id, ids))
    rows: list[dict[str, Any]] = []
    with cases_in_hand(uow, ids) as hand:
        of_positives = set(uow.conn.execute(found).scalars())

        def keep(said: Said) -> Outcome:
            data = said.data
            case = hand.case(said, data["case_id"])
            if case.case_id not in of_positives:
                raise Refused.conflict("case_id", "nothing was found in samples of theirs")
            if faults := _faults(uow, said):
                raise Refused.invalid(faults)
            contact_id = str(uuid5(_CONTACTS, f"{said.author.source}\n{said.event.id}"))
            told = {name: data[name] for name in _SAID if data[name]}
            rows.append(
                {
                    "contact_id": contact_id,
                    "case_id": case.case_id,
                    "kind": data["kind"],
                    "said": uow.sealer.seal(told, "person"),
                    "last_on": data["last_on"],
                    "lives_there": data["lives_there"],
                    "at": said.at,
                    "due_by": uow.now + _TOLD_WITHIN,
                    "source": said.author.source,
                    "event_id": said.event.id,
                }
            )
            hand.add_line(said, case, "close_contact_listed", contact=contact_id, kind=data["kind"])
            return Outcome.done(contact_id=contact_id, case_id=case.case_id)

        outcomes = each_in_turn(commands, keep)
        # Said again when nobody remembers the outcome any more, it is the same one.
        insert_rows(uow.conn, close_contacts, rows, ignore_conflicts=True)
    return outcomes


def _faults(uow: UnitOfWork, said: Said) -> list[Fault]:
    today, faults = local_day(uow.now, uow.zone), []
    last_on = said.data["last_on"]
    if last_on > today:
        faults.append(Fault("last_on", "in_the_future", "it has not come yet"))
    elif last_on < today - _LOOKED_BACK:
        faults.append(Fault("last_on", "too_long_ago", f"over {_LOOKED_BACK.days} days ago"))
    return faults


def settle_close_contact(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Somebody told them, or passed them on, or they are none: they stand on no list from then on."""
    c = close_contacts.c
    ids = {said.data["contact_id"] for said in commands if is_id(said.data["contact_id"])}
    named = select(c.contact_id, c.case_id, c.settled_at).where(is_in(uow.conn, c.contact_id, ids))
    case_of = {row.contact_id: row.case_id for row in uow.conn.execute(named)}
    rows: dict[str, dict[str, Any]] = {}
    with cases_in_hand(uow, case_of.values()) as hand:
        settled = {row.contact_id for row in uow.conn.execute(named) if row.settled_at is not None}

        def settle(said: Said) -> Outcome:
            id, outcome = said.data["contact_id"], said.data["outcome"]
            try:
                case = hand.case(said, case_of.get(id, ""))
            except Refused:
                raise Refused.unknown("close contact", id) from None
            if id in settled or id in rows:
                raise Refused.conflict("contact_id", "somebody settled it already")
            rows[id] = {"contact_id": id, "settled_at": said.at, "settled_as": outcome}
            note = said.data["note"]
            sealed = {"note": uow.sealer.seal(note, "note")} if note else {}
            hand.add_line(said, case, "close_contact_settled", contact=id, outcome=outcome, **sealed)
            return Outcome.done(contact_id=id, outcome=outcome)

        outcomes = each_in_turn(commands, settle)
        ordered = [rows[id] for id in sorted(rows)]
        update_rows(uow.conn, close_contacts, ordered, key=["contact_id"], set=["settled_at", "settled_as"])
    return outcomes
