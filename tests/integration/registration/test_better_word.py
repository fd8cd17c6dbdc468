"""A source corrects, moves and calls off what it reported; sources disagree; nothing depends on the order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import func, select

from services.registration import tables as t
from services.registration.arrivals import balance
from services.registration.arrivals.lookup import trace
from services.registration.places.import_places import import_places
from services.registration.staff.import_staff import import_staff
from tests.integration.registration.trial import (
    CHINA,
    PLACES,
    RISKY,
    SAFE,
    STAFF,
    Trial,
    person,
    prepare,
    report,
)

# The second house of case 09: in the same community, in the grid of somebody else.
HOUSES = "g2,c1,grid,二网格,,,\ny3,g2,courtyard,春和家园,,,managed\n"
WORKER = "w4,grid_worker,g2,钱六,13909310004,zh-CN,true\n"


@pytest.fixture
def trial(trial: Trial) -> Trial:
    with trial.work.unit() as uow:
        import_places(uow, PLACES + HOUSES)
        import_staff(uow, STAFF + WORKER)
    trial.clock.moment = datetime(2022, 10, 9, tzinfo=CHINA)
    return trial


def said(number: int, hour: int = 10, minute: int = 0, **changed: Any) -> dict[str, Any]:
    """A report of one person, told at that hour of 1 October."""
    return report(1, id=f"r{number}", time=f"2022-10-01T{hour:02d}:{minute:02d}:00+08:00", **changed)


def announced(number: int, day: int, hour: int, **changed: Any) -> dict[str, Any]:
    return said(number, hour, at=f"2022-10-{day:02d}T18:00:00+08:00", expected=True, **changed)


def called_off(document: dict[str, Any]) -> dict[str, Any]:
    document["data"]["arrival"]["called_off"] = True
    return document


def why(trial: Trial) -> list[list[str]]:
    return [event["data"]["change"]["why"] for event in trial.events("arrival.reassessed")]


def open_arrivals(trial: Trial) -> dict[str, int]:
    load = t.worker_loads.c
    with trial.database.read() as conn:
        rows = conn.execute(select(load.staff_id, func.sum(load.open)).group_by(load.staff_id))
        return {staff_id: int(count) for staff_id, count in rows if count}


def everything(trial: Trial) -> list[tuple[Any, ...]]:
    """What is known of the arrivals, whatever the order and packing of their reports."""
    return sorted(
        (
            row["id"] if len(trial.arrivals()) == 1 else "",
            *sorted(trial.person_of(row).items(), key=str),
            *(row["state"], row["arrived_at"], row["community"], row["grid"], row["risk_level"]),
            *(row["reports"], tuple(row["source_kinds"])),
        )
        for row in trial.arrivals()
    )


# -- case 09: the same source corrects phone and house -------------------------------------------------------


def test_a_source_corrects_a_mistyped_phone(trial: Trial) -> None:
    """Case 09: a new id, a later time, and the same person and coming."""
    wrong, right = person(1, phone="16500090001"), person(1, phone="16500090009")
    trial.receive(said(1, people=[wrong], stops=[RISKY]))
    trial.receive(said(2, 12, people=[right], stops=[RISKY], remarks="correction of r1"))
    (row,) = trial.arrivals()
    assert trial.person_of(row)["phone"] == "16500090009"
    assert why(trial) == [["phone_changed", "phone_taken_back", "details_added"]]
    assert [a["data"]["outcome"] for a in trial.events("report.accepted")] == ["registered", "merged"]


def test_a_source_corrects_the_house(trial: Trial) -> None:
    """Case 09: another house of the community, which is in the grid of another worker."""
    trial.receive(said(1), said(2, 12, address="春和家园7号楼1单元101"))
    (row,) = trial.arrivals()
    assert trial.person_of(row)["address"] == "春和家园7号楼1单元101"
    assert (row["grid"], row["worker"]) == ("g2", "w4")
    assert open_arrivals(trial) == {"w4": 1}


def test_the_correction_of_a_house_in_a_later_batch_hands_the_arrival_on(trial: Trial) -> None:
    trial.receive(said(1), said(2, 12, address="春和家园7号楼1单元101"), batch=1)
    (row,) = trial.arrivals()
    assert (row["grid"], row["worker"]) == ("g2", "w4")
    assert why(trial) == [["address_changed", "details_added"]]
    assert open_arrivals(trial) == {"w4": 1}
    assert trial.read(balance.audit)["balanced"]


def test_the_day_of_entry_is_told_of_everybody_in_the_report_and_corrected(trial: Trial) -> None:
    people = [person(1), person(2)]
    at = {"at": "2022-10-01T10:00:00+08:00"}
    trial.receive(said(1, people=people, arrival={**at, "entered_on": "2022-09-27"}))
    assert [e["data"]["entered_on"] for e in trial.events("arrival.registered")] == ["2022-09-27"] * 2
    trial.receive(said(2, 12, people=people, arrival={**at, "entered_on": "2022-09-28"}), said(3, 13))
    assert [e["data"]["entered_on"] for e in trial.events("arrival.reassessed")] == ["2022-09-28"] * 2
    assert why(trial) == [["details_added"]] * 2


def test_an_older_report_that_comes_late_overrides_no_later_word(trial: Trial) -> None:
    late = said(1, people=[person(1, phone="16500090001")])
    trial.receive(said(2, 12, people=[person(1, phone="16500090009")]), late, batch=1)
    (row,) = trial.arrivals()
    assert (trial.person_of(row)["phone"], row["reports"]) == ("16500090009", 2)
    assert trial.events("arrival.reassessed") == []


def test_a_stop_taken_back_lowers_the_risk(trial: Trial) -> None:
    trial.receive(said(1, stops=[RISKY, SAFE]), said(2, 12, stops=[SAFE]), batch=1)
    assert why(trial) == [["stop_removed", "risk_lowered"]]
    (row,) = trial.arrivals()
    assert row["risk_level"] == "none"


def test_no_other_source_takes_a_stop_back_and_no_report_without_stops(trial: Trial) -> None:
    trial.receive(
        said(1, stops=[RISKY]), said(2, 12, stops=[]), said(3, 13, publisher="police", stops=[SAFE]), batch=1
    )
    (row,) = trial.arrivals()
    assert row["risk_level"] == "high"


def test_under_its_reference_a_report_is_corrected_in_time_and_place(trial: Trial) -> None:
    """The hour was mistyped, and the community, too."""
    trial.receive(
        said(1, reference="t-17", at="2022-10-01T01:00:00+08:00"),
        said(2, 12, reference="t-17", at="2022-10-01T09:00:00+08:00", address="和平家园1号楼"),
        batch=1,
    )
    (row,) = trial.arrivals()
    assert (row["community"], row["worker"], row["reports"]) == ("c2", "w3", 2)
    assert set(why(trial)[0]) >= {"address_changed", "time_moved"}
    # From now on it stands there, for other sources, too.
    trial.receive(said(3, 13, publisher="gate", at="2022-10-01T09:10:00+08:00", address="和平家园"))
    assert [one["reports"] for one in trial.arrivals()] == [3]


@pytest.mark.parametrize("batch", [1, 200])
def test_a_seat_that_is_sold_again_makes_nobody_safer(trial: Trial, batch: int) -> None:
    """One person on one seat on two days: the first coming stays as it is, and staff are asked."""
    trial.receive(
        said(1, reference="G1/05A", at="2022-09-29T09:00:00+08:00", stops=[RISKY]),
        said(
            2, 12, reference="G1/05A", at="2022-10-01T10:00:00+08:00", stops=[SAFE], address="和平家园1号楼"
        ),
        batch=batch,
    )
    first, second = sorted(trial.arrivals(), key=lambda row: row["arrived_at"])
    assert (first["risk_level"], first["community"]) == ("high", "c1")
    assert (second["risk_level"], second["community"]) == ("none", "c2")
    with trial.work.database.read() as conn:
        assert list(conn.execute(select(t.possible_duplicates.c.why)).scalars()) == ["moved_or_another"]


# -- moved and called off ------------------------------------------------------------------------------------


def test_a_flight_moved_by_four_days_moves_the_arrival(trial: Trial) -> None:
    trial.receive(announced(1, 10, 9), announced(2, 14, 12), batch=1)
    (row,) = trial.arrivals()
    assert (row["state"], row["arrived_at"].astimezone(CHINA).day) == ("expected", 14)
    assert why(trial) == [["time_moved", "details_added"]]


def test_whoever_came_before_and_announces_a_coming_comes_once_more(trial: Trial) -> None:
    trial.receive(said(1), announced(2, 14, 12), batch=1)
    assert len(trial.arrivals()) == 2
    assert trial.rows(t.possible_duplicates) == []


def test_a_coming_that_is_called_off_is_nobodys_and_may_come_all_the_same(trial: Trial) -> None:
    trial.receive(announced(1, 9, 9))
    assert sum(open_arrivals(trial).values()) == 1
    trial.receive(called_off(announced(2, 9, 12)))
    (row,) = trial.arrivals()
    assert (row["state"], row["worker"], row["unassigned_since"]) == ("not_coming", None, None)
    assert open_arrivals(trial) == {}
    (event,) = trial.events("arrival.reassessed")
    assert event["data"]["not_coming"] is True
    assert event["data"]["change"]["why"] == ["called_off", "details_added"]
    audit = trial.read(balance.audit)
    assert (audit["balanced"], audit["arrivals_by_state"]) == (True, {"not_coming": 1})

    trial.receive(said(3, 13, publisher="gate", at="2022-10-08T17:00:00+08:00", source_kind="gate"))
    (row,) = trial.arrivals()
    assert (row["state"], row["reports"]) == ("assigned", 3)
    assert sum(open_arrivals(trial).values()) == 1
    assert "coming_after_all" in why(trial)[1]
    assert "not_coming" not in trial.events("arrival.reassessed")[1]["data"]


def test_a_call_off_that_comes_first_waits_for_nobody(trial: Trial) -> None:
    off, on = called_off(announced(2, 9, 12)), announced(1, 9, 9)
    trial.receive(off, on, batch=1)
    (row,) = trial.arrivals()
    assert row["state"] == "not_coming"
    (event,) = trial.events("arrival.registered")
    assert event["data"]["not_coming"] is True
    assert open_arrivals(trial) == {}


def test_of_a_moved_coming_and_a_sight_on_the_old_day_staff_are_asked_in_any_order(trial: Trial) -> None:
    """Somebody was seen on the 5th, and their own form says first the 5th, then the 8th."""
    for number, order in enumerate(permutations(range(3)), start=1):
        who: dict[str, Any] = {"people": [person(number)]}
        news = (
            announced(10 * number, 5, 8, source_kind="self", **who),
            announced(10 * number + 1, 8, 9, source_kind="self", **who),
            said(number, 19, publisher="gate", at="2022-10-05T18:30:00+08:00", source_kind="gate", **who),
        )
        trial.receive(*(news[position] for position in order), batch=1)
        mine = {row["id"] for row in trial.arrivals() if trial.person_of(row)["name"] == f"旅客{number}"}
        assert len(mine) == 2, order
        assert mine in [{row["first"], row["second"]} for row in trial.rows(t.possible_duplicates)], order


# -- sources that disagree -----------------------------------------------------------------------------------


def test_two_sources_disagree_about_the_address_and_the_other_word_is_shown(trial: Trial) -> None:
    gate = said(
        1,
        publisher="gate",
        source_kind="gate",
        address="石榴雅苑1号楼",
        people=[person(1, phone="13900000077")],
    )
    form = said(2, 12, publisher="form", source_kind="self", address="石榴雅苑2号楼")
    trial.receive(gate, form, batch=1)
    (row,) = trial.arrivals()
    known = trial.person_of(row)
    assert (known["address"], known["phone"]) == ("石榴雅苑1号楼", person(1)["phone"])
    shown = trial.read(trace, row["id"], sealer=trial.sealer, reveal=True)["other_words"]
    assert [(word["field"], word["source"], word["value"]) for word in shown] == [
        ("address", "/form/arrivals", "石榴雅苑2号楼"),
        ("phone", "/gate/arrivals", "13900000077"),
    ]
    masked = trial.read(trace, row["id"], sealer=trial.sealer, reveal=False)["other_words"]
    assert [(word["field"], "value" in word) for word in masked] == [("address", False), ("phone", False)]


# -- any order and packing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_corrections_make_the_same_arrival_in_any_order_and_packing(
    trial: Trial, database_url: Callable[..., str], seed: int
) -> None:
    police = {"publisher": "police", "source_kind": "police", "address": "春和家园"}
    documents = [
        announced(1, 8, 8, reference="a", stops=[RISKY], people=[person(1, phone="16500090001")]),
        announced(2, 9, 9, reference="a", stops=[SAFE], people=[person(1, phone="16500090002")]),
        called_off(announced(3, 9, 10, reference="a", stops=[])),
        announced(4, 9, 11, reference="a", stops=[], address="春和家园7号楼1单元101"),
        said(5, 12, **police, at="2022-10-08T20:00:00+08:00", stops=[RISKY]),
        said(6, 13, **police, at="2022-10-08T21:00:00+08:00", stops=[SAFE]),
    ]
    trial.receive(*documents)
    other = Trial(database_url("registration", prepare))
    other.clock.moment = trial.clock.moment
    with other.work.unit() as uow:
        import_places(uow, PLACES + HOUSES)
        import_staff(uow, STAFF + WORKER)
    other.shuffled(documents, seed, batch=(1, 1, 2, 3)[seed])
    assert [one[1:] for one in everything(other)] == [one[1:] for one in everything(trial)]
    assert len(trial.arrivals()) == 1
    assert other.read(balance.audit)["balanced"]
    assert open_arrivals(other) == open_arrivals(trial) == {"w4": 1}
