"""No statement of a timer, a chore, a door or a query reads a large table from its beginning to its end.

The services do what they do on databases with 50,000 arrivals that are over (2,000,000: `make soak`) and some
that are not, and PostgreSQL says of each statement how it would find its rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy import text

from benchmarks.arrivals import event
from chassis import stuck_rows
from chassis.database.engine import Database
from chassis.database.migrations import upgrade
from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.topology import apply, service_entities, shared_entities
from chassis.running.housekeeping import chores, loops
from chassis.settings import read_settings
from contracts.envelope import ONE, dump_event, read_message
from contracts.examples import EXAMPLES
from contracts.registry import read_data
from demo.samples import STAFF, sample
from deploy.local import PrivatePostgres
from services.isolation import door as isolation
from services.notification import door as notification
from services.registration import door as registration
from tests.doors import Visitor
from tests.integration.plans.busy_town import SERVICES, BusyTown
from tests.integration.plans.read_whole import READ_WHOLE, is_meant
from tests.integration.plans.recorder import LARGE, Recorder
from tests.integration.plans.visits import CONSOLE, Visits

pytestmark = [pytest.mark.postgresql, pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(3600)]

ARRIVALS: Final = int(os.environ.get("DOORSTEP_SOAK_ARRIVALS", "50000"))
IN_MEMORY: Final = 200_000
"""An arrival takes 8 kB."""
_KEY: Final = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
_TURNS: Final = 60
"""Of one timer at the most: one that finds no end is another test's matter."""


@dataclass
class Day:
    """What was watched of a day in the town.

    :param acts: service -> of what its door declares, how often it was looked for.
    """

    town: BusyTown
    recorder: Recorder
    acts: Mapping[str, Mapping[str, int]]


@pytest.fixture(scope="module")
def day(request: pytest.FixtureRequest, broker_of_module: str) -> Iterator[Day]:
    of_size = "postgres" if ARRIVALS <= IN_MEMORY else "postgres_on_disk"
    postgres: PrivatePostgres = request.getfixturevalue(of_size)
    urls = {name: postgres.create_database(f"plans_{name}") for name in SERVICES}
    for name, url in urls.items():
        database = Database(url)
        upgrade(name, database)
        database.dispose()
    town, recorder = BusyTown(urls), Recorder()
    town.fill(ARRIVALS)
    with recorder.watching():
        acts = play(town, recorder, broker_of_module)
    yield Day(town, recorder, acts)
    town.dispose()


def play(town: BusyTown, recorder: Recorder, broker_url: str) -> dict[str, Mapping[str, int]]:
    recorder.doing = "reference data"
    town.open()
    recorder.doing = "the intake"
    town.report(range(400))
    town.report(range(50), run="again")
    town.receive(elsewhere(number) for number in range(20))
    town.hand_on()
    for url in town.urls.values():  # as autovacuum does, which knows no limit for a statement
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as conn:
            conn.execute("ANALYZE")
    timers(town, recorder)
    take_in(town, "isolation", "report_test", positive_of_nobody(town))
    acts = {name: dict(visits(town, recorder, name).answered) for name in SERVICES}
    examples(town, recorder)
    town.later(hours=30)
    somebody_leaves_and_a_place_ends(town, recorder)
    timers(town, recorder)
    all_chores(town, recorder, broker_url)
    queries(town, recorder)
    return acts


def elsewhere(number: int) -> dict[str, Any]:
    """The same person, told to two places."""
    document, other = event(number, "elsewhere"), event(number + 1, "elsewhere")
    document["data"]["destination"] = other["data"]["destination"]
    return document


def positive_of_nobody(town: BusyTown) -> dict[str, Any]:
    example = EXAMPLES["test.reported"]
    moment = town.clock.moment.isoformat()
    moments = dict.fromkeys(("sampled_at", "reported_at"), moment)
    result = {"result": "positive", "stage": "final", "pool_size": 1, **moments}
    return {**example, "id": "positive", "time": moment, "data": example["data"] | result}


def take_in(town: BusyTown, service: str, handler: str, document: Mapping[str, Any]) -> None:
    """As it comes: from outside under the name at the head of its source."""
    outside = town.handler(service, handler).from_outside
    publisher = document["source"].split("/")[1] if outside else None
    [event] = read_message(dump_event(document), ONE, publisher=publisher)
    town.settle(service, handler, [read_data(event)])


