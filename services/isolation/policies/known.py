"""The policies this process knows: read from the database again when their revision has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.engine import Connection

from field.days import local_day
from field.policies import in_force
from services.isolation.policies import tables as t
from services.isolation.policies.documents import stored_policy
from services.isolation.policies.rules import Policy
from services.isolation.policies.versions import PUBLISHED

# Beginnings and ends of policies also count as changes of the epoch; there are never so many policies.
_STEP = 10_000
_MOST_KEPT = 500
_BUILT: dict[tuple[str, int, ZoneInfo], tuple[Mapping[str, Any], Policy]] = {}
"""Policies by id and version, each with the text of which it was built."""


class Policies:
    """All policies, withdrawn ones too, and which of them is in force where and when."""

    def __init__(
        self, revision: int, open_revision: int, by_id: Mapping[str, Policy], zone: ZoneInfo
    ) -> None:
        self.revision = revision
        self.open_revision = open_revision
        self.by_id = by_id
        self._zone = zone
        self._in_force: dict[tuple[str | None, date], Policy | None] = {}
        self._open_epochs: dict[date, int] = {}

    def in_force(self, division: str | None, at: datetime) -> Policy | None:
        key = (division, local_day(at, self._zone))
        if key not in self._in_force:
            if len(self._in_force) > 50_000:
                self._in_force.clear()
            self._in_force[key] = in_force(not_withdrawn(self.by_id.values()), *key)
        return self._in_force[key]

    def epoch(self, now: datetime) -> int:
        """Grows whenever another policy may be in force: by an import, by a beginning, by an end."""
        return self.revision * _STEP + _turns(local_day(now, self._zone), self.by_id.values())

    def open_epoch(self, now: datetime) -> int:
        """The same for policies that apply to open cases."""
        today = local_day(now, self._zone)
        if today not in self._open_epochs:
            applying = [policy for policy in self.by_id.values() if policy.applies_to_open_cases]
            self._open_epochs[today] = self.open_revision * _STEP + _turns(today, applying)
        return self._open_epochs[today]


def _turns(today: date, policies: Iterable[Policy]) -> int:
    """The number of beginnings and ends of these policies that have passed."""
    return sum((p.valid_from <= today) + (p.valid_to is not None and p.valid_to < today) for p in policies)


def read_policies(conn: Connection, revision: int, open_revision: int, zone: ZoneInfo) -> Policies:
    return Policies(revision, open_revision, policies_with_ids(conn, None, zone), zone)


def policies_with_ids(conn: Connection, ids: Iterable[str] | None, zone: ZoneInfo) -> dict[str, Policy]:
    """By id, withdrawn ones too; None: all of them."""
    p = t.policies.c
    wanted = select(p.policy_id, p.version, p.document, p.withdrawn)
    rows = conn.execute(wanted if ids is None else wanted.where(p.policy_id.in_(sorted(ids))))
    return {
        row.policy_id: replace(_built(row.document, row.version, zone), withdrawn=row.withdrawn)
        for row in rows
    }


def not_withdrawn(policies: Iterable[Policy]) -> list[Policy]:
    return [policy for policy in policies if not policy.withdrawn]


def policy_of_text(conn: Connection, policy_id: str, version: int | None, zone: ZoneInfo) -> Policy | None:
    """A policy by the text of that version; by the one in force where that is not kept. None: no policy."""
    x, p = t.policy_texts.c, t.policies.c
    kept = select(x.document).where(x.policy_id == policy_id, x.version == version)
    document = conn.execute(kept).scalar_one_or_none()
    if document is None:
        in_force_now = select(p.document).where(p.policy_id == policy_id)
        document = conn.execute(in_force_now).scalar_one_or_none()
    return None if document is None else _built(document, version or 0, zone)


def _built(document: Mapping[str, Any], version: int, zone: ZoneInfo) -> Policy:
    """To build one takes longer than to read it, and each page of a case asks for some."""
    key = document["policy_id"], version, zone
    text, policy = _BUILT.get(key, (None, None))
    if policy is None or text != document:  # a version has one text, in one database
        policy = stored_policy(document, version, zone)
        if len(_BUILT) >= _MOST_KEPT:
            _BUILT.clear()
        _BUILT[key] = document, policy
    return policy


def stored_policies(conn: Connection) -> list[Mapping[str, Any]]:
    """Each as it is stored, with its `document`, those that begin first before the others."""
    wanted = select(t.policies).order_by(t.policies.c.valid_from, t.policies.c.policy_id)
    return [dict(row) for row in conn.execute(wanted).mappings()]


def texts_of(conn: Connection, policy_id: str) -> list[Mapping[str, Any]]:
    """Every text of a policy that is kept, the oldest first: version, what, document, at, source, reason.

    Of one that was published before texts were kept it is the one in force. None: there is no such policy.
    """
    x = t.policy_texts.c
    columns = (x.version, x.what, x.document, x.at, x.source, x.reason)
    kept = conn.execute(select(*columns).where(x.policy_id == policy_id).order_by(x.version)).mappings().all()
    if kept:
        return [dict(row) for row in kept]
    p = t.policies.c
    now = conn.execute(select(p.version, p.document, p.imported_at).where(p.policy_id == policy_id)).all()
    nothing = {"what": PUBLISHED, "source": None, "reason": None}
    return [{"version": version, "document": document, "at": at, **nothing} for version, document, at in now]
