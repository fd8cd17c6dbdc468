"""What a household sees of itself on its page: one answer with all that the page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from chassis.database.statements import is_in
from chassis.doors.declared import Asked, Lookup
from chassis.sealing import SealBroken
from chassis.unit_of_work import UnitOfWork
from field.days import day_begins, local_day
from field.documents import born_by
from field.scope import Scope
from field.telling_apart import Someone, tell_apart
from services.isolation.cases.rows import story_from
from services.isolation.cases.rule_of_case import rule_of_case
from services.isolation.cases.story import counts_as_inbound, entry, standing
from services.isolation.cases.tables import cases
from services.isolation.cases.to_come import stages_to_come
from services.isolation.check_ins.check_in import CheckIn, that_counts
from services.isolation.check_ins.rows import check_ins_since
from services.isolation.check_ins.rules import window_missed, window_served
from services.isolation.households.breaches_shown import breaches_shown
from services.isolation.households.household_link import cases_of
from services.isolation.households.needs_shown import needs_shown
from services.isolation.households.permits_shown import permits_shown
from services.isolation.households.told import opened, told
from services.isolation.links.tables import links
from services.isolation.notices.tables import notices
from services.isolation.plans import states
from services.isolation.plans.acts import DONE
from services.isolation.plans.rows import read_tasks
from services.isolation.plans.task import Task
from services.isolation.policies.counting import day_number
from services.isolation.policies.rules import CHECK_IN, SEE_POSITIVE, SIGNED_NOTICE, TEST
from services.isolation.reference import Reference, current

_SHOWN_BACK: Final = timedelta(days=1)
"""Check-ins since the day so long before are shown."""
_BY_LINK: Final = "by_link"
_TO_CALL: Final = ("grid_worker", "community_officer", "health_worker")
"""Roles whose names and numbers a resident gets, in this order; texts name the first of them."""
_C = cases.c
_COLUMNS: Final = (
    *(_C.person, _C.state, _C.measure, _C.days, _C.counted_from, _C.release_on, _C.risk_level),
    *(_C.policy_id, _C.community, _C.team, _C.chapters, _C.arrived_at),
)


class _Seen(NamedTuple):
    """What is read for all people of the household."""

    now: datetime
    zone: ZoneInfo
    reference: Reference
    tasks: Mapping[str, Sequence[Task]]
    check_ins: Sequence[Sequence[CheckIn]]
    """Each followed by its corrections, the oldest first."""
    proxies: Mapping[str, str]
    """Case -> who signed its newest notice as proxy."""
    breaches: Mapping[str, Sequence[Any]]
    """Case -> those that an officer confirmed; none for whoever helps the household."""

    @property
    def today(self) -> date:
        return local_day(self.now, self.zone)

    def local(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).isoformat()


def _find(uow: UnitOfWork, scope: Scope, asked: Asked, _data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The page of the household that asks. No name stands in it but of staff, and of a proxy who signed:
    people are told apart by last character and age.
    """
    household = next(iter(scope.households), None)
    ever = uow.conn.execute(select(links.c.cases).where(links.c.household == household)).scalar_one_or_none()
    own = cases_of(uow.conn, household, ever, *_COLUMNS) if household and ever else ()
    if not own:
        return None
    ids = [row.case_id for row in own]
    seen = _Seen(
        asked.now,
        asked.zone,
        current(uow),
        read_tasks(uow.conn, ids),
        check_ins_since(
            uow.conn, ids, day_begins(local_day(asked.now - _SHOWN_BACK, asked.zone), asked.zone)
        ),
        _proxies(uow, ids),
        breaches_shown(uow.conn, ids, asked.zone) if asked.author.kind == "link" else {},
    )
    labels = tell_apart([_someone(uow, row.person) for row in own], seen.today)
    first = min(own, key=lambda row: row.closed_at is not None)
    place = seen.reference.places.by_id.get(first.community)
    return {
        "now": seen.local(seen.now),
        "community": place.name if place else None,
        "contacts": _contacts(uow, first, seen),
        "people": [
            _person(uow, row, {name: getattr(label, name) for name in label.__slots__}, seen)
            for row, label in zip(own, labels, strict=True)
        ],
        "needs": needs_shown(uow, asked, ids, seen.reference),
        "permits": permits_shown(uow, asked, ids, seen.reference),
    }


def _someone(uow: UnitOfWork, person: str) -> Someone:
    try:
        inside = uow.sealer.unseal(person)
    except SealBroken:  # of a key that is gone: the page is still needed
        return Someone(None, None)
    born = inside.get("birth_date")
    by_number = born_by(inside.get("identity_type"), inside.get("identity_number"))
    return Someone(inside.get("name"), date.fromisoformat(born) if born else by_number)


def _proxies(uow: UnitOfWork, case_ids: Sequence[str]) -> dict[str, str]:
    n = notices.c
    of_them = select(n.case_id, n.outcome, n.signed_by).where(is_in(uow.conn, n.case_id, case_ids))
    newest = {row.case_id: row for row in uow.conn.execute(of_them.order_by(n.at, n.notice_id))}
    return {
        case_id: _name(uow, row.signed_by)
        for case_id, row in newest.items()
        if row.outcome == "signed_by_proxy" and row.signed_by
    }


def _name(uow: UnitOfWork, sealed: str) -> str:
    try:
        return str(uow.sealer.unseal(sealed, "note"))
    except SealBroken:
        return ""


def _contacts(uow: UnitOfWork, case: Row[Any], seen: _Seen) -> list[dict[str, Any]]:
    """Those of the team who can be called, or who stands in for them."""
    team = dict(case.team)
    found = []
    for role in _TO_CALL:
        member = seen.reference.staff.there(team.get(role), seen.now)
        if member and (known := opened(uow, member.person)).get("phone"):
            found.append({"role": role, "name": known.get("name"), "phone": known["phone"]})
    return found


