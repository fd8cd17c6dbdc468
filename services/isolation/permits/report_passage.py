"""Somebody who stays in was seen going out or coming back: in time, late, or without leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.permits.outings import OutingsInHand, passage_row

_PASSAGES = UUID("1d8f3b60-94c2-4a7b-9e51-6f0a2c7d8b13")


def report_passage(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Note each passage, and see to who is late or had no leave."""
    named = {case_id for said in commands for case_id in said.data["case_ids"]}
    with cases_in_hand(uow, named) as hand:
        found = OutingsInHand(hand, hand.ids)
        outcomes = each_in_turn(commands, lambda said: _report(hand, found, said))
        found.write()
    return outcomes


def _report(hand: CasesInHand, found: OutingsInHand, said: Said) -> Outcome:
    data = said.data
    named = hand.household(said, data["case_ids"])
    people = hand.all_followed(named)
    for case in people:
        id = str(uuid5(_PASSAGES, f"{said.author.source}\n{said.event.id}\n{case.case_id}"))
        if found.knows(id):  # said again when nobody remembers the outcome any more
            continue
        more: dict[str, Any] = {"received_at": hand.uow.now, "source": said.author.source}
        found.add(passage_row(id, case.case_id, data["direction"], said.at, event_id=said.event.id, **more))
        case = hand.add_line(said, case, f"passage_{data['direction']}", staff_id=said.author.staff_id)
        found.look(case, said.event)
    return Outcome.done(people=len(people))
