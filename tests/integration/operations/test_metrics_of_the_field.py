"""`/metrics` shows of the field what stands in the databases, without reading all of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import event, text
from sqlalchemy.engine import Connection

from chassis.database.engine import Database
from chassis.figures import Figure
from services.isolation import metrics as of_isolation
from services.isolation.tasks.find_overdue import find_overdue
from services.notification import metrics as of_notification
from services.registration import service as of_registration
from services.registration.metrics import LAST_BACKUP
from tests.e2e.conftest import migrated
from tests.integration.isolation import trial as isolation_trial
from tests.integration.notification import trial as notification_trial
from tests.integration.registration import trial as registration_trial
from tests.integration.registration.trial import report

SERVICES = ("registration", "isolation", "notification")
NewUrl = Callable[..., str]


def read(database: Database, figure: Figure, now: datetime) -> Mapping[tuple[str, ...], float]:
    with database.read() as conn:
        return figure.ask(conn, now)


@contextmanager
def counted(name: str, **labels: str) -> Iterator[Callable[[], float]]:
    """How much a counter has grown since."""
    before = REGISTRY.get_sample_value(name, labels) or 0.0
    yield lambda: (REGISTRY.get_sample_value(name, labels) or 0.0) - before


def shown(database: Database, figure: Figure, now: datetime) -> dict[tuple[str, ...], float]:
    """Without what is 0."""
    return {labels: number for labels, number in read(database, figure, now).items() if number}


def figure(module: Any, name: str) -> Figure:
    return next(one for one in module.FIGURES if next(iter(one.gauge.describe())).name == name)


def test_arrivals_are_counted_by_source_and_risk_and_bad_reports_by_publisher(database_url: NewUrl) -> None:
    trial = registration_trial.Trial(database_url("registration", registration_trial.prepare))
    with (
        counted("doorstep_arrivals_total", source="transport", risk="high") as high,
        counted("doorstep_arrivals_total", source="police", risk="none") as none,
    ):
        trial.receive(
            report(1, stops=[registration_trial.RISKY]),
            report(2, source_kind="police"),
            report(2, id="again", time="2022-10-01T11:30:00+08:00"),
            report(3, publisher="bus", arrival={"at": "1999-01-01T10:00:00+08:00", "expected": False}),
        )
        assert (high(), none()) == (1, 1), "a second report of one coming is no second arrival"
    bad = figure(of_registration, "doorstep_reports_needing_correction")
    assert read(trial.database, bad, registration_trial.NOON) == {("bus",): 1}
    trial.database.dispose()


def test_arrivals_without_a_worker_are_counted_and_the_longest_wait_is_told(database_url: NewUrl) -> None:
    trial = registration_trial.Trial(database_url("registration", registration_trial.prepare))
    count = figure(of_registration, "doorstep_arrivals_without_owner")
    age = figure(of_registration, "doorstep_arrivals_without_owner_oldest_age_seconds")
    noon = registration_trial.NOON
    assert not shown(trial.database, count, noon) and not shown(trial.database, age, noon)
    trial.receive(report(1), report(2, address="无人知晓的地方"))
    trial.clock.moment += timedelta(minutes=20)
    trial.receive(report(3, address="也无人知晓的地方"))
    later = noon + timedelta(minutes=45)
    assert read(trial.database, count, later) == {("registration",): 2}
    assert read(trial.database, age, later) == {("registration",): 45 * 60}
    trial.database.dispose()


def test_open_cases_late_tasks_and_cases_without_owner_are_counted(database_url: NewUrl) -> None:
    with isolation_trial.trial(database_url("isolation", isolation_trial.prepare)) as trial:
        trial.with_policies("cn-2022-06")
        nobody = [isolation_trial.arrival(), isolation_trial.arrival(level="none", left_on=None)]
        trial.follow(*nobody)
        cases = figure(of_isolation, "doorstep_open_cases")
        by_measure: dict[tuple[str, ...], float] = {}
        for event_ in nobody:
            key = (trial.case(event_)["measure"],)
            by_measure[key] = by_measure.get(key, 0) + 1
        assert shown(trial.database, cases, trial.clock.now()) == by_measure and len(by_measure) == 2

        without = figure(of_isolation, "doorstep_cases_without_owner")
        age = figure(of_isolation, "doorstep_cases_without_owner_oldest_age_seconds")
        trial.clock.advance(hours=1)
        assert read(trial.database, without, trial.clock.now()) == {("isolation",): 2}
        assert read(trial.database, age, trial.clock.now()) == {("isolation",): 3600}

        trial.with_neighbourhood()
        trial.run_timers()
        assert not shown(trial.database, without, trial.clock.now())
        assert not shown(trial.database, age, trial.clock.now())


def test_late_tasks_are_counted_by_the_level_that_was_told_last(database_url: NewUrl) -> None:
    with isolation_trial.trial(database_url("isolation", isolation_trial.prepare)) as trial:
        trial.with_policies("cn-2022-06").with_neighbourhood()
        trial.follow(isolation_trial.arrival())
        overdue = figure(of_isolation, "doorstep_overdue_tasks")
        assert not shown(trial.database, overdue, trial.clock.now())
        for _ in range(3):
            trial.clock.advance(hours=5)
            trial.until_done(find_overdue)
            last = {event_.subject: event_.data["tell"]["level"] for event_ in trial.recorded("task.overdue")}
            levels = list(last.values())
            expected = {(level,): levels.count(level) for level in levels}
            assert shown(trial.database, overdue, trial.clock.now()) == expected and expected
        assert len(expected) > 1, "some are late for longer than others"


def test_messages_are_counted_while_they_wait_and_when_they_are_settled(database_url: NewUrl) -> None:
    url = database_url("notification", notification_trial.prepare)
    with notification_trial.work_on(url) as work, notification_trial.running_gateway() as gateway:
        waiting = figure(of_notification, "doorstep_messages_waiting")
        notification_trial.inform(work, notification_trial.opened())
        now = datetime.now(UTC)
        assert shown(work.database, waiting, now) == {("pending", "sms"): 2}
        with counted("doorstep_messages_settled_total", state="accepted", channel="sms") as accepted:
            sender = gateway.sender(work)
            notification_trial.send_all(work, sender)
            assert accepted() == 2
        assert not shown(work.database, waiting, now)


def test_events_of_a_rolled_back_unit_are_not_counted(database_url: NewUrl) -> None:
    trial = registration_trial.Trial(database_url("registration", registration_trial.prepare))
    labels = {"type": "arrival.registered"}
    with counted("doorstep_events_recorded_total", **labels) as told:
        with pytest.raises(ZeroDivisionError), trial.work.unit() as uow:
            registration_trial.receive_reports(uow, [registration_trial.as_event(report(1))])
            raise ZeroDivisionError
        assert told() == 0
        trial.receive(report(1), report(2))
        assert told() == 2
    trial.database.dispose()


def plan_of(conn: Connection, explain: str, parameters: Any) -> str:
    return " ".join(str(row) for row in conn.exec_driver_sql(explain, parameters))


@pytest.mark.parametrize("service", SERVICES)
def test_every_figure_is_answered_by_an_index(service: str, database_url: NewUrl) -> None:
    """At a million arrivals reading whole tables every few seconds would cost more than the work itself."""
    database = Database(database_url(service, migrated(service)))
    statements: list[tuple[str, Any]] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    declared = import_module(f"services.{service}.service").SERVICE.figures
    figures = [one for one in declared if one.gauge is not LAST_BACKUP]  # read from the database's catalog
    for one in figures:
        read(database, one, datetime.now(UTC))
    asked = [found for found in statements if found[0].startswith("SELECT")]
    assert len(asked) == len(figures), "one statement a figure"
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    with database.engine.connect() as conn:  # nothing is committed
        if not database.is_sqlite:
            conn.execute(text("SET LOCAL enable_seqscan = off"))  # the tables are empty
            conn.execute(text("SET LOCAL enable_bitmapscan = off"))
        for statement, parameters in asked:
            plan = plan_of(conn, explain + statement, parameters)
            # Of several indexes over no rows it takes any: those that do not answer alone are taken away.
            while service != "notification" and (other := re.search(r"Index Scan using (\w+)", plan)):
                conn.execute(text(f"DROP INDEX {other[1]}"))
                plan = plan_of(conn, explain + statement, parameters)
            assert "Seq Scan" not in plan and "INDEX" in plan.upper(), f"{statement}\n{plan}"
            if service != "notification":  # waiting messages are few, and looked up
                assert "Index Only Scan" in plan or "COVERING INDEX" in plan, f"{statement}\n{plan}"
    database.dispose()
