"""An operator repairs what went wrong: topology, dead letters, replay, an audit that knows."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from kombu import Connection
from sqlalchemy import text

from demo.day import PLAIN, Day
from doorstep_client import Raw, arrival_event
from tests.e2e.conftest import MORNING
from tests.e2e.databases import on
from tests.system import System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("postgresql")]

NAME = "不可见的人"
BROKEN = Raw(
    json.dumps(
        {"specversion": "1.0", "type": "arrival.reported", "data": {"person": {"name": NAME}}}
    ).encode(),
    "application/cloudevents+json",
    "rail-lanzhou",
)


def dead(system: System, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = system.cli("dead", "list", *options)
    return found


def arrivals(system: System, count: int = 20) -> None:
    system.publish(Day(count, date(2022, 10, 1), now=MORNING, shares=PLAIN))


def test_a_queue_that_is_gone_is_named_and_put_back(system: System):
    assert system.cli("topology", "check") == {"ok": True, "differences": []}
    with Connection(system.broker_url) as connection:
        connection.channel().queue_delete("isolation.open_case")

    answer = system.run("topology", "check", "--json")
    assert answer.code == 1
    assert answer.json["differences"] == [{"name": "isolation.open_case", "what": "missing"}]

    assert system.cli("topology", "apply")["declared"] > 20
    assert system.cli("topology", "check")["ok"]


def test_a_dead_letter_is_shown_without_names_replayed_and_discarded(system: System):
    system.start("registration")
    system.publish([BROKEN])
    eventually(lambda: dead(system))
    [letter] = dead(system, "--handler", "registration.receive_report")
    assert letter["state"] == "waiting" and "no id" in letter["error"]
    assert not dead(system, "--service", "isolation")

    shown = system.run("dead", "show", letter["id"])
    assert shown.code == 0 and '"type": "arrival.reported"' in shown.out
    assert NAME not in shown.out and json.dumps(NAME)[1:-1] not in shown.out

    answer = system.run("dead", "replay", letter["id"], "--by", "officer", "--wait", "30", "--json")
    assert answer.code == 1, "nothing was mended, so it is dead again"
    assert (answer.json["replayed"], answer.json["dead_again"]) == (1, 1)
    [again] = dead(system)
    assert again["id"] != letter["id"] and again["follows"] == letter["id"]
    assert system.run("dead", "replay", letter["id"]).code == 1, "only once"

    assert system.cli("dead", "discard", again["id"], "--reason", "no report")["discarded"] == 1
    states = {one["id"]: (one["state"], one["settled_by"]) for one in dead(system, "--state", "all")}
    assert states[letter["id"]] == ("replayed", "officer")
    assert states[again["id"]][0] == "discarded"
    assert system.audit()[0] == 0


def test_a_replayed_report_keeps_its_publisher_and_is_registered(system: System):
    """A rule of the handler was wrong for a while; here: its table is away, so the work fails for good."""
    system.environment = {"DOORSTEP_RETRY_DELAYS": "1"}
    database = system.database("registration")
    with database.begin() as conn:
        conn.execute(text("ALTER TABLE reports RENAME TO reports_away"))
    system.start("registration")
    data = next(iter(Day(1, date(2022, 10, 1), now=MORNING, shares=PLAIN)))["data"]
    system.publish([arrival_event("/rail-lanzhou/test", data, id="r1", time=MORNING)])
    eventually(lambda: dead(system))
    with database.begin() as conn:
        conn.execute(text("ALTER TABLE reports_away RENAME TO reports"))

    assert system.cli("dead", "replay", "--all", "--yes")["replayed"] == 1

    def reports() -> list[tuple[str, str]]:
        with database.read() as conn:
            return [tuple(row) for row in conn.execute(text("SELECT outcome, publisher FROM reports"))]

    eventually(reports)
    assert reports() == [("registered", "rail-lanzhou")]
    database.dispose()


def test_events_of_a_lost_queue_are_found_missing_and_sent_again(system: System):
    system.start("registration")
    arrivals(system)
    eventually(lambda: system.audit()[1]["in_flight"].get("isolation.open_case") == 20)
    with Connection(system.broker_url) as connection:
        connection.channel().queue_purge("isolation.open_case")

    counted = system.cli("replay", "--since", "1h", "--dry-run")["services"]["registration"]
    assert counted["by_routing_key"]["arrival.registered"] == 20
    sent = system.cli("replay", "--since", "1h", "--service", "registration")["services"]["registration"]
    assert sent == counted
    system.start("isolation")
    system.start("notification")
    found = system.settled()
    assert found["sums"]["arrivals"]["registered"] == 20
    assert not found["dead_letters"], "what was handled before is recognised"


def test_the_audit_counts_what_waits_for_a_policy_as_explained(system: System):
    for service in ("registration", "isolation", "notification"):
        system.start(service, wait=False)
    system.wait_ready()
    arrivals(system)
    found = system.settled()
    assert found["sums"]["arrivals"]["waiting_for_policy"] == 20
    assert found["sums"]["arrivals"]["with_case"] == 0


def test_a_broker_that_is_away_is_said_in_one_line(system: System):
    system.broker_url = "amqp://guest:guest@127.0.0.1:1/"
    code, found = system.audit()
    assert code == 0 and "no broker" in found["broker"]
    for command in (["topology", "check"], ["topology", "apply"]):
        answer = system.run(*command)
        assert answer.code == 1 and answer.err.count("\n") == 1 and "doorstep: no broker" in answer.err
