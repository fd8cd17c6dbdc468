"""What administrators see of policies: those that are stored, their texts, and what is proposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from chassis.doors.declared import Asked, Lookup
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from field.scope import Scope
from services.isolation.policies.differences import differences
from services.isolation.policies.documents import stored_policy
from services.isolation.policies.known import stored_policies, texts_of
from services.isolation.policies.tables import policies, policy_proposals
from services.isolation.policies.versions import is_text_before_kept, standing_texts
from services.isolation.policies.withdraw_policy import first_without

_P: Final = policy_proposals.c
_SHOWN: Final = ("policy_id", "edition", "title", "version", "valid_from", "valid_to", "withdrawn")


def _policies(uow: UnitOfWork, _scope: Scope, asked: Asked, _data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns `policies`, those that begin first before the others, and `proposals` that wait, the oldest
    first.
    """
    waiting = select(policy_proposals).where(_P.decided_as.is_(None))
    rows = uow.conn.execute(waiting.order_by(_P.proposed_at, _P.proposal_id)).all()
    return {
        "policies": [_stored(policy, asked) for policy in stored_policies(uow.conn)],
        "proposals": [_proposed(row, asked) for row in rows],
    }


def _policy(
    uow: UnitOfWork, _scope: Scope, asked: Asked, data: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """:param data: `policy_id`, `version`: of the text that is shown, left out: the newest.

    Returns the policy with its `texts`, the newest first, the `document` of the one that is `shown`,
    `differences` from the one before, and `restores`: the version whose text a withdrawal would put in force,
    null: it would hold nowhere. Without `kept_before` that text was not kept, and it cannot be withdrawn; nor
    where no other would hold then: `nothing_else` says from which `day` on, and for which `places`, none:
    everywhere.
    """
    policy_id, version = data.get("policy_id"), data.get("version")
    if not isinstance(policy_id, str) or not isinstance(version, int | None):
        raise Refused.invalid([Fault("policy_id", "invalid", "must be text; version a number or null")])
    stored = {policy["policy_id"]: policy for policy in stored_policies(uow.conn)}
    if policy_id not in stored or "\0" in policy_id:
        return None
    texts = texts_of(uow.conn, policy_id)
    numbers = [text["version"] for text in texts]
    shown = numbers[-1] if version is None else version
    if shown not in numbers:
        return None
    at = numbers.index(shown)
    versions = [(text["version"], text["what"]) for text in texts]
    standing = standing_texts(versions)
    before = texts[at - 1]["document"] if at else None
    restores = standing[-2] if len(standing) > 1 else None
    kept_before = is_text_before_kept(versions)
    can_be = kept_before and not stored[policy_id]["withdrawn"]
    documents = {text["version"]: text["document"] for text in texts}
    return {
        **_stored(stored[policy_id], asked),
        "texts": [_text(text, asked) for text in reversed(texts)],
        "shown": shown,
        "document": texts[at]["document"],
        "differences": _differences(before, texts[at]["document"]),
        "restores": restores,
        "kept_before": kept_before,
        "nothing_else": _nothing_else(uow, documents[numbers[-1]], documents.get(restores))
        if can_be
        else None,
    }


def _nothing_else(uow: UnitOfWork, document: Any, restored: Any) -> dict[str, Any] | None:
    back = stored_policy(restored, 0, uow.zone) if restored is not None else None
    bare = first_without(uow, stored_policy(document, 0, uow.zone), back)
    if bare is None:
        return None
    day, places = bare
    return {"day": day.isoformat(), "places": [place for place in places if place is not None]}


def _proposal(
    uow: UnitOfWork, _scope: Scope, asked: Asked, data: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """:param data: `proposal_id`.

    Returns the proposal with its `document`, and its `differences` from the text in force, null where the
    policy is new; once it is decided, `decided_as`, `decided_at`, `decided_by`, `reason`.
    """
    row = proposal_with_id(uow.conn, data.get("proposal_id"))
    if row is None:
        return None
    p = policies.c
    corrected = select(p.version, p.document).where(p.policy_id == row.policy_id)
    known = uow.conn.execute(corrected).one_or_none()
    return {
        **_proposed(row, asked),
        "version": known.version if known else 0,
        "document": row.document,
        "differences": _differences(known.document if known else None, row.document),
        "decided_as": row.decided_as,
        "decided_at": _moment(row.decided_at, asked) if row.decided_at else None,
        "decided_by": row.decided_by,
        "reason": row.reason,
    }


def proposal_with_id(conn: Connection, id: object) -> Row[Any] | None:
    if not isinstance(id, str) or not is_id(id):
        raise Refused.invalid([Fault("proposal_id", "no_id", "must be the id of a proposal")])
    return conn.execute(select(policy_proposals).where(_P.proposal_id == id)).one_or_none()


def _stored(policy: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    document = policy["document"]
    return {name: policy[name] for name in _SHOWN} | {
        "places": document["places"],
        "applies_to_open_cases": document["applies_to_open_cases"],
        "at": _moment(policy["imported_at"], asked),
    }


def _proposed(row: Row[Any], asked: Asked) -> dict[str, Any]:
    document = row.document
    named = ("policy_id", "edition", "title", "valid_from", "places", "applies_to_open_cases")
    return {name: document[name] for name in named} | {
        "proposal_id": row.proposal_id,
        "expects": row.expects,
        "proposed_at": _moment(row.proposed_at, asked),
        "source": row.source,
    }


def _text(text: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    named = ("version", "what", "source", "reason")
    return {name: text[name] for name in named} | {"at": _moment(text["at"], asked)}


def _differences(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[Any] | None:
    return None if before is None else [asdict(one) for one in differences(before, after)]


def _moment(at: Any, asked: Asked) -> str:
    return str(at.astimezone(asked.zone).isoformat())


POLICIES_STORED: Final = Lookup("policies", _policies)
POLICY: Final = Lookup("policy", _policy)
POLICY_PROPOSAL: Final = Lookup("policy_proposal", _proposal)
