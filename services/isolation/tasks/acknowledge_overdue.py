"""An officer acknowledges overdue tasks: they climb no further until a term."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand, act_of, cases_in_hand
from services.isolation.plans import states
from services.isolation.plans.acts import ACKNOWLEDGED, reaches
from services.isolation.plans.task import Task
from services.isolation.tasks.finding import cases_of_tasks, in_utc, named


def acknowledge_overdue(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Hold the ladder of each task to the term, and say of each what became of it.

    - `held`: it climbs no further until its term, the policy's longest at most;
    - `climbs`: it was acknowledged before and nothing was reported since, so the next level is informed, as
      soon as this can be taken back no more;
    - `not_held`: the same, and no level of its ladder is above; or more was said of it than is kept;
    - `known_above`: a higher level was informed, and this one holds nothing any more;
    - `not_overdue`, `done`, `waived`, `cancelled`, `unknown`: nothing was done.
    """
    case_of = cases_of_tasks(uow.conn, (id for said in commands for id in said.data["task_ids"]))
    with cases_in_hand(uow, case_of.values()) as hand:
        return each_in_turn(commands, lambda said: _acknowledge(hand, case_of, said))


def _acknowledge(hand: CasesInHand, case_of: Mapping[str, str], said: Said) -> Outcome:
    author = hand.book.reference.staff.active(said.author.staff_id)
    if author is None:
        raise Refused("not_allowed", [Fault("", "no_staff", "only members of staff acknowledge")])
    if faults := list(_faults(said)):
        raise Refused.invalid(faults)
    ids = list(dict.fromkeys(said.data["task_ids"]))
    found = {id: of_it for id in ids if (of_it := _found(hand, said, case_of, id))}
    if not found:
        raise Refused.unknown("task", ids[0])
    became = {id: _one(hand, said, author.level, *found[id]) if id in found else _none(id) for id in ids}
    detail: dict[str, Any] = {name: said.data[name] for name in ("cause", "until")}
    detail |= {"staff_id": author.staff_id, "level": author.level}
    if note := said.data["note"]:
        detail["note"] = hand.uow.sealer.seal(note, "note")
    for case in {case.case_id: case for case, _ in found.values()}.values():
        of_case = [became[id] for id, (its, _) in found.items() if its.case_id == case.case_id]
        hand.add_line(said, case, "overdue_acknowledged", tasks=of_case, **detail)
    return Outcome.done(tasks=list(became.values()))


def _faults(said: Said) -> Iterator[Fault]:
    if said.data["until"] <= said.at:
        yield Fault("until", "not_later", "say a time by which they will be done")
    if said.data["cause"] == "other" and not said.data["note"]:
        yield Fault("note", "missing", "say in words what else it is")


def _found(
    hand: CasesInHand, said: Said, case_of: Mapping[str, str], task_id: str
) -> tuple[Case, Task] | None:
    try:
        return named(hand, said, case_of, task_id)
    except Refused:
        return None


def _none(task_id: str) -> dict[str, Any]:
    return _became(task_id, "unknown")


def _one(hand: CasesInHand, said: Said, level: str, case: Case, task: Task) -> dict[str, Any]:
    policy = hand.book.policy(case)
    ladder = policy.ladders.of(task.kind)
    if not task.live:
        return _became(task.task_id, task.state)
    if task.state == states.DUE:
        return _became(task.task_id, "not_overdue")
    if not reaches(level, task.steps_informed, ladder):
        return _became(task.task_id, "known_above", task.next_step_at)
    if not task.takes(ACKNOWLEDGED):
        return _became(task.task_id, "not_held", task.next_step_at)
    before = task.acts.counted[-1] if task.acts and task.acts.counted else None
    again = (
        before is not None
        and before.what == ACKNOWLEDGED
        and reaches(before.level, task.steps_informed, ladder)
    )
    until = min(said.data["until"], said.at + policy.terms.acknowledged)
    act = act_of(said, ACKNOWLEDGED, until=until, level=level, because=said.data["cause"])
    after = hand.report(said, case, task, act)
    if not again:
        return _became(task.task_id, "held", after.next_step_at)
    climbs = ladder.step_above(level) > task.steps_informed
    return _became(task.task_id, "climbs" if climbs else "not_held", after.next_step_at)


def _became(task_id: str, what: str, next_step_at: datetime | None = None) -> dict[str, Any]:
    return {"task_id": task_id, "became": what, "next_step_at": in_utc(next_step_at)}
