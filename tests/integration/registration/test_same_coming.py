"""One coming is one arrival in whatever order things become known; where that is unsure, staff are asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count, permutations
from typing import Any

import pytest
from sqlalchemy import update

from services.registration import tables as t
from services.registration.arrivals import balance
from services.registration.places.import_places import import_places
from tests.integration.registration.trial import CHINA, PLACES, Trial, person, report


@pytest.fixture
def trial(trial: Trial) -> Trial:
    trial.clock.moment = datetime(2022, 10, 9, tzinfo=CHINA)
    return trial


ids = map(str, count())


def reported(who: dict[str, Any], *, day: int, hour: int = 10, **changed: Any) -> dict[str, Any]:
    at = f"2022-10-{day:02d}T{hour:02d}:00:00+08:00"
    return report(0, id=next(ids), people=[who], at=at, **changed)


def pairs(trial: Trial) -> set[frozenset[str]]:
    return {frozenset((row["first"], row["second"])) for row in trial.rows(t.possible_duplicates)}


def unasked(trial: Trial, rows: list[Any]) -> list[tuple[str, str]]:
    """Of these arrivals the pairs that nobody is asked about."""
    known = pairs(trial)
    ids = sorted(row["id"] for row in rows)
    return [(a, b) for a in ids for b in ids if a < b and frozenset((a, b)) not in known]


# -- a number, and a name and phone, that turn out to be one person ------------------------------------------


def known_by(order: int) -> list[dict[str, Any]]:
    """One who came before under a number and another phone: as a list, a gate, the police may know them."""
    whole = person(order)
    number = {"identity_type": whole["identity_type"], "identity_number": whole["identity_number"]}
    name = {"name": whole["name"], "phone": whole["phone"]}
    return [{**whole, "phone": f"137{order:08d}"}, name, whole, number, name]


def test_a_person_whose_number_becomes_known_is_found_by_number_and_by_name(trial: Trial) -> None:
    before, name, whole, number, again = known_by(1)
    trial.receive(reported(before, day=1), reported(name, day=7), reported(whole, day=7, hour=11), batch=1)
    trial.receive(reported(number, day=7, hour=12), reported(again, day=7, hour=13), batch=1)
    assert [row["reports"] for row in trial.rows(t.arrivals, "arrived_at")] == [1, 4]
    assert len({row["person_id"] for row in trial.arrivals()}) == 1
    assert trial.read(balance.audit)["balanced"]


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_person_known_by_number_and_by_name_is_one_person_in_any_order(trial: Trial, batch: int) -> None:
    orders = list(permutations(range(1, 5)))
    for number, order in enumerate(orders):
        known = known_by(number)
        reports = [reported(known[0], day=1), *(reported(known[one], day=7, hour=10 + one) for one in order)]
        trial.receive(*reports, batch=batch)
    by_person: dict[str, list[Any]] = {}
    for row in trial.arrivals():
        by_person.setdefault(row["person_id"], []).append(row)
    assert len(by_person) == len(orders)
    for rows in by_person.values():
        assert sum(row["reports"] for row in rows) == 5
        assert unasked(trial, [row for row in rows if row["arrived_at"].day == 7]) == []
    assert trial.read(balance.audit)["balanced"]


def test_arrivals_of_two_who_turn_out_to_be_one_person_are_held_against_each_other(trial: Trial) -> None:
    _, name, whole, number, _ = known_by(1)
    trial.receive(reported(number, day=1), reported(name, day=2), reported(whole, day=6), batch=1)
    assert len(trial.arrivals()) == 3
    assert {row["person_id"] for row in trial.arrivals()} == {trial.arrivals()[0]["person_id"]}
    (pair,) = trial.rows(t.possible_duplicates)
    assert pair["why"] == "fits_two_arrivals"


def test_children_who_share_a_placeholder_number_are_two_and_come_with_their_parents(trial: Trial) -> None:
    number = {"identity_type": "other", "identity_number": "0000", "phone": None}
    for order, born in ((1, "2015-03-01"), (2, "2018-07-09")):
        child = person(order + 500, **number, birth_date=born)
        trial.receive(report(order, people=[person(order), child]))
    assert len({row["person_id"] for row in trial.arrivals()}) == 4
    kept = trial.rows(t.reports)
    for row in kept:
        assert (row["outcome"], row["part_waits"]) == ("registered", True)
        assert [(reason["field"], reason["code"]) for reason in row["reasons"]] == [
            ("companions[0].identity_number", "identity_placeholder")
        ]
    assert len(kept) == 2


# -- several comings in a few days ---------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("hours", [(0, 40, 80), (0, 40, 80, 120), (0, 47, 49, 96)])
def test_reports_within_48_hours_put_two_arrivals_in_doubt_in_every_order(
    trial: Trial, hours: tuple[int, ...], batch: int
) -> None:
    orders = list(permutations(hours))
    for number, order in enumerate(orders):
        when = [(1 + hour // 24, hour % 24) for hour in order]
        trial.receive(*(reported(person(number), day=day, hour=hour) for day, hour in when), batch=batch)
    by_person: dict[str, list[Any]] = {}
    for row in trial.arrivals():
        by_person.setdefault(row["person_id"], []).append(row)
    assert len(by_person) == len(orders)
    known = pairs(trial)
    for rows in by_person.values():
        times = {row["id"]: times_of(trial, row["id"]) for row in rows}
        for a, b in ((a, b) for a in times for b in times if a < b):
            near = any(abs((x - y).total_seconds()) <= 48 * 3600 for x in times[a] for y in times[b])
            assert (frozenset((a, b)) in known) == near


def times_of(trial: Trial, arrival_id: str) -> list[datetime]:
    kept = [row for row in trial.rows(t.reports) if row["arrival_id"] == arrival_id]
    times = [trial.sealer.unseal(row["sealed"], "report")["data"]["arrival"]["at"] for row in kept]
    return [datetime.fromisoformat(time) for time in times]


def test_a_decision_of_staff_about_two_arrivals_outlasts_further_reports(trial: Trial) -> None:
    trial.receive(reported(person(1), day=1), reported(person(1), day=4), reported(person(1), day=2, hour=22))
    with trial.database.begin() as conn:
        conn.execute(t.possible_duplicates.update().values(state="apart"))
    trial.receive(reported(person(1), day=3))
    assert [row["state"] for row in trial.rows(t.possible_duplicates)] == ["apart"]


# -- a place that comes to lie elsewhere ---------------------------------------------------------------------


def test_a_report_sent_again_after_its_courtyard_moved_is_the_same_arrival(
    trial: Trial,
) -> None:
    trial.receive(reported(person(1), day=7))
    with trial.work.unit() as uow:
        import_places(uow, PLACES.replace("y1,g1,", "y1,c2,"))
    trial.receive(reported(person(1), day=7, hour=12))
    (row,) = trial.arrivals()
    assert (row["reports"], row["community"], row["worker"]) == (2, "c2", "w3")
    trial.receive(reported(person(1), day=7, hour=13))
    assert len(trial.arrivals()) == 1


# -- comings of long ago -------------------------------------------------------------------------------------


def test_a_report_of_long_ago_that_no_longer_opens_holds_up_no_new_coming(trial: Trial) -> None:
    trial.receive(reported(person(1), day=7), reported(person(1), day=7, hour=11))
    with trial.work.unit() as uow:
        uow.conn.execute(update(t.reports).values(sealed="of a key that is lost"))
        import_places(uow, PLACES.replace("y1,g1,", "y1,c2,"))
    trial.clock.moment += timedelta(days=30)
    trial.receive(report(1, at="2022-11-06T10:00:00+08:00"))
    assert [row["reports"] for row in trial.rows(t.arrivals, "arrived_at")] == [2, 1]


def test_old_arrivals_are_compared_when_two_people_turn_out_to_be_one(
    trial: Trial,
) -> None:
    _, name, whole, number, _ = known_by(1)
    trial.receive(reported(name, day=3), reported(name, day=5, hour=9), reported(number, day=6))
    assert len(trial.arrivals()) == 2 and not pairs(trial)
    trial.clock.moment += timedelta(days=30)
    trial.receive(report(1, people=[whole], at="2022-11-06T10:00:00+08:00"))
    first, second, _ = trial.rows(t.arrivals, "arrived_at")
    assert pairs(trial) == {frozenset((first["id"], second["id"]))}
