"""Somebody who stays in was not at home when somebody came, or a sensor says that their door was opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.isolation.breaches.in_hand import SEALED_AS
from services.isolation.breaches.rules import DOOR_SENSOR, NOT_AT_HOME
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.permits.outings import OutingsInHand
from services.isolation.permits.passages import ABSENT, OPENED

_ABSENCES: Final = UUID("a3c1a0de-6f2d-4f5e-8a55-0c1f8be1f7d4")
_DIRECTION: Final = {NOT_AT_HOME: ABSENT, DOOR_SENSOR: OPENED}


def report_breach(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Note each absence; where no leave covers it, somebody finds out and an officer judges."""
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
    _must_be_known_so(hand, said, people)
    sealed = hand.uow.sealer.seal({"saw": data["saw"]}, SEALED_AS) if data["saw"] else None
    found.hear(said, people, _DIRECTION[data["found"]], _ABSENCES, sealed)
    return Outcome.done(people=len(people))


def _must_be_known_so(hand: CasesInHand, said: Said, people: Sequence[Case]) -> None:
    """Who comes to a door says whether they are at home; of a sensor a policy must know. Raises Refused."""
    is_sensor = said.data["found"] == DOOR_SENSOR
    if is_sensor == (said.author.kind == "staff"):
        message = "members of staff say who is not at home, another system that a door was opened"
        raise Refused.invalid([Fault("found", "not_by_this_author", message)])
    if is_sensor and not all(hand.book.policy(case).door_sensors for case in people):
        message = "the policy of the case names no door sensors"
        raise Refused.invalid([Fault("found", "not_in_the_policy", message)])