def timers(town: BusyTown, recorder: Recorder) -> None:
    for name, turn in town.timers():
        recorder.doing = name
        for _ in range(_TURNS):
            if not turn():
                break
        town.hand_on()


def visits(town: BusyTown, recorder: Recorder, service: str) -> Visits:
    roles: dict[str, str] = {}
    for line in sample(STAFF).read_text(encoding="utf-8").splitlines()[1:]:
        staff_id, role, *_ = line.split(",")
        roles.setdefault(role, staff_id)
    order = ("district_officer", "street_officer", "community_officer", "grid_worker", "health_worker")
    case = "FROM cases WHERE closed_at IS NULL AND household_id IS NOT NULL ORDER BY case_id LIMIT 1"
    known = {
        name: str(town.one("isolation", f"SELECT {column} {case}"))
        for name, column in {
            "case_id": "case_id",
            "arrival_id": "case_id",
            "household": "household_id",
            "grid": "grid",
            "community": "community",
            "street": "street",
            "measure": "measure",
        }.items()
    }
    household = known["household"]
    with town.works["isolation"].database.read() as conn:
        found = isolation.TOKEN_OF_HOUSEHOLD(conn, town.works["isolation"].sealer, household)
    known |= {"district": "620102", "place": known["community"], "staff_id": "w0001", "token": found or ""}
    of_case = f"FROM tasks WHERE case_id = '{known['case_id']}' AND state <> 'done' LIMIT 1"
    known["task_id"] = str(town.one("isolation", f"SELECT task_id {of_case}"))
    owner = town.one("isolation", f"SELECT owner FROM cases WHERE case_id = '{known['case_id']}'")
    known["policy_id"] = str(town.one("isolation", "SELECT policy_id FROM policies LIMIT 1"))
    known["proposal_id"] = proposal(town, known["policy_id"])
    asked = Visits(
        {"registration": registration.DOOR, "isolation": isolation.DOOR, "notification": notification.DOOR}[
            service
        ],
        town.works[service],
        [*(roles[role] for role in order), owner],
        recorder,
        known,
    )
    asked.everything()
    return asked


def proposal(town: BusyTown, policy_id: str) -> str:
    """The id of one to correct a policy, which waits for somebody."""
    document = next(one for one in isolation.SHIPPED_POLICIES() if one["policy_id"] == policy_id)
    corrected = {"document": {**document, "remarks": ["Corrected."]}}
    door = Visitor(isolation.DOOR, town.works["isolation"])
    answer = door.say(CONSOLE, "propose_policy", corrected)
    return str(answer.get_json()["result"]["proposal_id"])


def examples(town: BusyTown, recorder: Recorder) -> None:
    """Each handler takes the example of each of its events, as it comes: most are of nobody here."""
    for service in SERVICES:
        for handler in town.services[service].handlers:
            for type in handler.events:
                recorder.doing = f"{service}.{handler.name} {type}"
                take_in(town, service, handler.name, {**EXAMPLES[type], "id": f"plans-{type}"})
    town.hand_on()


def somebody_leaves_and_a_place_ends(town: BusyTown, recorder: Recorder) -> None:
    recorder.doing = "somebody leaves"
    leaver = town.one(
        "isolation", "SELECT owner FROM cases WHERE closed_at IS NULL AND starts_with(owner, 'w') LIMIT 1"
    )
    lines = sample(STAFF).read_text(encoding="utf-8").splitlines()
    left = [line.replace(",true", ",false") if line.startswith(f"{leaver},") else line for line in lines]
    ended = town.one(
        "isolation", f"SELECT grid FROM cases WHERE closed_at IS NULL AND owner <> '{leaver}' LIMIT 1"
    )
    with town.works["registration"].unit() as uow:
        registration.IMPORT_STAFF(uow, "\n".join(left) + "\n")
        uow.conn.execute(
            text("UPDATE places SET look_at = :now, ended_at = :now WHERE place_id = :place"),
            {"now": uow.now, "place": ended},
        )
    town.hand_on()


