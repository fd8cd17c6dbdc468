"""Somebody who stays in was seen going out or coming back: in time, late, or without leave."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.permits.outings import OutingsInHand

_PASSAGES = UUID("1d8f3b60-94c2-4a7b-9e51-6f0a2c7d8b13")


def report_passage(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Note each passage, and see to who is late or had no leave."""
    named = {case_id for said in commands for case_id in said.data["case_ids"]}
    with cases_in_hand(uow, named) as hand:
        found = OutingsInHand(hand, hand.ids)
        outcomes = each_in_turn(commands, lambda said: _report(hand, found, said))
        found.look_at_heard()
        found.write()
    return outcomes


def _report(hand: CasesInHand, found: OutingsInHand, said: Said) -> Outcome:
    data = said.data
    people = hand.all_followed(hand.household(said, data["case_ids"]))
    found.hear(said, people, data["direction"], _PASSAGES)
    return Outcome.done(people=len(people))
