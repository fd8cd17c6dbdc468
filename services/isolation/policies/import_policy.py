"""A policy is published: checked whole, stored, told to the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from chassis.database.statements import upsert_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation import tables as t
from services.isolation.policies.documents import policy_from, source_line
from services.isolation.reference import OPEN_POLICIES, POLICIES, changed


@dataclass(frozen=True, slots=True)
class Imported:
    policy_id: str
    edition: str
    version: int
    new: bool
    """False: the same document was there already, and nothing was published."""


def import_policy(uow: UnitOfWork, document: dict[str, Any]) -> Imported:
    """Store and publish a policy. Raises PolicyErrors with all that is wrong; then nothing is stored.

    The same `policy_id` again replaces that policy (a correction): open cases under it are planned by the
    corrected text from today on, whether or not it applies to cases of other policies.
    """
    checked = policy_from(document, version=0)
    p = t.policies
    known = uow.conn.execute(
        select(p.c.version, p.c.document).where(p.c.policy_id == checked.policy_id).with_for_update()
    ).one_or_none()
    if known is not None and known.document == document:
        return Imported(checked.policy_id, checked.edition, known.version, new=False)
    version = known.version + 1 if known is not None else 1
    row = {
        "policy_id": checked.policy_id,
        "version": version,
        "edition": checked.edition,
        "title": checked.title,
        "valid_from": checked.valid_from,
        "valid_to": checked.valid_to,
        "document": document,
        "imported_at": uow.now,
    }
    upsert_rows(uow.conn, p, [row], key=["policy_id"], set=[name for name in row if name != "policy_id"])
    changed(uow.conn, POLICIES)
    if checked.applies_to_open_cases or known is not None:
        changed(uow.conn, OPEN_POLICIES)
    data = {
        "policy_id": checked.policy_id,
        "edition": checked.edition,
        "title": checked.title,
        "source": source_line(document),
        "valid_from": checked.valid_from,
        "valid_to": checked.valid_to,
        "places": list(checked.places),
        "document": document,
    }
    uow.record("policy.published", checked.policy_id, version, data, cause=None)
    return Imported(checked.policy_id, checked.edition, version, new=True)
