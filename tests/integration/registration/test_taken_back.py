"""Whoever said something of an arrival by mistake takes it back on the same day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chassis.commands.command import Author, Outcome
from chassis.inbox import claim
from contracts.envelope import Event
from contracts.registry import read_data
from field.scope import Scope
from services.registration import handover
from services.registration import tables as t
from services.registration.arrivals import balance
from services.registration.following.hear_of_contact import NotHeardYet, hear_of_contact
from services.registration.following.take_back_following import REVOCABLE, take_back_following
from tests.integration.registration.following import OFFICER, RESIDENT, arrival, carry_out, command, follow
from tests.integration.registration.trial import CHINA, Trial, report

OTHER = Author("staff", "/console/w2", "w2")


def here(trial: Trial) -> str:
    trial.receive(report(1))
    [row] = trial.arrivals()
    return str(row["id"])


def take_back(trial: Trial, id: str, number: int, author: Author = OFFICER) -> Outcome:
    said = command(trial, "arrival.following_taken_back", {"arrival_id": id, "number": number}, author)
    [outcome] = carry_out(trial, take_back_following, said)
    return outcome


def wrong(outcome: Outcome) -> Any:
    return outcome.kind, outcome.faults[0].code


def balanced(trial: Trial) -> bool:
    return bool(trial.read(balance.audit)["balanced"])


def test_it_counts_no_more_and_both_stay_in_the_history(trial: Trial) -> None:
    id = here(trial)
    follow(trial, id, "no_answer")
    follow(trial, id, "no_answer")
    trial.clock.moment += timedelta(days=1)
    third = follow(trial, id, "no_answer")
    assert (third.result["attempts"], arrival(trial, id)["to_settle"]) == (3, "unreachable")
    back = take_back(trial, id, 3)
    assert back.kind == "done" and (back.result["attempts"], back.result["to_settle"]) == (2, [])
    row = arrival(trial, id)
    assert (row["state"], row["to_settle"], row["acts"]) == ("assigned", None, 4)
    lines = trial.rows(t.arrival_history, "number")
    assert [line["what"] for line in lines] == ["no_answer"] * 3 + ["taken_back"]
    assert lines[-1]["detail"] == {"of": 3, "was": "no_answer"}
    [told] = trial.events("arrival.follow_up_taken_back")
    assert (told["data"]["number"], told["data"]["outcome"], told["aggregateversion"]) == (3, "no_answer", 4)
    fourth = follow(trial, id, "no_answer")
    assert (fourth.result["attempts"], fourth.result["to_settle"]) == (3, ["unreachable"])
    assert balanced(trial)
    with trial.database.read() as conn:
        assert handover.sums(conn, trial.clock.today(CHINA)).balanced


def test_a_late_report_and_a_new_fold_know_of_it(trial: Trial) -> None:
    id = here(trial)
    for _ in range(2):
        follow(trial, id, "no_answer")
    trial.clock.moment += timedelta(days=1)
    follow(trial, id, "no_answer")
    take_back(trial, id, 3)
    trial.receive(report(1, publisher="self", source_kind="self", time="2022-10-02T13:00:00+08:00"))
    assert (arrival(trial, id)["state"], arrival(trial, id)["to_settle"]) == ("assigned", None)


def test_only_ones_own_only_of_today_and_only_once(trial: Trial) -> None:
    id = here(trial)
    follow(trial, id, "no_answer")
    own = Scope(households=frozenset({arrival(trial, id)["household_id"]}))
    follow(trial, id, "this_is_not_me", author=RESIDENT, scope=own)
    assert wrong(take_back(trial, id, 2, RESIDENT)) == ("invalid", "not_of_this")
    assert take_back(trial, id, 1, OTHER).kind == "unknown"
    assert take_back(trial, id, 9).kind == "unknown"
    assert take_back(trial, id, 1).kind == "done"
    assert take_back(trial, id, 1).kind == "unknown", "it is taken back already"
    assert wrong(take_back(trial, id, 3)) == ("invalid", "not_of_this"), "no mistake of a mistake"
    follow(trial, id, "no_answer")
    trial.clock.moment += timedelta(days=1)
    assert wrong(take_back(trial, id, 4)) == ("invalid", "other_day")
    assert balanced(trial)


_WHEN = ("version", "acts", "changed_at", "updated_at", "unassigned_since")
"""What goes on counting, whatever is said."""


def standing(trial: Trial, id: str) -> dict[str, Any]:
    row = arrival(trial, id)
    inside = trial.sealer.unseal(row["sealed"])
    return {name: value for name, value in row.items() if name not in (*_WHEN, "sealed")} | {"inside": inside}


@pytest.mark.parametrize("outcome", REVOCABLE)
def test_whatever_was_said_is_taken_back_and_the_arrival_stands_as_before(trial: Trial, outcome: str) -> None:
    id = here(trial)
    follow(trial, id, "no_answer")
    before = standing(trial, id)
    more: dict[str, Any] = {}
    if outcome == "lives_elsewhere":
        more["destination"] = {"division": "620102", "address": "某街道9号"}
    follow(trial, id, outcome, **more)
    assert standing(trial, id) != before or outcome == "no_answer"
    assert take_back(trial, id, 2).kind == "done"
    assert standing(trial, id) == before
    [first] = [event["data"] for event in trial.events("arrival.registered")]
    told = [event["data"] for event in trial.events("arrival.reassessed")]
    of_it = ("destination", "arrived_at", "expected", "household_id", "language")
    assert len(told) in (0, 2), "whoever was told of the change is told that it was none"
    assert not told or [told[-1][name] for name in of_it] == [first[name] for name in of_it]
    assert not told or not told[-1].get("not_coming")
    assert balanced(trial)


def test_whoever_said_it_takes_it_back_also_of_whom_they_reach_no_more(
    trial: Trial,
) -> None:
    id = here(trial)
    follow(trial, id, "not_here")
    said = command(trial, "arrival.following_taken_back", {"arrival_id": id, "number": 1}, OFFICER, Scope())
    [outcome] = carry_out(trial, take_back_following, said)
    assert outcome.kind == "done" and arrival(trial, id)["state"] == "assigned"


def heard(
    trial: Trial, type: str, id: str, act: str | None, number: int, how: str = "seen", by: str = "w1"
) -> Event:
    """:param act: None: an earlier version of isolation says so, which names none."""
    data = {"task_id": id, "case_id": id, "arrival_id": id, "act": act}
    data |= {"at": trial.clock.moment.isoformat(), "staff_id": by}
    if type == "case.contacted":
        data |= {"kind": "first_contact", "how": how}
    source = "/doorstep/isolation"
    name = f"{type}:{id}:{number}"
    return read_data(Event(name, source, type, id, trial.clock.moment, data, correlationid="c"))


def hear(trial: Trial, *events: Event) -> None:
    with trial.work.unit() as uow:
        hear_of_contact(uow, events)


def test_a_first_contact_that_was_a_mistake_makes_nobody_contacted_any_more(trial: Trial) -> None:
    id = here(trial)
    one, other = (
        heard(trial, "case.contacted", id, "a-1", 1),
        heard(trial, "case.contacted", id, "a-2", 2, "by_phone"),
    )
    back, back_2 = (
        heard(trial, "case.contact_taken_back", id, "a-1", 2),
        heard(trial, "case.contact_taken_back", id, "a-2", 4),
    )
    with pytest.raises(NotHeardYet):
        hear(trial, back)
    hear(trial, one, other)
    assert arrival(trial, id)["state"] == "verified"
    hear(trial, back)
    assert arrival(trial, id)["state"] == "contacted", "by the other"
    hear(trial, back_2)
    assert arrival(trial, id)["state"] == "assigned"
    lines = trial.rows(t.arrival_history, "number")
    assert [line["what"] for line in lines] == ["verified", "contacted", "taken_back", "taken_back"]
    assert balanced(trial)


def test_a_contact_and_that_it_was_a_mistake_may_come_in_one_batch(trial: Trial) -> None:
    id = here(trial)
    hear(
        trial,
        heard(trial, "case.contact_taken_back", id, "a-1", 2),
        heard(trial, "case.contacted", id, "a-1", 1),
    )
    assert arrival(trial, id)["state"] == "assigned" and arrival(trial, id)["acts"] == 2


def test_a_contact_of_which_an_earlier_version_wrote_no_line_is_taken_back_in_silence(trial: Trial) -> None:
    id = here(trial)
    follow(trial, id, "verified")
    with trial.work.unit() as uow:  # it wrote none where they were reached already
        claim(uow.conn, "registration.hear_of_contact", [heard(trial, "case.contacted", id, None, 1)])
    hear(trial, heard(trial, "case.contact_taken_back", id, "a-1", 2))
    assert (arrival(trial, id)["state"], arrival(trial, id)["acts"]) == ("verified", 1)
    assert balanced(trial)


def test_the_contact_that_is_named_is_taken_back_before_one_that_names_no_act(trial: Trial) -> None:
    id = here(trial)
    hear(trial, heard(trial, "case.contacted", id, None, 1))
    back = heard(trial, "case.contact_taken_back", id, "a-2", 3)
    hear(trial, heard(trial, "case.contacted", id, "a-2", 2, "by_phone"))
    hear(trial, back)
    assert arrival(trial, id)["state"] == "verified", "by the first"
    hear(trial, heard(trial, "case.contact_taken_back", id, "a-1", 4))
    assert arrival(trial, id)["state"] == "assigned"
    lines = trial.rows(t.arrival_history, "number")
    assert [line["detail"]["of"] for line in lines if line["what"] == "taken_back"] == [2, 1]


def test_one_that_names_no_act_is_taken_back_by_its_author_and_once(trial: Trial) -> None:
    id = here(trial)
    first = heard(trial, "case.contacted", id, None, 1)
    with trial.work.unit() as uow:
        claim(uow.conn, "registration.hear_of_contact", [first])
        hear_of_contact(uow, [first])
    with pytest.raises(NotHeardYet):
        hear(trial, heard(trial, "case.contact_taken_back", id, "a-2", 2, by="w2"))
    hear(trial, heard(trial, "case.contact_taken_back", id, "a-1", 2))
    with pytest.raises(NotHeardYet):
        hear(trial, heard(trial, "case.contact_taken_back", id, "a-2", 4))
    assert arrival(trial, id)["state"] == "assigned" and arrival(trial, id)["acts"] == 2
