"""A policy is published: checked whole, stored beside its older texts, and said to the other services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from chassis.database.statements import insert_missing, insert_rows, upsert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Fault, Refused
from services.isolation.policies.documents import policy_from, source_line
from services.isolation.policies.rules import Policy
from services.isolation.policies.tables import policies, policy_texts
from services.isolation.policies.versions import PUBLISHED, What
from services.isolation.revisions import OPEN_POLICIES, REVISIONS


@dataclass(frozen=True, slots=True)
class Act:
    """Who publishes or withdraws.

    :param source: as a command names its author, or `/command-line/<name>`.
    :param event: the command; None: by the command line.
    """

    source: str
    event: Event | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    policy_id: str
    edition: str
    version: int
    new: bool
    """False: the same document was in force already, and nothing was published."""


def publish(uow: UnitOfWork, document: dict[str, Any], act: Act) -> Published:
    """Store and publish a policy. Raises Refused with all that is wrong; then nothing is stored.

    The same `policy_id` again replaces that policy (a correction): open cases under it are planned by the
    corrected text from today on, whether or not it applies to cases of other policies. The older text is
    kept. One that was withdrawn whole comes back under another id: cases that it had left would return to it.
    """
    policy = policy_from(document, version=0)
    known = lock_to_change(uow, policy.policy_id)
    if known is not None and known.withdrawn:
        message = "was withdrawn: publish the text under another policy_id"
        raise Refused("conflict", [Fault("policy_id", "withdrawn", message)])
    if known is not None and known.document == document:
        return Published(policy.policy_id, policy.edition, known.version, new=False)
    version = known.version + 1 if known is not None else 1
    if known is not None:
        keep_what_stands(uow, known)
    store(uow, policy, version, document, act, PUBLISHED)
    if policy.applies_to_open_cases or known is not None:
        REVISIONS.mark_changed(uow.conn, OPEN_POLICIES)
    return Published(policy.policy_id, policy.edition, version, new=True)


def lock_to_change(uow: UnitOfWork, policy_id: str) -> Row[Any] | None:
    """As it stands. Policies are changed one after the other: what one act finds in force stays so until it
    is done. The revision comes before the row, for all: else two acts could wait for each other.
    """
    REVISIONS.mark_changed(uow.conn, policies.name)
    return lock_policy(uow, policy_id)


def lock_policy(uow: UnitOfWork, policy_id: str) -> Row[Any] | None:
    """As it stands, until the end of the transaction."""
    wanted = select(policies).where(policies.c.policy_id == policy_id).with_for_update()
    return uow.conn.execute(wanted).one_or_none()


def keep_what_stands(uow: UnitOfWork, known: Row[Any]) -> None:
    """The text in force, where it was published before texts were kept."""
    row = _text(known.policy_id, known.version, PUBLISHED, known.document) | {"at": known.imported_at}
    insert_missing(uow.conn, policy_texts, [row])


def store(
    uow: UnitOfWork, policy: Policy, version: int, document: dict[str, Any], act: Act, what: What
) -> None:
    """The policy as it stands from now on, and the text as one of its versions; others are told."""
    row = {
        "policy_id": policy.policy_id,
        "version": version,
        "edition": policy.edition,
        "title": policy.title,
        "valid_from": policy.valid_from,
        "valid_to": policy.valid_to,
        "document": document,
        "imported_at": uow.now,
        "withdrawn": policy.withdrawn,
    }
    columns = [name for name in row if name != "policy_id"]
    upsert_rows(uow.conn, policies, [row], key=["policy_id"], set=columns)
    text = _text(policy.policy_id, version, what, document)
    event_id = act.event.id if act.event else None
    by = {"at": uow.now, "source": act.source, "event_id": event_id, "reason": act.reason}
    insert_rows(uow.conn, policy_texts, [text | by])
    uow.record("policy.published", policy.policy_id, version, as_said(policy, document), cause=act.event)


def _text(policy_id: str, version: int, what: What, document: Mapping[str, Any]) -> dict[str, Any]:
    by = {"source": None, "event_id": None, "reason": None}
    return {"policy_id": policy_id, "version": version, "what": what, "document": document, **by}


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
        "withdrawn": policy.withdrawn,
    }
