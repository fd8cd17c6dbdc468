"""Several reports of one coming are one arrival, whatever their order, packing and replica."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from services.registration import tables as t
from services.registration.arrivals import balance
from tests.at_once import at_once
from tests.integration.registration.trial import (
    CHINA,
    RISKY,
    Trial,
    as_event,
    outcomes,
    person,
    prepare,
    report,
)


def test_two_sources_of_one_coming_are_one_arrival(trial: Trial) -> None:
    trial.receive(report(1), report(1, publisher="police", time="2022-10-01T11:00:00+08:00"))
    assert outcomes(trial) == ["merged", "registered"]
    (row,) = trial.arrivals()
    assert row["reports"] == 2
    assert len(trial.events("arrival.registered")) == 1
    assert trial.events("arrival.reassessed") == []


def test_a_later_report_with_a_risky_stop_raises_the_arrival(trial: Trial) -> None:
    trial.receive(report(1))
    trial.receive(report(1, publisher="police", stops=[RISKY], time="2022-10-01T11:00:00+08:00"))
    (event,) = trial.events("arrival.reassessed")
    assert event["aggregateversion"] == 2
    assert event["data"]["change"] == {"why": ["stop_added", "risk_raised"], "previous_level": "none"}
    assert event["data"]["risk"]["level"] == "high"
    assert as_event({**event, "source": "/x/y"}).problems == ()


def test_a_report_that_says_nothing_new_makes_no_event(trial: Trial) -> None:
    trial.receive(report(1))
    trial.receive(report(1, publisher="police", time="2022-10-01T11:00:00+08:00"))
    assert trial.events("arrival.reassessed") == []
    assert trial.arrivals()[0]["reports"] == 2


def test_a_coming_elsewhere_or_three_days_later_is_another_arrival(trial: Trial) -> None:
    trial.clock.moment = datetime(2022, 10, 5, tzinfo=CHINA)
    trial.receive(
        report(1),
        report(1, publisher="police", address="和平家园1号楼"),
        report(1, publisher="self", at="2022-10-04T11:00:00+08:00"),
    )
    assert len(trial.arrivals()) == 3
    assert len({row["person_id"] for row in trial.arrivals()}) == 1


def test_name_and_phone_find_the_person_that_has_a_number(trial: Trial) -> None:
    bare = {**person(1), "identity_number": None, "identity_type": None, "phone": "+86 139-0000-0001"}
    trial.receive(report(1), report(1, publisher="gate", people=[bare]))
    (row,) = trial.arrivals()
    assert trial.person_of(row)["identity_number"] == person(1)["identity_number"]


def test_the_same_name_and_phone_with_another_number_is_a_possible_duplicate(trial: Trial) -> None:
    other = {**person(1), "identity_number": person(2)["identity_number"]}
    trial.receive(report(1), report(1, publisher="police", people=[other]))
    assert len(trial.arrivals()) == 2
    (pair,) = trial.rows(t.possible_duplicates)
    assert (pair["why"], pair["state"]) == ("same_name_and_phone", "open")


def test_a_report_that_fits_two_arrivals_opens_a_possible_duplicate(trial: Trial) -> None:
    trial.clock.moment = datetime(2022, 10, 9, tzinfo=CHINA)
    trial.receive(report(1), report(1, id="b", at="2022-10-04T09:00:00+08:00"))
    trial.receive(report(1, publisher="police", at="2022-10-02T22:00:00+08:00"))
    (pair,) = trial.rows(t.possible_duplicates)
    assert pair["why"] == "fits_two_arrivals"
    assert [row["reports"] for row in trial.rows(t.arrivals, "arrived_at")] == [2, 1]


def test_companions_are_arrivals_of_the_same_household(trial: Trial) -> None:
    trial.receive(report(1, people=[person(1), person(2), person(3)]))
    rows = trial.arrivals()
    assert len(rows) == 3
    assert len({row["household_id"] for row in rows}) == 1
    (reply,) = trial.events("report.accepted")
    assert sorted(reply["data"]["arrival_ids"]) == [row["id"] for row in rows]


def test_a_later_companion_joins_households_and_says_so(trial: Trial) -> None:
    trial.receive(report(1), report(2), report(3, people=[person(3), person(4)]))
    trial.receive(report(9, publisher="police", people=[person(1), person(3)]))
    rows = {trial.person_of(row)["name"]: row for row in trial.arrivals()}
    joined = {rows[name]["household_id"] for name in ("旅客1", "旅客3", "旅客4")}
    assert len(joined) == 1
    assert rows["旅客2"]["household_id"] not in joined
    changed = trial.events("arrival.reassessed")
    assert all("companion_added" in event["data"]["change"]["why"] for event in changed)
    assert trial.read(balance.audit)["balanced"]


def family_day() -> list[dict[str, Any]]:
    """40 comings, told by 100 reports: two or three sources each, families, stops one by one."""
    documents = []
    for order in range(40):
        minutes = order % 60
        time = f"2022-10-01T10:{minutes:02d}:00+08:00"
        people = [person(order)] + ([person(order + 500)] if order % 4 == 0 else [])
        documents.append(report(order, people=people, time=time))
        documents.append(report(order, publisher="police", stops=[RISKY] if order % 3 else [], time=time))
        if order % 2:
            bare = {**person(order), "identity_number": None, "identity_type": None}
            documents.append(report(order, publisher="gate", people=[bare], stops=[], time=time))
    return documents


def state_of(trial: Trial) -> list[tuple[Any, ...]]:
    return sorted(
        (
            trial.person_of(row)["name"],
            trial.person_of(row)["identity_number"],
            row["arrived_at"],
            row["risk_level"],
            row["reports"],
            tuple(row["source_kinds"]),
            row["state"],
        )
        for row in trial.arrivals()
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_order_and_packing_of_reports_change_nothing(
    trial: Trial, database_url: Callable[..., str], seed: int
) -> None:
    documents = family_day()
    trial.receive(*documents)
    other = Trial(database_url("registration", prepare))
    other.shuffled(documents, seed, batch=(1, 7, 33)[seed])
    assert state_of(other) == state_of(trial)
    assert len(state_of(trial)) == 50
    assert other.read(balance.audit)["balanced"]


def test_two_replicas_never_register_one_coming_twice(trial: Trial) -> None:
    documents = family_day()

    def replica(mine: list[dict[str, Any]]) -> None:
        Trial(trial.url).receive(*mine, batch=10)

    at_once(*(partial(replica, documents[part::3]) for part in range(3)))
    assert len(trial.arrivals()) == 50
    assert trial.read(balance.audit)["balanced"]
