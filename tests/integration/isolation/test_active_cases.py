"""A case is active from the first contact on: once, told once, and taken back with a contact by mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chassis.ids import new_id
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.check_ins.report_check_in import report_check_in
from services.isolation.door import DOOR
from services.isolation.notices.sign_notice import sign_notice
from services.isolation.tasks.hear_of_following import hear_of_following
from services.isolation.tasks.report_task import report_task
from services.isolation.tasks.take_back_report import take_back_report
from tests.doors import Visitor
from tests.integration.isolation.saying import speaking
from tests.integration.isolation.test_hear_of_following import AT, first_contact, followed_up
from tests.integration.isolation.test_reports_taken_back import taken_back
from tests.integration.isolation.trial import COMMUNITY, SEALER, Trial, arrival

_PERSON = SEALER.seal({"name": "某", "phone": "13909311234"}, "person")
_check_in = speaking(report_check_in, "check_in.reported")
_report_task = speaking(report_task, "task.reported")
_sign = speaking(sign_notice, "notice.signed")
_take_back = speaking(take_back_report, "task.report_taken_back")


@pytest.fixture
def came(isolation: Trial) -> Event:
    came = arrival(person=_PERSON)
    isolation.follow(came)
    isolation.clock.moment = AT
    return came


def contacted(isolation: Trial, came: Event, id: str | None = None) -> None:
    task_id = first_contact(isolation, came)["task_id"]
    said = _report_task(isolation, {"task_id": task_id, "outcome": "done", "how": "seen"}, id=id)
    assert said.kind == "done"


def followed(isolation: Trial, came: Event) -> None:
    isolation.do(hear_of_following, [followed_up(came, "verified", number=0)])


def checked_in(isolation: Trial, came: Event) -> None:
    person = {"case_id": came.subject, "temperature": 36.5, "symptoms": [], "how_known": "seen"}
    assert _check_in(isolation, {"people": [person]}).kind == "done"


def signed(isolation: Trial, came: Event) -> None:
    assert _sign(isolation, {"case_ids": [came.subject], "outcome": "signed"}).kind == "done"


def state(isolation: Trial, came: Event) -> str:
    found: str = isolation.case(came)["state"]
    return found


def lines(isolation: Trial, *what: str) -> list[dict[str, Any]]:
    return [row["detail"] for row in isolation.rows(t.case_history) if row["what"] in what]


@pytest.mark.parametrize(
    ("meets", "reason"),
    [
        (contacted, "first_contact"),
        (followed, "first_contact"),
        (checked_in, "check_in"),
        (signed, "notice"),
    ],
)
def test_a_case_is_active_from_the_first_contact_on_and_that_is_told_once(
    isolation: Trial, came: Event, meets: Callable[[Trial, Event], None], reason: str
) -> None:
    meets(isolation, came)
    assert state(isolation, came) == "active"
    [changed] = isolation.recorded("case.changed")
    told = changed.data["change"]
    assert (changed.version, changed.data["state"]) == (2, "active")
    assert (told["kinds"], told["reason"], told["at"]) == (["details", "active"], reason, AT)
    assert [line["reason"] for line in lines(isolation, "active")] == [reason]

    for again in (contacted, followed, checked_in, signed):
        again(isolation, came)
    assert len(isolation.recorded("case.changed")) == 1 and len(lines(isolation, "active")) == 1
    [listed] = Visitor(DOOR, isolation.work).get("officer", "/lists/open_cases").get_json()["rows"]
    assert listed["state"] == "active" and listed["community"] == COMMUNITY
    assert isolation.audit()["balanced"]


@pytest.mark.parametrize("outcome", ["attempt", "taken"])
def test_who_was_tried_in_vain_was_not_met(isolation: Trial, came: Event, outcome: str) -> None:
    said = {"task_id": first_contact(isolation, came)["task_id"], "outcome": outcome}
    assert _report_task(isolation, said).kind == "done"
    isolation.do(hear_of_following, [followed_up(came, "no_answer", number=0)])
    assert state(isolation, came) == "open" and isolation.recorded("case.changed") == []


@pytest.mark.parametrize("also", [None, checked_in, signed])
def test_a_contact_said_by_mistake_is_taken_back_unless_they_were_met_otherwise(
    isolation: Trial, came: Event, also: Callable[[Trial, Event], None] | None
) -> None:
    id = new_id()
    contacted(isolation, came, id)
    if also:
        also(isolation, came)
    task_id = first_contact(isolation, came)["task_id"]
    assert _take_back(isolation, {"task_id": task_id, "report": id}).kind == "done"
    assert state(isolation, came) == ("active" if also else "open")
    told = [event.data["state"] for event in isolation.recorded("case.changed")]
    assert told == (["active"] if also else ["active", "open"])
    assert isolation.audit()["balanced"]


def test_what_registration_takes_back_is_taken_back_here_too(isolation: Trial, came: Event) -> None:
    followed(isolation, came)
    isolation.do(hear_of_following, [taken_back(came, 1, 0, "verified")])
    assert state(isolation, came) == "open"


@pytest.mark.parametrize("level", ["high", "none"])
def test_a_mistake_that_is_heard_of_first_makes_nothing_active(isolation: Trial, level: str) -> None:
    """Also where nothing asks for a first contact."""
    came, met = arrival(level=level), arrival(level=level)
    isolation.follow(came, met)
    isolation.do(hear_of_following, [taken_back(came, 1, 0, "verified")])
    for one in (came, met):
        followed(isolation, one)
    assert (state(isolation, came), state(isolation, met)) == ("open", "active")


def test_a_change_of_the_measure_leaves_it_active(isolation: Trial, came: Event) -> None:
    contacted(isolation, came)
    isolation.follow(arrival(came.subject, version=2, level="low", person=_PERSON))
    assert state(isolation, came) == "active"
    isolation.follow(arrival(came.subject, version=3, level="high", person=_PERSON))
    assert state(isolation, came) == "active"


def test_of_somebody_who_is_only_expected_a_check_in_makes_nothing_active(isolation: Trial) -> None:
    coming = arrival(expected=True, person=_PERSON)
    isolation.follow(coming)
    checked_in(isolation, coming)
    assert state(isolation, coming) == "expected" and isolation.recorded("case.changed") == []
