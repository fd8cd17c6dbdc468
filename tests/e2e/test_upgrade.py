"""In the middle of a day the present code takes over the databases and the broker of an earlier commit.

The earlier commit runs from its own files and handles a morning. Then work is left in every place where work
can wait. After the upgrade nothing may be lost and nothing may be handled twice: event ids, inbox keys, queue
names and message keys mean the same to both. Only commands and tables are used here, so that code may move.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from kombu import Connection
from sqlalchemy import text

from deploy.local import LocalNodeError, PrivateBroker
from deploy.local.checkout import unpack
from tests.e2e.databases import on
from tests.system import ROOT, SMS, System
from tests.waiting import eventually

# Fifty processes are started in turn, which takes its time on a busy machine.
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.broker,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    on("sqlite"),
]  # on PostgreSQL in tests/compose

EARLIER = "43d68119521756c6d6e1e940cc126b0b66bdb70d"
SERVICES = ("registration", "isolation", "notification")
ARRIVALS = 240
SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2022, 10, 1, 8, 0, tzinfo=SHANGHAI)
UPGRADE = datetime(2022, 10, 1, 9, 30, tzinfo=SHANGHAI)  # no task is overdue before ten
EVENING = datetime(2022, 10, 1, 20, 0, tzinfo=SHANGHAI)

# Long enough for a busy machine to stop three services before the copy comes back.
RETRY_S = 30
RETRY_QUEUE = f"doorstep.retry.{RETRY_S}s"
# Of the earlier commit: isolation gives up soon, a report waits long.
RETRIES = {"registration": str(RETRY_S), "isolation": "1"}
POLICY = "2022-06-ninth-edition.json"  # the policy in force on that day
WORK_QUEUES = ("registration.receive_report", "isolation.open_case", "notification.tell_case_opened")
TABLES = {
    "registration": ("reports", "companion_arrivals", "arrivals"),
    "isolation": ("cases", "tasks"),
    "notification": ("notices", "messages"),
}


@pytest.fixture(scope="session")
def earlier_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fails in one line where the clone lacks the commit."""
    folder = tmp_path_factory.mktemp("earlier") / "doorstep"
    refused = ""
    try:
        unpack(EARLIER, folder)
    except LocalNodeError as error:
        refused = str(error)
    if refused:
        pytest.fail(refused, pytrace=False)
    return folder


@dataclass(frozen=True)
class ADay:
    """Reports in order of time, and the counts that a right system comes to."""

    lines: list[dict[str, Any]]
    truth: dict[str, Any]

    def reported_by(self, moment: datetime) -> int:
        """The number of lines up to the first report of a later time."""
        late = (
            number
            for number, line in enumerate(self.lines)
            if "time" in line and datetime.fromisoformat(line["time"]) > moment
        )
        return next(late)


@pytest.fixture
def system(
    tmp_path: Path,
    earlier_source: Path,
    broker: PrivateBroker,
    broker_url: str,
    database_url: Callable[..., str],
) -> Iterator[System]:
    """It runs the earlier commit until `source` is changed; its databases are empty."""
    urls = {service: database_url(service) for service in SERVICES}
    with System(
        tmp_path / "system",
        broker_url,
        urls,
        environment={"DOORSTEP_RETRY_DELAYS": f"1,{RETRY_S}"},
        management_url=broker.management_url(),
        source=earlier_source,
    ) as system:
        yield system


def test_an_upgrade_in_the_middle_of_a_day_loses_nothing_and_repeats_nothing(system: System) -> None:
    day = start_the_earlier_commit(system)
    morning = day.reported_by(MORNING)
    system.publish(day.lines[:morning])
    system.settled()
    system.set_clock(UPGRADE)
    rest = iter(day.lines[morning:])
    leave_a_dead_letter(system, list(islice(rest, 4)))
    leave_events_in_the_work_queues(system, rest)
    before, persons_before = rows(system), persons(system)

    take_over(system)
    assert rows(system) == before, "the migration keeps every row"
    start_services(system)
    replayed = system.cli(
        "dead", "replay", "--all", "--handler", "isolation.open_case", "--yes", "--wait", "30"
    )
    assert replayed["replayed"] == replayed["handled"] > 0 and replayed["dead_again"] == 0
    system.publish(rest)
    assert_all_came_out_right(system, day.truth)

    handled = without_new_copies(rows(system))
    system.publish(line for line in day.lines if "broken" not in line)
    assert system.cli("replay", "--since", "1h")["services"]["registration"]["events"] > day.truth["comings"]
    assert_all_came_out_right(system, day.truth)
    assert without_new_copies(rows(system)) == handled, "what either commit has handled is recognised"

    assert_keys_of_persons_are_new(system)
    assert persons_before.items() <= persons(system).items(), "everybody is who they were"

    system.set_clock(EVENING)
    eventually(lambda: count(system, "notification", "notices WHERE event = 'task.overdue'"))
    system.settled()
    assert_each_message_was_delivered_once(system)


