"""The day with which people are told that the days of a case begin, as it was when the case was planned."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from services.isolation.cases.rule_of_case import standing_of_case
from services.isolation.cases.story import Standing
from services.isolation.cases.tables import cases
from services.isolation.policies.known import policy_of_text
from services.isolation.policies.rules import Policy

_C = cases.c
FIRST_DAY_COLUMNS: Final = (
    *(_C.policy_id, _C.policy_version, _C.measure, _C.days, _C.counted_from),
    *(_C.chapters, _C.arrived_at, _C.closed_at),
)


def standing_as_planned(
    conn: Connection, row: Any, policies: Mapping[str, Policy], zone: ZoneInfo
) -> Standing | None:
    """By the text that the case was planned by: a correction after its end changes nothing that was said.
    None: it was planned by another one, which is not kept.

    :param row: of a case, with at least `FIRST_DAY_COLUMNS`.
    :param policies: by id, those of its chapters.
    """
    own = policy_of_text(conn, row.policy_id, row.policy_version, zone)
    return standing_of_case(row, {**policies, row.policy_id: own}, zone) if own else None


def first_day(row: Any, stands: Standing | None) -> date:
    """
    :param row: of a case, with at least `FIRST_DAY_COLUMNS`.
    :param stands: that case, by `standing_as_planned`.
    """
    day_zero: date = row.counted_from
    return stands.rule.first_day(day_zero, stands.arrival_day) if stands else day_zero
