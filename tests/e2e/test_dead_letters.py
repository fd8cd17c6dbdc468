"""From a hundred messages that nobody could read to a hundred arrivals; the tool is killed in between.

One system for all, on SQLite: the first tests see registration as it is, the others with its reader repaired.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from demo.day import PLAIN, Day
from deploy.local import PrivateBroker
from doorstep_client import Raw, arrival_event
from tests.conftest import own_vhost
from tests.e2e.conftest import MORNING, sqlite_urls
from tests.processes import start
from tests.system import ROOT, System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker]

EACH = 50
KIND = "application/cloudevents+json"
NEWER, NO_ZONE, NO_JSON = "unknown version", "no zone", "not JSON"
WITHOUT_ZONE = f"FROM dead_letters WHERE error LIKE '%{NO_ZONE}%'"


class Sent:
    """The reports of rail-lanzhou's new program: 50 of a newer version, 50 with local times, 3 cut off."""

    def __init__(self) -> None:
        self.personal: set[str] = set()
        self.messages: list[Raw] = []
        for number, line in enumerate(Day(2 * EACH, date(2022, 10, 1), now=MORNING, shares=PLAIN)):
            data = dict(line["data"])
            person = data["person"]
            self.personal |= {
                person[name] for name in ("name", "phone", "identity_number") if person.get(name)
            }
            event = arrival_event("/rail-lanzhou/new", data, id=f"r{number:03}", time=MORNING)
            if number < EACH:
                event["dataschema"] = "urn:doorstep:arrival.reported:2"
                data["arrived_at"] = data.pop("arrival")["at"]
                event["data"] = data
            else:
                event["time"] = MORNING.replace(tzinfo=None).isoformat()
            self.messages.append(_raw(event))
        self.messages += [Raw(message.body[:-40], KIND, "rail-lanzhou") for message in self.messages[:3]]


def _raw(event: dict[str, Any]) -> Raw:
    return Raw(json.dumps(event, ensure_ascii=False, default=str).encode(), KIND, "rail-lanzhou")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker) -> Iterator[System]:
    directory = tmp_path_factory.mktemp("system")
    with (
        own_vhost(broker) as vhost,
        System(directory, broker.url(vhost), sqlite_urls(directory)) as system,
    ):
        system.prepare(MORNING)
        yield system


@pytest.fixture(scope="module")
def sent(system: System) -> Sent:
    """Published, and dead."""
    sent = Sent()
    system.start("registration")
    system.publish(sent.messages)
    eventually(lambda: _counts(system).get("waiting") == len(sent.messages), show=lambda: _counts(system))
    return sent


@pytest.fixture(scope="module")
def repaired(system: System, sent: Sent) -> Path:
    """registration runs with the repaired reader; its database."""
    system.stop("registration")
    system.start("registration", module="tests.e2e.repaired_registration")
    return Path(system.database_urls["registration"].removeprefix("sqlite:///"))


def _ask(system: System, sql: str) -> list[tuple[Any, ...]]:
    database = system.database("registration")
    with database.read() as conn:
        rows = [tuple(row) for row in conn.execute(text(sql))]
    database.dispose()
    return rows


def _counts(system: System) -> Counter[str]:
    return Counter(dict(_ask(system, "SELECT state, count(*) FROM dead_letters GROUP BY state")))


def test_each_message_is_listed_with_its_reason_and_nothing_personal(system: System, sent: Sent):
    letters = system.cli("dead", "list", "--handler", "registration.receive_report")
    assert len(letters) == 2 * EACH + 3
    by_reason = {why: [one for one in letters if why in one["error"]] for why in (NEWER, NO_ZONE, NO_JSON)}
    assert [len(found) for found in by_reason.values()] == [EACH, EACH, 3]
    assert all(one["state"] == "waiting" and one["dead_at"] for one in letters)
    assert system.cli("dead", "list", "--since", "1h", "--until", "30min") == []

    said = [json.dumps(letters, ensure_ascii=False), system.run("dead", "list").out]
    said += [system.run("dead", "show", by_reason[why][0]["id"]).out for why in (NEWER, NO_JSON)]
    assert '"arrived_at": "' in said[2] and "not shown" in said[3] and len(sent.personal) > 2 * EACH
    assert not [word for word in sent.personal if any(word in text for text in said)]


