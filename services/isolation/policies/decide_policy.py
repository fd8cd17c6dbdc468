"""A proposed policy is published by a second person, or discarded by anybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, select, update

from chassis.commands.command import Outcome, Said
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from services.isolation.policies.publish import Act, lock_to_change, publish
from services.isolation.policies.tables import policy_proposals

_P: Final = policy_proposals.c


def decide_policy(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Decisions come from a door, one in a transaction. Raises Refused, which rolls it back."""
    return [_decide(uow, said) for said in commands]


def _decide(uow: UnitOfWork, said: Said) -> Outcome:
    data, id = said.data, said.data["proposal_id"]
    proposal = _locked(uow, id)
    if data["outcome"] == "published":
        result = _publish(uow, said, proposal)
    else:
        result = {"policy_id": proposal.policy_id}
    decided = {
        "decided_as": data["outcome"],
        "decided_at": uow.now,
        "decided_by": said.author.source,
        "decided_event": said.event.id,
        "reason": data["reason"],
    }
    uow.conn.execute(update(policy_proposals).where(_P.proposal_id == id).values(decided))
    return Outcome.done(proposal_id=id, **result)


def _locked(uow: UnitOfWork, id: str) -> Row[Any]:
    wanted = select(policy_proposals).where(_P.proposal_id == id).with_for_update()
    proposal = uow.conn.execute(wanted).one_or_none() if is_id(id) else None
    if proposal is None:
        raise Refused.unknown("proposal", id)
    if proposal.decided_as is not None:
        message = f"it was {proposal.decided_as} already"
        raise Refused("conflict", [Fault("proposal_id", "decided_already", message)])
    return proposal


def _publish(uow: UnitOfWork, said: Said, proposal: Row[Any]) -> dict[str, Any]:
    if said.author.source == proposal.source:
        message = "whoever proposed it does not publish it: another administrator does"
        raise Refused("not_allowed", [Fault("proposal_id", "own_proposal", message)])
    known = lock_to_change(uow, proposal.policy_id)
    if (known.version if known is not None else 0) != proposal.expects:
        message = "the policy was changed since this was proposed: propose it again"
        raise Refused("conflict", [Fault("proposal_id", "changed_since", message)])
    done = publish(uow, proposal.document, Act(said.author.source, said.event))
    return {"policy_id": done.policy_id, "version": done.version}
