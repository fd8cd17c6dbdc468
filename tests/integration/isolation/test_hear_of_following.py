"""Whoever follows an arrival says it once: the first contact of its case is settled or held by it, too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contracts.envelope import Event
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.tasks.hear_of_following import NotHereYet, hear_of_following
from tests.integration.isolation.trial import MORNING, Trial, arrival, event

AT = MORNING + timedelta(minutes=20)


def followed_up(of: Event, outcome: str, number: int = 1, version: int = 1, **changed: Any) -> Event:
    data = {
        "arrival_id": of.subject,
        "arrival_version": version,
        "household_id": None,
        "outcome": outcome,
        "state": "assigned",
        "at": AT + timedelta(minutes=number),
        "by": "/console/w1",
        "attempts": 0,
        **changed,
    }
    assert of.subject
    return event("arrival.followed_up", of.subject, number, data, AT)


def first_contact(isolation: Trial, of: Event) -> dict[str, Any]:
    (task,) = [task for task in isolation.tasks(of) if task["kind"] == "first_contact"]
    return task


@pytest.mark.parametrize("outcome", ["contacted", "verified"])
def test_whoever_is_reached_needs_no_first_contact_any_more(isolation: Trial, outcome: str) -> None:
    came = arrival()
    isolation.follow(came)
    isolation.do(hear_of_following, [followed_up(came, outcome)])
    task = first_contact(isolation, came)
    assert (task["state"], task["tell_at"]) == ("done", None)
    (done,) = isolation.recorded("task.done")
    assert (done.data["task_id"], done.data["at"]) == (task["task_id"], AT + timedelta(minutes=1))
    assert done.correlationid == came.correlationid
    assert isolation.recorded("case.contacted") == [], "registration said it"
    line = isolation.trace(came.subject or "")["history"][-1]
    assert (line["what"], line["outcome"], line["by"]) == ("arrival_followed", outcome, "/console/w1")
    isolation.clock.advance(days=1)
    isolation.until_done(find_overdue)
    told = {event.data["kind"] for event in isolation.recorded("task.overdue")}
    assert "first_contact" not in told
    assert isolation.audit()["balanced"]


def test_an_attempt_in_vain_holds_the_ladder_until_the_next_try(isolation: Trial) -> None:
    came = arrival()
    isolation.follow(came)
    before = first_contact(isolation, came)["tell_at"]
    again = before + timedelta(minutes=30)
    isolation.do(hear_of_following, [followed_up(came, "no_answer", try_again_at=again)])
    task = first_contact(isolation, came)
    assert (task["state"], task["tell_at"]) == ("due", again)
    isolation.do(hear_of_following, [followed_up(came, "contacted", 2)])
    assert first_contact(isolation, came)["state"] == "done"
    assert isolation.audit()["balanced"]


def test_whoever_lives_elsewhere_is_held_while_that_must_be_settled(isolation: Trial) -> None:
    came, told = arrival(), arrival()
    isolation.follow(came, told)
    before = first_contact(isolation, told)
    unknown = followed_up(came, "lives_elsewhere", to_settle=["lives_elsewhere"])
    isolation.do(hear_of_following, [unknown, followed_up(told, "lives_elsewhere", to_settle=[])])
    task = first_contact(isolation, came)
    assert (task["state"], task["tell_at"]) == ("due", unknown.data["at"] + timedelta(days=1))
    assert first_contact(isolation, told) == before, "the address came with it: the visit there is due"
    assert isolation.audit()["balanced"]


def test_what_settles_nothing_is_noted(isolation: Trial) -> None:
    came = arrival()
    isolation.follow(came)
    before = first_contact(isolation, came)
    isolation.do(hear_of_following, [followed_up(came, "this_is_not_me")])
    assert first_contact(isolation, came) == before
    assert isolation.trace(came.subject or "")["history"][-1]["outcome"] == "this_is_not_me"


def test_it_waits_for_the_news_on_which_it_follows(isolation: Trial) -> None:
    coming = arrival(expected=True)
    seen = followed_up(coming, "verified", version=2)
    with pytest.raises(NotHereYet):
        isolation.do(hear_of_following, [seen])
    isolation.follow(coming)
    with pytest.raises(NotHereYet):
        isolation.do(hear_of_following, [seen])
    isolation.follow(arrival(coming.subject, version=2, why=["came"]))
    isolation.do(hear_of_following, [seen])
    assert first_contact(isolation, coming)["state"] == "done"


def test_a_call_before_they_came_settles_nothing_whichever_news_is_heard_first(isolation: Trial) -> None:
    for came_first in (True, False):
        coming = arrival(expected=True)
        called = followed_up(coming, "contacted", state="expected", how="phone")
        came = arrival(coming.subject, version=2, why=["came"])
        isolation.follow(coming)
        if came_first:
            isolation.follow(came)
        isolation.do(hear_of_following, [called])
        if not came_first:
            isolation.follow(came)
        assert first_contact(isolation, coming)["state"] == "due"
        assert "arrival_followed" in [h["what"] for h in isolation.trace(coming.subject or "")["history"]]
