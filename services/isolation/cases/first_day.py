"""The day with which people are told that the days of a case begin, as it was when the case was planned."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from field.days import local_day
from services.isolation.cases.tables import cases
from services.isolation.policies.known import policy_of_text

_C = cases.c
FIRST_DAY_COLUMNS: Final = (
    *(_C.policy_id, _C.policy_version, _C.risk_level, _C.measure, _C.days, _C.counted_from, _C.arrived_at),
)


def first_day(conn: Connection, row: Any, zone: ZoneInfo) -> date:
    """By the text that the case was planned by: a correction after its end changes nothing that was said.

    :param row: of a case, with at least `FIRST_DAY_COLUMNS`.
    """
    policy = policy_of_text(conn, row.policy_id, row.policy_version, zone)
    rule = policy.rule_of(row.risk_level, row.measure, row.days) if policy else None
    day_zero: date = row.counted_from
    return rule.first_day(day_zero, local_day(row.arrived_at, zone)) if rule else day_zero
