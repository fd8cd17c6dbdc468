"""An abnormal check-in: a task at once, who is told of it, and how that is taken back after a mistake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chassis.commands.command import Said
from services.isolation.cases.case import Case
from services.isolation.cases.events import alarm_data
from services.isolation.cases.in_hand import CasesInHand
from services.isolation.cases.unplanned import unplanned_task
from services.isolation.check_ins.check_in import CheckIn
from services.isolation.policies.rules import SEE_ABNORMAL
from services.isolation.teams.alarm import those


class Alarms:
    """Alarms of the cases in hand."""

    def __init__(self, hand: CasesInHand) -> None:
        self.hand = hand

    def raise_one(self, said: Said, case: Case, check_in: CheckIn) -> CheckIn:
        """Plan the immediate task and tell whoever must know. Returns the check-in with both."""
        hand, now = self.hand, self.hand.uow.now
        policy = hand.book.policy(case)
        task = unplanned_task(
            case, policy, policy.see_abnormal, now, hand.uow.zone, about=check_in.check_in_id
        )
        case = hand.add_task(said, case, task)
        informed = hand.informed_at_once(case, task)
        told = tuple(member.staff_id for member in informed.staff)
        hand.add_line(said, case, task.kind, check_in=check_in.original, task=task.task_id, told=told)
        data = {
            **alarm_data(case, task, informed),
            "check_in_id": check_in.original,
            "at": check_in.at,
            "why": list(check_in.why_abnormal),
        }
        hand.uow.record(
            "check_in.abnormal", check_in.original, check_in.version, data, cause=hand.cause(said, case)
        )
        return replace(check_in, alarm_task_id=task.task_id, told=told)

    def take_back(self, said: Said, case: Case, of_it: Sequence[CheckIn], correction: CheckIn) -> None:
        """It was a mistake: its open task is cancelled, and those who were told are told so."""
        hand = self.hand
        alarm = next(one for one in reversed(of_it) if one.alarm_task_id)
        about = (SEE_ABNORMAL, alarm.check_in_id)  # of a merged case it may be another task by now
        open_tasks = [task for task in hand.tasks(case) if (task.kind, task.about) == about and task.live]
        hand.change_tasks(case, [task.cancelled() for task in open_tasks])
        hand.add_line(
            *(said, case, "alarm_taken_back"),
            check_in=alarm.original,
            task=alarm.alarm_task_id,
            reason="check_in_corrected",
            told=alarm.told,
        )
        staff = hand.book.reference.staff
        data = {
            "check_in_id": alarm.original,
            "case_id": case.case_id,
            "arrival_id": case.case_id,
            "task_id": alarm.alarm_task_id,
            "at": alarm.at,
            "corrected_at": correction.at,
            "tell": those(alarm.told, "worker", case.arrival.grid, staff).as_data(),
            "community": case.arrival.community,
            "grid": case.arrival.grid,
        }
        hand.uow.record(
            "check_in.corrected", alarm.original, correction.version, data, cause=hand.cause(said, case)
        )
