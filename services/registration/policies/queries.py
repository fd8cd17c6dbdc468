"""The policies as registration needs them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.engine import Connection

from services.registration.policies.tables import policies

DEFAULT_LOOK_BACK_DAYS = 14


@dataclass(frozen=True, slots=True)
class Policy:
    """What registration needs of a policy."""

    policy_id: str
    valid_from: date
    valid_to: date | None
    places: tuple[str, ...]
    look_back_days: int


def read_policies(conn: Connection) -> tuple[Policy, ...]:
    return tuple(
        Policy(
            row.policy_id,
            row.valid_from,
            row.valid_to,
            tuple(row.places),
            int(row.document.get("look_back_days") or DEFAULT_LOOK_BACK_DAYS),
        )
        for row in conn.execute(select(policies))
    )