def _person(uow: UnitOfWork, row: Row[Any], label: Mapping[str, Any], seen: _Seen) -> dict[str, Any]:
    tasks = seen.tasks.get(row.case_id, ())
    policy = seen.reference.policies.by_id.get(row.policy_id)
    served = window_served(tasks, seen.now, seen.zone)
    missed = window_missed(tasks, seen.now, seen.zone)
    coming = [t for t in tasks if t.kind == CHECK_IN and t.live and t.due_from > seen.now and t is not served]
    following = row.closed_at is None
    story = story_from(row.chapters)
    stands = standing(story, row.arrived_at, seen.reference.policies.by_id, seen.zone)
    entered_on = entry(story)
    inbound = policy and counts_as_inbound(policy, entered_on, stands.arrival_day)
    return {
        "case_id": row.case_id,
        "label": label,
        "state": row.state,
        "ended_at": None if following else seen.local(row.closed_at),
        "measure": row.measure,
        "risk_level": row.risk_level,
        "day": max(0, min(day_number(seen.today, row.counted_from), row.days)),
        "days": row.days,
        "counted_from": row.counted_from.isoformat(),
        "release_on": row.release_on.isoformat(),
        "then": stages_to_come(stands) if following else [],
        "symptoms": list(policy.symptoms) if policy else [],
        "fever": policy.fever / 10 if policy else None,
        "window": _window(served, seen) if served and following else None,
        "missed_window": _window(missed, seen) if missed and following else None,
        "next_window": _window(min(coming, key=_begins), seen) if coming and following else None,
        "notice": _notice(tasks, seen, seen.proxies.get(row.case_id)),
        "called_at": _called_at(tasks, seen),
        "is_contact": stands.is_contact,
        "is_discharged": stands.is_discharged,
        "entered_on": entered_on.isoformat() if entered_on and inbound else None,
        "breaches": seen.breaches.get(row.case_id, ()) if following else (),
        "tests": _tests(row, tasks, seen),
        "check_ins": [
            _check_in(uow, of_it, tasks, seen)
            for of_it in reversed(seen.check_ins)
            if of_it[0].case_id == row.case_id
        ],
    }


def _begins(task: Task) -> datetime:
    return task.due_from


def _window(task: Task, seen: _Seen) -> dict[str, Any]:
    return {
        "from": seen.local(task.due_from),
        "by": seen.local(task.due_by),
        "done": task.state == states.DONE,
        "late": seen.now > task.due_by,
    }


def _notice(tasks: Iterable[Task], seen: _Seen, by_proxy: str | None) -> dict[str, Any] | None:
    """Whether the newest notice of their measure is signed, by which proxy, and by when it should be."""
    asked = [t for t in tasks if t.kind == SIGNED_NOTICE and t.state not in (states.CANCELLED, states.WAIVED)]
    begun = [task for task in asked if task.due_from <= seen.now]
    newest = max(begun, key=_begins, default=None)
    if newest is None:
        return None
    signed = newest.state == states.DONE
    return {"by": seen.local(newest.due_by), "signed": signed, "by_proxy": by_proxy if signed else None}


def _tests(row: Row[Any], tasks: Iterable[Task], seen: _Seen) -> list[dict[str, Any]]:
    """Of each day on which the rule asks for a test, whether it was taken; results are told by people."""
    planned = (task for task in tasks if task.kind == TEST and task.state != states.CANCELLED)
    taken = {local_day(task.due_from, seen.zone): task for task in planned}
    rule = rule_of_case(row, seen.reference.policies.by_id, seen.zone)
    numbers = rule.tests.days if rule and rule.tests else ()
    asked = (row.counted_from + timedelta(days=number) for number in numbers)
    return [
        {
            "day": day_number(on, row.counted_from),
            "on": on.isoformat(),
            "state": taken[on].state if on in taken else states.DUE,
        }
        for on in sorted({*taken, *(on for on in asked if on > seen.today)})
    ]


def _called_at(tasks: Iterable[Task], seen: _Seen) -> str | None:
    """When a person called them about what a laboratory found; before that the page says nothing of it."""
    calls = [task.acts.last(DONE) for task in tasks if task.kind == SEE_POSITIVE and task.acts]
    done = [act.at for act in calls if act]
    return seen.local(max(done)) if done else None


def _check_in(
    uow: UnitOfWork, of_it: Sequence[CheckIn], tasks: Iterable[Task], seen: _Seen
) -> dict[str, Any]:
    """With the values that count; of what alarmed, whom we told and whether somebody has seen it.

    What the household itself said today it can correct today, by the id under `correctable`.
    """
    counts = that_counts(of_it)
    first = of_it[0]
    own_of_today = first.how_known == _BY_LINK and local_day(first.at, seen.zone) == seen.today
    document: dict[str, Any] = {
        "correctable": first.check_in_id if own_of_today else None,
        "at": seen.local(first.at),
        "received_at": seen.local(first.received_at),
        "temperature": None if counts.temperature is None else counts.temperature / 10,
        "symptoms": list(counts.symptoms),
        "late": first.late,
        "abnormal": bool(counts.why_abnormal),
        "alarm": None,
    }
    alarm = next((one for one in of_it if one.alarm_task_id), None)
    task = next((t for t in tasks if alarm and t.task_id == alarm.alarm_task_id), None)
    if alarm and task and counts.why_abnormal:
        at = task.acts.seen_at if task.acts else None
        document["alarm"] = {
            "told": told(uow, seen.reference, alarm.told),
            "by": seen.local(task.due_by),
            "seen_at": seen.local(at) if at else None,
        }
    return document


HOUSEHOLD = Lookup("household", _find)
