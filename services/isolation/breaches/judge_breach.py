"""An officer judges a breach: it is so, and they are admonished, or there was a reason.

It is judged once more where more comes to be known.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from services.isolation.breaches.in_hand import BreachesInHand, followed_as
from services.isolation.breaches.rules import faults_of
from services.isolation.breaches.tables import breaches
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand


def judge_breach(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Note each judgement, settle what was to be found out, and see to what follows."""
    case_of = _cases_of(uow.conn, [said.data["breach_id"] for said in commands])
    with cases_in_hand(uow, case_of.values()) as hand:
        found = BreachesInHand(hand, followed_as(hand, hand.ids))
        outcomes = each_in_turn(commands, lambda said: _judge(hand, found, said))
        found.write()
    return outcomes


def _cases_of(conn: Connection, breach_ids: Sequence[str]) -> dict[str, str]:
    b, ids = breaches.c, sorted(id for id in breach_ids if is_id(id))
    rows = conn.execute(select(b.breach_id, b.case_id).where(is_in(conn, b.breach_id, ids)))
    return {breach_id: case_id for breach_id, case_id in rows}


def _judge(hand: CasesInHand, found: BreachesInHand, said: Said) -> Outcome:
    data, row = said.data, found.row(said.data["breach_id"])
    named = hand.find(row["case_id"]) if row else None
    if row is None or named is None or not hand.reaches(said, named):
        raise Refused.unknown("breach", data["breach_id"])
    if data["expects"] != row["version"]:
        raise Refused.conflict("expects", f"it is {row['state']}, at version {row['version']}")
    if row["in_order_at"] is not None:
        message = "what was reported since puts it right: nothing is left to judge"
        raise Refused("conflict", [Fault("judgement", "in_order", message)])
    if faults := faults_of(data["words"]):
        raise Refused.invalid(faults)
    row = found.judge(said, named, data["judgement"], data["words"])
    return Outcome.done(breach_id=row["breach_id"], state=row["state"], version=row["version"])
