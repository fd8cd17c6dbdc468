"""The households to which a member of staff goes: who lives there, what is due, and what was done today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, bindparam, or_, select

from chassis.database.statements import is_one_of, listed
from chassis.database.types import UtcDateTime
from chassis.doors.declared import Asked, Column, Lookup
from chassis.doors.showing import shown
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import day_begins
from field.documents import born_by
from field.ids import is_id
from field.scope import Scope
from services.isolation.cases.at_home import CARER_SEALED_AS, home_carers
from services.isolation.cases.rows import has_in_team
from services.isolation.cases.tables import cases
from services.isolation.check_ins.check_in import CheckIn, that_counts
from services.isolation.check_ins.rows import check_ins_since
from services.isolation.contacts.tables import contacts
from services.isolation.needs.rows import needs_of
from services.isolation.needs.rules import OPEN, PSYCHOLOGICAL
from services.isolation.needs.shown import shown_need
from services.isolation.permits.rows import permits_of
from services.isolation.permits.shown import shown_permit
from services.isolation.plans import states
from services.isolation.plans.acts import ATTEMPT, SETTLING
from services.isolation.plans.rows import acts_from
from services.isolation.plans.tables import tasks
from services.isolation.policies.counting import day_number
from services.isolation.policies.rules import SEE_ABNORMAL
from services.isolation.reference import current
from services.isolation.tasks.lists import given_to, has_cases
from services.isolation.tasks.take_back_report import may_take_back

MOST: Final = 600
"""People at once; a round has a hundred or two."""
_LOOKED_BACK: Final = timedelta(days=2)
"""What was to be done longer ago and is done today shows on the household's page alone."""
_ALARMS_BACK: Final = timedelta(days=1)
"""The household's page shows check-ins of the day before, too, while nobody has seen what alarmed."""
_C, _K = cases.c, tasks.c
_OF_CASE: Final = (
    *("case_id", "household_id", "person", "language", "measure", "days", "counted_from", "release_on"),
    *("state", "team", "policy_id", "owner"),
)
_OF_TASK: Final = ("task_id", "case_id", "kind", "about", "due_from", "due_by", "role", "staff_id", "state")
_PERSON: Final = (
    Column("name", "name", sealed="person"),
    Column("phone", "phone", sealed="person"),
    Column("address", "address", sealed="person"),
    Column("identity_type", sealed="person"),
    Column("identity_number", "number", sealed="person"),
    Column("birth_date", sealed="person"),
    Column("home_carer", "contact", sealed="home_carer", purpose=CARER_SEALED_AS),
)
_STAFF: Final = (Column("name", "name", sealed="person"), Column("phone", "phone", sealed="person"))
_LIVE: Final = _K.state.in_(sorted(states.LIVE))
_TASKS: Final = (
    select(*(_K[name] for name in (*_OF_TASK, "version", "acts")))
    .where(
        is_one_of(_K.case_id, "case_ids"),
        _K.due_from < bindparam("tomorrow", type_=UtcDateTime),
        or_(
            _LIVE,
            and_(
                _K.state.in_(sorted(states.FINISHED)),
                _K.due_from >= bindparam("looked_back", type_=UtcDateTime),
            ),
        ),
    )
    .order_by(_K.due_by, _K.task_id)
)
"""To put these together takes as long as to run them."""
_OWN_TASKS: Final = _TASKS.where(
    or_(is_one_of(_K.staff_id, "staff_ids"), and_(_K.kind == SEE_ABNORMAL, _LIVE))
)
_CONTACTS: Final = select(contacts).where(is_one_of(contacts.c.household, "households"))


