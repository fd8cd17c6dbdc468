"""Places and staff, imported whole and announced; and the copy of the policies that isolation publishes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from chassis.database.statements import is_in, upsert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.registration.domain.imports import PlaceRow, StaffRow, read_places, read_staff
from services.registration.tables import places, policies, staff
from services.registration.usecases.catalogue import mark_changed

_PLACE_FIELDS = ("parent", "level", "name", "aliases", "division", "kind", "removed")
_STAFF_FIELDS = ("role", "place", "language", "active")


def import_places(uow: UnitOfWork, text: str) -> dict[str, int]:
    """A whole places.csv, or BadInput and nothing. Places that the file does not name stay as they are."""
    mark_changed(uow.conn, "places")
    stored = {row.place_id: row for row in uow.conn.execute(select(places))}
    given = read_places(text, {row.place_id: row.level for row in stored.values() if not row.removed})
    changed = [
        {**fields, "place_id": one.place_id, "version": old.version + 1 if old is not None else 1}
        for one in given
        for old, fields in [(stored.get(one.place_id), _place_fields(one))]
        if old is None or any(_plain(getattr(old, name)) != _plain(fields[name]) for name in _PLACE_FIELDS)
    ]
    upsert_rows(uow.conn, places, changed, key=["place_id"], set=[*_PLACE_FIELDS, "version"])
    for row in changed:
        data = {name: value for name, value in row.items() if name != "version"}
        uow.record("place.changed", row["place_id"], row["version"], data, cause=None)
    return _counts(len(given), changed)


def import_staff(uow: UnitOfWork, text: str) -> dict[str, int]:
    """A whole staff.csv, or BadInput and nothing. Members that the file does not name stay as they are."""
    mark_changed(uow.conn, "staff")
    known_places = frozenset(
        uow.conn.execute(select(places.c.place_id).where(places.c.removed.is_(False))).scalars()
    )
    given = read_staff(text, known_places)
    stored = {row.staff_id: row for row in uow.conn.execute(select(staff))}
    changed = []
    for one in given:
        old, fields = stored.get(one.staff_id), _staff_fields(one)
        person = {"name": one.name, "phone": one.phone}
        if (
            old is not None
            and all(getattr(old, name) == fields[name] for name in _STAFF_FIELDS)
            and uow.sealer.unseal(old.sealed) == person
        ):
            continue
        version = old.version + 1 if old is not None else 1
        changed.append(
            {**fields, "staff_id": one.staff_id, "sealed": uow.sealer.seal(person), "version": version}
        )
    upsert_rows(uow.conn, staff, changed, key=["staff_id"], set=[*_STAFF_FIELDS, "sealed", "version"])
    for row in changed:
        data = {name: value for name, value in row.items() if name not in ("version", "sealed")}
        data["person"] = row["sealed"]
        uow.record("staff.changed", row["staff_id"], row["version"], data, cause=None)
    return _counts(len(given), changed)


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


def _place_fields(one: PlaceRow) -> dict[str, Any]:
    return {
        "parent": one.parent,
        "level": one.level,
        "name": one.name,
        "aliases": list(one.aliases),
        "division": one.division,
        "kind": one.kind,
        "removed": False,
    }


def _staff_fields(one: StaffRow) -> dict[str, Any]:
    return {"role": one.role, "place": one.place, "language": one.language, "active": one.active}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _counts(rows: int, changed: Sequence[dict[str, Any]]) -> dict[str, int]:
    new = sum(1 for row in changed if row["version"] == 1)
    return {"rows": rows, "new": new, "changed": len(changed) - new, "unchanged": rows - len(changed)}
