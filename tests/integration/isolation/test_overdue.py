"""Overdue tasks and undeliverable messages climb the ladder: each step is informed once."""

from collections import Counter
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import update

from chassis.errors import Wrong
from chassis.ids import new_id
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.tasks.call_by_phone import call_by_phone
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.teams.copies import STAFF
from tests.integration.isolation.trial import (
    COMMUNITY,
    DISTRICT,
    GRID,
    MORNING,
    PEOPLE,
    STREET,
    Trial,
    arrival,
    china,
    kinds,
    staff,
    undeliverable,
)

# -- overdue tasks ----------------------------------------------------------------------------------------


def test_an_overdue_task_climbs_the_ladder_and_each_step_is_informed_once(isolation: Trial):
    came = arrival(level="none")
    isolation.follow(came)
    for hours, told in (
        (23.9, 0),
        (24, 1),
        (24.9, 1),
        (25, 2),
        (27.9, 2),
        (28, 3),
        (36, 4),
        (59.9, 4),
        (60, 5),
    ):
        isolation.clock.moment = MORNING + timedelta(hours=hours)
        isolation.until_done(find_overdue)
        isolation.until_done(find_overdue)
        assert [e.version for e in isolation.recorded("task.overdue")] == list(range(1, told + 1)), hours
    overdue = isolation.recorded("task.overdue")
    assert [e.data["tell"]["level"] for e in overdue] == [
        *("worker", "community", "street", "district", "district")
    ]
    assert [[s["staff_id"] for s in e.data["tell"]["staff"]] for e in overdue] == [
        *(["worker-1"], ["officer"], ["street"], ["district"], ["district"])
    ]
    assert [e.data["tell"]["place"] for e in overdue] == [GRID, COMMUNITY, STREET, DISTRICT, DISTRICT]
    assert overdue[0].data["tell"]["staff"][0]["contact"] == "sealed-worker-1"
    assert overdue[0].correlationid == came.correlationid
    assert isolation.tasks(came)[0]["state"] == "missed" and isolation.tasks(came)[0]["told"] == 5


def test_a_step_whose_level_has_no_staff_informs_the_next_level_that_has_some(empty: Trial):
    empty.with_policies().with_neighbourhood([("street", "street_officer", STREET)])
    empty.follow(arrival(level="none"))
    empty.clock.advance(hours=24)
    empty.until_done(find_overdue)
    (overdue,) = empty.recorded("task.overdue")
    assert overdue.data["tell"]["level"] == "street" and overdue.data["step"] == 1


def test_if_the_top_of_the_ladder_is_empty_the_highest_staff_are_reminded(empty: Trial):
    empty.with_policies().with_neighbourhood([who for who in PEOPLE if who[0] != "district"])
    empty.follow(arrival(level="none"))
    for hours in (24, 25, 28, 36, 60):
        empty.clock.moment = MORNING + timedelta(hours=hours)
        empty.until_done(find_overdue)
    told = [(e.data["tell"]["level"], e.data["tell"]["place"]) for e in empty.recorded("task.overdue")]
    assert told == [("worker", GRID), ("community", COMMUNITY)] + [("street", STREET)] * 3
    assert [[s["staff_id"] for s in e.data["tell"]["staff"]] for e in empty.recorded("task.overdue")[2:]] == [
        ["street"]
    ] * 3


def test_an_overdue_task_without_any_staff_to_inform_counts_as_nobodys(empty: Trial):
    empty.with_policies().with_neighbourhood(people=())
    came = arrival(level="none")
    empty.follow(came)
    empty.clock.advance(hours=24)
    empty.until_done(find_overdue)
    (overdue,) = empty.recorded("task.overdue")
    assert (overdue.data["tell"]["level"], overdue.data["tell"]["staff"]) == ("worker", [])
    assert empty.tasks(came)[0]["told_level"] == "nobody"
    empty.do(STAFF.keep, [staff("street", "street_officer", STREET)])
    empty.clock.advance(hours=1)
    empty.until_done(find_overdue)
    assert empty.tasks(came)[0]["told_level"] == "street"


