"""Keep the newest version of each policy that isolation publishes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from chassis.database.statements import is_in, upsert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.registration.policies.tables import policies
from services.registration.reference.versions import mark_changed


def keep_policies(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Handler of `policy.published`: of each policy the newest version, whatever the order they come in."""
    newest: dict[str, Event] = {}
    for event in events:
        policy_id = event.data["policy_id"]
        if policy_id not in newest or event.version > newest[policy_id].version:
            newest[policy_id] = event
    mark_changed(uow.conn, "policies")  # also keeps two replicas from writing an older version over a newer
    stored = {
        row.policy_id: row.version
        for row in uow.conn.execute(
            select(policies.c.policy_id, policies.c.version).where(
                is_in(uow.conn, policies.c.policy_id, sorted(newest))
            )
        )
    }
    rows = [
        {
            "policy_id": policy_id,
            "version": event.version,
            "edition": event.data["edition"],
            "valid_from": event.data["valid_from"],
            "valid_to": event.data.get("valid_to"),
            "places": event.data["places"],
            "document": event.data["document"],
        }
        for policy_id, event in sorted(newest.items())
        if event.version > stored.get(policy_id, -1)
    ]
    fields = ["version", "edition", "valid_from", "valid_to", "places", "document"]
    upsert_rows(uow.conn, policies, rows, key=["policy_id"], set=fields)
