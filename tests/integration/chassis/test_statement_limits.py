"""PostgreSQL cancels a statement that takes too long; what becomes of the work that it was part of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.event import listen, remove
from sqlalchemy.exc import OperationalError

from chassis.clock import Clock
from chassis.commands.command import Command, Outcome, Said
from chassis.database.engine import STATEMENT_LIMIT_S, TOOL_STATEMENT_LIMIT_S, Database
from chassis.database.migrations import upgrade
from chassis.database.statements import insert_rows
from chassis.doors.app import Doorway, make_app
from chassis.doors.declared import Directory, Door
from chassis.doors.process import app_of
from chassis.doors.reach import Reaching
from chassis.doors.tokens import Keys
from chassis.errors import is_too_slow
from chassis.messaging.handed_in import hand_in
from chassis.running.housekeeping import Chore
from chassis.settings import read_settings
from chassis.telemetry import CHORE_FAILURES
from chassis.unit_of_work import UnitOfWork, Work
from cli.errors import lines_of
from contracts.envelope import Event, dump_event, join_events
from operations.databases import database_in
from tests.doors import Visitor, public_pem
from tests.integration.chassis.test_doors import RULES, data, kept, staff
from tests.integration.chassis.trial_service import (
    Trial,
    handled,
    index,
    place_event,
    prepare,
    running,
    sealer,
    write_down,
)
from tests.integration.isolation.trial import CHINA
from tests.waiting import eventually

pytestmark = pytest.mark.postgresql


@pytest.fixture
def database(postgresql_url: Callable[..., str]) -> Iterator[Database]:
    """Whose statements may take a second."""
    database = Database(postgresql_url("trial", prepare), statement_limit_s=1)
    yield database
    database.dispose()


class HeldUp:
    """A statement that takes longer than it may, of one place, until it is let go."""

    def __init__(self, place: str) -> None:
        self.place, self.seconds, self.times = place, 30, 0

    def __call__(self, uow: UnitOfWork, places: Sequence[str]) -> None:
        if self.place in places:
            self.times += 1
            uow.conn.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": self.seconds})


def held_up_handler(held_up: HeldUp) -> Callable[[UnitOfWork, Sequence[Event]], None]:
    def handle(uow: UnitOfWork, events: Sequence[Event]) -> None:
        held_up(uow, [event.data["place_id"] for event in events])
        write_down(uow, events)

    return handle


@pytest.mark.broker
def test_of_a_batch_only_the_event_that_takes_so_long_waits_and_nothing_is_lost(
    broker_url: str, database: Database
) -> None:
    held_up = HeldUp("p3")
    url = database.url.render_as_string(hide_password=False)
    trial = Trial(broker_url, url, use_case=held_up_handler(held_up), retry_delays=(1, 1, 1))
    trial.work = replace(trial.work, database=database)
    trial.publish_packed(*(place_event(n) for n in range(1, 6)))
    with running(trial):
        eventually(lambda: trial.numbers() == [1, 2, 4, 5])
        eventually(lambda: held_up.times >= 3)  # in the batch, alone, and as a copy of a retry queue
        assert trial.consumers[0][0].ready, "it is the work's fault, and nothing is away"
        held_up.seconds = 0
        eventually(lambda: trial.numbers() == [1, 2, 3, 4, 5])
    assert trial.rows("dead_letters") == []


def test_a_chore_fails_is_seen_and_goes_on(database: Database) -> None:
    held_up = HeldUp("p1")

    def look() -> int:
        with work_of(database).unit() as uow:
            held_up(uow, ["p1"])
        return 0

    chore = Chore("trial.held_up", 5, look)
    failures = CHORE_FAILURES.labels(chore.name)._value
    assert chore.once() == 0
    assert failures.get() == 1 and chore.trouble.startswith("fails: OperationalError (QueryCanceled) at ")
    held_up.seconds = 0
    assert chore.once() == 0 and not chore.trouble


def test_a_door_says_that_it_was_not_done_and_does_it_under_the_same_key_later(database: Database) -> None:
    held_up = HeldUp("p1")

    def keep(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
        insert_rows(uow.conn, handled, [{"n": 1, "place": one.data["place_id"]} for one in commands])
        held_up(uow, [one.data["place_id"] for one in commands])
        return [Outcome.done() for _ in commands]

    work = work_of(database)
    with database.begin() as conn:
        insert_rows(conn, staff, [{"staff_id": "ann", "role": "keeper", "place": "p1", "active": True}])
    door = Door("trial", Directory(staff), (Command("keep_place", "place.changed", keep),))
    visitor = Visitor(door, work)
    visitor.client.application = make_app(
        Doorway(door, work, Keys(public_pem()), Reaching("trial", door.directory, RULES))
    )
    answer = visitor.say("ann", "keep_place", data(), key="key-0001")
    [fault] = answer.json["faults"]
    assert (answer.status_code, fault["code"]) == (503, "too_slow") and answer.headers["Retry-After"]
    assert fault["message"].startswith("the database took too long, and it was not done")
    assert kept(work) == []
    held_up.seconds = 0
    assert visitor.say("ann", "keep_place", data(), key="key-0001").status_code == 200
    assert kept(work) == ["p1"]


def test_who_hands_in_by_http_keeps_what_took_too_long_and_it_is_no_dead_letter(
    database: Database, broker_url: str
) -> None:
    held_up = HeldUp("p2")
    url = database.url.render_as_string(hide_password=False)
    trial = Trial(broker_url, url, use_case=held_up_handler(held_up))
    body = join_events(dump_event(place_event(n)) for n in (1, 2))
    assert trial.handler
    with pytest.raises(OperationalError) as caught:
        hand_in(work_of(database), trial.handler, "rail", body)
    assert is_too_slow(caught.value)
    assert trial.numbers() == [1] and trial.rows("dead_letters") == []
    held_up.seconds = 0
    hand_in(work_of(database), trial.handler, "rail", body)
    assert trial.numbers() == [1, 2]


def test_a_tool_says_it_in_one_readable_line(database: Database) -> None:
    with pytest.raises(OperationalError) as caught, database.read() as conn:
        conn.execute(text("SELECT pg_sleep(30)"))
    said = lines_of(caught.value)
    assert said and said.startswith("the database took too long for one statement") and "\n" not in said


def test_who_waits_for_a_statement_decides_how_long_it_may_take(postgresql_url: Callable[..., str]) -> None:
    url = postgresql_url("registration", with_tables)
    assert limit_of(Database(url)) == f"{STATEMENT_LIMIT_S}s"
    trial = {"DOORSTEP_REGISTRATION_DATABASE_URL": url, "DOORSTEP_BROKER_URL": "amqp://nobody@127.0.0.1:1//"}
    key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    settings = read_settings(
        "registration", {**trial, "DOORSTEP_SEAL_KEYS": f"k1:{key}", "DOORSTEP_INDEX_KEY": key}
    )
    assert limit_of(database_in(settings)) == f"{TOOL_STATEMENT_LIMIT_S // 60}min"


def test_a_door_starts_no_further_processes_for_a_page(postgresql_url: Callable[..., str]) -> None:
    url = postgresql_url("registration", with_tables)
    key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    trial = {"DOORSTEP_REGISTRATION_DATABASE_URL": url, "DOORSTEP_DOOR_PUBLIC_KEY": public_pem()}
    with connecting() as said:
        app = app_of("registration", {**trial, "DOORSTEP_SEAL_KEYS": f"k:{key}", "DOORSTEP_INDEX_KEY": key})
        assert app.extensions["ready"]() == {}
    assert said and all("max_parallel_workers_per_gather=0" in options for options in said)
    alone, others = Database(url, parallel=False), Database(url)
    assert shown(alone, "max_parallel_workers_per_gather") == "0"
    assert shown(others, "max_parallel_workers_per_gather") != "0", "an audit reads whole tables"
    assert shown(alone, "jit") == shown(others, "jit") == "off"


def test_a_migration_has_no_limit_and_leaves_none_behind(postgresql_url: Callable[..., str]) -> None:
    """It is held up as somebody who has locked a table holds it up."""
    url = postgresql_url("registration", with_tables)
    database, other = Database(url, pool_size=1, statement_limit_s=1), Database(url)
    with other.engine.connect() as conn:
        conn.exec_driver_sql("LOCK TABLE alembic_version")
        waiting = threading.Timer(2, conn.rollback)
        waiting.start()
        upgrade("registration", database)
        waiting.join()
    assert limit_of(database) == "1s"


def with_tables(url: str) -> None:
    database = Database(url)
    upgrade("registration", database)
    database.dispose()


@contextmanager
def connecting() -> Iterator[list[str]]:
    """The options of each connection to PostgreSQL that is opened meanwhile."""
    said: list[str] = []

    def note(_dialect: Any, _record: Any, _arguments: Any, given: dict[str, Any]) -> None:
        said.append(given["options"])

    listen(Engine, "do_connect", note)
    try:
        yield said
    finally:
        remove(Engine, "do_connect", note)


def shown(database: Database, setting: str) -> str:
    with database.read() as conn:
        return str(conn.execute(text(f"SHOW {setting}")).scalar_one())


def limit_of(database: Database) -> str:
    with database.read() as conn:
        return str(conn.exec_driver_sql("SHOW statement_timeout").scalar())


def work_of(database: Database) -> Work:
    return Work("trial", database, Clock(), sealer(), index(), CHINA, by_door=True)