def test_after_a_long_absence_every_step_is_still_informed_once(isolation: Trial):
    isolation.follow(*(arrival() for _ in range(3)))
    isolation.clock.advance(days=2)
    isolation.run_timers()
    isolation.run_timers()
    told = Counter((e.subject, e.version) for e in isolation.recorded("task.overdue"))
    assert set(told.values()) == {1}
    late = [x for x in isolation.rows(t.tasks) if x["due_by"] <= isolation.clock.moment]
    assert {subject for subject, _ in told} == {task["task_id"] for task in late}
    assert isolation.audit()["balanced"]


def test_finished_and_cancelled_tasks_are_not_reported_as_overdue(isolation: Trial):
    came, other = arrival(level="medium"), arrival(level="medium")
    isolation.follow(came, other)
    isolation.follow(arrival(came.subject, version=2, level="none"))
    with isolation.database.begin() as conn:
        conn.execute(
            update(t.tasks).where(t.tasks.c.case_id == other.subject).values(state="done", tell_at=None)
        )
    isolation.clock.advance(days=3)
    isolation.until_done(find_overdue)
    assert {e.data["kind"] for e in isolation.recorded("task.overdue")} == {"inform"}


# -- messages that did not get through --------------------------------------------------------------------


def test_a_message_that_cannot_be_delivered_becomes_one_task_to_call_them(isolation: Trial):
    came = arrival(level="medium", worker="worker-2")
    isolation.follow(came)
    failed = [undeliverable(came.subject or "", f"m-{n}", MORNING) for n in range(2)]
    to_staff = undeliverable(came.subject or "", "m-9", MORNING, kind="staff")
    isolation.do(call_by_phone, [failed[0], to_staff])
    isolation.do(call_by_phone, [*failed, failed[1]])
    calls = [task for task in isolation.tasks(came) if task["kind"] == "call_them"]
    assert [(task["about"], task["staff_id"]) for task in calls] == [("m-0", "worker-2"), ("m-1", "worker-2")]
    assert isolation.audit()["balanced"]
    isolation.follow(arrival(came.subject, version=2, level="none"))
    assert kinds(isolation.tasks(came, "due")) == ["call_them", "call_them", "inform"]


def test_staff_who_cannot_be_told_of_a_pair_without_a_case_are_counted(isolation: Trial):
    """An arrival at no risk has no case, and may be a possible duplicate."""
    about = {"about": "pair:a:b", "kind": "staff", "staff_id": "worker-2", "role": "grid_worker"}
    isolation.do(call_by_phone, [undeliverable(new_id(), "m-1", MORNING, **about)])
    assert isolation.recorded("task.overdue") == []


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"reason": "landline", "instead": "call"}, "call_them"),
        ({"reason": "abroad", "instead": "call"}, "call_them"),
        ({"reason": "service_number", "instead": "visit"}, "visit_them"),
        ({"reason": "no_phone", "instead": "visit"}, "visit_them"),
        ({"reason": "no_phone"}, "call_them"),  # said by an earlier version
    ],
)
def test_whom_no_phone_reaches_is_visited(isolation: Trial, given: dict[str, str], kind: str):
    came = arrival(level="medium", worker="worker-2")
    isolation.follow(came)
    lost = undeliverable(came.subject or "", "m-1", MORNING, **given)
    isolation.do(call_by_phone, [lost])
    isolation.do(call_by_phone, [lost])
    (task,) = [task for task in isolation.tasks(came) if task["about"] == "m-1"]
    assert (task["kind"], task["staff_id"], task["state"]) == (kind, "worker-2", "due")
    assert task["due_from"] == MORNING
    last = isolation.trace(came.subject or "")["history"][-1]
    assert (last["what"], last["message"], last["reason"]) == (kind, "m-1", given["reason"])
    assert isolation.audit()["balanced"]


