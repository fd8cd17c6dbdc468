"""`doorstep dead` acts on what it has shown and on nothing else, and knows which copies are gone."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kombu import Connection
from sqlalchemy import text, update

from chassis.database.guards import remove
from chassis.inbox import INBOX
from chassis.messaging.dead_letters import DEAD, DeadLetter, bury
from chassis.sealing import Sealer
from contracts.envelope import ONE, Wire
from operations.services import SERVICES
from tests.e2e.conftest import MORNING, migrated
from tests.processes import start
from tests.system import KEYS, ROOT, System
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.broker

HANDLER = "registration.receive_report"


class Letters:
    """Registration's, in a system of which nothing runs."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.database = system.database("registration")

    def die(self, count: int, error: str = "not JSON", body: str = "{") -> None:
        sealer = Sealer.from_text(KEYS["DOORSTEP_SEAL_KEYS"])
        now = datetime.now(UTC)
        headers = {"doorstep-routing-key": "arrival.reported.x"}
        letter = DeadLetter(HANDLER, error, 0, Wire(body.encode(), ONE), now, headers)
        with self.database.begin() as conn:
            bury(conn, sealer, [letter] * count)

    def states(self) -> dict[str, int]:
        with self.database.read() as conn:
            rows = conn.execute(text("SELECT state, count(*) FROM dead_letters GROUP BY state"))
            return {row[0]: row[1] for row in rows}

    def sent_long_ago(self) -> None:
        """As if their copies had been sent before anything that is still in somebody's hands."""
        with self.database.begin() as conn:
            conn.execute(update(DEAD).values(settled_at=datetime.now(UTC) - timedelta(hours=3)))

    def purge(self) -> None:
        with Connection(self.system.broker_url) as connection:
            connection.channel().queue_purge(HANDLER)


@pytest.fixture
def letters(tmp_path: Path, broker_url: str, database_url: Callable[..., str]) -> Iterator[Letters]:
    urls = {service: database_url(service, migrated(service)) for service in SERVICES}
    with System(tmp_path / "system", broker_url, urls) as system:
        system.prepare(MORNING)
        letters = Letters(system)
        yield letters
        letters.database.dispose()


