"""Why a case has its measure and its days: what became known, and which lines of which policy followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.engine import Connection

from field.days import local_day
from services.isolation.cases.case import Case
from services.isolation.cases.rows import case_from
from services.isolation.cases.story import Absence, Chapter, Standing, counts_as_inbound, standing
from services.isolation.cases.tables import cases
from services.isolation.policies.documents import source_line
from services.isolation.policies.known import read_policies
from services.isolation.policies.rules import CLOSE_CONTACT, DISCHARGED, INBOUND, Exposure, Policy, decide
from services.isolation.policies.tables import policies


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that became known, and what followed from it.

    :param arrival_version: of the arrival; None: a policy began, or was corrected.
    :param stage: that began, by its number in the list; 0: none did.
    :param discharged: they came home from hospital.
    :param entered_on: the day on which they entered the country; None: they did not come from abroad.
    :param absent: nobody was there: nothing was asked.
    :param look_back_from: exposures before this day do not count.
    :param exposures: of the arrival, each with whether it counts; the one that decided is `decided_by`.
    :param line: of the policy's document, as `levels.high`; `treat_as` leads on to another one.
    :param counted_by: one of COUNTED_FROM, as that line says.
    :param then: (measure, days) of the stages that follow.
    :param withdrawn: the policy in force then, where it was withdrawn since: what it said counts no more.
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
    withdrawn: str | None = None
    stage: int = 0
    discharged: bool = False
    entered_on: date | None = None
    then: tuple[tuple[str, int], ...] = ()


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
    known = read_policies(conn, 0, 0, zone).by_id
    document = documents[case.policy_id]
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
        _steps(case, known, documents, zone),
    )


def _documents(conn: Connection) -> dict[str, dict[str, Any]]:
    rows = conn.execute(select(policies.c.policy_id, policies.c.document))
    return {row.policy_id: row.document for row in rows}


def _steps(
    case: Case, known: Mapping[str, Policy], documents: Mapping[str, Mapping[str, Any]], zone: ZoneInfo
) -> tuple[Step, ...]:
    """Where the case stood after each chapter of its story."""
    found = []
    exposures: tuple[Exposure, ...] = ()
    entered_on: date | None = None
    for number, chapter in enumerate(case.story, 1):
        if chapter.version is not None:
            exposures, entered_on = chapter.exposures, chapter.entered_on
        stands = standing(case.story[:number], case.arrival.arrived_at, known, zone)
        step = _step(case, chapter, stands, documents[stands.policy.policy_id], exposures, zone)
        if known[chapter.policy_id].withdrawn:
            step = replace(step, withdrawn=chapter.policy_id)
        policy = stands.policy
        step = replace(step, entered_on=entered_on)
        if policy.inbound and counts_as_inbound(policy, entered_on, stands.arrival_day):
            step = replace(step, line=f"{step.line}, and {_line_of_category(INBOUND, policy.inbound)}")
        if policy.discharged and stands.is_discharged:
            step = replace(step, line=_line_of_category(DISCHARGED, policy.discharged))
        if stands.is_contact:
            of_contacts = _line_of_category(CLOSE_CONTACT, policy.close_contact)
            step = replace(step, line=f"{step.line}, and {of_contacts}")
        if stands.stage or stands.to_come:
            step = replace(step, line=f"{step.line}, stages[{stands.stage}]")
        found.append(step)
    return tuple(found)


def _step(
    case: Case,
    chapter: Chapter,
    stands: Standing,
    document: Mapping[str, Any],
    exposures: tuple[Exposure, ...],
    zone: ZoneInfo,
) -> Step:
    policy, arrival_day = stands.policy, local_day(case.arrival.arrived_at, zone)
    _, worst = decide(policy, exposures, arrival_day)
    earliest = arrival_day - timedelta(days=policy.look_back_days)
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
        stands.rule.measure,
        stands.rule.days,
        stands.rule.counted_from,
        stands.day_zero,
        stands.release_on,
        stage=chapter.stage,
        discharged=chapter.discharged,
        then=tuple((one.rule.measure, one.rule.days) for one in stands.to_come),
    )


def _line_of_category(category: str, rule: str) -> str:
    return category if rule == category else f"{category}, which is treated as levels.{rule}"


def _line(document: Mapping[str, Any], level: str) -> str:
    other = document["levels"][level].get("treat_as")
    return f"levels.{level}" + (f", which is treated as levels.{other}" if other else "")