def test_the_ladder_knows_why_a_member_of_staff_was_not_reached(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    given = {"staff_id": "worker-1", "role": "grid_worker", "about": "opened:1", "reason": "landline"}
    isolation.do(call_by_phone, [undeliverable(came.subject or "", "m-1", MORNING, "staff", **given)])
    last = isolation.trace(came.subject or "")["history"][-1]
    assert (last["what"], last["told"], last["reason"]) == ("not_reached", "community", "landline")


def test_an_undeliverable_message_to_staff_climbs_a_level_and_makes_no_task(
    isolation: Trial,
):
    came = arrival(level="medium")
    isolation.follow(came)
    planned = isolation.tasks(came)
    lost = [
        undeliverable(came.subject or "", f"m-{n}", MORNING, "staff", staff_id=who, role=role)
        for n, (who, role, _) in enumerate(PEOPLE)
    ]
    isolation.do(call_by_phone, lost)
    climbed = [(e.subject, e.data["tell"]["level"], e.version) for e in isolation.recorded("task.overdue")]
    assert climbed == [
        ("m-0", "community", 2),
        ("m-1", "community", 2),
        ("m-2", "street", 3),
        ("m-3", "community", 2),
        ("m-4", "community", 2),
        ("m-5", "district", 4),
    ], "above the district there is nobody"
    first = isolation.recorded("task.overdue")[0]
    assert [member["staff_id"] for member in first.data["tell"]["staff"]] == ["officer"]
    assert (first.data["kind"], first.data["case_id"]) == ("message_to_staff", came.subject)
    assert isolation.tasks(came) == planned and isolation.audit()["balanced"]


def test_a_message_to_staff_climbs_past_a_level_that_has_nobody(empty: Trial):
    people = [who for who in PEOPLE if who[1] in ("grid_worker", "street_officer")]
    empty.with_policies().with_neighbourhood(people)
    came = arrival(level="none")
    empty.follow(came)
    given = {"staff_id": "worker-1", "role": "grid_worker"}
    empty.do(call_by_phone, [undeliverable(came.subject or "", "m-1", MORNING, "staff", **given)])
    (told,) = empty.recorded("task.overdue")
    assert told.data["tell"]["level"] == "street"


def not_reached(came: Event, staff_id: str, role: str, about: str, level: str | None = None) -> Event:
    case_id, message_id = came.subject or "", f"{about}>{staff_id}"
    return undeliverable(
        case_id, message_id, MORNING, "staff", staff_id=staff_id, role=role, about=about, level=level
    )


def counted(level: str) -> float:
    return REGISTRY.get_sample_value("doorstep_staff_not_reached_total", {"level": level}) or 0.0


def test_nothing_climbs_while_another_officer_of_the_level_may_be_reached(isolation: Trial):
    isolation.do(STAFF.keep, [staff(f"district-{n}", "district_officer", DISTRICT) for n in (2, 3)])
    came = arrival(level="none")
    isolation.follow(came)
    before = counted("district"), counted("nobody")
    officers = [
        not_reached(came, who, "district_officer", "overdue:t:4", "district")
        for who in ("district", "district-2", "district-3")
    ]
    isolation.do(call_by_phone, officers[:1])
    isolation.do(call_by_phone, [officers[0], officers[1]])
    assert not isolation.recorded("task.overdue")
    assert (counted("district"), counted("nobody")) == (before[0] + 2, before[1])
    isolation.do(call_by_phone, officers[2:])
    assert not isolation.recorded("task.overdue")
    assert counted("nobody") == before[1] + 1, "now nobody of the level knows, and there is none above"
    assert isolation.audit()["balanced"]


@pytest.mark.parametrize("together", [True, False])
def test_a_level_of_which_nobody_is_reached_climbs_once(isolation: Trial, together: bool):
    isolation.do(STAFF.keep, [staff("officer-2", "community_officer", COMMUNITY)])
    came = arrival(level="none")
    isolation.follow(came)
    lost = [
        not_reached(came, who, "community_officer", about, "community")
        for about in ("overdue:t:2", "overdue:u:2")
        for who in ("officer", "officer-2")
    ]
    for some in [lost[:3], lost[3:]] if together else [[one] for one in lost]:
        isolation.do(call_by_phone, some)
    told = isolation.recorded("task.overdue")
    assert [(e.data["tell"]["level"], e.version) for e in told] == [("street", 3)] * 2
    assert len({e.subject for e in told}) == 2, "one for each of the tasks"
    notes = [line for line in isolation.trace(came.subject or "")["history"] if line["what"] == "not_reached"]
    assert Counter((line["staff_id"], line["told"]) for line in notes) == {
        ("officer", "community"): 2,
        ("officer-2", "street"): 2,
    }
    assert isolation.audit()["balanced"]


def test_two_members_not_reached_about_one_subject_are_one_event(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    isolation.do(call_by_phone, [not_reached(came, "worker-1", "grid_worker", "opened:1")])
    isolation.do(call_by_phone, [not_reached(came, "nurse", "health_worker", "opened:1")])
    isolation.do(call_by_phone, [not_reached(came, "worker-1", "grid_worker", "changed:2")])
    told = isolation.recorded("task.overdue")
    assert [e.data["tell"]["level"] for e in told] == ["community"] * 3
    assert len({(e.subject, e.version) for e in told}) == 2


def test_an_undelivered_message_climbs_although_others_are_on_that_level(isolation: Trial):
    """A message to the case's worker goes to him only, whatever his role."""
    isolation.do(STAFF.keep, [staff("officer-2", "community_officer", COMMUNITY)])
    came = arrival(level="medium")
    isolation.follow(came)
    for about, level in (("changed:2", None), ("overdue:t:1", "worker")):
        isolation.do(call_by_phone, [not_reached(came, "officer", "community_officer", about, level)])
    assert [e.data["tell"]["level"] for e in isolation.recorded("task.overdue")] == ["street"] * 2


def test_a_message_about_a_case_that_is_not_here_is_wrong(isolation: Trial):
    with pytest.raises(Wrong):
        isolation.do(call_by_phone, [undeliverable(new_id(), "m-1", MORNING)])


# -- night, absence, kinds ----------------------------------------------------------------------------------


def told(trial: Trial) -> list[tuple[str, str, list[str]]]:
    """(kind, level, staff) of the steps that were informed."""
    return [
        (e.data["kind"], e.data["tell"]["level"], [one["staff_id"] for one in e.data["tell"]["staff"]])
        for e in sorted(trial.recorded("task.overdue"), key=lambda e: (e.time, e.version))
    ]


def test_by_night_nothing_climbs_that_is_not_urgent_and_the_levels_keep_their_time(isolation: Trial):
    came = arrival(level="none", at=china("2022-10-01 21:30"), arrived_at=china("2022-10-01 21:30"))
    isolation.clock.moment = china("2022-10-01 21:30")
    isolation.follow(came)
    for at, how_many in (
        ("2022-10-02 21:30", 1),
        ("2022-10-02 22:30", 1),
        ("2022-10-03 03:00", 1),
        ("2022-10-03 08:00", 2),
        ("2022-10-03 10:59", 2),
        ("2022-10-03 11:00", 3),
    ):
        isolation.clock.moment = china(at)
        isolation.until_done(find_overdue)
        assert len(told(isolation)) == how_many, at
    assert [level for _, level, _ in told(isolation)] == ["worker", "community", "street"]


def test_the_term_of_a_task_that_would_end_at_night_ends_in_the_morning(isolation: Trial):
    at = china("2022-10-01 22:30")
    isolation.clock.moment = at
    came = arrival(at=at, arrived_at=at)
    isolation.follow(came)
    (contact,) = [task for task in isolation.tasks(came) if task["kind"] == "first_contact"]
    assert contact["due_by"] == contact["tell_at"] == china("2022-10-02 08:00")


def test_a_missed_check_in_is_repeated_to_the_community_and_reaches_no_street(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    isolation.clock.moment = china("2022-10-04 21:00")
    isolation.until_done(find_overdue)
    of_check_ins = [level for kind, level, _ in told(isolation) if kind == "check_in"]
    assert set(of_check_ins) == {"worker", "community"} and of_check_ins.count("community") > 2
    assert "district" in {level for kind, level, _ in told(isolation) if kind == "first_contact"}


def make_urgent(trial: Trial) -> None:
    """As a task that somebody must see to at once."""
    with trial.database.begin() as conn:
        conn.execute(update(t.tasks).values(kind="see_abnormal"))


def test_what_is_urgent_goes_by_night_to_whoever_is_on_duty(isolation: Trial):
    night = {"duty_from": china("2022-10-01 22:00"), "duty_to": china("2022-10-02 07:00")}
    watch = staff("watch", "health_worker", COMMUNITY, **night)
    isolation.do(STAFF.keep, [watch])
    isolation.follow(arrival(level="none"))
    make_urgent(isolation)
    isolation.clock.moment = china("2022-10-02 07:00")
    isolation.until_done(find_overdue)
    assert told(isolation)[0] == ("see_abnormal", "worker", ["worker-1"]), "her duty is over"
    isolation.clock.moment = china("2022-10-02 23:30")
    later = {"duty_from": china("2022-10-02 22:00"), "duty_to": china("2022-10-03 07:00")}
    isolation.do(STAFF.keep, [staff("district", "district_officer", DISTRICT, 2, **later)])
    isolation.until_done(find_overdue)
    assert {tuple(who) for _, _, who in told(isolation)[1:]} == {("district",)}, "nobody else is awake"
    assert all(e.data["urgent"] for e in isolation.recorded("task.overdue"))


def test_by_night_a_worker_on_duty_comes_before_the_one_who_has_the_case(isolation: Trial):
    at = china("2022-10-01 23:00")
    isolation.follow(arrival(level="none"))
    make_urgent(isolation)
    with isolation.database.begin() as conn:
        conn.execute(update(t.tasks).values(tell_at=at))
    duty = {"duty_from": china("2022-10-01 22:00"), "duty_to": china("2022-10-02 07:00")}
    isolation.do(STAFF.keep, [staff("worker-2", "grid_worker", GRID, 2, **duty)])
    isolation.clock.moment = at
    isolation.until_done(find_overdue)
    assert told(isolation)[0] == ("see_abnormal", "worker", ["worker-2"])


def test_for_whoever_is_away_the_deputy_is_informed(isolation: Trial):
    isolation.follow(arrival(level="none"))
    away = {"away_from": china("2022-10-02 00:00"), "away_to": None, "deputy": "worker-2"}
    isolation.do(STAFF.keep, [staff("worker-1", "grid_worker", GRID, 2, **away)])
    isolation.do(STAFF.keep, [staff("officer", "community_officer", COMMUNITY, 2, **away | {"deputy": None})])
    isolation.clock.moment = MORNING + timedelta(hours=25)
    isolation.until_done(find_overdue)
    assert told(isolation) == [("inform", "worker", ["worker-2"]), ("inform", "street", ["street"])]


def test_a_digest_that_reached_nobody_climbs_for_each_thing_it_was_about(isolation: Trial):
    first, second = arrival(level="medium"), arrival(level="medium")
    isolation.follow(first, second)
    abouts = [
        {"case_id": came.subject, "arrival_id": came.subject, "about": about, "level": "worker"}
        for came in (first, second)
        for about in ("overdue:t-1:1", "overdue:t-2:1")
    ]
    lost = undeliverable(
        first.subject or "",
        "m-1",
        MORNING,
        "staff",
        "worker-1",
        "grid_worker",
        about=abouts[0]["about"],
        level="worker",
        abouts=abouts,
    )
    isolation.do(call_by_phone, [lost])
    climbed = isolation.recorded("task.overdue")
    assert [e.data["tell"]["level"] for e in climbed] == ["community"] * 4
    assert sorted(e.data["case_id"] for e in climbed) == sorted(about["case_id"] for about in abouts)
    for came in (first, second):
        lines = [line for line in isolation.rows(t.case_history) if line["case_id"] == came.subject]
        about = [line["detail"]["about"] for line in lines if line["what"] == "not_reached"]
        assert about == ["overdue:t-1:1", "overdue:t-2:1"]
    assert isolation.audit()["balanced"]
