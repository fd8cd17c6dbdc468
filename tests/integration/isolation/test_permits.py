"""Leave to go out: asked for, decided by an officer with a term, and never forgotten (P10, P43)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.commands.command import Author, Outcome
from chassis.ids import new_id
from contracts.envelope import Event
from field.scope import NOWHERE, Scope
from services.isolation import tables as t
from services.isolation.door import DOOR
from services.isolation.households.plan_again import plan_again
from services.isolation.permits.decide_permit import decide_permit
from services.isolation.permits.request_permit import request_permit
from services.isolation.permits.rows import Permit, permits_of
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.tasks.report_task import report_task
from services.isolation.tasks.waive_task import waive_task
from tests.doors import Visitor
from tests.integration.isolation.saying import CLINIC, LINK, WORKER, speaking
from tests.integration.isolation.trial import SEALER, Trial, arrival, china

request = speaking(request_permit, "permit.requested")
decide = speaking(decide_permit, "permit.decided")
report = speaking(report_task, "task.reported")
waive = speaking(waive_task, "task.waived")
NINE = china("2022-10-01 09:00")
OFFICER = Author("staff", "/console/officer", "officer")
STREET = Author("staff", "/console/street", "street")
CONTACT = Author("contact", "/contact/c-1", "c-1")


@pytest.fixture
def family(isolation: Trial) -> list[Event]:
    home = new_id()
    came = [arrival(level="medium", household_id=home) for _ in range(2)]
    isolation.follow(*came)
    isolation.clock.moment = NINE
    return came


def called_off(arrival_id: str, **more: Any) -> Event:
    return arrival(arrival_id, version=2, why=["called_off"], not_coming=True, **more)


def ids(came: list[Event]) -> list[str]:
    return [one.data["arrival_id"] for one in came]


def permits(isolation: Trial, came: list[Event]) -> list[Permit]:
    with isolation.database.read() as conn:
        return permits_of(conn, ids(came))


def times(begins: str = "2022-10-02 08:00", ends: str = "2022-10-02 14:00") -> dict[str, datetime]:
    return {"begins": china(begins), "ends": china(ends)}


def wanted(came: list[Event], **more: Any) -> dict[str, Any]:
    about = {"kind": "treatment", "where": "second hospital", "outings": [times()]}
    return {"case_ids": ids(came), **about, **more}


def asked(isolation: Trial, came: list[Event], author: Author = LINK, **more: Any) -> Permit:
    outcome = request(isolation, wanted(came, **more), author=author)
    assert outcome.kind == "done", outcome.faults
    return next(one for one in permits(isolation, came) if one.permit_id == outcome.result["permit_id"])


def decided(isolation: Trial, permit: Permit, decision: str = "granted", **more: Any) -> Outcome:
    said = {"permit_id": permit.permit_id, "decision": decision, "expects": permit.version, **more}
    return decide(isolation, said, author=OFFICER)


def task_of(isolation: Trial, permit: Permit) -> dict[str, Any]:
    return next(dict(row) for row in isolation.rows(t.tasks) if row["task_id"] == permit.task_id)


def changes(isolation: Trial) -> list[str]:
    kinds = [kind for event in isolation.recorded("case.changed") for kind in event.data["change"]["kinds"]]
    return [kind for kind in kinds if kind.startswith("permit")]


def codes(outcome: Outcome) -> list[str]:
    return [fault.code for fault in outcome.faults]


@pytest.mark.parametrize("author", [LINK, WORKER, CONTACT, CLINIC])
def test_what_is_asked_for_is_an_officers_task_with_a_term_and_they_are_told(
    isolation: Trial, family: list[Event], author: Author
) -> None:
    permit = asked(isolation, family, author)
    assert (permit.state, permit.due_by) == ("asked", NINE + timedelta(hours=4))
    task = task_of(isolation, permit)
    assert (task["kind"], task["role"], task["staff_id"]) == ("decide_permit", "community_officer", "officer")
    [told] = isolation.recorded("permit.asked")
    assert [one["staff_id"] for one in told.data["tell"]["staff"]] == ["officer"] == list(permit.told)
    assert (told.data["urgent"], told.data["task_kind"]) == (False, "decide_permit")
    assert not {"kind", "where", "why"} & told.data.keys()
    isolation.clock.moment = permit.due_by + timedelta(hours=3)
    assert isolation.do(find_overdue) and task_of(isolation, permit)["state"] == "missed"
    assert isolation.audit()["balanced"]


def test_it_is_granted_with_what_is_arranged_and_the_household_is_told(
    isolation: Trial, family: list[Event]
) -> None:
    permit = asked(isolation, family, why="dialysis of my mother")
    outcome = decided(isolation, permit, how="escorted_car", escort="Dr. He, side entrance")
    assert (outcome.result["state"], outcome.result["version"]) == ("granted", 1)
    [now] = permits(isolation, family)
    assert (
        now.state == "granted" and now.said and SEALER.unseal(now.said)["escort"] == "Dr. He, side entrance"
    )
    assert task_of(isolation, permit)["state"] == "done" and changes(isolation) == ["permit_granted"]
    stored = str([isolation.rows(table) for table in (t.permits, t.case_history, t.tasks)])
    assert "mother" not in stored and "entrance" not in stored and "hospital" not in stored
    assert isolation.audit()["balanced"]


def test_a_refusal_says_why_and_it_is_decided_otherwise_afterwards(
    isolation: Trial, family: list[Event]
) -> None:
    permit = asked(isolation, family)
    assert [fault.where for fault in decided(isolation, permit, "refused").faults] == ["reason"]
    assert decided(isolation, permit, "refused", reason="the doctor comes").result["state"] == "refused"
    assert decided(isolation, permit).kind == "conflict", "on what is known no more"
    [refused] = permits(isolation, family)
    assert decided(isolation, refused).result["state"] == "granted"
    assert changes(isolation) == ["permit_refused", "permit_granted"]
    assert isolation.audit()["balanced"]


def test_only_an_officer_decides_and_by_nothing_else_does_its_task_end(
    isolation: Trial, family: list[Event]
) -> None:
    permit = asked(isolation, family)
    said = {"permit_id": permit.permit_id, "decision": "granted", "expects": 0}
    for author in (LINK, WORKER, CONTACT):
        assert codes(decide(isolation, said, author=author)) == ["not_by_this_author"]
    done = {"task_id": permit.task_id, "outcome": "done", "how": "seen"}
    waived = {"task_id": permit.task_id, "expects": 0, "reason": "not now"}
    for outcome in (report(isolation, done), waive(isolation, waived, author=STREET)):
        assert codes(outcome) == ["ends_by_decision"]
    assert permits(isolation, family)[0].state == "asked"


def test_an_emergency_goes_at_once_is_told_at_any_hour_and_reviewed_after(
    isolation: Trial, family: list[Event]
) -> None:
    isolation.clock.moment = night = china("2022-10-01 23:10")
    permit = asked(isolation, family, kind="emergency", outings=[], where="120, chest pain")
    assert (permit.state, permit.reviewed, permit.outings[0].begins) == ("granted", False, night)
    assert task_of(isolation, permit)["kind"] == "review_permit"
    [told] = isolation.recorded("permit.asked")
    owner = isolation.case(permit.case_id)["owner"]
    assert told.data["urgent"] and owner in [one["staff_id"] for one in told.data["tell"]["staff"]]
    withdrawn = {"permit_id": permit.permit_id, "decision": "withdrawn"}
    assert decide(isolation, withdrawn, author=LINK).kind == "conflict", "somebody is on the way"
    isolation.clock.advance(hours=20)
    assert decided(isolation, permit).kind == "done" and changes(isolation) == []
    assert task_of(isolation, permit)["state"] == "done" and permits(isolation, family)[0].reviewed


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"outings": []}, ["missing"]),
        ({"outings": [times(ends="2022-10-02 07:00")]}, ["ends_before"]),
        ({"outings": [times("2022-10-01 06:00", "2022-10-01 08:00")]}, ["in_the_past"]),
        ({"outings": [times("2022-12-01 06:00", "2022-12-01 08:00")]}, ["beyond_measure"]),
        ({"outings": [times("2022-10-02 13:00", "2022-10-02 15:00")]}, ["taken"]),
    ],
)
def test_what_is_not_possible_is_refused_and_leaves_nothing(
    isolation: Trial, family: list[Event], more: dict[str, Any], wrong: list[str]
) -> None:
    asked(isolation, family)
    outcome = request(isolation, wanted(family[:1], **more))
    assert (outcome.kind, codes(outcome)) == ("invalid", wrong)
    assert len(isolation.rows(t.permits)) == 1


def test_what_was_refused_or_taken_back_leaves_the_time_free(isolation: Trial, family: list[Event]) -> None:
    first = asked(isolation, family)
    for _ in range(2):
        said = {"permit_id": first.permit_id, "decision": "withdrawn"}
        assert decide(isolation, said, author=LINK).result["state"] == "withdrawn"
    assert task_of(isolation, first)["state"] == "cancelled"
    second = asked(isolation, family)
    decided(isolation, second, "refused", reason="no")
    third = asked(isolation, family)
    assert third.state == "asked"
    again = {"permit_id": second.permit_id, "decision": "granted", "expects": 1}
    assert codes(decide(isolation, again, author=OFFICER)) == ["taken"]
    assert isolation.do(plan_again) == 0 and isolation.audit()["balanced"]


def test_a_contact_person_takes_back_only_what_they_asked_for(isolation: Trial, family: list[Event]) -> None:
    said = {"permit_id": asked(isolation, family).permit_id, "decision": "withdrawn"}
    assert decide(isolation, said, author=CONTACT).kind == "not_allowed"


def test_what_recurs_is_one_request_with_several_outings(isolation: Trial, family: list[Event]) -> None:
    days = [times(f"2022-10-0{day} 08:00", f"2022-10-0{day} 14:00") for day in (2, 4, 6)]
    permit = asked(isolation, family, outings=days)
    assert [one.begins for one in permit.outings] == [one["begins"] for one in days]
    outcome = request(isolation, wanted(family, outings=[times("2022-10-04 13:00", "2022-10-04 15:00")]))
    assert codes(outcome) == ["taken"]
    assert len(isolation.rows(t.permits)) == 1


@pytest.mark.parametrize("author", [LINK, CLINIC])
def test_it_is_asked_for_once_however_often_it_comes(
    isolation: Trial, family: list[Event], author: Author
) -> None:
    said = wanted(family)
    same = [request(isolation, said, id="same", author=author).result["permit_id"] for _ in range(2)]
    assert same[0] == same[1] and len(permits(isolation, family)) == 1
    assert isolation.audit()["balanced"]


def test_who_is_only_informed_or_followed_no_more_needs_no_leave(
    isolation: Trial, family: list[Event]
) -> None:
    alone = arrival(level="none")
    isolation.follow(alone)
    assert codes(request(isolation, wanted([alone]))) == ["nothing_keeps_them"]
    home = isolation.case(family[0])["household_id"]
    isolation.follow(*(called_off(id, household_id=home) for id in ids(family)))
    assert request(isolation, wanted(family)).kind == "conflict"


@pytest.mark.parametrize("kind", ["treatment", "emergency"])
def test_it_goes_on_with_who_stays_when_the_case_with_its_task_ends(
    isolation: Trial, family: list[Event], kind: str
) -> None:
    permit = asked(isolation, family, kind=kind)
    home = isolation.case(permit.case_id)["household_id"]
    [stays] = set(ids(family)) - {permit.case_id}
    isolation.follow(called_off(permit.case_id, household_id=home))
    assert isolation.do(plan_again) == 1 and isolation.do(plan_again) == 0
    [now] = permits(isolation, family)
    assert (now.state, now.case_id, now.due_by) == (permit.state, stays, permit.due_by)
    task = task_of(isolation, now)
    assert (task["case_id"], task["about"], task["staff_id"]) == (stays, permit.permit_id, "officer")
    assert decided(isolation, permit).kind == "done" and permits(isolation, family)[0].reviewed
    assert isolation.audit()["balanced"]


def test_over_and_undecided_it_is_refused_and_nobody_plans_it_again_once_the_case_ends(
    isolation: Trial, family: list[Event]
) -> None:
    permit = asked(isolation, family)
    isolation.clock.moment = china("2022-10-02 15:00")
    assert codes(decided(isolation, permit)) == ["over"]
    home = isolation.case(permit.case_id)["household_id"]
    isolation.follow(called_off(permit.case_id, household_id=home))
    assert isolation.do(plan_again) == 0 and permits(isolation, family)[0].state == "ended"


def test_what_lies_outside_the_scope_does_not_exist(isolation: Trial, family: list[Event]) -> None:
    permit = asked(isolation, family)
    for scope in (NOWHERE, Scope(households=frozenset({new_id()}))):
        assert request(isolation, wanted(family), scope=scope, author=LINK).kind == "unknown"
        for id in (permit.permit_id, new_id(), "no id"):
            said = {"permit_id": id, "decision": "withdrawn"}
            assert decide(isolation, said, scope=scope).kind == "unknown"


def test_officers_have_the_list_of_what_is_to_be_decided_and_each_with_where_and_why(
    isolation: Trial, family: list[Event]
) -> None:
    permit = asked(isolation, family, why="dialysis", how="own_car")
    isolation.clock.advance(minutes=1)
    asked(isolation, family, kind="emergency", outings=[])
    visitor = Visitor(DOOR, isolation.work)
    rows = visitor.get("officer", "/lists/permits_to_decide").get_json()["rows"]
    assert [row["kind"] for row in rows] == ["treatment", "emergency"], "by their clocks"
    assert "hospital" not in str(rows)
    thing = visitor.get("officer", f"/permit/{permit.permit_id}").get_json()
    assert (thing["where"], thing["why"], thing["how"], thing["waits"]) == (
        *("second hospital", "dialysis", "own_car"),
        True,
    )
    assert thing["outings"] == "2022-10-02 08:00 – 2022-10-02 14:00"
    assert visitor.get("worker-1", f"/permit/{permit.permit_id}").status_code == 403
    decided(isolation, permit)
    [left] = visitor.get("officer", "/lists/permits_to_decide").get_json()["rows"]
    assert left["kind"] == "emergency"
