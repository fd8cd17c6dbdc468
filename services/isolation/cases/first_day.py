"""The day with which people are told that the days of a case begin, as it was when the case was planned."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from field.days import local_day
from services.isolation.cases.rows import story_from
from services.isolation.cases.rule_of_case import rule_of_case
from services.isolation.cases.tables import cases
from services.isolation.policies.known import policies_with_ids, policy_of_text

_C = cases.c
FIRST_DAY_COLUMNS: Final = (
    *(_C.policy_id, _C.policy_version, _C.measure, _C.days, _C.counted_from),
    *(_C.chapters, _C.arrived_at, _C.closed_at),
)


def first_day(conn: Connection, row: Any, zone: ZoneInfo) -> date:
    """By the text that the case was planned by: a correction after its end changes nothing that was said.

    :param row: of a case, with at least `FIRST_DAY_COLUMNS`.
    """
    policies = policies_with_ids(conn, {one.policy_id for one in story_from(row.chapters)}, zone)
    own = policy_of_text(conn, row.policy_id, row.policy_version, zone)
    rule = rule_of_case(row, {**policies, row.policy_id: own}, zone) if own else None
    day_zero: date = row.counted_from
    return rule.first_day(day_zero, local_day(row.arrived_at, zone)) if rule else day_zero
