"""Each migration on a database that has data, on both kinds; a new migration is covered as it stands.

A database has two histories: the service's own and that of the chassis' tables. The services' own use cases
write the data. It is put into the tables of each earlier revision, as far as these have the columns, and one
made-up row where a table would be empty.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    MetaData,
    Table,
    inspect,
    select,
)

from chassis import inbox
from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.database.guards import by_rule
from chassis.database.migrations import CHASSIS, NOTHING, is_current, metadata_of, revisions, upgrade
from chassis.sealing import BlindIndex
from chassis.unit_of_work import Work
from contracts.envelope import Event
from services.isolation.cases.follow_arrivals import follow_arrivals
from services.isolation.cases.plan_next_day import plan_next_day
from services.isolation.tasks.find_overdue import find_overdue
from services.notification.messages import queries as notification_queries
from services.notification.messages.count_in_digests import add_counts
from services.notification.messages.inform import inform
from services.registration import tables as registration_tables
from services.registration.arrivals import balance as registration_balance
from services.registration.arrivals import queries as registration_queries
from services.registration.intake.receive_reports import receive_reports
from tests.integration.isolation import trial as isolation_trial
from tests.integration.notification import trial as notification_trial
from tests.integration.registration import trial as registration_trial
from tests.made_up_rows import made_up

SERVICES = ("registration", "isolation", "notification")
Rows = dict[str, list[dict[str, Any]]]
# Each step is one migration: the service, its own revision and the chassis' before it. The chassis' history
# began when the services' own were at the revisions of BEFORE_CHASSIS.
BEFORE_CHASSIS = {"registration": "0005", "isolation": "0005", "notification": "0002"}
Step = tuple[str, str, str]
STEPS: list[Step] = [
    *(
        (service, revision, NOTHING if revision <= BEFORE_CHASSIS[service] else "head")
        for service in SERVICES
        for revision in revisions(service)[:-1]
    ),
    *((service, BEFORE_CHASSIS[service], NOTHING) for service in SERVICES),
    *((service, "head", revision) for service in SERVICES for revision in revisions(CHASSIS)[:-1]),
]
STEPS = list(dict.fromkeys(STEPS))


# -- what the services write ---------------------------------------------------------------------------------


def handle(work: Work, handler: str, use_case: Callable[..., object], *events: Event) -> list[Event]:
    """As the chassis does: what was handled before is not handled again. Returns what was new."""
    with work.unit() as uow:
        claimed = inbox.claim(uow.conn, handler, events)
        assert not claimed.impostors
        if claimed.fresh:
            use_case(uow, claimed.fresh)
    return claimed.fresh


REPORTS = [registration_trial.as_event(registration_trial.report(order)) for order in range(20)]
REPORTS += [
    registration_trial.as_event(registration_trial.report(30, stops=[registration_trial.RISKY])),
    registration_trial.as_event(registration_trial.report(3, publisher="police")),
    registration_trial.as_event(
        registration_trial.report(40, people=[registration_trial.person(n) for n in (40, 41)])
    ),
    registration_trial.as_event(registration_trial.report(50, at="not a time")),
]
ARRIVALS = [isolation_trial.arrival(), isolation_trial.arrival(level="none"), isolation_trial.arrival()]
# The second of a team is counted in a digest.
_TEAM = [
    {"role": role, "staff_id": who, "contact": None}
    for role, who in (("grid_worker", "w1"), ("police", "p1"))
]
CASES = [notification_trial.opened(team=_TEAM) for _ in range(5)]


def registration_work(database: Database) -> Work:
    trial = registration_trial.Trial(str(database.url.render_as_string(hide_password=False)))
    trial.database.dispose()
    return Work(
        "registration",
        database,
        trial.clock,
        trial.sealer,
        BlindIndex(b"i" * 32),
        registration_trial.CHINA,
    )


def notification_work(database: Database) -> Work:
    sealer, zone = notification_trial.SEALER, notification_trial.ZONE
    return Work("notification", database, Clock(), sealer, BlindIndex(b"i" * 32), zone)


def write_registration(database: Database) -> None:
    registration_trial.prepare(str(database.url.render_as_string(hide_password=False)))
    handle(registration_work(database), "registration.receive_report", receive_reports, *REPORTS)


def write_isolation(database: Database) -> None:
    trial = isolation_trial.Trial(database).with_policies().with_neighbourhood()
    handle(trial.work, "isolation.open_case", follow_arrivals, *ARRIVALS)
    trial.clock.advance(hours=30)  # into the next day, with tasks that nobody did
    trial.run_timers()


def write_notification(database: Database) -> None:
    work = notification_work(database)
    handle(work, "notification.tell_case_opened", inform, *CASES[:3])
    with work.unit() as uow:
        add_counts(uow)  # so that there is a digest, and something that is still to be added
    handle(work, "notification.tell_case_opened", inform, *CASES[3:])
    overdue = notification_trial.overdue(str(CASES[0].subject))
    handle(work, "notification.tell_task_overdue", inform, overdue)


WRITE = {"registration": write_registration, "isolation": write_isolation, "notification": write_notification}


# -- that it still works -------------------------------------------------------------------------------------


def registration_works(database: Database) -> None:
    work = registration_work(database)
    new = registration_trial.as_event(registration_trial.report(77))
    assert handle(work, "registration.receive_report", receive_reports, *REPORTS, new) == [new]
    with database.read() as conn:
        found = registration_balance.audit(conn)
        assert found["balanced"], found
        known = list(conn.execute(select(registration_tables.arrivals.c.id)).scalars())
        traces = [registration_queries.trace(conn, id, sealer=work.sealer) for id in known]
    assert any("旅客77" in str(trace) for trace in traces)
    assert any("旅客3" in str(trace) for trace in traces)


def isolation_works(database: Database) -> None:
    trial = isolation_trial.Trial(database)
    trial.clock.advance(hours=31)
    new = isolation_trial.arrival(at=trial.clock.now())
    assert handle(trial.work, "isolation.open_case", follow_arrivals, *ARRIVALS, new) == [new]
    trial.clock.advance(hours=24)
    assert trial.until_done(plan_next_day) and trial.until_done(find_overdue)
    assert trial.audit()["balanced"], trial.audit()
    for arrival in (ARRIVALS[0], new):
        assert trial.trace(arrival.data["arrival_id"])["case"], "a case with a story"


def notification_works(database: Database) -> None:
    work = notification_work(database)
    new = notification_trial.opened()
    told = handle(work, "notification.tell_case_opened", inform, *CASES, new)
    assert told == [new]
    with database.read() as conn:
        found = notification_queries.audit(conn)
    assert found["balanced"], found
    assert found["messages_by_state"]["pending"] > len(CASES)


WORKS = {"registration": registration_works, "isolation": isolation_works, "notification": notification_works}


# -- databases of earlier versions ---------------------------------------------------------------------------


@cache
def written(service: str) -> Rows:
    """The rows of every table of today after the service has worked."""
    with tempfile.TemporaryDirectory() as directory:
        database = Database(f"sqlite:///{directory}/{service}.sqlite")
        upgrade(service, database)
        WRITE[service](database)
        rows = read(database, metadata_of(service).tables)
        database.dispose()
    return rows


def as_it_was(service: str, database: Database) -> dict[str, Table]:
    """The tables of the revision that the database is at, with the types that we know them by."""
    found = inspect(database.engine)
    of_today = metadata_of(service).tables
    tables = {}
    for name in set(found.get_table_names()) - {"alembic_version", "alembic_version_chassis"}:
        assert name in of_today, f"{service}.{name} is gone: migrations only add"
        columns = [column["name"] for column in found.get_columns(name)]
        gone = set(columns) - set(of_today[name].c.keys())
        assert not gone, f"{service}.{name} has lost {gone}: migrations only add"
        kept = [
            Column(c, of_today[name].c[c].type, primary_key=of_today[name].c[c].primary_key) for c in columns
        ]
        tables[name] = Table(name, MetaData(), *kept)
    return tables


def fill(service: str, database: Database, tables: Mapping[str, Table]) -> Rows:
    rows: Rows = {}
    with database.begin() as conn:
        for name, table in tables.items():
            known = [{column.name: row[column.name] for column in table.c} for row in written(service)[name]]
            rows[name] = known or [made_up(table)]
            if conn.execute(select(table).limit(1)).first():  # what a migration wrote into an empty database
                with by_rule(conn, metadata_of(service).tables[name]):
                    conn.execute(table.delete())
            conn.execute(table.insert(), rows[name])
    return rows


def read(database: Database, tables: Mapping[str, Table]) -> Rows:
    with database.read() as conn:
        return {
            name: [dict(row) for row in conn.execute(select(table)).mappings()]
            for name, table in tables.items()
        }


def in_order(rows: Rows) -> dict[str, list[str]]:
    return {name: sorted(str(sorted(row.items())) for row in of_table) for name, of_table in rows.items()}


@cache
def at(step: Step) -> Callable[[str], None]:
    """Makes the tables of this step in an empty database. One function a step: it is made once and copied."""

    def prepare(url: str) -> None:
        database = Database(url)
        upgrade(step[0], database, *step[1:])
        database.dispose()

    return prepare


@pytest.mark.parametrize("step", STEPS, ids="-".join)
def test_a_migrated_database_keeps_its_data_and_the_service_works_on_it(
    step: Step, database_url: Callable[..., str]
) -> None:
    service = step[0]
    database = Database(database_url(service, at(step)))
    tables = as_it_was(service, database)
    rows = fill(service, database, tables)
    assert all(rows.values()) and "outbox" in rows

    upgrade(service, database)

    assert is_current(service, database)
    assert in_order(read(database, tables)) == in_order(rows)
    WORKS[service](database)
    database.dispose()


@pytest.mark.parametrize("step", STEPS, ids="-".join)
def test_rows_written_by_an_earlier_version_after_the_migration_are_handled(
    step: Step, database_url: Callable[..., str]
) -> None:
    service = step[0]
    earlier = Database(database_url(service, at(step)))
    tables = as_it_was(service, earlier)
    earlier.dispose()
    # Without data it is the same after each step, so it is made once and copied.
    database = Database(database_url(service, at((service, "head", "head"))))
    rows = fill(service, database, tables)  # the statements of then, which name the columns of then
    assert in_order(read(database, tables)) == in_order(rows)
    WORKS[service](database)
    database.dispose()


@pytest.mark.parametrize("service", SERVICES)
def test_a_migration_only_adds(service: str, database_url: Callable[..., str]) -> None:
    """Of both histories one migration after the other, in the order in which they run."""
    database = Database(database_url(service))
    own, first = revisions(service), BEFORE_CHASSIS[service]
    steps = [(revision, NOTHING) for revision in own if revision <= first]
    steps += [(first, revision) for revision in revisions(CHASSIS)]
    steps += [(revision, "head") for revision in own if revision > first]
    before: dict[str, dict[str, str]] = {}
    for revision, chassis in steps:
        upgrade(service, database, revision, chassis)
        after = described(database)
        for name, columns in before.items():
            assert name in after, f"{revision}: {name} was dropped or renamed"
            for column, what in columns.items():
                now, where = after[name].get(column, ""), f"{revision}: {name}.{column}"
                assert now == what or is_wider(now, what), f"{where} was dropped, renamed or changed"
            for column in after[name].keys() - columns.keys():
                assert "optional" in after[name][column], f"{revision}: old replicas do not fill {column}"
        before = after
    assert is_current(service, database)
    database.dispose()


def is_wider(now: str, before: str) -> bool:
    """Whether the column differs only in that it holds longer text."""
    length = re.compile(r"length=(\d+)")
    found, earlier = length.search(now), length.search(before)
    same = length.sub("", now) == length.sub("", before)
    return bool(same and found and earlier and int(found[1]) > int(earlier[1]))


def described(database: Database) -> dict[str, dict[str, str]]:
    """Of each table its columns, its key and what must be unique."""
    found = inspect(database.engine)
    tables: dict[str, dict[str, str]] = {}
    for name in found.get_table_names():
        tables[name] = {
            column["name"]: f"{column['type']!r} "
            + ("optional" if column["nullable"] or column["default"] is not None else "required")
            for column in found.get_columns(name)
        }
        tables[name]["(key)"] = str(found.get_pk_constraint(name)["constrained_columns"])
        unique = [one["column_names"] for one in found.get_unique_constraints(name)]
        unique += [one["column_names"] for one in found.get_indexes(name) if one["unique"]]
        tables[name]["(unique)"] = str(sorted(map(str, unique)))
    return tables
