"""An administrator proposes a policy, or a correction of one, for another to publish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import insert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.isolation.policies.documents import policy_from
from services.isolation.policies.publish import lock_policy
from services.isolation.policies.rules import Policy
from services.isolation.policies.tables import policy_proposals

_PROPOSALS: Final = UUID("0d2c4f0b-9d0e-4d3c-9a51-4c1f4b7a9e66")
_P: Final = policy_proposals.c


def propose_policy(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """A decision of one, which changes nothing yet."""
    return each_in_turn(commands, lambda said: _propose(uow, said))


def _propose(uow: UnitOfWork, said: Said) -> Outcome:
    # It follows from the command, so that the same one makes no second proposal.
    id, document = str(uuid5(_PROPOSALS, f"{said.author.source}\n{said.event.id}")), said.data["document"]
    if uow.conn.execute(select(_P.proposal_id).where(_P.proposal_id == id)).first():
        return Outcome.done(proposal_id=id)
    policy = _checked(document)
    known = lock_policy(uow, policy.policy_id)
    if known is not None and known.withdrawn:
        message = "was withdrawn: propose the text under another policy_id"
        raise Refused("conflict", [Fault("document.policy_id", "withdrawn", message)])
    if known is not None and known.document == document:
        raise Refused("conflict", [Fault("document", "in_force", "is in force as it is")])
    row: dict[str, Any] = {
        "proposal_id": id,
        "policy_id": policy.policy_id,
        "expects": known.version if known is not None else 0,
        "document": document,
        "proposed_at": uow.now,
        "source": said.author.source,
        "event_id": said.event.id,
    }
    insert_rows(uow.conn, policy_proposals, [row])
    return Outcome.done(proposal_id=id)


def _checked(document: dict[str, Any]) -> Policy:
    """Raises Refused with all that is wrong, each with its path in the command."""
    try:
        return policy_from(document, version=0)
    except Refused as refused:
        faults = (
            replace(fault, where=f"document.{fault.where}" if fault.where else "document")
            for fault in refused.faults
        )
        raise Refused(refused.kind, faults) from None
