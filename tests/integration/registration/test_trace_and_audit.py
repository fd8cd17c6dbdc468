"""Trace tells the whole story of an arrival; the audit of registration names what is missing."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from typing import Any

from rich.console import Console
from sqlalchemy import delete, update
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows
from chassis.ids import new_id
from chassis.inbox import INBOX
from chassis.sealing import Sealer
from cli.arrivals.trace_tree import tree
from operations.trace.gather import Trace
from services.registration import handover
from services.registration import tables as t
from services.registration.arrivals import balance, queries
from services.registration.arrivals.balance import MOST_NAMED
from tests.integration.registration.following import follow
from tests.integration.registration.trial import CHINA, RISKY, SAFE, Trial, person, report


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


def test_trace_tells_the_rest_where_the_key_of_what_was_said_is_lost(trial: Trial) -> None:
    trial.receive(report(1))
    (row,) = trial.arrivals()
    follow(trial, row["id"], "no_answer", note="rang twice")
    found = trial.read(queries.trace, row["id"], sealer=Sealer({"another": b"t" * 32}))
    nothing: dict[str, Any] = {"case": None, "waiting_for_policy": (), "messages": (), "counted": ()}
    drawn = StringIO()
    Console(file=drawn, width=200).print(tree(Trace(row["id"], found, nothing, nothing), CHINA))
    assert "no_answer (said by /console/officer): sealed with a key that is not here" in drawn.getvalue()


def test_audit_names_an_arrival_that_was_removed_by_hand(trial: Trial) -> None:
    trial.receive(report(1, people=[person(1), person(2)]), report(3))
    assert trial.read(balance.audit)["balanced"]
    ids = [row["id"] for row in trial.arrivals()]
    assert len(ids) == 3
    for arrival_id in ids[:2]:
        with trial.database.begin() as conn:
            conn.execute(delete(t.arrivals).where(t.arrivals.c.id == arrival_id))
    found = trial.read(balance.audit)
    assert not found["balanced"]
    assert sorted(one["arrival_id"] for one in found["missing"]) == ids[:2]


def test_audit_names_an_arrival_whose_report_is_gone(trial: Trial) -> None:
    trial.receive(report(1), report(2))
    lost = trial.rows(t.reports)[0]
    with trial.database.begin() as conn:
        conn.execute(delete(t.reports).where(t.reports.c.id == lost["id"]))
    found = trial.read(balance.audit)
    assert not found["balanced"]
    assert found["short_of_reports"] == [{"arrival_id": lost["arrival_id"], "counted": 1, "found": 0}]


def test_audit_counts_all_arrivals_and_reports_that_are_gone_and_names_the_first(trial: Trial) -> None:
    trial.receive(*(report(n) for n in range(1, MOST_NAMED + 6)))
    kept = trial.rows(t.reports)
    with trial.database.begin() as conn:
        conn.execute(delete(t.reports))
    found = trial.read(balance.audit)
    assert (found["arrivals_short_of_reports"], len(found["short_of_reports"])) == (105, 100)
    assert set(found["short_of_reports"][0]) == {"arrival_id", "counted", "found"}
    with trial.database.begin() as conn:
        conn.execute(t.reports.insert(), [dict(row) for row in kept])
        conn.execute(delete(t.arrivals))
    found = trial.read(balance.audit)
    assert (found["arrivals_missing"], len(found["missing"])) == (105, 100)
    assert set(found["missing"][0]) == {"arrival_id", "event_id"}


# Each step of SQLite's is some 10 ns; the old query would take 10,000 million for this many reports.
MOST_STEPS = 100_000_000
MANY = 50_000


def test_audit_ends_with_fifty_thousand_reports_and_names_those_that_are_gone(trial: Trial) -> None:
    gone = range(0, MANY, MANY // 120)
    now = datetime.now(UTC)
    received = {"handler": "registration.receive_report", "source": "/rail", "body_hash": "0" * 16}
    kept = {
        "source": "/rail",
        "publisher": "rail",
        "outcome": "needs_correction",
        "sealed": "",
        "reasons": [],
    }
    kept |= {"reported_at": now, "received_at": now, "correlation_id": "c"}
    names = [f"r{n:05}" for n in range(MANY)]
    there = [name for n, name in enumerate(names) if n not in gone]
    with trial.database.begin() as conn:
        insert_rows(conn, INBOX, [received | {"event_id": name, "handled_at": now} for name in names])
        insert_rows(conn, t.reports, [kept | {"id": new_id(), "event_id": name} for name in there])
    with trial.database.read() as conn:
        interrupt_after(conn, MOST_STEPS)
        found = handover.sums(conn, now.date())
    assert len(found.lacks) + found.unnamed == len(gone) > MOST_NAMED
    assert [lack.id for lack in found.lacks] == [f"/rail r{n:05}" for n in gone[:MOST_NAMED]]


def interrupt_after(conn: Connection, steps: int) -> None:
    """A bound that a busy machine does not reach; PostgreSQL has none."""
    if conn.dialect.name == "sqlite":
        counted = iter((0,) * 100)
        conn.connection.driver_connection.set_progress_handler(lambda: next(counted, 1), steps // 100)


def test_audit_notices_an_arrival_without_worker_that_is_on_no_list(trial: Trial) -> None:
    trial.receive(report(1))
    with trial.database.begin() as conn:
        conn.execute(update(t.arrivals).values(worker=None))
    assert not trial.read(balance.audit)["balanced"]


def test_the_last_event_of_each_arrival_follows_from_its_version(trial: Trial) -> None:
    trial.receive(report(1), report(2))
    trial.receive(report(1, publisher="police", stops=[SAFE, RISKY]))
    recorded = {e["id"] for kind in ("registered", "reassessed") for e in trial.events(f"arrival.{kind}")}
    last = [trial.read(queries.trace, row["id"])["last_event"] for row in trial.arrivals()]
    assert set(last) <= recorded
    assert sorted(id.split(":")[0] for id in last) == ["arrival.reassessed", "arrival.registered"]
