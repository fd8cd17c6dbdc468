"""The stages of its measure that a case has been in, each with its days, as papers say them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from field.days import local_day
from services.isolation.cases.first_day import first_day
from services.isolation.cases.rule_of_case import standing_of_case
from services.isolation.policies.known import policy_of_text
from services.isolation.policies.rules import Policy


def stages_served(
    conn: Connection, row: Any, policies: Mapping[str, Policy], zone: ZoneInfo
) -> list[dict[str, Any]]:
    """Each as `measure`, `days`, `begins` and `until`, the first one first: of a measure without stages one.

    By the text that the case was planned by, as its first day. One whose days were full when they came was
    asked of them elsewhere, and is not ours to certify.

    :param row: of a case, with at least `FIRST_DAY_COLUMNS` and `release_on`.
    """
    text = policy_of_text(conn, row.policy_id, row.policy_version, zone)
    known = {**policies, row.policy_id: text} if text else policies
    stands = standing_of_case(row, known, zone)
    arrival_day = local_day(row.arrived_at, zone)
    before = [
        _said(one.rule.measure, one.rule.days, one.rule.first_day(one.day_zero, arrival_day), one.release_on)
        for one in (stands.passed if stands else ())
        if one.release_on > arrival_day
    ]
    if not before:
        return [_said(row.measure, row.days, first_day(conn, row, zone), row.release_on)]
    return [*before, _said(row.measure, row.days, row.counted_from, row.release_on)]


def _said(measure: str, days: int, begins: date, until: date) -> dict[str, Any]:
    return {"measure": measure, "days": days, "begins": begins.isoformat(), "until": until.isoformat()}