def without_new_copies(rows: dict[str, Any]) -> dict[str, Any]:
    """Notification has its copies from what was announced after the upgrade, under ids of its own. What is
    replayed under the first ids is new to it, and no news, for it compares versions.
    """
    new = ("notification.keep_places", "notification.keep_staff")
    return {name: count for name, count in rows.items() if name not in new}


# -- before the upgrade ----------------------------------------------------------------------------------


def start_the_earlier_commit(system: System) -> ADay:
    assert_runs_its_own_files(system)
    system.set_clock(MORNING)
    system.cli("migrate")
    system.cli("topology", "apply")
    system.start(SMS, wait=False)
    start_services(system, RETRIES)
    samples = system.source / "samples"
    system.cli("places", "import", str(samples / "places.csv"))
    system.cli("staff", "import", str(samples / "staff.csv"))
    system.cli("risk", "import", str(samples / "risk-areas-2022-10-01.json"))
    system.cli("policy", "import", str(system.source / "services/isolation/policies" / POLICY))
    system.settled()
    file = system.directory / "day.jsonl"
    options = ("--arrivals", str(ARRIVALS), "--now", UPGRADE.isoformat(), "--out", str(file))
    truth = system.cli("simulate", *options)
    return ADay([json.loads(line) for line in file.read_text().splitlines()], truth)


def assert_runs_its_own_files(system: System) -> None:
    modules = "chassis, cli.main, contracts, deploy.local, doorstep_client, services.registration"
    names = f"'{modules}'.split(', ')"
    program = f"import {modules}, sys; print(*(sys.modules[n].__file__ for n in {names}), sep='\\n')"
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=system.source,
        env=system.settings(),
        capture_output=True,
        text=True,
        check=True,
    )
    files = answer.stdout.splitlines()
    assert len(files) == 6 and all(Path(file).is_relative_to(system.source) for file in files), files


def start_services(system: System, retries: Mapping[str, str] | None = None) -> None:
    for service in SERVICES:
        delays = {"DOORSTEP_RETRY_DELAYS": retries[service]} if retries and service in retries else {}
        system.start(service, wait=False, **delays)
    system.wait_ready()


def leave_a_dead_letter(system: System, lines: list[dict[str, Any]]) -> None:
    """Isolation gives up on some events because its table is away for a while."""
    change(system, "isolation", "ALTER TABLE cases RENAME TO cases_away")
    system.publish(lines)
    letters = "dead_letters WHERE handler = 'isolation.open_case' AND state = 'waiting'"
    eventually(lambda: count(system, "isolation", letters))
    change(system, "isolation", "ALTER TABLE cases_away RENAME TO cases")


def leave_events_in_the_work_queues(system: System, rest: Iterator[dict[str, Any]]) -> None:
    """And messages that the gateway has refused, and a report in a retry queue. Nothing runs afterwards."""
    pending = "messages WHERE state = 'pending' AND attempts > 0"
    system.sms_behaves(fail_share=1.0)
    system.publish(islice(rest, 8))
    eventually(lambda: count(system, "notification", pending))
    system.stop("notification")
    system.publish(islice(rest, 10))
    eventually(lambda: waiting(system, "notification.tell_case_opened"))
    system.stop("isolation")
    system.publish(islice(rest, 10))
    eventually(lambda: waiting(system, "isolation.open_case"))

    change(system, "registration", "ALTER TABLE reports RENAME TO reports_away")
    system.publish(islice(rest, 3))
    eventually(lambda: waiting(system, RETRY_QUEUE))
    change(system, "registration", "ALTER TABLE reports_away RENAME TO reports")
    system.stop("registration")
    system.publish(islice(rest, 20))

    left = {queue: waiting(system, queue) for queue in (*WORK_QUEUES, RETRY_QUEUE)}
    assert all(left.values()) and count(system, "notification", pending), left
    system.sms_behaves()