def all_chores(town: BusyTown, recorder: Recorder, broker_url: str) -> None:
    for name in SERVICES:
        given = {f"DOORSTEP_{name.upper()}_DATABASE_URL": town.urls[name], "DOORSTEP_BROKER_URL": broker_url}
        settings = read_settings(
            name, {**given, "DOORSTEP_SEAL_KEYS": f"k:{_KEY}", "DOORSTEP_INDEX_KEY": _KEY}
        )
        connection = connect(broker_url, "test")
        apply(connection, [*shared_entities(settings.retry_delays), *service_entities(town.services[name])])
        close_quietly(connection)
        service, work = town.services[name], town.works[name]
        for chore in [*chores(service, work, settings), *loops(service, work, settings, lambda _: map)]:
            recorder.doing = f"{name} {chore.name}"
            chore.once()
            assert not chore.trouble, (chore.name, chore.trouble)
            chore.leave()
        with work.database.read() as conn:
            stuck_rows.everything(conn)


def queries(town: BusyTown, recorder: Recorder) -> None:
    """What the operator's tools ask for while somebody waits."""
    arrival = str(town.one("registration", "SELECT id FROM arrivals ORDER BY id DESC LIMIT 1"))
    report = str(town.one("registration", "SELECT event_id FROM reports ORDER BY id DESC LIMIT 1"))
    zone = town.works["isolation"].zone
    sealer = town.works["isolation"].sealer
    policy = isolation.SHIPPED_POLICIES()[0]
    asked = {
        "registration": (
            lambda conn: registration.ARRIVAL_WITH_ID(conn, arrival),
            lambda conn: registration.ARRIVALS_OF_REPORT(conn, report, None),
            lambda conn: registration.ARRIVALS_OF_REPORT(conn, arrival, arrival),
            lambda conn: registration.TRACE(conn, arrival, sealer=sealer, reveal=True),
            lambda conn: registration.OPEN_DUPLICATES(conn, 100),
            lambda conn: registration.REPORTS_TO_CORRECT(conn, 100),
            lambda conn: registration.PUBLISHERS(conn),
        ),
        "isolation": (
            lambda conn: isolation.CASE_WITH_ID(conn, arrival),
            lambda conn: isolation.TRACE(conn, arrival, zone=zone),
            lambda conn: isolation.FOLLOWED(conn, [arrival]),
            lambda conn: isolation.TRY_POLICY(conn, policy, now=town.clock.moment, zone=zone, most=10),
        ),
        "notification": (lambda conn: notification.CASE_OF_MESSAGE(conn, arrival),),
    }
    for service, questions in asked.items():
        for number, ask in enumerate(questions):
            recorder.doing = f"query {number} of {service}"
            with town.works[service].database.read() as conn:
                ask(conn)


def test_no_large_table_is_read_whole_but_for_a_reason(day: Day) -> None:
    found = [read for read in day.recorder.reads.values() if not is_meant(read)]
    assert not found, "\n\n".join(f"{one.table} by {one.doing}:\n{one.statement}" for one in found)


def test_each_reason_is_still_needed(day: Day) -> None:
    reads = day.recorder.reads.values()
    assert [meant for meant in READ_WHOLE if not any(map(meant.covers, reads))] == []


def test_all_that_doors_declare_was_asked(day: Day) -> None:
    doors = {
        "registration": registration.DOOR,
        "isolation": isolation.DOOR,
        "notification": notification.DOOR,
    }
    unanswered = {
        (service, one.name)
        for service, door in doors.items()
        for one in (*door.lists, *door.lookups, *door.things)
        if not day.acts[service].get(one.name)
    }
    assert unanswered == set(), sorted(unanswered)


def test_each_large_table_was_looked_into(day: Day) -> None:
    for work in day.town.works.values():
        with work.database.read() as conn:
            large = conn.execute(
                text(
                    "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= :large "
                    "AND relnamespace = 'public'::regnamespace"
                ),
                {"large": LARGE},
            ).scalars()
            assert set(large) - set(day.recorder.tables) == set()


def test_a_statement_that_reads_a_large_table_whole_is_found(day: Day) -> None:
    recorder = Recorder("a question that no index answers")
    with recorder.watching(), day.town.works["registration"].database.read() as conn:
        conn.execute(text("SELECT count(*) FROM arrivals WHERE worker = 'nobody'"))
        conn.execute(text("SELECT id FROM arrivals WHERE id = '01a22814-65ac-7619-8807-369ca0c3e9ae'"))
    [read] = recorder.reads.values()
    assert read.table == "arrivals" and "nobody" in read.statement and not is_meant(read)
