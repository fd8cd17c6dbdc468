"""What contradicts a measure is shown, judged by an officer, and followed: admonition first (P11, P41)."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from chassis.commands.command import Outcome
from chassis.database.statements import delete_rows
from chassis.ids import new_id
from contracts.envelope import Event
from field.scope import NOWHERE
from services.isolation import handover
from services.isolation import tables as t
from services.isolation.breaches.judge_breach import judge_breach
from services.isolation.breaches.tell_breaches import tell_breaches
from services.isolation.door import DOOR
from services.isolation.households.plan_again import plan_again
from services.isolation.notices.report_refusal import report_refusal
from services.isolation.permits.report_breach import report_breach
from services.isolation.permits.report_passage import report_passage
from services.isolation.policies import documents
from services.isolation.policies.import_policy import import_policy
from services.isolation.release.decide_case import decide_case
from services.isolation.release.look_at_merged import look_at_merged
from services.isolation.tasks.report_task import report_task
from tests.doors import Visitor
from tests.integration.isolation.saying import CLINIC, command, say_all, speaking
from tests.integration.isolation.test_permits import OFFICER, asked, called_off, decided, family, ids
from tests.integration.isolation.trial import CHINA, SEALER, Trial, arrival, china

__all__ = ["family"]

passed = speaking(report_passage, "passage.reported")
found = speaking(report_breach, "breach.reported")
judge = speaking(judge_breach, "breach.judged")
refuse = speaking(report_refusal, "refusal.reported")
decide = speaking(decide_case, "case.decided")
report = speaking(report_task, "task.reported")


@pytest.fixture
def alone(isolation: Trial) -> Event:
    came = arrival(level="medium")
    isolation.follow(came)
    isolation.clock.moment = china("2022-10-01 11:00")
    return came


def goes(isolation: Trial, came: Event, at: str, direction: str = "out", **how: Any) -> None:
    said = {"case_ids": ids([came]), "direction": direction, "at": china(f"2022-10-01 {at}")}
    assert passed(isolation, said, **how).kind == "done"


def is_away(isolation: Trial, came: Event, at: str, **how: Any) -> Outcome:
    said = {"case_ids": ids([came]), "found": "not_at_home", "saw": "the neighbour saw him leave"}
    return found(isolation, said | {"at": china(f"2022-10-01 {at}")}, **how)


def breaches(isolation: Trial) -> list[dict[str, Any]]:
    return sorted(isolation.rows(t.breaches), key=lambda row: (row["at"], row["breach_id"]))


def stand(isolation: Trial) -> list[tuple[str, str]]:
    return [(row["why"], row["state"]) for row in breaches(isolation)]


def judged(isolation: Trial, row: dict[str, Any], judgement: str, **more: Any) -> Outcome:
    said = {"breach_id": row["breach_id"], "judgement": judgement, "expects": row["version"]}
    words = {"words": "he bought bread, and was told to ask first"}
    return judge(isolation, said | words | more, author=OFFICER)


def judges(isolation: Trial, number: int, judgement: str) -> None:
    outcome = judged(isolation, breaches(isolation)[number], judgement)
    assert outcome.kind == "done", outcome.faults


def tasks(isolation: Trial, *kinds: str) -> list[tuple[str, str]]:
    rows = [row for row in isolation.rows(t.tasks) if row["kind"] in kinds]
    rows.sort(key=lambda row: (row["due_from"], row["kind"], row["state"]))
    return [(row["kind"], row["state"]) for row in rows]


def told(isolation: Trial) -> list[str]:
    kinds = [kind for one in isolation.recorded("case.changed") for kind in one.data["change"]["kinds"]]
    return [kind for kind in kinds if kind in ("admonished", "breach_confirmed", "admonition_taken_back")]


def is_sound(isolation: Trial) -> None:
    assert isolation.audit()["balanced"]
    with isolation.database.read() as conn:
        sums = handover.sums(conn, isolation.clock.today(CHINA))
    assert sums.balanced, sums.missing


def codes(outcome: Outcome) -> list[str]:
    return [fault.code for fault in outcome.faults]


def test_an_absence_is_shown_to_an_officer_with_what_was_seen_and_told_at_once(
    isolation: Trial, alone: Event
) -> None:
    for _ in range(2):  # said again when nobody remembers the outcome any more
        assert is_away(isolation, alone, "10:50", id="v-1").kind == "done"
    assert stand(isolation) == [("not_at_home", "suspected")]
    assert tasks(isolation, "see_breach", "judge_breach") == [("judge_breach", "due"), ("see_breach", "due")]
    [row] = breaches(isolation)
    assert SEALER.unseal(row["saw"]) == {"saw": "the neighbour saw him leave"}
    [sent] = isolation.recorded("breach.suspected")
    assert (sent.data["why"], sent.data["found"]) == ("no_permit", "not_at_home")
    assert sent.data["breach_id"] == row["breach_id"]
    stored = str([isolation.rows(table) for table in (t.breaches, t.passages, t.case_history, t.tasks)])
    assert "neighbour" not in stored
    door = Visitor(DOOR, isolation.work)
    [line] = door.get("officer", "/lists/breaches_to_judge").get_json()["rows"]
    assert (line["breach_id"], line["why"], line["staff_id"]) == (row["breach_id"], "not_at_home", "officer")
    seen = door.get("officer", f"/breach/{row['breach_id']}").get_json()
    assert (seen["saw"], seen["confirmed_before"]) == ("the neighbour saw him leave", 0)
    is_sound(isolation)


def test_the_first_one_is_an_admonition_and_the_second_asks_an_officer_to_decide(
    isolation: Trial, alone: Event
) -> None:
    goes(isolation, alone, "10:00")
    goes(isolation, alone, "10:20", "back")
    judges(isolation, 0, "confirmed")
    assert told(isolation) == ["admonished"]
    assert tasks(isolation, "see_breach", "judge_breach", "settle_breach") == [
        ("judge_breach", "done"),
        ("see_breach", "done"),
    ]
    isolation.clock.advance(minutes=1)
    assert is_away(isolation, alone, "10:55").kind == "done"
    judges(isolation, 1, "confirmed")
    assert told(isolation) == ["admonished", "breach_confirmed"]
    [proposed] = [row for row in isolation.rows(t.tasks) if row["kind"] == "settle_breach"]
    assert (proposed["state"], proposed["staff_id"]) == ("due", "officer")
    assert isolation.case(alone)["state"] in ("open", "active"), "nobody is moved by it"
    version = isolation.case(alone)["version"]
    moved = {"decision": "move_to_central", "place": "the hotel", "escort": "the van", "expects": version}
    said = {"case_id": isolation.case(alone)["case_id"], **moved}
    assert decide(isolation, said, author=OFFICER).kind == "done"
    assert tasks(isolation, "settle_breach") == [("settle_breach", "done")]
    assert isolation.case(alone)["state"] == "moved_to_central"
    assert "bread" not in str([isolation.rows(table) for table in (t.breaches, t.case_history)])
    is_sound(isolation)


def test_what_there_was_a_reason_for_leads_to_nothing(isolation: Trial, alone: Event) -> None:
    goes(isolation, alone, "10:00")
    judges(isolation, 0, "explained")
    assert stand(isolation) == [("no_permit", "explained")] and told(isolation) == []
    assert tasks(isolation, "see_breach", "judge_breach") == [
        ("judge_breach", "done"),
        ("see_breach", "done"),
    ]
    is_sound(isolation)


def test_judged_once_more_the_last_word_counts_and_they_are_told(isolation: Trial, alone: Event) -> None:
    goes(isolation, alone, "08:00")
    goes(isolation, alone, "09:00", "back")
    goes(isolation, alone, "10:00")
    for number in (0, 1):
        judges(isolation, number, "confirmed")
        isolation.clock.advance(minutes=1)
    assert tasks(isolation, "settle_breach") == [("settle_breach", "due")]
    judges(isolation, 0, "explained")
    assert tasks(isolation, "settle_breach") == [("settle_breach", "cancelled")]
    isolation.clock.advance(minutes=1)
    isolation.until_done(plan_again)
    assert tasks(isolation, "settle_breach") == [("settle_breach", "cancelled")], "nobody asks for it again"
    judges(isolation, 1, "explained")
    assert told(isolation) == ["admonished", "breach_confirmed", "admonition_taken_back"]
    is_sound(isolation)


def test_leave_that_covers_it_takes_it_back_whoever_judged(isolation: Trial, alone: Event) -> None:
    goes(isolation, alone, "10:55")
    judges(isolation, 0, "confirmed")
    permit = asked(isolation, [alone], kind="emergency", outings=[])
    assert stand(isolation) == [("no_permit", "explained")]
    assert told(isolation) == ["admonished", "admonition_taken_back"]
    assert codes(judged(isolation, breaches(isolation)[0], "confirmed")) == ["in_order"]
    isolation.clock.advance(minutes=5)
    assert decided(isolation, permit, "refused", reason="he went shopping").kind == "done"
    assert stand(isolation) == [("no_permit", "confirmed")], "what the officer said counts again"
    assert told(isolation)[-1] == "admonished"
    is_sound(isolation)


def test_who_is_away_by_leave_breaks_nothing_when_somebody_comes(isolation: Trial, alone: Event) -> None:
    assert is_away(isolation, alone, "10:55").kind == "done"
    asked(isolation, [alone], kind="emergency", outings=[])
    assert stand(isolation) == [("not_at_home", "explained")]
    assert tasks(isolation, "see_breach", "judge_breach") == [
        ("judge_breach", "cancelled"),
        ("see_breach", "cancelled"),
    ]
    informed = arrival(level="none")
    isolation.follow(informed)
    assert is_away(isolation, informed, "10:58").kind == "done"
    assert len(breaches(isolation)) == 1, "nothing keeps them in"
    is_sound(isolation)


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("leave", [False, True])
def test_one_time_away_is_one_breach_in_whatever_order_it_is_told_judged_and_permitted(
    isolation: Trial, alone: Event, order: tuple[int, ...], leave: bool
) -> None:
    """An officer judges as soon as anything stands."""

    def leaves() -> None:
        goes(isolation, alone, "10:45", author=CLINIC)

    def absent() -> None:
        assert is_away(isolation, alone, "10:50").kind == "done"

    def third() -> None:
        if leave:
            asked(isolation, [alone], kind="emergency", outings=[])
        else:
            goes(isolation, alone, "10:55", "back")

    said = (leaves, absent, third)
    for number in order:
        said[number]()
        isolation.clock.advance(seconds=1)
        for row in breaches(isolation):
            if row["state"] == "suspected":
                assert judged(isolation, row, "confirmed").kind == "done"
    states = [state for _, state in stand(isolation)]
    assert states.count("suspected") == 0
    assert states.count("confirmed") == (0 if leave else 1)
    assert told(isolation).count("admonished") - told(isolation).count("admonition_taken_back") == (
        0 if leave else 1
    )
    assert tasks(isolation, "settle_breach") in ([], [("settle_breach", "cancelled")])
    is_sound(isolation)


def test_two_refused_visits_are_to_be_looked_into_and_missed_check_ins_never(
    isolation: Trial, family: list[Event]
) -> None:
    said = {"case_ids": ids(family)[:1], "what": "visit", "why": "fear", "witness": "worker-2"}
    commands = [command(isolation, "refusal.reported", said) for _ in range(3)]
    assert {one.kind for one in say_all(isolation, report_refusal, commands[:1])} == {"done"}
    assert stand(isolation) == []
    assert refuse(isolation, said | {"what": "test"}).kind == "done"
    assert stand(isolation) == []
    assert {one.kind for one in say_all(isolation, report_refusal, commands[1:])} == {"done"}
    assert stand(isolation) == [("refused_visits", "suspected")]
    say_all(isolation, report_refusal, commands)
    assert len(breaches(isolation)) == 1, "said again it is no other one"
    isolation.clock.advance(days=2)
    isolation.run_timers()
    assert stand(isolation) == [("refused_visits", "suspected")]
    is_sound(isolation)


def test_a_door_sensor_counts_only_where_the_policy_names_it(isolation: Trial, alone: Event) -> None:
    in_force = isolation.case(alone)["policy_id"]
    document = next(one for one in documents.shipped() if one["policy_id"] == in_force)
    sensors = {**document, "policy_id": "with-sensors", "door_sensors": True, "places": ["62"]}
    isolation.do(import_policy, sensors)
    watched = arrival(level="medium")
    isolation.follow(watched)
    said = {"found": "door_sensor", "at": china("2022-10-01 10:30")}
    outcome = found(isolation, {**said, "case_ids": ids([alone])}, author=CLINIC)
    assert codes(outcome) == ["not_in_the_policy"]
    assert found(isolation, {**said, "case_ids": ids([watched])}, author=CLINIC).kind == "done"
    assert stand(isolation) == [("door_sensor", "suspected")]
    assert codes(found(isolation, {**said, "case_ids": ids([watched])})) == ["not_by_this_author"]
    assert codes(is_away(isolation, alone, "10:40", author=CLINIC)) == ["not_by_this_author"]


def test_who_may_judge_and_on_what(isolation: Trial, alone: Event) -> None:
    goes(isolation, alone, "10:00")
    [row] = breaches(isolation)
    said = {"breach_id": row["breach_id"], "judgement": "confirmed", "expects": 0, "words": "so"}
    assert judge(isolation, said, author=OFFICER, scope=NOWHERE).kind == "unknown"
    assert judge(isolation, said | {"breach_id": new_id()}, author=OFFICER).kind == "unknown"
    assert judge(isolation, said | {"expects": 1}, author=OFFICER).kind == "conflict"
    assert codes(judge(isolation, said | {"words": " "}, author=OFFICER)) == ["missing"]
    door = Visitor(DOOR, isolation.work)
    assert door.say("worker-1", "judge_breach", said).status_code in (403, 404)
    assert door.say("officer", "judge_breach", said).status_code == 200
    [task] = [row for row in isolation.rows(t.tasks) if row["kind"] == "judge_breach"]
    assert codes(report(isolation, {"task_id": task["task_id"], "outcome": "done"}, author=OFFICER)) == [
        "ends_by_decision"
    ]


def test_police_see_confirmed_breaches_and_no_others(isolation: Trial, alone: Event) -> None:
    door = Visitor(DOOR, isolation.work)
    goes(isolation, alone, "10:00")
    assert door.get("police", "/lists/confirmed_breaches").get_json()["rows"] == []
    judges(isolation, 0, "confirmed")
    [line] = door.get("police", "/lists/confirmed_breaches").get_json()["rows"]
    assert line["why"] == "no_permit" and not {"measure", "risk_level", "words"} & line.keys()
    for hidden in ("/lists/breaches_to_judge", "/lists/open_cases"):
        assert door.get("police", hidden).status_code == 403


def test_nobody_is_forgotten_when_the_case_ends_and_opens_again(isolation: Trial, alone: Event) -> None:
    goes(isolation, alone, "10:00")
    id = ids([alone])[0]
    isolation.follow(called_off(id))
    assert tasks(isolation, "see_breach", "judge_breach") == [
        ("judge_breach", "cancelled"),
        ("see_breach", "cancelled"),
    ]
    isolation.clock.advance(hours=1)
    isolation.until_done(plan_again)
    isolation.follow(arrival(id, version=3, level="medium", why=["called_off"]))
    isolation.clock.advance(hours=1)
    isolation.until_done(plan_again)
    live = [one for one in tasks(isolation, "see_breach", "judge_breach") if one[1] == "due"]
    assert live == [("judge_breach", "due"), ("see_breach", "due")]
    judges(isolation, 0, "confirmed")
    assert told(isolation) == ["admonished"]
    is_sound(isolation)


def test_of_a_case_that_has_ended_it_is_judged_and_nobody_is_told(isolation: Trial, alone: Event) -> None:
    goes(isolation, alone, "10:00")
    isolation.follow(called_off(ids([alone])[0]))
    judges(isolation, 0, "confirmed")
    assert stand(isolation) == [("no_permit", "confirmed")] and told(isolation) == []
    isolation.until_done(tell_breaches)
    assert told(isolation) == []
    isolation.clock.advance(hours=2)
    assert isolation.do(tell_breaches) == 0, "it is looked when something becomes new"
    is_sound(isolation)


@pytest.mark.parametrize("merged", [False, True])
def test_what_was_judged_after_the_end_is_told_once_the_case_is_open_again(
    isolation: Trial, alone: Event, merged: bool
) -> None:
    id = ids([alone])[0]
    goes(isolation, alone, "09:00")
    goes(isolation, alone, "09:20", "back")
    goes(isolation, alone, "10:00")
    isolation.follow(called_off(id))
    for number in (0, 1):
        judges(isolation, number, "confirmed")
    isolation.clock.advance(minutes=1)
    if merged:
        other = arrival(level="medium")
        isolation.follow(other)
        ended = {"not_coming": True, "merged": True, "goes_on_as": other.subject}
        isolation.follow(arrival(id, version=3, level="medium", why=["same_as_other"], **ended))
    else:
        isolation.follow(arrival(id, version=3, level="medium", why=["called_off"]))
    isolation.until_done(tell_breaches)
    assert told(isolation) == ["admonished"], "once, and admonition comes first"
    assert tasks(isolation, "settle_breach") == [("settle_breach", "due")]
    for number in (0, 1):
        judges(isolation, number, "explained")
    assert told(isolation) == ["admonished", "admonition_taken_back"]
    is_sound(isolation)


def test_what_was_taken_back_after_the_end_is_told_once_the_case_is_open_again(
    isolation: Trial, alone: Event
) -> None:
    id = ids([alone])[0]
    goes(isolation, alone, "10:00")
    judges(isolation, 0, "confirmed")
    isolation.follow(called_off(id))
    for judgement in ("explained", "confirmed", "explained"):
        judges(isolation, 0, judgement)
    isolation.clock.advance(minutes=1)
    isolation.follow(arrival(id, version=3, level="medium", why=["called_off"]))
    isolation.until_done(tell_breaches)
    assert told(isolation) == ["admonished", "admonition_taken_back"]
    is_sound(isolation)


def test_who_is_seen_out_after_the_first_was_judged_went_once_more(isolation: Trial, alone: Event) -> None:
    goes(isolation, alone, "10:00")
    judges(isolation, 0, "confirmed")  # at 11:00
    isolation.clock.advance(hours=2)
    goes(isolation, alone, "10:30", author=CLINIC)  # a gate that was away
    assert len(breaches(isolation)) == 1, "it was before, and is the same"
    goes(isolation, alone, "12:30")
    assert stand(isolation) == [("no_permit", "confirmed"), ("no_permit", "suspected")]
    isolation.clock.advance(hours=1)
    judges(isolation, 0, "explained")
    assert is_away(isolation, alone, "12:40").kind == "done"
    assert stand(isolation) == [("no_permit", "explained"), ("no_permit", "suspected")], "judged once more"
    is_sound(isolation)


def test_what_was_said_of_a_case_that_ended_merged_counts_with_the_one_that_goes_on(
    isolation: Trial, alone: Event
) -> None:
    goes(isolation, alone, "09:00")
    goes(isolation, alone, "09:20", "back")
    judges(isolation, 0, "confirmed")
    goes(isolation, alone, "10:20")
    other = arrival(level="medium")
    isolation.follow(other)
    ended = {"not_coming": True, "merged": True, "goes_on_as": ids([other])[0]}
    isolation.follow(arrival(ids([alone])[0], version=2, level="medium", why=["same_as_other"], **ended))
    isolation.clock.advance(minutes=1)
    isolation.until_done(look_at_merged)
    isolation.until_done(plan_again)
    live = [row for row in isolation.rows(t.tasks) if row["kind"] == "judge_breach" and row["state"] == "due"]
    assert [row["case_id"] for row in live] == ids([other]), "it goes on there"
    judges(isolation, 1, "confirmed")
    [proposed] = [row for row in isolation.rows(t.tasks) if row["kind"] == "settle_breach"]
    assert (proposed["case_id"], proposed["state"]) == (ids([other])[0], "due")
    is_sound(isolation)


def test_a_task_of_before_is_taken_over(isolation: Trial, alone: Event) -> None:
    """Of a version that wrote no breaches down."""
    goes(isolation, alone, "10:00")
    with isolation.work.unit() as uow:
        rows = [{"breach_id": row["breach_id"]} for row in breaches(isolation)]
        delete_rows(uow.conn, t.breaches, rows, key=["breach_id"])
    goes(isolation, alone, "10:01")
    assert stand(isolation) == [("no_permit", "suspected")]
    assert tasks(isolation, "see_breach") == [("see_breach", "due")]
    assert len(isolation.recorded("breach.suspected")) == 1
