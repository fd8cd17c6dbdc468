"""A policy is imported: checked whole, stored, and published to the other services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from chassis.database.statements import upsert_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.policies.documents import policy_from, source_line
from services.isolation.policies.rules import Policy
from services.isolation.policies.tables import policies
from services.isolation.revisions import OPEN_POLICIES, REVISIONS


@dataclass(frozen=True, slots=True)
class Imported:
    policy_id: str
    edition: str
    version: int
    new: bool
    """False: the same document was stored already, and nothing was published."""


def import_policy(uow: UnitOfWork, document: dict[str, Any]) -> Imported:
    """Store and publish a policy. Raises Refused with all that is wrong; then nothing is stored.

    The same `policy_id` again replaces that policy (a correction): open cases under it are planned by the
    corrected text from today on, whether or not it applies to cases of other policies.
    """
    policy = policy_from(document, version=0)
    p = policies.c
    known = uow.conn.execute(
        select(p.version, p.document).where(p.policy_id == policy.policy_id).with_for_update()
    ).one_or_none()
    if known is not None and known.document == document:
        return Imported(policy.policy_id, policy.edition, known.version, new=False)
    version = known.version + 1 if known is not None else 1
    _store(uow, policy, version, document)
    REVISIONS.mark_changed(uow.conn, policies.name)
    if policy.applies_to_open_cases or known is not None:
        REVISIONS.mark_changed(uow.conn, OPEN_POLICIES)
    said = as_said(policy, document)
    uow.record("policy.published", policy.policy_id, version, said, cause=None)
    return Imported(policy.policy_id, policy.edition, version, new=True)


def _store(uow: UnitOfWork, policy: Policy, version: int, document: dict[str, Any]) -> None:
    row = {
        "policy_id": policy.policy_id,
        "version": version,
        "edition": policy.edition,
        "title": policy.title,
        "valid_from": policy.valid_from,
        "valid_to": policy.valid_to,
        "document": document,
        "imported_at": uow.now,
    }
    columns = [name for name in row if name != "policy_id"]
    upsert_rows(uow.conn, policies, [row], key=["policy_id"], set=columns)


def as_said(policy: Policy, document: dict[str, Any]) -> dict[str, Any]:
    """What policy.published says of it."""
    return {
        "policy_id": policy.policy_id,
        "edition": policy.edition,
        "title": policy.title,
        "source": source_line(document),
        "valid_from": policy.valid_from,
        "valid_to": policy.valid_to,
        "places": list(policy.places),
        "document": document,
    }
