"""The policies, as registration needs them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from services.registration.policies.look_back import DEFAULT_LOOK_BACK_DAYS, Policy
from services.registration.policies.tables import policies


def read_policies(conn: Connection) -> tuple[Policy, ...]:
    """Without those that were withdrawn: they hold nowhere."""
    return tuple(
        Policy(
            row.policy_id,
            row.edition,
            row.valid_from,
            row.valid_to,
            tuple(row.places),
            int(row.document.get("look_back_days") or DEFAULT_LOOK_BACK_DAYS),
            _answer_within(row.document),
        )
        for row in conn.execute(select(policies).where(policies.c.withdrawn.is_(False)))
    )


def _answer_within(document: Mapping[str, Any]) -> timedelta | None:
    """The same term as for another district; an officer there has as much to find out."""
    asked = document.get("confirm_transfer")
    return timedelta(minutes=asked["within_minutes"]) if asked else None