def test_a_letter_replayed_before_the_repair_becomes_a_new_letter_that_follows_it(system: System, sent: Sent):
    [letter] = system.cli("dead", "list", "--error", NEWER, "--most", "1")
    answer = system.run("dead", "replay", letter["id"], "--by", "li", "--wait", "30", "--json")
    assert answer.code == 1 and answer.json["dead_again"] == 1 and answer.json["handled"] == 0
    first, second = system.cli("dead", "history", letter["id"])
    assert (first["state"], first["settled_by"]) == ("replayed", "li")
    assert (second["state"], second["follows"]) == ("waiting", first["id"])


def test_discard_takes_only_the_chosen_letters_and_needs_a_reason(system: System, sent: Sent):
    few = ("dead", "discard", "--all", "--error", NO_JSON)
    assert system.cli(*few, "--dry-run")["letters"] == 3
    refused = system.run(*few, "--yes")
    assert refused.code == 2 and "say why" in refused.err
    unasked = system.run(*few, "--reason", "cut off; the rail sends them again")
    assert unasked.code == 1 and "3 letters: add --yes" in unasked.err
    done = system.cli(*few, "--reason", "cut off; the rail sends them again", "--by", "li", "--yes")
    assert done["discarded"] == 3 and _counts(system)["discarded"] == 3


def test_after_the_repair_a_replay_succeeds_and_is_recorded_with_its_author(system: System, repaired: Path):
    these = ("dead", "replay", "--all", "--error", NEWER)
    [kind] = system.cli(*these, "--dry-run")["kinds"]
    assert (kind["handler"], kind["letters"]) == ("registration.receive_report", EACH)
    why = "registration reads version 2"
    done = system.cli(*these, "--by", "wang", "--reason", why, "--yes", "--wait", "60")
    assert (done["replayed"], done["handled"], done["dead_again"]) == (EACH, EACH, 0)

    assert _ask(system, "SELECT outcome, publisher, count(*) FROM reports GROUP BY outcome, publisher") == [
        ("registered", "rail-lanzhou", EACH)
    ]
    [act] = [act for act in system.cli("dead", "history") if act["act"] == done["act"]]
    assert (act["by"], act["reason"], act["filter"]) == ("wang", why, {"error": NEWER})
    assert (act["chosen"], act["settled"], act["handled"], act["dead_again"]) == (EACH, EACH, EACH, 0)
    letters = system.cli("dead", "list", "--state", "replayed", "--error", NEWER)
    assert Counter(one["settled_by"] for one in letters if one["handled_at"]) == {"wang": EACH}


def test_a_replay_killed_in_the_middle_and_run_again_brings_each_letter_through_once(
    system: System, repaired: Path
):
    these = ("dead", "replay", "--all", "--error", NO_ZONE, "--yes", "--json")
    waiting = f"SELECT count(*) {WITHOUT_ZONE} AND state = 'waiting'"
    handled = f"SELECT count(*) {WITHOUT_ZONE} AND handled_at IS NOT NULL"
    command = [sys.executable, "-m", "cli.main", *these, "--rate", "2", "--by", "wang"]
    tool = start(command, cwd=ROOT, env=system.settings(), stdout=subprocess.DEVNULL)
    eventually(lambda: _ask(system, handled)[0][0] >= 10, every=0.05)
    tool.kill()
    assert tool.wait() == -signal.SIGKILL
    left = _ask(system, waiting)[0][0]
    assert 0 < left < EACH, "it was killed too late or too early for this test"

    done = system.cli(*these[:-1], "--by", "li", "--wait", "60")
    assert done["on_the_way"] == done["dead_again"] == 0 and 0 < done["replayed"] <= left
    assert _ask(system, waiting) == [(0,)] and _ask(system, handled) == [(EACH,)]
    of_these = "SELECT count(*), count(DISTINCT event_id) FROM reports WHERE event_id >= 'r050'"
    assert _ask(system, of_these) == [(EACH, EACH)]
    whose = (
        f"SELECT settled_by, count(*) FROM dead_letters WHERE error LIKE '%{NO_ZONE}%' GROUP BY settled_by"
    )
    settled = dict(_ask(system, whose))
    assert set(settled) == {"wang", "li"} and sum(settled.values()) == EACH
    code, found = system.audit()
    assert code == 0 and found["sums"]["arrivals"]["registered"] >= EACH and not found["dead_letters"]
