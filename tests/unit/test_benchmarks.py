"""The parts of the bench that need no broker."""

import json

import pytest
from stdnum.cn import ric

pytest.importorskip("psutil")

from sqlalchemy import Column, Integer, MetaData, Table

from benchmarks import arrivals
from benchmarks.bulk_load import Mismatch, _statement, _statements
from benchmarks.bulk_rows import ROWS, Rows
from benchmarks.load import Confirms, Schedule
from benchmarks.measure import OTHERS, Run, median_of
from benchmarks.report import Result, as_json


def run(rate: float, latencies: tuple[float, ...] = (0.01, 0.02, 0.03)) -> Run:
    cpu = {"broker": 1.0, OTHERS: 0.0}
    return Run(
        arrivals=100,
        seconds=100 / rate,
        rate=rate,
        latencies=list(latencies),
        cpu=cpu,
        asked_rate=None,
        latest=0.0,
        window=100 / rate,
    )


def test_every_arrival_is_another_person_with_a_right_identity_number() -> None:
    events = [json.loads(line) for line in arrivals.lines(0, 3000, "run")]
    people = [event["data"]["person"] for event in events]

    assert len({person["identity_number"] for person in people}) == 3000
    assert len({person["phone"] for person in people}) == 3000
    assert all(ric.is_valid(person["identity_number"]) for person in people)


def test_no_two_arrivals_share_a_door() -> None:
    events = [json.loads(line) for line in arrivals.lines(0, 20_000, "run")]
    doors = {tuple(event["data"]["destination"].values()) for event in events}

    assert len(doors) == 20_000


def test_the_same_number_is_the_same_person_under_another_event_id() -> None:
    first, again = arrivals.event(7, "a"), arrivals.event(7, "b")

    assert first["data"] == again["data"]
    assert first["id"] != again["id"]


def test_confirms_count_each_tag_once() -> None:
    confirms = Confirms()
    confirms.open = {1, 2, 3, 4}

    confirms.ack(2)
    confirms.ack(3, multiple=True)
    confirms.ack(3, multiple=True)

    assert (confirms.confirmed, confirms.open) == (3, {4})


def test_a_refused_arrival_ends_the_run() -> None:
    with pytest.raises(SystemExit):
        Confirms().nack(1)


def test_a_schedule_without_a_rate_never_waits() -> None:
    def never(seconds: float) -> None:
        raise AssertionError("waited")

    Schedule(None).await_turn(1_000_000, never)


def test_the_median_is_a_run_that_took_place() -> None:
    assert median_of([run(100), run(300), run(200), run(400)]).rate == 200


def test_the_json_says_ratio_and_change() -> None:
    results = {
        "nameko": Result("nameko", full=run(100)),
        "doorstep": Result("Doorstep", full=run(1000), loaded=run(950), rows_loaded=1_000_000),
    }

    found = as_json(results, machine={}, settings={})

    assert found["ratio"] == {"doorstep/nameko": 10.0}
    assert found["pipelines"]["doorstep"]["full_database"]["change"] == -0.05
    assert found["pipelines"]["nameko"]["latency_ms"] == {"p50": 20.0, "p90": 30.0, "p99": 30.0}


def test_a_pipeline_that_failed_has_no_figures() -> None:
    found = as_json({"nameko": Result("nameko", failed="a row is missing")}, machine={}, settings={})

    assert found["pipelines"]["nameko"] == {"title": "nameko", "failed": "a row is missing"}


def test_the_bulk_load_says_which_column_it_does_not_know() -> None:
    table = Table("t", MetaData(), Column("a", Integer, nullable=False), Column("b", Integer))

    with pytest.raises(Mismatch, match="must have a value"):
        _statement("x", table, Rows("t", {"b": "1"}))
    with pytest.raises(Mismatch, match="has no column c"):
        _statement("x", table, Rows("t", {"a": "1", "c": "1"}))


@pytest.mark.parametrize("service", ROWS)
def test_the_bulk_load_fits_the_tables_of_today(service: str) -> None:
    """Nothing is connected to: a mismatch is told before."""
    assert _statements(service).keys() == {rows.table for rows in ROWS[service]}
