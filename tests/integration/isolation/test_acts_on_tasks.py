"""Tasks are reported, waived and acknowledged, and cases handed over, by people and other systems."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from chassis.commands.command import Author, Outcome, Said
from chassis.ids import new_id
from contracts.envelope import ONE, Event, dump_event, event_document, parse_message
from contracts.registry import read_data
from field.scope import Scope
from services.isolation import tables as t
from services.isolation.cases.hand_over_case import hand_over_case
from services.isolation.plans.acts import MOST
from services.isolation.service import SERVICE
from services.isolation.tasks.acknowledge_overdue import acknowledge_overdue
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.tasks.report_task import report_task
from services.isolation.tasks.take_back_acknowledgement import take_back_acknowledgement
from services.isolation.tasks.waive_task import waive_task
from services.isolation.teams.copies import STAFF
from tests.integration.isolation.saying import CLINIC, WORKER, command, say_all, speaking
from tests.integration.isolation.trial import COMMUNITY, GRID, MORNING, Trial, arrival, china, staff

OFFICER = Author("staff", "/console/officer", "officer")
STREET_OFFICER = Author("staff", "/console/street", "street")
HOUR = timedelta(hours=1)

_report = speaking(report_task, "task.reported")
_waive = speaking(waive_task, "task.waived")
_acknowledge = speaking(acknowledge_overdue, "overdue.acknowledged")
_take_back = speaking(take_back_acknowledgement, "acknowledgement.taken_back")
_hand_over = speaking(hand_over_case, "case.handed_over")


def report(isolation: Trial, task: dict[str, Any], outcome: str, **more: Any) -> Outcome:
    how = {name: more.pop(name) for name in ("author", "scope", "id") if name in more}
    return _report(isolation, {"task_id": task["task_id"], "outcome": outcome, **more}, **how)


def waive(isolation: Trial, task: dict[str, Any], *, expects: int = 0, author: Author = OFFICER) -> Outcome:
    data = {"task_id": task["task_id"], "reason": "has its own", "expects": expects}
    return _waive(isolation, data, author=author)


def acknowledge(isolation: Trial, *tasks: dict[str, Any], author: Author = OFFICER, **more: Any) -> Any:
    until = isolation.clock.now() + 12 * HOUR
    how = {"id": more.pop("id")} if "id" in more else {}
    data = {"task_ids": [task["task_id"] for task in tasks], "until": until, "cause": "weather", **more}
    outcome = _acknowledge(isolation, data, author=author, **how)
    return [one["became"] for one in outcome.result["tasks"]] if outcome.kind == "done" else outcome


def the_task(isolation: Trial, came: Event, kind: str = "first_contact") -> dict[str, Any]:
    return next(task for task in isolation.tasks(came) if task["kind"] == kind)


def steps(isolation: Trial, kind: str = "first_contact") -> list[str]:
    """The levels that were informed of tasks of this kind."""
    told = [e for e in isolation.recorded("task.overdue") if e.data["kind"] == kind]
    return [e.data["tell"]["level"] for e in sorted(told, key=lambda e: e.version)]


def at(isolation: Trial, text: str) -> None:
    isolation.clock.moment = china(text)
    isolation.until_done(find_overdue)


def codes(outcome: Outcome) -> list[tuple[str, str]]:
    return [(fault.where, fault.code) for fault in outcome.faults]


def what_of(isolation: Trial, came: Event) -> list[str]:
    return [line["what"] for line in isolation.trace(came.subject or "")["history"]]


# -- reported -----------------------------------------------------------------------------------------------


def test_a_task_that_is_done_is_silent_and_published_once(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    task = the_task(isolation, came)
    first = report(isolation, task, "done", how="seen", note="grandson there too", at=MORNING)
    assert (first.kind, first.result["state"], first.result["version"]) == ("done", "done", 1)
    again = report(isolation, task, "done", how="by_phone", author=CLINIC)
    assert (again.kind, again.result["state"]) == ("done", "done")
    at(isolation, "2022-10-02 09:00")
    assert steps(isolation) == []
    (done,) = isolation.recorded("task.done")
    assert done.data == {
        "task_id": task["task_id"],
        "case_id": came.subject,
        "arrival_id": came.subject,
        "kind": "first_contact",
        "at": MORNING,
        "by": "worker-1",
        "how": "seen",
    }
    assert done.correlationid == came.correlationid
    assert what_of(isolation, came)[-3:] == ["task_done", "task_done", "see_silent"]
    assert "grandson" not in str(isolation.rows(t.case_history)), "free text is sealed"
    assert isolation.audit()["balanced"]


def test_another_system_names_case_and_kind_and_means_the_earliest_that_has_begun(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    isolation.clock.moment = china("2022-10-01 17:00")
    check_ins = [task for task in isolation.tasks(came) if task["kind"] == "check_in"]
    assert len(check_ins) == 4
    for expected in (check_ins[0], check_ins[1], check_ins[1]):
        data = {"case_id": came.subject, "kind": "check_in", "outcome": "done"}
        assert _report(isolation, data, author=CLINIC).result["task_id"] == expected["task_id"]
    unheard = _report(isolation, {"case_id": came.subject, "kind": "release_visit", "outcome": "done"})
    assert unheard.kind == "unknown"


def test_an_attempt_is_silent_until_the_next_try_and_no_longer_than_the_policy_allows(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    task = the_task(isolation, came)
    tried = report(isolation, task, "attempt", next_try_at=china("2022-10-01 16:00"))
    assert tried.result["next_step_at"] == "2022-10-01T08:00:00+00:00"
    at(isolation, "2022-10-01 15:59")
    assert steps(isolation) == []
    at(isolation, "2022-10-01 16:00")
    assert steps(isolation) == ["worker"]
    at(isolation, "2022-10-01 17:00")
    assert steps(isolation) == ["worker", "community"], "each level has its time, from where it was held"
    report(isolation, task, "attempt", next_try_at=china("2022-10-20 16:00"))
    at(isolation, "2022-10-02 17:00")
    assert steps(isolation) == ["worker", "community", "street"]


def test_three_attempts_on_two_days_go_to_the_street(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    task = the_task(isolation, came)
    for moment in ("2022-10-01 08:00", "2022-10-01 12:00", "2022-10-01 18:00"):
        at(isolation, moment)
        report(isolation, task, "attempt")
    assert steps(isolation) == []
    at(isolation, "2022-10-02 09:00")
    report(isolation, task, "attempt")
    at(isolation, "2022-10-02 09:00")
    assert steps(isolation) == ["street"]


def test_what_was_not_possible_is_decided_by_an_officer_before_its_term_or_climbs(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    task = the_task(isolation, came)
    at(isolation, "2022-10-01 09:00")
    assert steps(isolation) == ["worker"]
    said = report(isolation, task, "not_possible", because="refused")
    assert said.result["state"] == "not_possible"
    at(isolation, "2022-10-01 12:59")
    assert steps(isolation) == ["worker"]
    at(isolation, "2022-10-01 13:00")
    assert steps(isolation) == ["worker", "community"]
    assert isolation.recorded("task.overdue")[-1].data["because"] == "refused"
    assert the_task(isolation, came)["state"] == "not_possible"
    assert waive(isolation, task, expects=1).kind == "done"
    at(isolation, "2022-10-04 13:00")
    assert steps(isolation) == ["worker", "community"]


def test_done_of_a_task_that_was_taken_back_is_kept_and_harmless(isolation: Trial):
    came = arrival(level="high")
    isolation.follow(came)
    task = the_task(isolation, came)
    called_off = arrival(came.subject, version=2, why=["called_off"], not_coming=True)
    isolation.follow(called_off)
    said = report(isolation, task, "done")
    assert (said.kind, said.result["state"]) == ("done", "cancelled")
    assert isolation.recorded("task.done") == [] and what_of(isolation, came)[-1] == "task_done"
    assert isolation.audit()["balanced"]


def test_what_is_missing_in_a_report_is_said_all_at_once(isolation: Trial):
    assert codes(_report(isolation, {"outcome": "not_possible"})) == [
        ("task_id", "missing"),
        ("because", "missing"),
    ]
    came = arrival(level="medium")
    isolation.follow(came)
    task = the_task(isolation, came)
    assert codes(report(isolation, task, "not_possible", because="other")) == [("note", "missing")]
    early = report(isolation, task, "attempt", next_try_at=MORNING - HOUR)
    assert codes(early) == [("next_try_at", "not_later")]
    assert isolation.rows(t.tasks) and what_of(isolation, came) == ["opened"], "nothing of it was done"


def test_outside_of_the_scope_there_is_no_task(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    task = the_task(isolation, came)
    elsewhere, here = Scope(frozenset({"c-9"})), Scope(frozenset({"zhangye-road"}))
    assert report(isolation, task, "done", scope=elsewhere, author=CLINIC).kind == "unknown"
    assert report(isolation, {"task_id": new_id()}, "done").kind == "unknown"
    assert report(isolation, {"task_id": "1 OR 1=1"}, "done").kind == "unknown"
    assert report(isolation, task, "done", scope=here).kind == "done"


def test_commands_of_one_batch_find_what_the_ones_before_them_left(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    task = the_task(isolation, came)
    data = {"task_id": task["task_id"]}
    batch = [
        command(isolation, "task.reported", data | {"outcome": "taken"}),
        command(isolation, "task.reported", data | {"outcome": "attempt"}),
        command(isolation, "task.reported", data | {"outcome": "done"}),
        command(isolation, "task.reported", data | {"outcome": "done"}),
    ]
    outcomes = say_all(isolation, report_task, batch)
    assert [one.result["version"] for one in outcomes] == [1, 2, 3, 4]
    assert len(isolation.recorded("task.done")) == 1
    assert what_of(isolation, came) == [
        *("opened", "task_taken", "task_attempt", "active", "task_done", "task_done"),
    ]
    assert isolation.audit()["balanced"]


def test_a_new_plan_keeps_what_was_said_of_tasks(isolation: Trial):
    came = arrival(level="none")
    isolation.follow(came)
    report(isolation, the_task(isolation, came, "inform"), "done")
    isolation.follow(arrival(came.subject, version=2, level="medium"))
    contact = the_task(isolation, came)
    report(isolation, contact, "attempt", next_try_at=china("2022-10-01 16:00"))
    isolation.follow(
        arrival(came.subject, version=3, level="medium", left_on=china("2022-09-29 07:00").date())
    )
    assert the_task(isolation, came)["tell_at"] == china("2022-10-01 16:00")
    assert the_task(isolation, came, "inform")["state"] == "done"


# -- waived -------------------------------------------------------------------------------------------------


def test_only_an_officer_above_the_doer_waives(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    contact, notice = the_task(isolation, came), the_task(isolation, came, "signed_notice")
    assert codes(waive(isolation, contact, author=WORKER)) == [("", "not_above_the_doer")]
    assert waive(isolation, contact, author=CLINIC).kind == "not_allowed"
    assert waive(isolation, notice, author=OFFICER).kind == "not_allowed", "the officer's own task"
    assert waive(isolation, notice, author=STREET_OFFICER).kind == "done"
    assert waive(isolation, contact).result == {
        "task_id": contact["task_id"],
        "state": "waived",
        "version": 1,
    }
    assert what_of(isolation, came)[-1] == "task_waived"


def test_a_waiver_made_on_what_has_changed_since_is_a_conflict(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    task = the_task(isolation, came)
    report(isolation, task, "attempt")
    refused = waive(isolation, task)
    assert refused.kind == "conflict" and "attempt" in refused.faults[0].message
    assert "/console/worker-1" in refused.faults[0].message
    report(isolation, task, "done")
    assert waive(isolation, task, expects=2).kind == "conflict", "it is done"


# -- acknowledged -------------------------------------------------------------------------------------------


def late_ones(isolation: Trial, how_many: int = 1) -> list[dict[str, Any]]:
    """First contacts of which the community was informed."""
    arrivals = [arrival(level="medium") for _ in range(how_many)]
    isolation.follow(*arrivals)
    at(isolation, "2022-10-01 10:00")
    return [the_task(isolation, came) for came in arrivals]


def test_an_acknowledgement_holds_until_its_term_and_then_it_climbs_again(isolation: Trial):
    tasks = late_ones(isolation, 3)
    assert Counter(steps(isolation)) == {"worker": 3, "community": 3}
    assert acknowledge(isolation, *tasks, until=china("2022-10-01 18:00")) == ["held"] * 3
    at(isolation, "2022-10-01 17:59")
    assert len(steps(isolation)) == 6
    at(isolation, "2022-10-01 18:00")
    assert Counter(steps(isolation)) == {"worker": 3, "community": 3, "street": 3}


def test_a_second_acknowledgement_without_progress_climbs_when_it_can_be_taken_back_no_more(
    isolation: Trial,
):
    (task,) = late_ones(isolation)
    assert acknowledge(isolation, task) == ["held"]
    isolation.clock.advance(hours=1)
    assert acknowledge(isolation, task) == ["climbs"]
    isolation.until_done(find_overdue)
    assert steps(isolation) == ["worker", "community"]
    isolation.clock.advance(minutes=2)
    isolation.until_done(find_overdue)
    assert steps(isolation) == ["worker", "community", "street"]
    assert acknowledge(isolation, task) == ["known_above"]
    assert acknowledge(isolation, task, author=STREET_OFFICER) == ["held"]


def take_back(isolation: Trial, wave: str, *tasks: dict[str, Any], author: Author = OFFICER) -> Any:
    data = {"task_ids": [task["task_id"] for task in tasks], "acknowledgement": wave}
    outcome = _take_back(isolation, data, author=author)
    return [one["became"] for one in outcome.result["tasks"]] if outcome.kind == "done" else outcome


def test_an_acknowledgement_is_taken_back_before_anybody_is_told(isolation: Trial):
    def next_steps() -> list[Any]:
        rows = {row["task_id"]: row["tell_at"] for row in isolation.rows(t.tasks)}
        return [rows[task["task_id"]] for task in tasks]

    tasks = held, twice, _ = late_ones(isolation, 3)
    acknowledge(isolation, twice)
    isolation.clock.advance(minutes=10)
    before = next_steps()
    assert acknowledge(isolation, *tasks, id="wave") == ["held", "climbs", "held"]
    isolation.clock.advance(seconds=110)
    isolation.until_done(find_overdue)
    assert take_back(isolation, "wave", held, author=STREET_OFFICER) == ["not_acknowledged"]
    assert take_back(isolation, "wave", held, twice, {"task_id": new_id()}) == [
        *("taken_back", "taken_back", "unknown")
    ]
    assert next_steps()[:2] == before[:2] and next_steps()[2] != before[2]
    isolation.clock.advance(minutes=5)
    isolation.until_done(find_overdue)
    assert "street" not in steps(isolation), "what would have climbed was taken back before it was told"
    assert take_back(isolation, "wave", *tasks) == ["not_acknowledged", "not_acknowledged", "too_late"]
    assert take_back(isolation, "wave", {"task_id": new_id()}).kind == "unknown"
    lines = [row for row in isolation.rows(t.case_history) if row["case_id"] == held["case_id"]]
    lines.sort(key=lambda row: row["number"])
    assert [line["what"] for line in lines[-2:]] == ["overdue_acknowledged", "acknowledgement_taken_back"]
    assert isolation.audit()["balanced"]


def test_an_acknowledgement_after_progress_holds_again(isolation: Trial):
    (task,) = late_ones(isolation)
    assert acknowledge(isolation, task) == ["held"]
    report(isolation, task, "attempt")
    assert acknowledge(isolation, task) == ["held"]


def test_an_acknowledgement_says_of_each_task_what_became_of_it(isolation: Trial):
    done, waived, held = late_ones(isolation, 3)
    report(isolation, done, "done")
    waive(isolation, waived)
    case = next(row for row in isolation.rows(t.cases) if row["case_id"] == held["case_id"])
    test = the_task(isolation, case["case_id"], "signed_notice")
    ids = [{"task_id": id} for id in (new_id(), "no id")]
    assert acknowledge(isolation, done, waived, held, test, *ids) == [
        *("done", "waived", "held", "not_overdue", "unknown", "unknown")
    ]
    assert acknowledge(isolation, *ids).kind == "unknown"
    assert acknowledge(isolation, held, author=CLINIC).kind == "not_allowed"
    assert codes(acknowledge(isolation, held, until=MORNING)) == [("until", "not_later")]
    assert codes(acknowledge(isolation, held, cause="other")) == [("note", "missing")]
    assert isolation.audit()["balanced"]


def test_an_acknowledgement_lasts_no_longer_than_the_policy_allows(isolation: Trial):
    (task,) = late_ones(isolation)
    acknowledge(isolation, task, until=china("2022-12-01 10:00"))
    found = the_task(isolation, task["case_id"])
    assert found["tell_at"] == china("2022-10-02 10:00")


def test_a_task_of_which_too_much_was_said_is_not_held_and_the_others_are(isolation: Trial):
    held, full = late_ones(isolation, 2)
    said = [_saying(isolation, full, "attempt") for _ in range(MOST)]
    assert {outcome.kind for outcome in say_all(isolation, report_task, said)} == {"done"}
    assert acknowledge(isolation, held, full) == ["held", "not_held"]
    assert the_task(isolation, full["case_id"])["version"] == MOST
    assert [what_of(isolation, arrival(task["case_id"]))[-1] for task in (held, full)] == [
        *("overdue_acknowledged", "overdue_acknowledged")
    ]
    assert codes(report(isolation, full, "attempt")) == [("", "too_many_acts")]
    assert report(isolation, full, "done").result["state"] == "done", "that settles it"
    assert isolation.audit()["balanced"]


def test_the_last_act_that_is_kept_of_a_task_can_be_taken_back_too(isolation: Trial):
    (task,) = late_ones(isolation)
    said = [_saying(isolation, task, "attempt") for _ in range(MOST - 1)]
    assert {outcome.kind for outcome in say_all(isolation, report_task, said)} == {"done"}
    assert acknowledge(isolation, task, id="wave") == ["held"]
    assert take_back(isolation, "wave", task) == ["taken_back"]
    assert take_back(isolation, "wave", task) == ["not_acknowledged"] and isolation.audit()["balanced"]


def test_no_more_is_kept_of_a_task_that_is_done_than_of_others(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    task = the_task(isolation, came)
    assert report(isolation, task, "attempt").kind == "done"
    said = [_saying(isolation, task, "done") for _ in range(MOST)]
    outcomes = say_all(isolation, report_task, said)
    assert [outcome.kind for outcome in outcomes] == ["done"] * (MOST - 1) + ["invalid"]
    assert the_task(isolation, came)["version"] == MOST and isolation.audit()["balanced"]


def _saying(isolation: Trial, task: dict[str, Any], outcome: str) -> Said:
    return command(isolation, "task.reported", {"task_id": task["task_id"], "outcome": outcome})


# -- handed over --------------------------------------------------------------------------------------------


def hand_over(isolation: Trial, came: Event, to: str, **more: Any) -> Outcome:
    expects = more.pop("expects", isolation.case(came)["version"])
    data = {"case_id": came.subject, "to": to, "expects": expects, **more}
    return _hand_over(isolation, data, author=OFFICER)


def loads(isolation: Trial) -> dict[str, int]:
    return {row["staff_id"]: row["cases"] for row in isolation.rows(t.staff_load)}


def test_a_case_is_handed_over_with_its_open_tasks_and_everybody_is_told(isolation: Trial):
    came = arrival(level="medium", worker="worker-1")
    isolation.follow(came)
    report(isolation, the_task(isolation, came), "done")
    before = loads(isolation)
    outcome = hand_over(isolation, came, "worker-2", note="leave")
    assert outcome.result == {"case_id": came.subject, "version": 3, "owner": "worker-2"}
    doing = {
        (task["state"], task["staff_id"]) for task in isolation.tasks(came) if task["role"] == "grid_worker"
    }
    assert doing == {("done", "worker-1"), ("due", "worker-2")}
    assert loads(isolation) == before | {
        "worker-1": before["worker-1"] - 1,
        "worker-2": before["worker-2"] + 1,
    }
    (_, changed) = isolation.recorded("case.changed")
    assert changed.data["change"]["kinds"] == ["assigned", "handed_on"]
    assert changed.data["change"]["previous_owner"]["staff_id"] == "worker-1"
    assert changed.data["change"]["joined"] == ["worker-2"]
    assert changed.data["team"][0]["staff_id"] == "worker-2"
    assert what_of(isolation, came)[-1] == "handed_over" and isolation.audit()["balanced"]
    isolation.follow(arrival(came.subject, version=2, level="medium", worker="worker-1"))
    assert isolation.case(came)["owner"] == "worker-2", "news of the arrival does not undo it"


def test_another_member_of_the_team_takes_the_tasks_of_the_role(isolation: Trial):
    isolation.do(STAFF.keep, [staff("nurse-2", "health_worker", COMMUNITY)])
    came = arrival(level="medium")
    isolation.follow(came)
    nurse = next(s for role, s in isolation.case(came)["team"] if role == "health_worker")
    other = {"nurse": "nurse-2", "nurse-2": "nurse"}[nurse]
    assert hand_over(isolation, came, other).kind == "done"
    tests = {task["staff_id"] for task in isolation.tasks(came) if task["role"] == "health_worker"}
    assert tests == {other}
    (changed,) = isolation.recorded("case.changed")
    assert changed.data["change"]["kinds"] == ["details"], "the resident calls the same worker as before"


def test_a_case_is_handed_to_nobody_who_is_elsewhere_away_or_unknown(isolation: Trial):
    away = {"away_from": MORNING - HOUR, "away_to": MORNING + HOUR}
    isolation.do(STAFF.keep, [staff("far", "grid_worker", "g-9"), staff("gone", "grid_worker", GRID, **away)])
    came = arrival(level="medium", worker="worker-1")
    isolation.follow(came)
    for to, code in (("far", "not_of_this_place"), ("nobody", "not_of_this_place"), ("gone", "away")):
        assert codes(hand_over(isolation, came, to)) == [("to", code)]
    assert codes(hand_over(isolation, came, "worker-2", role="neighbour")) == [("role", "unknown_role")]
    assert hand_over(isolation, came, "worker-2", expects=0).kind == "conflict"
    assert not hand_over(isolation, came, "worker-1").noted, "they have it already"
    assert isolation.recorded("case.changed") == [] and isolation.audit()["balanced"]


def test_a_case_that_waits_for_an_owner_is_given_one(empty: Trial):
    empty.with_policies().with_neighbourhood(people=())
    came = arrival(level="medium")
    empty.follow(came)
    assert empty.case(came)["unassigned_since"] is not None
    empty.do(STAFF.keep, [staff("officer", "community_officer", COMMUNITY)])
    assert hand_over(empty, came, "officer").result["owner"] == "officer"
    case = empty.case(came)
    assert case["unassigned_since"] is None and loads(empty) == {"officer": 1}
    assert {task["staff_id"] for task in empty.tasks(came)} == {"officer"}


# -- by the broker ------------------------------------------------------------------------------------------


def test_another_system_is_answered_in_its_reply_queue(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    [handler] = [one for one in SERVICE.handlers if one.name == "report_task"]
    document = event_document(
        id="visit-1",
        source="/clinic-7/visits",
        type="task.reported",
        data={"case_id": came.subject, "kind": "first_contact", "outcome": "done", "how": "seen"},
        time=isolation.clock.now(),
    )
    parsed = parse_message(dump_event(document), ONE)
    isolation.do(handler.use_case, [read_data(parsed.read(parsed.documents[0], "clinic-7"))])
    assert the_task(isolation, came)["state"] == "done"
    [answer] = isolation.recorded("clinic-7")
    assert (answer.type, answer.data["outcome"]) == ("command.settled", "done")
    assert answer.data["result"]["state"] == "done"
    assert isolation.recorded("task.done")[0].data["by"] is None


def test_what_only_people_decide_has_no_queue():
    queues = {handler.name for handler in SERVICE.handlers}
    assert queues.isdisjoint({"waive_task", "acknowledge_overdue", "hand_over_case"})