# -- after it --------------------------------------------------------------------------------------------


def take_over(system: System) -> None:
    """As an operator does it before the services start."""
    system.source = ROOT
    system.cli("migrate")
    system.cli("topology", "apply")
    assert system.cli("topology", "check")["ok"]
    assert all(system.cli("reference", "announce")["announced"].values())


def assert_all_came_out_right(system: System, truth: Mapping[str, Any]) -> None:
    """Of a report with a flawed part the earlier commit follows nobody, the present code whoever is sound."""
    # A report in registration's hands stands in no queue, and nobody but its publisher knows of it yet.
    eventually(lambda: count(system, "registration", "reports") >= truth["reports"])
    found = system.settled()
    sums = found["sums"]
    in_parts = truth["invalid"] - sums["reports"]["needs_correction"]
    assert in_parts >= 0
    assert sums["reports"] == {
        "received": truth["reports"],
        "registered": truth["accepted"] - truth["merged_reports"] + in_parts,
        "merged": truth["merged_reports"],
        "needs_correction": truth["invalid"] - in_parts,
        "corrected": 0,
    }
    assert sums["arrivals"]["registered"] == sums["arrivals"]["with_case"] >= truth["comings"] + in_parts
    assert sums["messages"]["planned"] == sums["messages"]["found"] > 0
    assert found["dead_letters"] == {"registration.receive_report": truth["broken"]}
    assert_each_message_was_delivered_once(system)


def assert_keys_of_persons_are_new(system: System) -> None:
    """A timer makes them anew, page by page."""
    old = "person_keys WHERE form < 2"
    eventually(lambda: not count(system, "registration", old))
    done = "versions WHERE name = 'person_keys' AND version = 2"
    eventually(lambda: count(system, "registration", done))


def persons(system: System) -> dict[str, str]:
    """Of each arrival the person."""
    return {
        str(arrival): str(person)
        for arrival, person in system.ask("registration", "SELECT id, person_id FROM arrivals")
    }


def assert_each_message_was_delivered_once(system: System) -> None:
    """The gateway counts by the key that it is given, which is a message's id."""
    accepted = "SELECT id FROM messages WHERE state IN ('accepted', 'delivered')"
    unsent = "messages WHERE state IN ('pending', 'sending')"

    def sent() -> bool:
        keys = {str(key) for (key,) in system.ask("notification", accepted)}
        return set(system.sms_sent()["per_key"]) == keys and not count(system, "notification", unsent)

    eventually(sent)
    assert set(system.sms_sent()["per_key"].values()) == {1}


# -- databases and broker --------------------------------------------------------------------------------


def waiting(system: System, queue: str) -> int:
    with Connection(system.broker_url) as connection:
        return int(connection.default_channel.queue_declare(queue, passive=True).message_count)


def rows(system: System) -> dict[str, Any]:
    """The number of rows in each table, of events that each handler has claimed, and the sum of versions."""
    found: dict[str, Any] = {
        f"{service}.{table}": count(system, service, table)
        for service, tables in TABLES.items()
        for table in tables
    }
    for service in SERVICES:
        # Whoever publishes a day again says again how many events it was.
        claimed = "SELECT handler, count(*) FROM inbox WHERE handler <> 'registration.close_batch'"
        found |= system.ask(service, f"{claimed} GROUP BY handler")
    found["versions"] = system.ask("registration", "SELECT sum(version) FROM arrivals")
    found["versions"] += system.ask("isolation", "SELECT sum(version) FROM cases")
    return found


def count(system: System, service: str, rows: str) -> int:
    [(number,)] = system.ask(service, f"SELECT count(*) FROM {rows}")
    return int(number)


def change(system: System, service: str, sql: str) -> None:
    database = system.database(service)
    with database.begin() as conn:
        conn.execute(text(sql))
    database.dispose()
