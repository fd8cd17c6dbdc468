"""What one unit of work writes about cases: rows collected case by case, written by a few bulk statements.

Locks are taken in one order everywhere: new cases by inserting them (sorted), then cases that were there
(sorted), their tasks (sorted), staff loads (sorted). So replicas wait for each other but never in a ring.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from chassis.database.statements import insert_rows, is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from field.days import local_day
from services.isolation import tables as t
from services.isolation.cases import states
from services.isolation.cases.arrival import chapter_in, chapter_out
from services.isolation.cases.events import case_in_full, caused_by_case, differences, tasks_in_full
from services.isolation.cases.story import Chapter, Standing, in_order, standing
from services.isolation.plans.planning import HORIZON, PlannedTask
from services.isolation.plans.tasks import TaskRow, Tasks, task_row
from services.isolation.policies.rules import Policy, strictness
from services.isolation.reference import Reference
from services.isolation.teams.loads import Loads
from services.isolation.teams.rules import Member, choose, nearest, owner

Case = dict[str, Any]
_CASE_CHANGES = tuple(c.name for c in t.cases.c if c.name not in ("case_id", "opened_at", "correlation_id"))
_PLAN_CHANGES = ("tasks_planned", "plan_number", "planned_until", "plan_next")
_FACTS = ("language", "household_id", "division", "street", "community", "grid")


class Casebook:
    """Opens, revises and closes cases of one unit of work; `write()` at the end."""

    def __init__(self, uow: UnitOfWork, reference: Reference) -> None:
        self.uow = uow
        self.reference = reference
        self.today = local_day(uow.now, uow.zone)
        self.through = self.today + HORIZON
        self.epoch = reference.policies.epoch(uow.now)
        self.open_epoch = reference.policies.open_epoch(uow.now)
        self._tomorrow = datetime.combine(self.through, time.min, uow.zone).astimezone(UTC)
        self.loads = Loads(uow.conn, reference.staff.roster)
        self.tasks = Tasks(uow.conn)
        self._new_cases: dict[str, tuple[Case, list[TaskRow], dict[str, Any], Standing, Event]] = {}
        self._changed_cases: dict[str, Case] = {}
        self._advanced_cases: list[Case] = []
        self._history: list[dict[str, Any]] = []

    # -- reading ---------------------------------------------------------------------------------------

    def there(self, case_ids: Collection[str]) -> set[str]:
        """Which of these there are."""
        conn, c = self.uow.conn, t.cases.c
        return set(conn.execute(select(c.case_id).where(is_in(conn, c.case_id, case_ids))).scalars())

    def lock(self, case_ids: Collection[str]) -> dict[str, Case]:
        """The cases among these, locked in sorted order. New cases are inserted before, never after."""
        if not case_ids:
            return {}
        conn, c = self.uow.conn, t.cases
        these = is_in(conn, c.c.case_id, case_ids)
        found = conn.execute(select(c).where(these).order_by(c.c.case_id).with_for_update())
        return {case["case_id"]: case for case in map(t.as_dict, found.mappings())}

    # -- rules with the reference filled in ------------------------------------------------------------

    def standing(self, chapters: Sequence[Chapter], arrived_at: datetime) -> Standing:
        policies = self.reference.policies
        return standing(chapters, arrived_at, policies.by_id, policies.planner, self.uow.zone)

    def places_of(self, case: Mapping[str, Any]) -> tuple[str, ...]:
        return self.reference.places.upward(case["grid"], case["community"], case["street"])

    def roles_of(self, stands: Standing) -> tuple[str, ...]:
        return stands.rule.care_team + _stand_ins(stands.policy)

    def _team(self, case: Case, stands: Standing, keep: Sequence[Member] = ()) -> tuple[Member, ...]:
        roster = self.reference.staff.roster
        places = self.places_of(case)
        team = choose(
            stands.rule.care_team, places, roster, self.loads.known, given=self._sent(case), keep=keep
        )
        # Nobody with a role of the measure is near: whoever the community would be told through has it.
        return team or choose(_stand_ins(stands.policy), places, roster, self.loads.known, keep=keep)[:1]

    def _sent(self, case: Case) -> Member | None:
        """Whom registration sent to the door, as far as we know him."""
        staff = self.reference.staff.by_id.get(case["worker"] or "")
        return Member(staff.role, staff.staff_id) if staff and staff.active else None

    # -- a new case ------------------------------------------------------------------------------------

    def open(
        self,
        arrival_id: str,
        facts: Mapping[str, Any],
        chapters: list[Chapter],
        stands: Standing,
        cause: Event,
    ) -> None:
        """Collect a new case with its tasks; `insert_new` writes it."""
        case: Case = {
            "case_id": arrival_id,
            **facts,
            "version": 1,
            "state": states.OPEN,
            # Policies were chosen by the events' times: one that began since is still to be applied.
            "policy_epoch": self.reference.policies.open_epoch(min(chapter.at for chapter in chapters)),
            "staff_epoch": self.reference.staff.revision,
            "notes": 0,
            "opened_at": self.uow.now,
            "closed_at": None,
            "correlation_id": cause.correlationid,
        }
        self._stand(case, chapters, stands)
        team = self._team(case, stands)
        self._give(case, team, stands)
        tasks = stands.tasks(self.through).values()
        rows = [task_row(arrival_id, team, task, stands.policy) for task in tasks]
        case["tasks_planned"] = len(rows)
        case["plan_number"] = 1 if rows else 0
        # Noted here, for the case's row is written first.
        note = self._note(case, "opened", cause, {"measure": case["measure"], "policy": case["policy_id"]})
        self._new_cases[arrival_id] = (case, rows, note, stands, cause)

    def insert_new(self) -> set[str]:
        """Write the new cases. Returns those that another replica has opened meanwhile; they are not new."""
        new, self._new_cases = self._new_cases, {}
        rows = [new[case_id][0] for case_id in sorted(new)]
        conn = self.uow.conn
        written = insert_rows(conn, t.cases, rows, ignore_conflicts=True, returning=["case_id"])
        opened: list[str] = [case_id for (case_id,) in written]
        taken = new.keys() - set(opened)
        for case_id in opened:
            case, tasks, note, stands, cause = new[case_id]
            self.tasks.add(tasks)
            self.loads.give(staff_id for _, staff_id in case["team"])
            self._history.append(note)
            self._tell("case.opened", case, stands, cause, tasks)
            if tasks:
                self._tell_planned(case, tasks, cause)
        return taken

    # -- a case that is there --------------------------------------------------------------------------

    def revise(
        self,
        case: Case,
        *,
        chapters: list[Chapter] | None = None,
        facts: Mapping[str, Any] | None = None,
        cause: Event | None,
        reason: str,
        details: bool = False,
        from_today: bool = False,
    ) -> None:
        """Work out anew where a case stands, plan accordingly, and say what changed.

        :param facts: newer columns of the arrival, where there are any.
        :param details: something about the person changed that others must know.
        :param from_today: leave the tasks of past days alone.
        """
        before = dict(case)
        old_team = tuple(Member(*member) for member in case["team"])
        case.update(facts or {})
        story = in_order(chapters or [chapter_in(c) for c in case["chapters"]])
        stands = self.standing(story, case["arrived_at"])
        if is_corrected(case, stands.policy) and stands.release_on != case["release_on"]:
            story = in_order([*story, Chapter(None, self.uow.now, (), stands.policy.policy_id)])
            stands = self.standing(story, case["arrived_at"])
        self._stand(case, story, stands)
        change = _compared(before, case)
        if case["closed_at"] is not None:
            if case["state"] != states.RELEASED or change != "stricter" or stands.last_day <= self.today:
                case.update(before, chapters=case["chapters"], arrival_version=case["arrival_version"])
                self.note(case, "noted_after_the_end", cause, {"reason": reason})
                return
            case["state"] = states.CASE.move(case["state"], states.OPEN)
            case["closed_at"] = None
        elif change == "stricter" and case["state"] == states.RELEASE_REVIEW:
            case["state"] = states.CASE.move(case["state"], states.ACTIVE)

        team = self._team(case, stands, keep=self._kept(before, case, old_team))
        self._give(case, team, stands)
        self.loads.give(member.staff_id for member in team)
        self.loads.take(member.staff_id for member in old_team)
        new, again, touched = self.tasks.replan(
            case,
            team,
            stands,
            untouched_before=self._tomorrow - timedelta(days=1) if from_today else None,
        )
        case["tasks_planned"] += len(new)
        kinds = [change] if change else ["rescheduled"] if touched else []
        if case["owner"] not in (None, before["owner"]):
            kinds.append("assigned")
        team_only = not kinds and case["team"] != before["team"]
        if details or team_only or any(before[name] != case[name] for name in _FACTS):
            kinds.append("details")
        if kinds:
            case["version"] += 1
        self.note(
            case, "+".join(kinds) or "looked_at", cause, {"reason": reason, **differences(before, case)}
        )
        if kinds:
            said = {"kinds": kinds, "previous_measure": before["measure"], "reason": reason}
            self._tell("case.changed", case, stands, cause, self.tasks.live(case["case_id"]), said)
        if planned := [*new, *again]:
            case["plan_number"] += 1
            self._tell_planned(case, planned, cause)

    def may_be_assigned(self, case: Case) -> bool:
        """Whether anybody near has a role for it; if not, it waits for the next change of staff."""
        stands = self.standing([chapter_in(c) for c in case["chapters"]], case["arrived_at"])
        return self._is_near(case, self.roles_of(stands))

    def may_be_filled(self, case: Case) -> bool:
        """Whether anybody near has a role that the team lacks."""
        return self._is_near(case, case["team_lacks"].split(","))

    def _is_near(self, case: Case, roles: Collection[str]) -> bool:
        roster, places, sent = self.reference.staff.roster, self.places_of(case), self._sent(case)
        return (sent is not None and sent.role in roles) or any(nearest(r, places, roster) for r in roles)

    def assign(self, case: Case, reason: str) -> None:
        """Give a case that waits to those who have come."""
        stands = self.standing([chapter_in(c) for c in case["chapters"]], case["arrived_at"])
        team = self._team(case, stands)
        self._give(case, team, stands)
        self.loads.give(member.staff_id for member in team)
        self.tasks.hand_over(case["case_id"], team)
        case["version"] += 1
        self.note(case, "assigned", None, {"reason": reason, "owner": [None, case["owner"]]})
        said = {"kinds": ["assigned"], "previous_measure": case["measure"], "reason": reason}
        self._tell("case.changed", case, stands, None, self.tasks.live(case["case_id"]), said)

    def plan_more(self, case: Case) -> None:
        """Plan the days after `planned_until`, up to tomorrow."""
        stands = self.standing([chapter_in(c) for c in case["chapters"]], case["arrived_at"])
        already = stands.tasks(case["planned_until"])
        team = tuple(Member(*member) for member in case["team"])
        rows = [
            task_row(case["case_id"], team, task, stands.policy)
            for key, task in stands.tasks(self.through).items()
            if key not in already
        ]
        self._stand_planned(case, stands)
        self._advanced_cases.append(case)
        if rows:
            self.tasks.add(rows)
            case["tasks_planned"] += len(rows)
            case["plan_number"] += 1
            self._tell_planned(case, rows, None)

    def add_task(self, case: Case, task: PlannedTask, about: str, cause: Event) -> None:
        """A task that no plan has, about a message."""
        team = tuple(Member(*member) for member in case["team"])
        policy = self.reference.policies.by_id[case["policy_id"]]
        row = task_row(case["case_id"], team, task, policy, about)
        self.tasks.add([row])
        case["tasks_planned"] += 1
        case["plan_number"] += 1
        self.note(case, task.kind, cause, {"message": about})
        self._tell_planned(case, [row], cause)

    def note(self, case: Case, what: str, cause: Event | None, detail: Mapping[str, Any]) -> None:
        """A line in the case's history; with it goes what else has changed of the case."""
        self._changed_cases[case["case_id"]] = case
        self._history.append(self._note(case, what, cause, detail))

    def write(self) -> None:
        """Everything that was collected, in a few statements."""
        conn = self.uow.conn
        self.tasks.write_new()
        update_rows(conn, t.cases, list(self._changed_cases.values()), key=["case_id"], set=_CASE_CHANGES)
        advanced = [
            {name: case[name] for name in ("case_id", *_PLAN_CHANGES)} for case in self._advanced_cases
        ]
        update_rows(conn, t.cases, advanced, key=["case_id"], set=_PLAN_CHANGES)
        self.tasks.write_changed()
        insert_rows(conn, t.case_history, self._history)
        self.loads.write()

    # -- parts -----------------------------------------------------------------------------------------

    def _stand(self, case: Case, chapters: list[Chapter], stands: Standing) -> None:
        case["chapters"] = [chapter_out(chapter) for chapter in chapters]
        case["measure"] = stands.rule.measure
        case["days"] = stands.rule.days
        case["counted_from"] = stands.day_zero
        case["release_on"] = stands.release_on
        case["risk_level"] = stands.risk_level
        case["policy_id"] = stands.policy.policy_id
        case["policy_version"] = stands.policy.version
        self._stand_planned(case, stands)

    def _stand_planned(self, case: Case, stands: Standing) -> None:
        until = case["planned_until"] = max(self.through, case.get("planned_until", self.through))
        case["plan_next"] = until + timedelta(days=1) if stands.last_day > until else None

    def _give(self, case: Case, team: tuple[Member, ...], stands: Standing) -> None:
        case["team"] = [list(member) for member in team]
        there = {member.role for member in team}
        case["team_lacks"] = ",".join(role for role in stands.rule.care_team if role not in there) or None
        case["owner"] = owner(team)
        if case["owner"]:
            case["unassigned_since"] = None
        elif not case.get("unassigned_since"):
            case["unassigned_since"] = self.uow.now
        case["staff_epoch"] = self.reference.staff.revision

    def _kept(self, before: Case, case: Case, team: tuple[Member, ...]) -> list[Member]:
        """Who goes on: nobody if the place is another; not who left; not who was replaced at the door.

        When registration sends another for a worker who left, whoever took over from him here goes on.
        """
        if any(before[level] != case[level] for level in ("street", "community", "grid")):
            return []
        staff, sent = self.reference.staff.by_id, self._sent(case)
        replaced = sent and sent.staff_id != before["worker"] and Member(sent.role, before["worker"])
        return [
            member
            for member in team
            if member.staff_id in staff and staff[member.staff_id].active and member != replaced
        ]

    def _note(self, case: Case, what: str, cause: Event | None, detail: Mapping[str, Any]) -> dict[str, Any]:
        case["notes"] += 1
        return {
            "case_id": case["case_id"],
            "number": case["notes"],
            "at": self.uow.now,
            "what": what[:60],
            "event_id": cause.id if cause else None,
            "detail": detail,
        }

    def _tell(
        self,
        type: str,
        case: Case,
        stands: Standing,
        cause: Event | None,
        tasks: Iterable[Mapping[str, Any]],
        change: Mapping[str, Any] | None = None,
    ) -> None:
        staff = self.reference.staff.by_id
        data = case_in_full(case, stands.policy.edition, staff, tasks, self._tomorrow, change)
        self.uow.record(type, case["case_id"], case["version"], data, cause=cause or self._reminder(case))

    def _tell_planned(self, case: Case, rows: Iterable[TaskRow], cause: Event | None) -> None:
        data = tasks_in_full(case["case_id"], rows)
        number = case["plan_number"]
        self.uow.record("task.planned", case["case_id"], number, data, cause=cause or self._reminder(case))

    def _reminder(self, case: Case) -> Event:
        return caused_by_case(self.uow, case["case_id"], case["correlation_id"])


def is_corrected(case: Mapping[str, Any], policy: Policy) -> bool:
    """Whether the case was planned by another text of the policy it is under."""
    return case["policy_id"] == policy.policy_id and case["policy_version"] != policy.version


def _stand_ins(policy: Policy) -> tuple[str, ...]:
    return next((rung.roles for rung in policy.ladder if rung.level == "community"), ())


def _compared(before: Case, after: Case) -> str | None:
    was = strictness(before["measure"], before["release_on"])
    now = strictness(after["measure"], after["release_on"])
    return None if was == now else "stricter" if now > was else "laxer"
