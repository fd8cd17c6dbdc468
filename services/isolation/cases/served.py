"""The stages of its measure that a case has been in, each with its days, as papers say them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from services.isolation.cases.first_day import first_day, standing_as_planned
from services.isolation.cases.story import Standing
from services.isolation.policies.rules import Policy


def stages_served(
    conn: Connection, row: Any, policies: Mapping[str, Policy], zone: ZoneInfo
) -> list[dict[str, Any]]:
    """Each as `measure`, `days`, `begins` and `until`, the first one first: of a measure without stages one.

    By the text that the case was planned by, as its first day. One whose days were full when they came was
    asked of them elsewhere, and is not ours to certify.

    :param row: of a case, with at least `FIRST_DAY_COLUMNS` and `release_on`.
    :param policies: by id, those of its chapters.
    """
    stands = standing_as_planned(conn, row, policies, zone)
    before = [*_before(stands)] if stands else []
    begins = row.counted_from if before else first_day(row, stands)
    return [*before, _said(row.measure, row.days, begins, row.release_on)]


def _before(stands: Standing) -> Iterator[dict[str, Any]]:
    arrival_day = stands.arrival_day
    for rule, day_zero, release_on in stands.passed:
        if release_on > arrival_day:
            yield _said(rule.measure, rule.days, rule.first_day(day_zero, arrival_day), release_on)


def _said(measure: str, days: int, begins: date, until: date) -> dict[str, Any]:
    return {"measure": measure, "days": days, "begins": begins.isoformat(), "until": until.isoformat()}
