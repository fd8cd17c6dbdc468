"""Why a case has its measure and its days: what became known, and which lines of which policy followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.engine import Connection

from field.days import local_day
from services.isolation.cases.case import Case
from services.isolation.cases.rows import case_from
from services.isolation.cases.story import Absence, Chapter
from services.isolation.cases.tables import cases
from services.isolation.policies.counting import counted_from, release_day
from services.isolation.policies.documents import policy_from, source_line
from services.isolation.policies.rules import Exposure, Policy, decide
from services.isolation.policies.tables import policies


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that became known, and what followed from it.

    :param arrival_version: of the arrival; None: a policy began, or was corrected.
    :param absent: nobody was there: nothing was asked.
    :param look_back_from: exposures before this day do not count.
    :param exposures: of the arrival, each with whether it counts; the one that decided is `decided_by`.
    :param line: of the policy's document, as `levels.high`; `treat_as` leads on to another one.
    :param counted_by: `arrival` or `leaving`, as that line says.
    """

    at: datetime
    arrival_version: int | None
    absent: Absence | None
    policy_id: str
    edition: str
    look_back_from: date
    exposures: tuple[tuple[Exposure, bool], ...]
    decided_by: Exposure
    line: str
    measure: str
    days: int
    counted_by: str
    day_zero: date
    release_on: date


@dataclass(frozen=True, slots=True)
class Explained:
    """:param source: where the policy of the last step was published."""

    case_id: str
    state: str
    arrived_at: datetime
    measure: str
    days: int
    counted_from: date
    release_on: date
    policy_id: str
    policy_version: int | None
    title: str
    source: str
    steps: tuple[Step, ...]


def explain_case(conn: Connection, case_id: str, *, zone: ZoneInfo) -> Explained | None:
    """Nothing personal: places and days of exposure, no name. None: there is no such case."""
    row = conn.execute(select(cases).where(cases.c.case_id == case_id)).one_or_none()
    if row is None:
        return None
    case = case_from(row)
    documents = _documents(conn)
    known = {id: policy_from(document, version, zone) for id, (document, version) in documents.items()}
    document, _ = documents[case.policy_id]
    return Explained(
        case.case_id,
        case.state,
        case.arrival.arrived_at,
        case.measure,
        case.days,
        case.counted_from,
        case.release_on,
        case.policy_id,
        case.policy_version,
        known[case.policy_id].title,
        source_line(document),
        _steps(case, known, {id: document for id, (document, _) in documents.items()}, zone),
    )


def _documents(conn: Connection) -> dict[str, tuple[dict[str, Any], int]]:
    rows = conn.execute(select(policies.c.policy_id, policies.c.document, policies.c.version))
    return {row.policy_id: (row.document, row.version) for row in rows}


def _steps(
    case: Case, known: Mapping[str, Policy], documents: Mapping[str, Mapping[str, Any]], zone: ZoneInfo
) -> tuple[Step, ...]:
    """As `standing` goes through the chapters of the story."""
    arrival_day = local_day(case.arrival.arrived_at, zone)
    policy = known[case.story[0].policy_id]
    exposures: tuple[Exposure, ...] = ()
    found = []
    for chapter in case.story:
        newer = known[chapter.policy_id]
        policy = newer if newer.applies_to_open_cases else policy
        exposures = chapter.exposures if chapter.version is not None else exposures
        found.append(_step(chapter, policy, documents[policy.policy_id], exposures, arrival_day))
    return tuple(found)


def _step(
    chapter: Chapter,
    policy: Policy,
    document: Mapping[str, Any],
    exposures: tuple[Exposure, ...],
    arrival_day: date,
) -> Step:
    rule, worst = decide(policy, exposures, arrival_day)
    earliest = arrival_day - timedelta(days=policy.look_back_days)
    day_zero = counted_from(rule.counted_from, arrival_day=arrival_day, left_on=worst.left_on)
    return Step(
        chapter.at,
        chapter.version,
        chapter.absent,
        policy.policy_id,
        policy.edition,
        earliest,
        tuple((one, one.left_on is None or one.left_on >= earliest) for one in exposures),
        worst,
        _line(document, worst.level),
        rule.measure,
        rule.days,
        rule.counted_from,
        day_zero,
        release_day(day_zero, rule.days),
    )


def _line(document: Mapping[str, Any], level: str) -> str:
    other = document["levels"][level].get("treat_as")
    return f"levels.{level}" + (f", which is treated as levels.{other}" if other else "")
