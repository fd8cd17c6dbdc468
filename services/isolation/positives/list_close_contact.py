"""Somebody, or a place, is put on the contacts' list of a positive, and somebody tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import insert_rows, is_in
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import local_day
from field.ids import is_id
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.merged import ended_in
from services.isolation.positives.contacts_in_hand import ContactsInHand
from services.isolation.positives.tables import close_contacts
from services.isolation.tests.followed import look_again
from services.isolation.tests.tables import positives

_CONTACTS: Final = UUID("1e0f3b0a-5a53-4d0c-8c7e-2d7a3f9b6c41")
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
            policy = hand.book.policy(case)
            asked = policy.tell_contacts
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
                    "due_by": policy.ladders.awake(asked.kind, uow.now + asked.within),
                    "source": said.author.source,
                    "event_id": said.event.id,
                }
            )
            hand.add_line(said, case, "close_contact_listed", contact=contact_id, kind=data["kind"])
            return Outcome.done(contact_id=contact_id, case_id=case.case_id)

        outcomes = each_in_turn(commands, keep)
        # Said again when nobody remembers the outcome any more, it is the same one.
        insert_rows(uow.conn, close_contacts, rows, ignore_conflicts=True)
        look_again(uow.conn, {row["case_id"] for row in rows}, uow.now)
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
    """Somebody told them, or passed them on, or they are none: they stand on no list from then on, unless it
    is found to be a mistake. With the last one ends the task of whoever tells them.
    """
    c = close_contacts.c
    ids = {said.data["contact_id"] for said in commands if is_id(said.data["contact_id"])}
    named = select(c.contact_id, c.case_id).where(is_in(uow.conn, c.contact_id, ids))
    case_of = {contact_id: case_id for contact_id, case_id in uow.conn.execute(named)}
    with cases_in_hand(uow, case_of.values()) as hand:
        own = {id: id for id in hand.ids if (case := hand.find(id)) and not hand.is_merged(case)}
        contacts = ContactsInHand(uow, {id: id for id in hand.ids} | ended_in(uow.conn, own))
        outcomes = each_in_turn(commands, lambda said: _settle(hand, contacts, case_of, said))
        contacts.write()
        # Whoever was told of what is taken back by now is to hear of that.
        look_again(uow.conn, hand.ids, uow.now)
    return outcomes


def _settle(hand: CasesInHand, contacts: ContactsInHand, case_of: Mapping[str, str], said: Said) -> Outcome:
    data = said.data
    id, outcome, mistake = data["contact_id"], data["outcome"], data["mistake"]
    try:
        named = hand.case(said, case_of.get(id, ""))
    except Refused:
        raise Refused.unknown("close contact", id) from None
    if not contacts.may_settle(id, outcome, mistake):
        message = "somebody settled it already, or it was corrected meanwhile"
        raise Refused.conflict("contact_id", message)
    case = hand.goes_on(named) or named
    before = contacts.to_tell(case)
    contacts.settle(id, hand.book.policy(case), outcome, said.at)
    # Where two cases turned out to be one after the end, it may lie with either.
    for of_it, task in [(one, task) for one in (case, named) for task in hand.tasks(one)]:
        if task.live and task.kind in before - contacts.to_tell(case):
            hand.done(said, of_it, task)
    sealed = {"note": hand.uow.sealer.seal(data["note"], "note")} if data["note"] else {}
    of_mistake = {"mistake": True} if mistake else {}
    hand.add_line(said, named, "close_contact_settled", contact=id, outcome=outcome, **of_mistake, **sealed)
    return Outcome.done(contact_id=id, outcome=outcome)
