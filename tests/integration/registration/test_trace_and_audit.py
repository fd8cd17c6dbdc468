"""Trace tells the whole story of an arrival; the audit of registration names what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import delete, update

from services.registration import queries
from services.registration import tables as t
from tests.integration.registration.trial import RISKY, SAFE, Trial, person, prepare, report


@pytest.fixture
def trial(database_url: Callable[..., str]) -> Iterator[Trial]:
    trial = Trial(database_url("registration", prepare))
    yield trial
    trial.database.dispose()


def test_trace_tells_the_whole_story_of_an_arrival(trial: Trial) -> None:
    trial.receive(report(1, stops=[RISKY], people=[person(1), person(2)]), report(1, publisher="police"))
    arrival_id = trial.events("report.accepted")[0]["data"]["arrival_ids"][0]
    found = trial.read(queries.trace, arrival_id, sealer=trial.sealer)
    assert [one["publisher"] for one in found["reports"]] == ["rail", "police"]
    assert found["reports"][0]["stops"][0]["division"] == "620402"
    assert found["risk"]["areas"][0]["place"] == "京怡家园4号楼"
    assert found["destination"]["community"] == {"place_id": "c1", "name": "枣林社区"}
    assert found["worker"]["name"] in ("张三", "李四")
    assert found["person"]["name"] == "旅客1"
    assert len(found["household"]) == 2
    assert "person" not in trial.read(queries.trace, arrival_id)
    assert trial.read(queries.trace, "00000000-0000-7000-8000-000000000000") is None


def test_audit_names_an_arrival_that_was_removed_by_hand(trial: Trial) -> None:
    trial.receive(report(1, people=[person(1), person(2)]), report(3))
    assert trial.read(queries.audit)["balanced"]
    ids = list(trial.read(lambda conn: list(queries.stream_arrival_ids(conn))))
    assert len(ids) == 3
    for arrival_id in ids[:2]:
        with trial.database.begin() as conn:
            conn.execute(delete(t.arrivals).where(t.arrivals.c.id == arrival_id))
    found = trial.read(queries.audit)
    assert not found["balanced"]
    assert sorted(one["arrival_id"] for one in found["missing"]) == ids[:2]


def test_audit_names_an_arrival_whose_report_is_gone(trial: Trial) -> None:
    trial.receive(report(1), report(2))
    lost = trial.rows(t.reports)[0]
    with trial.database.begin() as conn:
        conn.execute(delete(t.reports).where(t.reports.c.id == lost["id"]))
    found = trial.read(queries.audit)
    assert not found["balanced"]
    assert found["short_of_reports"] == [{"arrival_id": lost["arrival_id"], "counted": 1, "found": 0}]


def test_audit_notices_an_arrival_without_worker_that_is_on_no_list(trial: Trial) -> None:
    trial.receive(report(1))
    with trial.database.begin() as conn:
        conn.execute(update(t.arrivals).values(worker=None))
    assert not trial.read(queries.audit)["balanced"]


def test_the_last_event_of_each_arrival_follows_from_its_version(trial: Trial) -> None:
    trial.receive(report(1), report(2))
    trial.receive(report(1, publisher="police", stops=[SAFE, RISKY]))
    recorded = {e["id"] for kind in ("registered", "reassessed") for e in trial.events(f"arrival.{kind}")}
    last = dict(trial.read(lambda conn: list(queries.stream_last_events(conn))))
    assert set(last.values()) <= recorded
    assert sorted(one.split(":")[0] for one in last.values()) == ["arrival.reassessed", "arrival.registered"]
