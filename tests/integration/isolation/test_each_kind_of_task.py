"""One task of each kind is done, tried in vain, waived and acknowledged at the door, and done and tried as
other systems say it; then it is silent. Those that end with what is decided are refused instead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from typing import Any, Final

from chassis.commands.by_broker import as_handler
from chassis.messaging.handed_in import hand_in
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event, dump_event, event_document, join_events
from field.words import URGENT_TASKS
from services.console.pages.words import TASKS
from services.isolation import tables as t
from services.isolation.cases.casebook import casebook
from services.isolation.cases.unplanned import unplanned_task
from services.isolation.door import COMMANDS, DOOR
from services.isolation.policies import rules
from services.isolation.policies.rules import OpeningTask
from services.isolation.tasks.find_overdue import find_overdue
from tests.doors import Visitor
from tests.integration.isolation.trial import Trial, arrival, china

SAID: Final = "report_task"
WAYS: Final = {
    **dict.fromkeys(
        (
            *("first_contact", "signed_notice", "supplies", "escort_to_site", "inform", "closing_call"),
            *("check_in", "test", "disinfection", "release_visit", "call_them", "visit_them"),
            *("see_abnormal", "see_silent", "settle_refusal", "settle_transfer", "meet_need", "medical_need"),
            *("see_breach", "settle_breach", "settle_home", "settle_central", "see_positive"),
            *("list_contacts", "second_sample"),
        ),
        SAID,
    ),
    "confirm_release": "decide_case",
    "past_the_term": "decide_case",
    "confirm_transfer": "decide_case",
    "decide_permit": "decide_permit",
    "urgent_permit": "decide_permit",
    "review_permit": "decide_permit",
    "judge_breach": "judge_breach",
    "confirm_admission": "settle_move",
    "tell_contacts": "settle_close_contact",
    "correct_contacts": "settle_close_contact",
}
"""Kind of task -> the command with which it ends."""
OR_WAIVED: Final = {
    "decide_positive": "decide_case",
    "late_result": "decide_case",
    "leave_central": "decide_case",
    "name_carer": "name_carer",
}
"""Likewise of those that are tried in vain, too, and waived where nothing is to be decided."""
HOUR: Final = timedelta(hours=1)
REFUSED: Final = "ends_by_decision"
[REPORT] = [command for command in COMMANDS if command.name == SAID]
EACH: Final = ("done", "attempt", "waived", "acknowledged", "done", "attempt")
"""What is said of the tasks of each case; of the last two by another system."""


def asked_for(policy: Any) -> Iterator[OpeningTask]:
    """All tasks that a policy knows, wherever they stand in it."""
    if isinstance(policy, OpeningTask):
        yield policy
    elif isinstance(policy, rules.ReleaseTask):
        yield OpeningTask(policy.kind, policy.role, HOUR)
    elif isinstance(policy, rules.CheckIns):
        yield OpeningTask(rules.CHECK_IN, policy.role, HOUR)
    elif isinstance(policy, rules.Tests):
        yield OpeningTask(rules.TEST, policy.role, HOUR)
    elif is_dataclass(policy):
        for field in fields(policy):
            yield from asked_for(getattr(policy, field.name))
    elif isinstance(policy, Mapping):
        for value in policy.values():
            yield from asked_for(value)
    elif isinstance(policy, tuple):
        for value in policy:
            yield from asked_for(value)


def each_kind(uow: UnitOfWork) -> dict[str, OpeningTask]:
    with casebook(uow) as book:
        known = book.reference.policies.by_id.values()
        kinds = {one.kind: one for policy in known for one in asked_for(policy)}
    # Two are what another one is called where it cannot be as it stands in the policy.
    kinds[rules.VISIT] = replace(kinds[rules.CALL_BY_PHONE], kind=rules.VISIT)
    kinds[rules.URGENT_PERMIT] = replace(kinds[rules.DECIDE_PERMIT], kind=rules.URGENT_PERMIT)
    return kinds


def plan(uow: UnitOfWork, came: Sequence[Event], kinds: Mapping[str, OpeningTask]) -> None:
    """One more of each kind, about the same thing."""
    with casebook(uow) as book:
        for event in came:
            case = book.lock([event.data["arrival_id"]])[event.data["arrival_id"]]
            for one in kinds.values():
                task = unplanned_task(case, book.policy(case), one, uow.now, uow.zone, about=f"a-{one.kind}")
                case = book.add_unplanned(case, task, event)
            case = replace(case, history_lines=case.history_lines + 1)
            book.change(case, "planned", event, {})


def by_another_system(isolation: Trial, tasks: Sequence[Mapping[str, Any]], outcome: str) -> list[str]:
    """What became of each."""
    said = [
        event_document(
            id=f"{outcome}-{task['task_id']}",
            source="/clinic-7/telephone",
            type=REPORT.event,
            data={"task_id": task["task_id"], "outcome": outcome},
            time=isolation.clock.now(),
        )
        for task in tasks
    ]
    body = join_events([dump_event(one) for one in said])
    answers = hand_in(isolation.work, as_handler("isolation", REPORT), "clinic-7", body)
    return [
        next((one["code"] for one in answer.data["reasons"]), answer.data["outcome"]) for answer in answers
    ]


def at_the_door(door: Visitor, task: Mapping[str, Any], what: str) -> str:
    of_it: dict[str, Any] = {"task_id": task["task_id"]}
    if what == "waived":
        answer = door.say("district", "waive_task", {**of_it, "expects": 0, "reason": "has its own"})
    elif what == "acknowledged":
        until = (china("2022-10-01 09:00") + timedelta(days=30)).isoformat()
        ids = {"task_ids": [task["task_id"]], "until": until, "cause": "weather"}
        answer = door.say("district", "acknowledge_overdue", ids)
    else:
        answer = door.say("officer", SAID, {**of_it, "outcome": what})
    document = answer.get_json()
    if what == "acknowledged":
        return str(document["result"]["tasks"][0]["became"])
    return "done" if answer.status_code == 200 else str(document["faults"][0]["code"])


def told(isolation: Trial) -> dict[str, int]:
    """Task -> how many steps of its ladder were informed."""
    return {row["task_id"]: row["told"] or 0 for row in isolation.rows(t.tasks)}


def test_every_kind_of_task_stands_here_with_the_way_it_ends(on_sqlite: Trial) -> None:
    kinds = on_sqlite.do(each_kind)
    assert set(WAYS | OR_WAIVED) == set(kinds) == set(TASKS)
    assert set((WAYS | OR_WAIVED).values()) <= {command.name for command in COMMANDS}


def test_each_kind_of_task_is_done_tried_waived_and_acknowledged_and_then_silent(on_sqlite: Trial) -> None:
    isolation = on_sqlite
    came = [arrival(level="medium") for _ in EACH]
    isolation.follow(*came)
    isolation.do(plan, came, isolation.do(each_kind))
    tasks = [[row for row in isolation.tasks(event) if row["about"]] for event in came]
    isolation.clock.moment = late = max(row["tell_at"] for own in tasks for row in own)
    isolation.until_done(find_overdue)
    door, informed = Visitor(DOOR, isolation.work), told(isolation)
    assert all(informed[row["task_id"]] for own in tasks for row in own)

    silent: dict[str, set[str]] = defaultdict(set)
    """What was said -> those that are silent since."""
    for number, (own, what) in enumerate(zip(tasks, EACH, strict=True)):
        if number < len(set(EACH)):
            became = [at_the_door(door, row, what) for row in own]
        else:
            became = by_another_system(isolation, own, what)
        kinds = [row["kind"] for row in own]
        assert dict(zip(kinds, became, strict=True)) == {kind: expected(kind, what) for kind in kinds}
        silent[what] |= {row["task_id"] for row, of_it in zip(own, became, strict=True) if of_it != REFUSED}
    urgent = {row["task_id"] for own in tasks for row in own if row["kind"] in URGENT_TASKS}
    silent["attempt"] -= urgent  # what is urgent waits for no next try

    isolation.clock.moment = late + 11 * HOUR
    isolation.until_done(find_overdue)
    louder = told(isolation)
    assert {id for ids in silent.values() for id in ids if louder[id] > informed[id]} == set()
    isolation.clock.moment = late + 60 * HOUR
    isolation.until_done(find_overdue)
    louder, settled = told(isolation), silent["done"] | silent["waived"]
    assert {
        row["task_id"] for own in tasks for row in own if louder[row["task_id"]] == informed[row["task_id"]]
    } == settled
    assert isolation.audit()["balanced"]


def expected(kind: str, what: str) -> str:
    """What becomes of it."""
    if what == "acknowledged":
        return "held"
    by_report = WAYS.get(kind) == SAID or (kind in OR_WAIVED and what != "done")
    return "done" if by_report else REFUSED
