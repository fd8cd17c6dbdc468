"""The policies, as registration needs them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Connection

from services.registration.policies.look_back import DEFAULT_LOOK_BACK_DAYS, Policy
from services.registration.policies.tables import policies


def read_policies(conn: Connection) -> tuple[Policy, ...]:
    return tuple(
        Policy(
            row.policy_id,
            row.edition,
            row.valid_from,
            row.valid_to,
            tuple(row.places),
            int(row.document.get("look_back_days") or DEFAULT_LOOK_BACK_DAYS),
        )
        for row in conn.execute(select(policies))
    )
