"""Whoever said by mistake that a task was done, tried in vain or not possible takes it back that day."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from chassis.commands.command import Author, Outcome
from chassis.ids import new_id
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.door import DOOR
from services.isolation.notices.sign_notice import sign_notice
from services.isolation.tasks.hear_of_following import hear_of_following
from services.isolation.tasks.report_task import report_task
from services.isolation.tasks.take_back_report import take_back_report
from tests.doors import Visitor
from tests.integration.isolation.saying import WORKER, speaking
from tests.integration.isolation.test_acts_on_tasks import at, steps
from tests.integration.isolation.test_hear_of_following import AT, first_contact, followed_up
from tests.integration.isolation.trial import SEALER, Trial, arrival, event

OTHER = Author("staff", "/console/worker-2", "worker-2")
PERSON = SEALER.seal({"name": "某", "phone": "13909311234"}, "person")


def task_of(isolation: Trial, came: Event, kind: str) -> dict[str, Any]:
    return next(task for task in isolation.tasks(came) if task["kind"] == kind)


def report(isolation: Trial, task: dict[str, Any], outcome: str, **more: Any) -> str:
    """Returns the id of the command."""
    id = new_id()
    data = {"task_id": task["task_id"], "outcome": outcome, **more}
    assert speaking(report_task, "task.reported")(isolation, data, id=id).kind == "done"
    return id


def take_back(isolation: Trial, task: dict[str, Any], of: str, author: Author = WORKER) -> Outcome:
    data = {"task_id": task["task_id"], "report": of}
    return speaking(take_back_report, "task.report_taken_back")(isolation, data, author=author)


@pytest.mark.parametrize(
    ("outcome", "state"), [("attempt", "due"), ("not_possible", "not_possible"), ("done", "done")]
)
def test_the_task_goes_on_as_if_it_had_not_been_said(isolation: Trial, outcome: str, state: str) -> None:
    came = arrival()
    isolation.follow(came)
    before = task_of(isolation, came, "signed_notice")
    more = {"because": "other", "note": "wrong door"} if outcome == "not_possible" else {}
    isolation.clock.advance(hours=1)
    said = report(isolation, before, outcome, **more)
    held = task_of(isolation, came, "signed_notice")
    assert held["state"] == state and (held["tell_at"], held["state"]) != (before["tell_at"], before["state"])
    isolation.clock.advance(minutes=5)
    back = take_back(isolation, before, said)
    assert (back.kind, back.result["state"], back.result["version"]) == ("done", "due", 2)
    after = task_of(isolation, came, "signed_notice")
    assert (after["state"], after["tell_at"]) == (before["state"], before["tell_at"])
    history = [line["what"] for line in isolation.trace(came.subject or "")["history"]]
    assert history[-2:] == [f"task_{outcome}", f"task_{outcome}_taken_back"]
    assert isolation.audit()["balanced"]


@pytest.mark.parametrize("mistaken", [False, True])
def test_a_third_try_that_was_none_does_not_go_to_the_street(isolation: Trial, mistaken: bool) -> None:
    came = arrival(level="medium")
    isolation.follow(came)
    task = task_of(isolation, came, "signed_notice")
    for moment in ("2022-10-01 08:00", "2022-10-01 12:00"):
        at(isolation, moment)
        report(isolation, task, "attempt")
    at(isolation, "2022-10-02 07:30")
    third = report(isolation, task, "attempt")
    if mistaken:
        take_back(isolation, task, third)
    at(isolation, "2022-10-02 07:30")
    assert ("street" in steps(isolation, "signed_notice")) == (not mistaken)
    assert isolation.audit()["balanced"]


def test_only_ones_own_only_of_today_and_only_once(isolation: Trial) -> None:
    came = arrival()
    isolation.follow(came)
    task = task_of(isolation, came, "signed_notice")
    tried = report(isolation, task, "attempt")
    assert take_back(isolation, task, tried, OTHER).kind == "unknown"
    assert take_back(isolation, task, "nothing").kind == "unknown"
    assert take_back(isolation, task, tried).kind == "done"
    assert take_back(isolation, task, tried).kind == "unknown"
    again = report(isolation, task, "attempt")
    isolation.clock.advance(days=1)
    late = take_back(isolation, task, again)
    assert (late.kind, late.faults[0].code) == ("invalid", "other_day")


def states(isolation: Trial, type: str) -> list[tuple[str | None, int | None]]:
    return [(event.subject, event.version) for event in isolation.recorded(type)]


def test_others_hear_that_it_was_done_that_it_was_not_and_that_it_is_now(isolation: Trial) -> None:
    came = arrival()
    isolation.follow(came)
    task = task_of(isolation, came, "first_contact")
    first = report(isolation, task, "done", how="seen")
    assert take_back(isolation, task, first).result["state"] == "due"
    report(isolation, task, "done", how="by_phone")
    id = task["task_id"]
    assert states(isolation, "task.done") == [(id, 1), (id, 2)]
    [back] = isolation.recorded("task.done_taken_back")
    assert (back.subject, back.data["state"], back.data["by"]) == (id, "due", "worker-1")
    assert states(isolation, "case.contacted") == [(id, 1), (id, 2)]
    [not_met] = isolation.recorded("case.contact_taken_back")
    assert not_met.data["act"] == first and not_met.correlationid == came.correlationid
    assert isolation.audit()["balanced"]


def test_what_somebody_else_said_too_stays_done(isolation: Trial) -> None:
    came = arrival()
    isolation.follow(came)
    task = task_of(isolation, came, "first_contact")
    mine = report(isolation, task, "done", how="seen")
    data = {"task_id": task["task_id"], "outcome": "done", "how": "by_phone"}
    theirs = speaking(report_task, "task.reported")(isolation, data, author=OTHER, id=(hers := new_id()))
    assert theirs.kind == "done"
    assert take_back(isolation, task, mine).result["state"] == "done"
    assert isolation.recorded("task.done_taken_back") == []
    assert take_back(isolation, task, hers, OTHER).result["state"] == "due"
    assert len(isolation.recorded("task.done_taken_back")) == 1
    assert len(isolation.recorded("case.contact_taken_back")) == 2, "registration has a line of each"


def test_a_task_that_is_open_again_climbs_as_if_it_had_never_been_done(isolation: Trial) -> None:
    came = arrival(level="medium")
    isolation.follow(came)
    task = task_of(isolation, came, "first_contact")
    done = report(isolation, task, "done", how="seen")
    at(isolation, "2022-10-01 20:00")
    assert steps(isolation) == []
    take_back(isolation, task, done)
    at(isolation, "2022-10-01 20:01")
    assert steps(isolation), "it was overdue all the time"


def test_of_a_case_that_has_ended_nothing_is_to_be_done_again(isolation: Trial) -> None:
    came = arrival()
    isolation.follow(came)
    task = task_of(isolation, came, "signed_notice")
    done = report(isolation, task, "done")
    isolation.follow(arrival(came.subject, version=2, not_coming=True, why=("not_here",)))
    back = take_back(isolation, task, done)
    assert (back.kind, back.result["state"]) == ("done", "cancelled")
    assert isolation.audit()["balanced"]


def test_what_a_check_in_or_a_notice_did_is_corrected_there(isolation: Trial) -> None:
    came = arrival()
    isolation.follow(came)
    signed = speaking(sign_notice, "notice.signed")(
        isolation, {"case_ids": [came.subject], "outcome": "signed"}, id=(id := new_id())
    )
    assert signed.kind == "done"
    task = task_of(isolation, came, "signed_notice")
    assert task["state"] == "done"
    refused = take_back(isolation, task, id)
    assert (refused.kind, refused.faults[0].code) == ("invalid", "not_of_this")
    assert task_of(isolation, came, "signed_notice")["state"] == "done"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_contact_that_registration_says_was_a_mistake_settles_nothing_in_whatever_order(
    isolation: Trial, order: tuple[int, ...]
) -> None:
    came, untouched = arrival(), arrival()
    isolation.follow(came, untouched)
    told = (
        followed_up(came, "verified", 1),
        taken_back(came, 2, 1, "verified"),
        followed_up(came, "no_answer", 3),
    )
    for one in order:
        isolation.do(hear_of_following, [told[one]])
    isolation.do(hear_of_following, [followed_up(untouched, "no_answer", 3)])
    task, other = first_contact(isolation, came), first_contact(isolation, untouched)
    assert (task["state"], task["tell_at"]) == (other["state"], other["tell_at"])
    done, back = isolation.recorded("task.done"), isolation.recorded("task.done_taken_back")
    assert len(done) == len(back)
    assert isolation.audit()["balanced"]


def taken_back(of: Event, number: int, other: int, outcome: str = "no_answer") -> Event:
    data = {
        "arrival_id": of.subject,
        "arrival_version": 1,
        "number": other,
        "outcome": outcome,
        "at": AT + timedelta(minutes=number),
        "by": "/console/w1",
    }
    assert of.subject
    return event("arrival.follow_up_taken_back", of.subject, number, data, AT)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_what_registration_says_was_a_mistake_counts_no_more_in_whatever_order_it_comes(
    isolation: Trial, order: tuple[int, ...]
) -> None:
    came, untouched = arrival(), arrival()
    isolation.follow(came, untouched)
    first, back, second = (
        followed_up(came, "no_answer", 1),
        taken_back(came, 2, 1),
        followed_up(came, "no_answer", 3),
    )
    told = (first, back, second)
    for one in order:
        isolation.do(hear_of_following, [told[one]])
    isolation.do(hear_of_following, [followed_up(untouched, "no_answer", 3)])
    task, other = first_contact(isolation, came), first_contact(isolation, untouched)
    assert (task["state"], task["tell_at"]) == (other["state"], other["tell_at"])
    assert len(task["acts"]["said"]) == 3
    isolation.do(hear_of_following, [back, first])
    assert len(first_contact(isolation, came)["acts"]["said"]) == 3, "said again it is the same"
    assert isolation.audit()["balanced"]


def test_a_household_shows_what_one_can_take_back(isolation: Trial) -> None:
    came = arrival(person=PERSON, worker="worker-1")
    isolation.follow(came)
    door = Visitor(DOOR, isolation.work)

    def own(who: str) -> list[str]:
        headers = door.headers(who)
        answer = door.client.post("/lookups/my_household", json={"household": came.subject}, headers=headers)
        return [act["what"] for task in answer.json["tasks"] for act in task["revocable"]]

    assert own("worker-1") == []
    task = task_of(isolation, came, "signed_notice")
    said = {"task_id": task["task_id"], "outcome": "attempt"}
    assert door.say("worker-1", "report_task", said, key="key-of-the-report").status_code == 200
    assert own("worker-1") == ["attempt"] and own("nurse") == []
    back = {"task_id": task["task_id"], "report": "key-of-the-report"}
    assert door.say("worker-2", "take_back_report", back).status_code == 404
    assert door.say("worker-1", "take_back_report", back).status_code == 200
    assert own("worker-1") == []
    tried = [line["what"] for line in isolation.rows(t.case_history) if line["what"].startswith("task_")]
    assert sorted(tried) == ["task_attempt", "task_attempt_taken_back"]