@pytest.mark.parametrize(
    ("command", "became"),
    [
        (("discard", "--reason", "cut off"), {"discarded": 3, "waiting": 4}),
        (("replay", "--wait", "0"), {"replayed": 3, "waiting": 4}),
    ],
)
def test_letters_that_arrive_during_the_question_are_left_alone(
    letters: Letters, command: tuple[str, ...], became: dict[str, int]
) -> None:
    letters.die(3)
    ours, theirs = pty.openpty()
    process = start(
        [sys.executable, "-m", "cli.main", "dead", *command, "--all"],
        cwd=ROOT,
        env=letters.system.settings(),
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    asked = b""
    while b"these 3?" not in asked:
        asked += os.read(ours, 1000)
    letters.die(4)
    os.write(ours, b"y\n")
    assert process.wait(PATIENCE_S) == 0
    os.close(ours)
    assert letters.states() == became


def test_a_filter_that_is_blank_is_no_filter_that_leaves_everything(letters: Letters) -> None:
    letters.die(2)
    for option in ("--service", "--handler", "--type", "--error", "--since", "--until"):
        discard = letters.system.run("dead", "discard", "--all", "--reason", "x", "--yes", option, "")
        replay = letters.system.run("dead", "replay", "--all", "--yes", option, " ")
        assert discard.code == replay.code == 2 and option in discard.err, (discard, replay)
    assert letters.system.run("dead", "list", "--error", "").code == 2
    assert letters.states() == {"waiting": 2}


def test_a_handler_that_nobody_knows_is_refused_and_those_there_are_are_named(letters: Letters) -> None:
    answer = letters.system.run("dead", "list", "--handler", "isolation.nope")
    assert answer.code == 2 and "isolation.open_case" in answer.err
    assert letters.system.cli("dead", "list", "--handler", "isolation.open_case") == []


def test_letters_of_a_handler_that_an_older_version_had_are_still_found(letters: Letters) -> None:
    letters.die(1)
    with letters.database.begin() as conn:
        conn.execute(update(DEAD).values(handler="registration.older"))
    assert len(letters.system.cli("dead", "list", "--handler", "registration.older")) == 1


def test_a_copy_that_is_gone_is_missed_by_the_audit_and_can_be_sent_again(letters: Letters) -> None:
    system = letters.system
    letters.die(2)
    system.cli("dead", "replay", "--all", "--yes", "--wait", "0")
    letters.sent_long_ago()
    code, found = system.audit()
    assert code == 0 and found["in_flight"] == {HANDLER: 2}, "the copies wait in the queue"
    system.broker_url, lasting = "amqp://guest:guest@127.0.0.1:1/", system.broker_url
    code, found = system.audit()
    system.broker_url = lasting
    assert (code, found["balanced"], found["missing"], found["unseen"]) == (1, False, [], 2), "nobody knows"

    letters.purge()
    code, found = system.audit()
    lost = [one["id"] for one in system.cli("dead", "list", "--state", "on_the_way")]
    assert code == 1 and len(lost) == 2
    assert sorted(one["id"] for one in found["missing"]) == sorted(lost)
    assert all("dead replay" in one["why"] for one in found["missing"])

    assert system.cli("dead", "replay", "--all", "--yes", "--wait", "0")["replayed"] == 0, "none waits"
    again = ("dead", "replay", "--all", "--state", "on_the_way", "--by", "li", "--yes")
    assert system.cli(*again, "--wait", "0")["replayed"] == 2
    assert {one["settled_by"] for one in system.cli("dead", "list", "--state", "replayed")} == {"li"}
    letters.purge()
    assert system.cli("dead", "replay", lost[0], "--by", "wang", "--wait", "0")["replayed"] == 1
    assert system.audit()[1]["in_flight"] == {HANDLER: 2}, "they were sent just now"


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_replay_so_slow_that_the_broker_would_give_its_connection_up_goes_on(letters: Letters) -> None:
    letters.die(2)
    slow = ("dead", "replay", "--all", "--yes", "--wait", "0", "--rate", "0.04")
    assert letters.system.cli(*slow)["replayed"] == 2
    assert letters.states() == {"replayed": 2}


def test_a_letter_whose_event_was_handled_without_it_is_not_missed(letters: Letters) -> None:
    system = letters.system
    letters.die(2)
    system.cli("dead", "replay", "--all", "--yes", "--wait", "0")
    letters.sent_long_ago()
    letters.purge()
    second = max(one["id"] for one in system.cli("dead", "list", "--state", "all"))
    event = {"source": "/rail-lanzhou/x", "event_id": "r1"}
    with letters.database.begin() as conn:
        conn.execute(update(DEAD).values(event))
        conn.execute(update(DEAD).where(DEAD.c.id == second).values(state="waiting", settled_at=None))
    code, found = system.audit()
    assert code == 0 and found["dead_letters"] == {HANDLER: 1}, "the later letter stands for the event"
    with letters.database.begin() as conn:
        row = event | {"handler": HANDLER, "body_hash": "0" * 16, "handled_at": datetime.now(UTC)}
        conn.execute(INBOX.insert().values(row))
        remove(conn, DEAD.delete().where(DEAD.c.id == second))
    found = system.audit()[1]
    assert [one["what"] for one in found["missing"]] == ["report"], "made up here, without a row of its own"


def test_a_body_that_is_nested_deeper_than_we_go_is_not_shown(letters: Letters) -> None:
    for depth in (900, 450, 300):
        letters.die(1, body='{"data":' * depth + "1" + "}" * depth)
    for letter in letters.system.cli("dead", "list"):
        answer = letters.system.run("dead", "show", letter["id"])
        assert answer.code == 0, answer.err[-500:]


def test_the_author_must_be_given_where_the_machine_does_not_know_it(letters: Letters) -> None:
    letters.die(1)
    letters.system.environment = {"DOORSTEP_BY": ""}  # as docker compose passes a $USER that is not set
    few = ("dead", "discard", "--all", "--reason", "x", "--yes")
    answer = letters.system.run(*few)
    assert answer.code == 2 and "--by" in answer.err
    assert letters.system.run(*few, "--by", " ").code == 2
    assert letters.states() == {"waiting": 1}
    letters.system.environment = {"DOORSTEP_BY": "wang"}
    letters.system.cli(*few)
    assert [act["by"] for act in letters.system.cli("dead", "history")] == ["wang"]