def _all(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """:param data: nothing.

    Returns `households` with the tasks of whoever asks that are to be done or were settled today, `more`:
    whether there are others beyond these, and `you`: whoever asks.
    """
    found = _Round.of(uow, scope, asked)
    given = has_cases(*found.staff_ids), given_to(uow.conn, scope, *found.staff_ids), found.in_team()
    rows = uow.conn.execute(_cases(_C.closed_at.is_(None), *given).limit(MOST + 1)).all()
    found.read(rows[:MOST])
    households = [found.household(id, people) for id, people in found.by_household.items()]
    return {
        "as_of": found.said(asked.now),
        "you": found.author(),
        "more": len(rows) > MOST,
        "households": [one for one in households if one["tasks"]],
    }


def _one(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """:param data: `household`, its id.

    Returns it with everybody's tasks, the check-ins of today and those of the day before that alarm still,
    whom to call, and what a check-in may say. None where whoever asks follows nobody there any more.
    """
    id = data.get("household")
    if not isinstance(id, str) or not is_id(id):
        raise Refused.invalid([Fault("household", "no_id", "must be the id of a household")])
    found = _Round.of(uow, scope, asked, everybodys=True)
    of_it = or_(_C.household_id == id, _C.household_id.is_(None) & (_C.case_id == id))
    rows = uow.conn.execute(
        _cases(_C.closed_at.is_(None), given_to(uow.conn, scope, *found.staff_ids), of_it)
    ).all()
    if not any(found.is_of_team(row) for row in rows):
        return None
    found.read(rows)
    whole = {"as_of": found.said(asked.now), "you": found.author()}
    return {**whole, **found.household(id, rows), **found.around(rows)}


def _cases(*wanted: ColumnElement[bool]) -> Any:
    return select(*(_C[name] for name in _OF_CASE)).where(*wanted).order_by(_C.case_id)


@dataclass
class _Round:
    """What is read for one member of staff, in a few statements.

    :param staff_ids: theirs, and of those in whose stead they go.
    :param everybodys: tasks of others, too.
    """

    uow: UnitOfWork
    asked: Asked
    staff_ids: tuple[str, ...]
    everybodys: bool
    _moments: dict[datetime, tuple[str, date]] = field(default_factory=dict)

    @classmethod
    def of(cls, uow: UnitOfWork, scope: Scope, asked: Asked, *, everybodys: bool = False) -> _Round:
        return cls(uow, asked, tuple(sorted({asked.author.id, *scope.staff})), everybodys)

    def in_team(self) -> ColumnElement[bool]:
        return or_(*map(has_in_team, self.staff_ids))

    def is_of_team(self, row: Row[Any]) -> bool:
        return any(staff_id in self.staff_ids for _, staff_id in row.team)

    def read(self, rows: Sequence[Row[Any]]) -> None:
        self.by_household: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in rows:
            self.by_household[row.household_id or row.case_id].append(row)
        conn, ids = self.uow.conn, [row.case_id for row in rows]
        self._policies = current(self.uow).policies.by_id
        today = day_begins(self._local(self.asked.now)[1], self.asked.zone)
        self._tasks = _grouped(self._tasks_of(ids, today))
        self._check_ins: dict[str, list[list[CheckIn]]] = defaultdict(list)
        for one in check_ins_since(conn, ids, today - _ALARMS_BACK if self.everybodys else today):
            if one[0].at >= today or self._alarms_still(one):
                self._check_ins[one[0].case_id].append(one)
        # Only the household's own page shows them.
        self._home_carers = home_carers(conn, ids) if self.everybodys else {}
        told = conn.execute(_CONTACTS, {"households": listed(self.by_household)}) if rows else ()
        self._contacts = {row.household: row for row in told}

    def _tasks_of(self, case_ids: Collection[str], today: datetime) -> list[Row[Any]]:
        if not case_ids:
            return []
        given = {
            "case_ids": listed(case_ids),
            "tomorrow": today + timedelta(days=1),
            "looked_back": today - _LOOKED_BACK,
        }
        if self.everybodys:
            return list(self.uow.conn.execute(_TASKS, given))
        return list(self.uow.conn.execute(_OWN_TASKS, {**given, "staff_ids": listed(self.staff_ids)}))

    def _alarm_tasks(self, of_one: Sequence[CheckIn]) -> list[Row[Any]]:
        alarms = {one.alarm_task_id for one in of_one if one.alarm_task_id}
        return [task for task in self._tasks.get(of_one[0].case_id, ()) if task.task_id in alarms]

    def _alarms_still(self, of_one: Sequence[CheckIn]) -> bool:
        """Whether it is abnormal, somebody must look, and nobody has."""
        waiting = [task for task in self._alarm_tasks(of_one) if task.state in states.LIVE]
        return bool(that_counts(of_one).why_abnormal and waiting) and _seen_at(waiting) is None

    # -- what is shown

    def _local(self, moment: datetime) -> tuple[str, date]:
        """As it is said, and its day. Thousands of tasks share their windows."""
        found = self._moments.get(moment)
        if found is None:
            at = moment.astimezone(self.asked.zone)
            found = self._moments[moment] = (at.isoformat(), at.date())
        return found

    def said(self, moment: datetime | None) -> str | None:
        return self._local(moment)[0] if moment else None

    def author(self) -> dict[str, Any] | None:
        """Whoever asks: role and name."""
        found = self._staff({self.asked.author.id: ""})
        return {name: found[0][name] for name in ("role", "name")} if found else None

    def household(self, id: str, rows: Sequence[Row[Any]]) -> dict[str, Any]:
        told = self._contacts.get(id)
        of_it = [(task, row.policy_id) for row in rows for task in self._tasks.get(row.case_id, ())]
        shown_tasks = [task for task in (self._task(*one) for one in of_it) if task is not None]
        ill = any(that_counts(one).why_abnormal for row in rows for one in self._check_ins[row.case_id])
        alarmed = any(task["kind"] == SEE_ABNORMAL and task["state"] in states.LIVE for task in shown_tasks)
        return {
            "household": id,
            "people": [self._person(row) for row in rows],
            "marks": list((told and told.marks) or ()),
            "best_time": self._unsealed(told.best_time if told else None),
            "abnormal": ill or alarmed,
            "tasks": [task for task in shown_tasks if self.everybodys or task["mine"]],
        }

    def around(self, rows: Sequence[Row[Any]]) -> dict[str, Any]:
        """What only the household's own page shows."""
        told = self._contacts.get(rows[0].household_id or rows[0].case_id)
        policies = self._policies
        members = {staff_id: role for row in rows for role, staff_id in row.team}
        symptoms = {one: None for row in rows for one in policies[row.policy_id].symptoms}
        return {
            "contacts": self._unsealed(told.contacts if told else None) or [],
            "team": self._staff(members),
            "symptoms": list(symptoms),
            "fever": min(policies[row.policy_id].fever for row in rows) / 10,
            "check_ins": [self._check_in(one) for row in rows for one in self._check_ins[row.case_id]],
            "needs": self._needs([row.case_id for row in rows]),
            "permits": self._permits([row.case_id for row in rows]),
        }

    def _needs(self, case_ids: Collection[str]) -> list[dict[str, Any]]:
        """Open ones, and those of today. What somebody wrote who despairs reads whoever calls them, and no
        other but whoever wrote it down.
        """
        today = day_begins(self._local(self.asked.now)[1], self.asked.zone)
        found = needs_of(self.uow.conn, case_ids)
        shown = []
        for one in found:
            if one.state in OPEN or (one.settled_at or one.at) >= today:
                mine = one.staff_id in self.staff_ids
                own = mine or one.kind != PSYCHOLOGICAL or one.source == self.asked.author.source
                shown.append(shown_need(self.uow, self.asked, one, own=own) | {"mine": mine})
        return shown

    def _permits(self, case_ids: Collection[str]) -> list[dict[str, Any]]:
        """Those to come, those of today, and whoever is out still."""
        today = day_begins(self._local(self.asked.now)[1], self.asked.zone)
        found = permits_of(self.uow.conn, case_ids)
        shown = [one for one in found if one.ends >= today or any(course.is_out for course in one.courses)]
        return [shown_permit(self.uow, self.asked, one, own=True) for one in shown]

    def _person(self, row: Row[Any]) -> dict[str, Any]:
        asked = self.asked
        sealed = {"person": row.person, "home_carer": self._home_carers.get(row.case_id)}
        person = shown(sealed, _PERSON, self.uow.sealer, asked.zone, purpose="person", in_full=True)
        said = person.pop("birth_date")
        born = born_by(person.pop("identity_type"), person.pop("identity_number"))
        return {
            "case_id": row.case_id,
            **person,
            "born": born.isoformat() if born else said,
            "language": row.language,
            "measure": row.measure,
            "day": day_number(self._local(asked.now)[1], row.counted_from),
            "days": row.days,
            "release_on": row.release_on.isoformat(),
            "state": row.state,
        }

    def _task(self, row: Row[Any], policy_id: str) -> dict[str, Any] | None:
        """None: it was settled before today."""
        said = acts_from(row.acts).counted if row.acts else ()
        settled = next((act.at for act in reversed(said) if act.what in SETTLING), None)
        _, today = self._local(self.asked.now)
        due_from, begins_on = self._local(row.due_from)
        of_today = today in (begins_on, settled and self._local(settled)[1])
        if row.state in states.FINISHED and not of_today:
            return None
        last = said[-1] if said else None
        tries = [act for act in said if act.what == ATTEMPT]
        return {
            "task_id": row.task_id,
            "case_id": row.case_id,
            "kind": row.kind,
            "role": row.role,
            "state": row.state,
            "staff_id": row.staff_id,
            "mine": row.staff_id in self.staff_ids,
            "urgent": self._policies[policy_id].ladders.of(row.kind).urgent,
            "due_from": due_from,
            "due_by": self.said(row.due_by),
            "version": row.version or 0,
            "done_at": self.said(settled),
            "attempts": len(tries),
            "next_try_at": self.said(tries[-1].until) if tries and tries[-1] is last else None,
            "last": last
            and {
                "what": last.what,
                "at": self.said(last.at),
                "because": last.because,
                "how": last.how,
                "own": last.by == self.asked.author.source,
            },
            "revocable": [
                {"id": act.id, "what": act.what, "how": act.how, "at": self.said(act.at)}
                for act in said
                if may_take_back(act, row.kind)
                and act.by == self.asked.author.source
                and self._local(act.at)[1] == today
            ],
        }

    def _check_in(self, of_one: Sequence[CheckIn]) -> dict[str, Any]:
        first, counts = of_one[0], that_counts(of_one)
        tasks_of_it = self._alarm_tasks(of_one)
        open_ones = (task for task in tasks_of_it if task.state in states.LIVE)
        alarm = max(open_ones, key=lambda task: task.due_by, default=None)
        days = {self._local(moment)[1] for moment in (first.at, self.asked.now)}
        told = {staff_id: "" for one in of_one for staff_id in one.told}
        return {
            "check_in_id": first.check_in_id,
            "case_id": first.case_id,
            "at": self.said(first.at),
            "temperature": None if counts.temperature is None else counts.temperature / 10,
            "symptoms": list(counts.symptoms),
            "how_known": counts.how_known,
            "mine": first.by == self.asked.author.source,
            "today": len(days) == 1,
            "corrected": len(of_one) > 1,
            "abnormal": list(counts.why_abnormal),
            "told": self._staff(told) if counts.why_abnormal else [],
            "due_by": self.said(alarm.due_by if alarm else None),
            "sees_to_it": alarm and self._doer(alarm),
            "seen_at": self.said(_seen_at(tasks_of_it)),
        }

    def _doer(self, task: Row[Any]) -> dict[str, Any]:
        """Whose task it is: `mine`, role and name; no name while nobody has it."""
        named = self._staff({task.staff_id: task.role}) if task.staff_id else []
        name = named[0]["name"] if named else None
        return {"mine": task.staff_id in self.staff_ids, "role": task.role, "name": name}

    def _staff(self, roles: Mapping[str, str]) -> list[dict[str, Any]]:
        """:param roles: staff_id -> role in the team, "" for their own."""
        known = current(self.uow).staff
        found = []
        for staff_id, role in roles.items():
            member = known.there(staff_id, self.asked.now) or known.by_id.get(staff_id)
            if member is not None:
                sealed, zone = {"person": member.person}, self.asked.zone
                named = shown(sealed, _STAFF, self.uow.sealer, zone, purpose="person", in_full=True)
                found.append({"staff_id": member.staff_id, "role": role or member.role, **named})
        return found

    def _unsealed(self, sealed: str | None) -> Any:
        return self.uow.sealer.unseal(sealed, "contact") if sealed else None


def _seen_at(alarms: Iterable[Row[Any]]) -> datetime | None:
    """When somebody first took one of these tasks, or had done it."""
    seen = (acts_from(task.acts).seen_at for task in alarms if task.acts)
    return next(filter(None, seen), None)


def _grouped(rows: Iterable[Row[Any]]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found


def _cases_in(document: Mapping[str, Any]) -> set[str]:
    households = document.get("households", [document])
    return {person["case_id"] for one in households for person in one["people"]}


MY_HOUSEHOLDS = Lookup("my_households", _all, own=_cases_in, about="case")
MY_HOUSEHOLD = Lookup("my_household", _one, own=_cases_in, about="case")
