"""What follows from a policy for cases like those that occur: what is planned, decided and told of them.

The policy itself does not stand in it: a field that nobody reads changes nothing here. Some are read here,
and given to rules; that a use case reads them too is looked for by name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from field.days import day_begins
from field.places import PlaceTree
from field.policies import in_force
from field.words import HOME_LACKS, ROLES, RUNG_OF_ROLE, SPECIAL_GROUPS
from services.isolation.breaches.rules import of_refused_visits
from services.isolation.cases.case import Arrival, Case
from services.isolation.cases.events import case_data
from services.isolation.cases.staffing import choose_team
from services.isolation.cases.story import Chapter, Exposed, Standing, standing
from services.isolation.cases.unplanned import unplanned_task
from services.isolation.central.rules import of_home
from services.isolation.check_ins.rules import Asked, faults_of_values, silent_windows, why_abnormal
from services.isolation.policies.documents import policy_from, source_line
from services.isolation.policies.known import Policies
from services.isolation.policies.publish import as_said
from services.isolation.policies.rules import CHECK_IN, Exposure, OpeningTask, Policy
from services.isolation.release.rules import Facts, Measured, lacks
from services.isolation.retention.rules import strip_on
from services.isolation.teams.ladder import Whereabouts, at_levels, informed_at
from services.isolation.teams.rules import Place, Staff, StaffMember
from services.notification.events.case_opened import MEMBERS, CaseOpened
from services.notification.events.event import RESIDENT

ZONE: Final = ZoneInfo("Asia/Shanghai")
DAY: Final = date(2022, 10, 1)
CAME: Final = datetime(2022, 10, 1, 4, 30, tzinfo=UTC)
"""At half past noon: what is due soon does not fall into the night."""
STREET, COMMUNITY, GRID = "street", "community", "grid"
_PLACES: Final = PlaceTree(
    {
        "district": Place(None, "district", ""),
        STREET: Place("district", "street", ""),
        COMMUNITY: Place(STREET, "community", ""),
        GRID: Place(COMMUNITY, "grid", ""),
    }
)
_AT: Final = {"worker": GRID, "community": COMMUNITY, "street": STREET, "district": "district"}
_MEMBERS: Final = {
    role: StaffMember(role, role, _AT[RUNG_OF_ROLE.get(role, "district")], "sealed", "zh-CN", True)
    for role in ROLES
}
_STAFF: Final = Staff(1, _MEMBERS, {(role, one.place): (role,) for role, one in _MEMBERS.items()})
_WHERE: Final = Whereabouts(STREET, COMMUNITY, GRID, "grid_worker")
_ARRIVAL: Final = Arrival(1, CAME, "sealed", "zh-CN", None, "620102", STREET, COMMUNITY, GRID, None)
_DIVISIONS: Final = (None, "620102", "630102", "110101")
_EXPOSURES: Final = ("none", "low", "medium", "high")
ANOTHER: Final = "in-force-before"


def what_follows(document: Mapping[str, Any], another: Policy) -> dict[str, Any]:
    """By the name of what it is about.

    :param another: a policy that holds always and everywhere, without end, for new cases.
    """
    policy = policy_from(document, 1)
    published = as_said(policy, dict(document))
    del published["document"]
    return {
        "published": published,
        "source": source_line(document),
        "holds": _holds(policy, another),
        **of_cases(policy),
        "looked back": [_stands(policy, "high", DAY - timedelta(days=n)).risk_level for n in range(61)],
        "open cases": _of_open_cases(policy, another),
        "check-ins": _of_check_ins(policy),
        "refused visits": [of_refused_visits(number, policy.refused_visits) for number in range(25)],
        "batches": [policy.unusual_batch.is_unusual(100, n) for n in range(100)]
        + [policy.unusual_batch.is_unusual(n, n) for n in range(100)],
        "stripped": strip_on(_case(_stands(policy, "high"), closed_at=CAME), policy.retention_days, ZONE),
        "stand-ins": _team(dataclasses.replace(_stands(policy, "low"), rule=_nobody(policy))),
        "homes": [
            of_home(measure, lacks, group, policy.stays_at_home)
            for measure in ("central_isolation", "home_isolation")
            for lacks in ((), HOME_LACKS)
            for group in (None, *SPECIAL_GROUPS)
        ],
        "tasks": dict(_of_tasks(policy)),
        "ladders": _of_ladders(policy),
    }


def of_cases(policy: Policy) -> dict[str, Any]:
    """What is planned for people, and told of them, by each of its rules and stages."""
    return {
        "cases": [_each_stage(policy, CAME, _arrival(policy, level)) for level in _EXPOSURES],
        "late": [_of_case(policy, _stands(policy, level, DAY - timedelta(days=4))) for level in _EXPOSURES],
        "contact": _each_stage(policy, CAME - timedelta(days=10), *_contact(policy)),
        "inbound": _each_stage(policy, CAME, _arrival(policy, "none", entered_on=DAY - timedelta(days=3))),
        "discharged": _each_stage(policy, CAME, _arrival(policy, "high"), _home_again(policy)),
    }


def _arrival(
    policy: Policy, level: str, left: date = DAY - timedelta(days=1), entered_on: date | None = None
) -> Chapter:
    exposures = () if level == "none" else (Exposure(level, left),)
    return Chapter(1, CAME, exposures, policy.policy_id, entered_on=entered_on)


def _stands(policy: Policy, level: str, left: date = DAY - timedelta(days=1)) -> Standing:
    return standing([_arrival(policy, level, left)], CAME, {policy.policy_id: policy}, ZONE)


def _contact(policy: Policy) -> tuple[Chapter, Chapter]:
    """They came ten days ago, and were together with somebody positive until four days ago."""
    lived = Exposed("another", DAY - timedelta(days=4))
    began = Chapter(None, CAME, (), policy.policy_id, exposed=lived)
    return Chapter(1, CAME - timedelta(days=10), (), policy.policy_id), began


def _home_again(policy: Policy) -> Chapter:
    return Chapter(None, CAME + timedelta(days=9), (), policy.policy_id, discharged=True)


def _each_stage(policy: Policy, came: datetime, *chapters: Chapter) -> list[dict[str, Any]]:
    """Each begins three days after those of the one before are full."""
    stands = standing(chapters, came, {policy.policy_id: policy}, ZONE)
    found = [_of_case(policy, stands)]
    while stands.to_come:
        at = max(day_begins(stands.release_on, ZONE), chapters[-1].at) + timedelta(days=3)
        chapters = (*chapters, Chapter(None, at, (), policy.policy_id, stage=stands.stage + 1))
        stands = standing(chapters, came, {policy.policy_id: policy}, ZONE)
        found.append(_of_case(policy, stands))
    return found


def _case(stands: Standing, **more: Any) -> Case:
    given: dict[str, Any] = dict.fromkeys(field.name for field in dataclasses.fields(Case))
    given |= {"case_id": "case", "arrival": _ARRIVAL, "state": "open", "story": (), "team": _team(stands)}
    given |= {"measure": stands.rule.measure, "days": stands.rule.days, "counted_from": stands.day_zero}
    given |= {"release_on": stands.release_on, "risk_level": stands.risk_level, "tasks_planned": 0}
    return Case(**given | {"policy_id": stands.policy.policy_id} | more)


def _team(stands: Standing) -> Any:
    return choose_team(_ARRIVAL, stands, (GRID, COMMUNITY, STREET), _STAFF, {})


def _nobody(policy: Policy) -> Any:
    return dataclasses.replace(policy.rules["low"], care_team=("nobody",))


def _of_case(policy: Policy, stands: Standing) -> dict[str, Any]:
    tasks = stands.tasks(DAY + timedelta(days=70)).values()
    data = case_data(_case(stands), stands, _STAFF, [], CAME)
    event = CaseOpened()
    officers = at_levels(stands.rule.told, policy.ladder, _WHERE, _PLACES, _STAFF, CAME)
    told = {name: [one.id for one in event.resolve(name, None, data)] for name in (RESIDENT, MEMBERS)}
    days_of_tests = [one.due_from.astimezone(ZONE).date() for one in tasks if one.kind == "test"]
    facts = Facts(CAME, DAY, DAY, refuses=False, tests=days_of_tests, check_ins=[Measured(CAME, True)])
    return {
        "said": {name: value for name, value in data.items() if name != "told"},
        "told": told | {"officers": [one.staff_id for one in officers]},
        "tasks": sorted(tasks),
        "held": lacks(stands.rule.release, facts),
    }


def _holds(policy: Policy, another: Policy) -> list[str]:
    days = (DAY + timedelta(days=n) for n in (-5000, -97, -96, *range(-60, 120, 5)))
    found = (in_force([policy, another], division, day) for day in days for division in _DIVISIONS)
    return [one.policy_id if one else "" for one in found]


def _of_open_cases(policy: Policy, another: Policy) -> tuple[int, str]:
    policies = {policy.policy_id: policy, another.policy_id: another}
    begins = Chapter(None, CAME + timedelta(days=1), (), policy.policy_id)
    chapters = [Chapter(1, CAME, (Exposure("high", DAY),), another.policy_id), begins]
    known = Policies(1, 1, policies, ZONE)
    return known.open_epoch(CAME), standing(chapters, CAME, policies, ZONE).policy.policy_id


def _of_check_ins(policy: Policy) -> dict[str, Any]:
    asked = [
        Asked(str(n), CHECK_IN, "missed", CAME + timedelta(hours=n), CAME + timedelta(hours=n + 1))
        for n in range(30)
    ]
    asks = ("fever", *policy.symptoms, "other-words")
    return {
        "abnormal": [why_abnormal(tenths, (), policy) for tenths in range(340, 430)],
        "symptoms": [len(faults_of_values(365, [word], policy)) for word in asks],
        "visits": [len(silent_windows(asked[:n], CAME + timedelta(days=2), policy)) for n in range(30)],
    }


def _of_tasks(policy: Policy) -> Iterator[tuple[str, Any]]:
    """Those that no plan foresees, as they are planned by day. That each is asked for stands in the tests of
    its kind; here it is what the policy says of it.
    """
    case = _case(_stands(policy, "high"))
    for field in dataclasses.fields(policy):
        asked = getattr(policy, field.name)
        by_kind = asked if isinstance(asked, Mapping) else {"": asked}
        for kind, one in by_kind.items():
            if isinstance(one, OpeningTask):
                task = unplanned_task(case, policy, one, CAME, ZONE, about="x")
                yield f"{field.name} {kind}", (task.kind, task.role, task.staff_id, task.due_by)


def _of_ladders(policy: Policy) -> dict[str, Any]:
    ladders = policy.ladders
    moments = [CAME + timedelta(minutes=30 * n) for n in range(48)]
    found: dict[str, Any] = {}
    for kind in ("first_contact", *sorted(ladders.by_kind)):
        steps = range(1, 16)
        informed = (informed_at(ladders.of(kind), n, _WHERE, _PLACES, _STAFF, CAME) for n in steps)
        found[kind] = (
            [ladders.awake(kind, moment) for moment in moments],
            [(ladders.falls_due(kind, CAME, step), ladders.of(kind).interval(step)) for step in steps],
            [(one.level, [member.staff_id for member in one.staff]) if one else None for one in informed],
        )
    return found
