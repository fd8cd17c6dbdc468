"""Out and back by leave: in time, late, or without it; whatever the order in which it is said (P10, P11)."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.door import DOOR
from services.isolation.households.plan_again import plan_again
from services.isolation.permits.find_late import find_late
from services.isolation.permits.report_passage import report_passage
from services.isolation.tasks.report_task import report_task
from tests.doors import Visitor
from tests.integration.isolation.saying import CLINIC, LINK, WORKER, command, say_all, speaking
from tests.integration.isolation.test_permits import (
    asked,
    called_off,
    decide,
    decided,
    family,
    ids,
    permits,
    times,
)
from tests.integration.isolation.trial import Trial, arrival, china

__all__ = ["family"]

passed = speaking(report_passage, "passage.reported")
report = speaking(report_task, "task.reported")


def granted(isolation: Trial, came: list[Event], **more: Any) -> Any:
    permit = asked(isolation, came, outings=[times("2022-10-01 10:00", "2022-10-01 14:00")], **more)
    assert decided(isolation, permit).kind == "done"
    return permit


def goes(isolation: Trial, came: list[Event], direction: str, at: str, **how: Any) -> None:
    said = {"case_ids": ids(came), "direction": direction, "at": china(f"2022-10-01 {at}")}
    assert passed(isolation, said, **how).kind == "done"


def clock(isolation: Trial, at: str) -> None:
    isolation.clock.moment = china(f"2022-10-01 {at}")
    isolation.until_done(find_late)


def looked_for(isolation: Trial, *states: str) -> list[str]:
    tasks = [row for row in isolation.rows(t.tasks) if row["kind"] == "see_breach"]
    return [row["state"] for row in tasks if not states or row["state"] in states]


def suspected(isolation: Trial) -> list[str]:
    return [event.data["why"] for event in isolation.recorded("breach.suspected")]


def test_who_goes_and_is_back_in_time_troubles_nobody(isolation: Trial, family: list[Event]) -> None:
    granted(isolation, family)
    clock(isolation, "10:05")
    goes(isolation, family, "out", "10:00", author=CLINIC)
    [permit] = permits(isolation, family)
    assert permit.courses[0].is_out and permit.state == "granted"
    clock(isolation, "13:40")
    goes(isolation, family, "back", "13:40")
    clock(isolation, "15:00")
    [permit] = permits(isolation, family)
    assert (permit.courses[0].left_at, permit.courses[0].back_at) == (
        china("2022-10-01 10:00"),
        china("2022-10-01 13:40"),
    )
    assert looked_for(isolation) == [] and suspected(isolation) == []
    assert isolation.audit()["balanced"]


def test_what_comes_together_is_judged_together_and_alarms_nobody_who_is_back(
    isolation: Trial, family: list[Event]
) -> None:
    granted(isolation, family)
    clock(isolation, "15:00")
    gone, back = (
        command(isolation, "passage.reported", {"case_ids": ids(family), "direction": way, "at": at})
        for way, at in (("out", china("2022-10-01 10:00")), ("back", china("2022-10-01 13:50")))
    )
    assert {one.kind for one in say_all(isolation, report_passage, [gone, back])} == {"done"}
    assert looked_for(isolation) == [] and suspected(isolation) == []


def test_who_is_late_is_looked_for_at_once_and_told_once(isolation: Trial, family: list[Event]) -> None:
    granted(isolation, family)
    clock(isolation, "10:05")
    goes(isolation, family, "out", "10:00")
    clock(isolation, "14:10")
    assert looked_for(isolation) == []
    for at in ("14:16", "14:30"):
        clock(isolation, at)
    assert looked_for(isolation) == ["due", "due"] and suspected(isolation) == ["late_back"]
    [told] = isolation.recorded("breach.suspected")
    owner = isolation.case(told.data["case_id"])["owner"]
    assert owner in [one["staff_id"] for one in told.data["tell"]["staff"]]
    assert permits(isolation, family)[0].courses[0].late
    goes(isolation, family, "back", "14:29")
    assert looked_for(isolation) == ["due", "due"], "they are back, and late: somebody finds out why"
    assert isolation.audit()["balanced"]


def test_a_report_from_a_phone_without_network_puts_it_right(isolation: Trial, family: list[Event]) -> None:
    granted(isolation, family)
    clock(isolation, "10:05")
    goes(isolation, family, "out", "10:00")
    clock(isolation, "15:00")
    assert looked_for(isolation, "due") == ["due", "due"]
    goes(isolation, family, "back", "13:50")
    assert looked_for(isolation) == ["cancelled", "cancelled"]
    assert not permits(isolation, family)[0].courses[0].late


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_in_whatever_order_it_is_said_the_end_is_the_same(
    isolation: Trial, family: list[Event], order: tuple[int, ...]
) -> None:
    granted(isolation, family)
    clock(isolation, "15:00")
    said = [("out", "10:00"), ("back", "13:50"), ("back", "14:40")]
    commands = [
        command(
            isolation,
            "passage.reported",
            {"case_ids": ids(family), "direction": way, "at": china(f"2022-10-01 {at}")},
        )
        for way, at in (said[number] for number in order)
    ]
    assert {one.kind for one in say_all(isolation, report_passage, commands)} == {"done"}
    isolation.until_done(find_late)
    [permit] = permits(isolation, family)
    course = permit.courses[0]
    assert (course.left_at, course.back_at, course.late) == (
        china("2022-10-01 10:00"),
        china("2022-10-01 14:40"),
        False,
    )
    assert looked_for(isolation, "due", "missed") == []
    assert isolation.audit()["balanced"]


def test_whoever_goes_out_without_leave_is_looked_for(isolation: Trial, family: list[Event]) -> None:
    clock(isolation, "11:00")
    for at in ("10:50", "10:55"):
        goes(isolation, family[:1], "out", at, author=CLINIC)
    assert (looked_for(isolation), suspected(isolation)) == (["due"], ["no_permit"])
    alone = arrival(level="none")
    isolation.follow(alone)
    goes(isolation, [alone], "out", "10:58")
    assert len(looked_for(isolation)) == 1, "nothing keeps them in"


def test_an_emergency_asked_for_a_moment_after_they_left_is_leave_until_it_is_found_to_be_none(
    isolation: Trial, family: list[Event]
) -> None:
    clock(isolation, "11:00")
    goes(isolation, family, "out", "10:55")
    assert looked_for(isolation, "due") == ["due", "due"]
    permit = asked(isolation, family, kind="emergency", outings=[])
    assert looked_for(isolation) == ["cancelled", "cancelled"]
    assert decided(isolation, permit, "refused", reason="they went shopping").kind == "done"
    assert len(looked_for(isolation, "due")) == 2


def test_what_they_are_out_by_is_not_taken_back(isolation: Trial, family: list[Event]) -> None:
    permit = granted(isolation, family)
    clock(isolation, "10:05")
    goes(isolation, family, "out", "10:00")
    said = {"permit_id": permit.permit_id, "decision": "withdrawn"}
    assert decide(isolation, said, author=LINK).kind == "conflict"
    assert not any(row["withdrawn_at"] for row in isolation.rows(t.permits))


def test_said_twice_it_is_one_passage(isolation: Trial, family: list[Event]) -> None:
    granted(isolation, family)
    clock(isolation, "10:05")
    for _ in range(2):
        goes(isolation, family, "out", "10:00", id="same", author=CLINIC)
    assert len(isolation.rows(t.passages)) == 2, "one of each of them"
    assert isolation.audit()["balanced"]


def test_whose_case_has_ended_is_looked_for_no_more(isolation: Trial, family: list[Event]) -> None:
    granted(isolation, family)
    clock(isolation, "10:05")
    goes(isolation, family, "out", "10:00")
    home = isolation.case(family[0])["household_id"]
    isolation.follow(called_off(ids(family)[0], household_id=home))
    clock(isolation, "14:30")
    assert looked_for(isolation) == ["due"]
    [due] = [row for row in isolation.rows(t.tasks) if row["kind"] == "see_breach"]
    said = {"task_id": due["task_id"], "outcome": "done", "how": "by_phone"}
    assert report(isolation, said, author=WORKER).kind == "done"
    assert isolation.audit()["balanced"]


def test_officers_see_who_is_out_now(isolation: Trial, family: list[Event]) -> None:
    granted(isolation, family)
    clock(isolation, "10:05")
    goes(isolation, family, "out", "10:00")
    clock(isolation, "14:30")
    rows = Visitor(DOOR, isolation.work).get("officer", "/lists/people_out").get_json()["rows"]
    assert [(row["case_id"], row["late"]) for row in rows] == [(id, True) for id in sorted(ids(family))]
    goes(isolation, family, "back", "14:25")
    assert not Visitor(DOOR, isolation.work).get("officer", "/lists/people_out").get_json()["rows"]


def test_a_case_that_opens_again_has_somebody_who_looks_for_them_again(
    isolation: Trial, family: list[Event]
) -> None:
    granted(isolation, family)
    clock(isolation, "10:05")
    goes(isolation, family[:1], "out", "10:00")
    clock(isolation, "14:30")
    id = ids(family)[0]
    home = isolation.case(id)["household_id"]
    isolation.follow(called_off(id, household_id=home))
    assert looked_for(isolation) == ["cancelled"]
    clock(isolation, "21:00")
    assert looked_for(isolation) == ["cancelled"]
    isolation.follow(arrival(id, version=3, level="medium", household_id=home, why=["called_off"]))
    isolation.clock.moment = china("2022-10-02 09:00")
    isolation.until_done(find_late)
    isolation.until_done(plan_again)
    assert sorted(looked_for(isolation)) == ["cancelled", "due"]


def test_an_outing_of_before_stays_in_order_when_the_leave_is_taken_back(
    isolation: Trial, family: list[Event]
) -> None:
    week = [times(f"2022-10-0{day} 10:00", f"2022-10-0{day} 14:00") for day in (1, 3)]
    permit = asked(isolation, family, outings=week)
    assert decided(isolation, permit).kind == "done"
    clock(isolation, "10:05")
    goes(isolation, family, "out", "10:00")
    clock(isolation, "14:00")
    goes(isolation, family, "back", "13:40")
    [permit] = permits(isolation, family)
    assert (
        decide(isolation, {"permit_id": permit.permit_id, "decision": "withdrawn"}, author=LINK).kind
        == "done"
    )
    assert looked_for(isolation) == [] and suspected(isolation) == []
    isolation.clock.moment = china("2022-10-03 10:30")
    said = {"case_ids": ids(family), "direction": "out", "at": china("2022-10-03 10:20")}
    assert passed(isolation, said).kind == "done"
    assert suspected(isolation) == ["no_permit"], "not by this leave any more"


def test_what_was_in_order_when_nothing_kept_them_in_stays_so_under_a_stricter_measure(
    isolation: Trial,
) -> None:
    came = arrival(level="none")
    isolation.follow(came)
    clock(isolation, "09:00")
    goes(isolation, [came], "out", "08:30")
    goes(isolation, [came], "back", "08:50")
    raised = arrival(came.subject, version=2, level="medium", at=china("2022-10-01 10:00"))
    isolation.follow(raised)
    clock(isolation, "11:00")
    goes(isolation, [came], "back", "10:50")
    assert looked_for(isolation) == []
    goes(isolation, [came], "out", "10:55")
    assert looked_for(isolation) == ["due"]
