"""Whoever said by mistake that nobody answered takes it back on the same day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chassis.commands.command import Author, Outcome
from services.registration import handover
from services.registration import tables as t
from services.registration.arrivals import balance
from services.registration.following.take_back_following import take_back_following
from tests.integration.registration.following import OFFICER, arrival, carry_out, command, follow
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
    follow(trial, id, "wrong_number")
    assert take_back(trial, id, 1, OTHER).kind == "unknown"
    assert take_back(trial, id, 9).kind == "unknown"
    assert wrong(take_back(trial, id, 2)) == ("invalid", "not_of_this")
    assert take_back(trial, id, 1).kind == "done"
    assert take_back(trial, id, 1).kind == "unknown", "it is taken back already"
    assert wrong(take_back(trial, id, 3)) == ("invalid", "not_of_this"), "no mistake of a mistake"
    follow(trial, id, "no_answer")
    trial.clock.moment += timedelta(days=1)
    assert wrong(take_back(trial, id, 4)) == ("invalid", "other_day")
    assert balanced(trial)
