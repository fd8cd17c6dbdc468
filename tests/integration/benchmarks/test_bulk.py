"""Bulk-loaded arrivals are consistent across the three databases, under the keys and indexes as migrated."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from benchmarks.bulk_load import load
from benchmarks.bulk_rows import ROWS
from chassis.database.engine import Database
from chassis.database.migrations import upgrade
from services.registration.persons.keys import FORM
from services.registration.persons.likeness import FORM as LIKENESS_FORM

pytestmark = pytest.mark.postgresql

ARRIVALS = 120


@pytest.fixture
def urls(postgresql_url: Callable[[str], str]) -> dict[str, str]:
    found = {}
    for service in ROWS:
        url = postgresql_url(service)
        database = Database(url)
        upgrade(service, database)
        database.dispose()
        found[service] = url.replace("+psycopg", "")
    return found


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def indexes(url: str) -> set[tuple[Any, ...]]:
    """Not their definitions: PostgreSQL writes a predicate another way when it reads it a second time."""
    return set(
        ask(
            url,
            "SELECT indrelid::regclass::text, indexrelid::regclass::text, indisunique, indisprimary, "
            "indkey::text, indpred IS NOT NULL, indisvalid FROM pg_index "
            "JOIN pg_stat_user_tables ON relid = indrelid",
        )
    )


def test_arrivals_cases_tasks_and_messages_belong_together(urls: dict[str, str]) -> None:
    load(urls, ARRIVALS)

    arrivals = set(ask(urls["registration"], "SELECT id FROM arrivals"))
    assert len(arrivals) == ARRIVALS
    assert set(ask(urls["registration"], "SELECT arrival_id FROM reports")) == arrivals
    assert set(ask(urls["isolation"], "SELECT case_id FROM cases")) == arrivals
    planned = "SELECT case_id, tasks_planned FROM cases"
    there = "SELECT case_id, count(*)::int FROM tasks GROUP BY case_id"
    assert set(ask(urls["isolation"], planned)) == set(ask(urls["isolation"], there))
    told = "SELECT case_id FROM messages GROUP BY case_id HAVING count(*) = 2"
    assert set(ask(urls["notification"], told)) == arrivals
    assert set(ask(urls["notification"], "SELECT arrival_id FROM notices")) == arrivals


def test_keys_and_indexes_are_put_back(urls: dict[str, str]) -> None:
    before = {service: indexes(url) for service, url in urls.items()}

    load(urls, ARRIVALS)

    assert {service: indexes(url) for service, url in urls.items()} == before


def test_nothing_is_left_for_timers_to_make_anew(urls: dict[str, str]) -> None:
    load(urls, ARRIVALS)

    registration, isolation = urls["registration"], urls["isolation"]
    assert ask(registration, f"SELECT count(*) FROM person_keys WHERE form < {FORM}") == [(0,)]
    assert ask(registration, f"SELECT count(*) FROM arrivals WHERE likeness_form < {LIKENESS_FORM}") == [(0,)]
    assert ask(isolation, "SELECT count(*) FROM cases WHERE identity IS NULL AND closed_at IS NULL") == [(0,)]


def test_progress_ends_at_all_arrivals_of_all_tables(urls: dict[str, str]) -> None:
    seen: dict[str, int] = {}

    load(urls, ARRIVALS, lambda service, done: seen.__setitem__(service, done))

    assert seen == {service: len(rows) * ARRIVALS for service, rows in ROWS.items()}
