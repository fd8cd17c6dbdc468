"""Open cases by the million, each a copy of one that the services made of an arrival.

Copied on the server, with ids of their own: so a copy has what the service writes today, whichever columns
there are. What the copies are for differs by their number: of `every` of them one has a task that falls due
(`OVERDUE`), one is at its end (`AT_ITS_END`), and one waits for a result (`TESTED`); all others have only
days to plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import psycopg

from benchmarks.bulk_load import CHUNK, SESSION, take_off
from services.isolation.tables import metadata

OVERDUE: Final = "i %% %(every)s = 0"
AT_ITS_END: Final = "i %% %(every)s = 1"
TESTED: Final = "i %% %(every)s = 2"
OVERDUE_AT: Final = "2022-10-01 20:00+08"
LOOK_AT: Final = "2022-10-01 20:20+08"
TEMPLATES: Final = 300

_TODAY: Final = "k.due_from < '2022-10-02 00:00+08'"
_MS: Final = "(extract(epoch FROM made) * 1000)::bigint"


def _id(kind: str, more: str, version: int, time: str) -> str:
    """A UUID that is in order of time as those of the services are."""
    timed = f"overlay(md5('{kind}' || i || {more}) placing {time} from 1)"
    return f"overlay(overlay({timed} placing '{version}' from 13) placing '8' from 17)::uuid"


_TIME_OF_CASES: Final = f"lpad(to_hex({_MS} >> 16), 8, '0')"
CASE: Final = _id("case", "''", 8, _TIME_OF_CASES)
_HOUSEHOLD: Final = _id("home", "''", 8, _TIME_OF_CASES)
_TASK: Final = _id("task", "k.task_id::text", 7, f"lpad(to_hex({_MS}), 12, '0')")
_LEFT: Final = f"(k.kind = 'first_contact' AND {OVERDUE})"
_SAMPLED: Final = f"(k.kind = 'test' AND ({AT_ITS_END} OR {TESTED}))"
_NEGATIVE: Final = f"(k.kind = 'test' AND {AT_ITS_END})"

_CHANGED: Final[Mapping[str, Mapping[str, str]]] = {
    "cases": {
        "case_id": CASE,
        "household_id": f"{_HOUSEHOLD}::text",
        "identity": "i",
        "release_on": f"CASE WHEN {AT_ITS_END} THEN date '2022-10-01' ELSE k.release_on END",
        "planned_until": f"CASE WHEN {AT_ITS_END} THEN date '2022-10-01' ELSE k.planned_until END",
        "plan_next": f"CASE WHEN {AT_ITS_END} THEN NULL ELSE k.plan_next END",
    },
    "tasks": {
        "task_id": _TASK,
        "case_id": CASE,
        # Of today all is done but one thing of some; whoever is at the end was tested, and some are.
        "state": f"CASE WHEN {_NEGATIVE} OR ({_TODAY} AND NOT {_LEFT}) THEN 'done' ELSE k.state END",
        "due_from": f"CASE WHEN {_SAMPLED} THEN k.due_from - interval '1 day' ELSE k.due_from END",
        "due_by": f"CASE WHEN {_LEFT} THEN timestamptz '{OVERDUE_AT}' ELSE k.due_by END",
        "tell_at": f"CASE WHEN {_LEFT} THEN timestamptz '{OVERDUE_AT}' "
        f"WHEN {_NEGATIVE} OR {_TODAY} THEN NULL ELSE k.tell_at END",
    },
    "case_history": {"case_id": CASE},
    "links": {
        "household": f"{_HOUSEHOLD}::text",
        "token": "hashtextextended('link' || i, 0)",
        "cases": f"json_build_array({CASE})",
    },
}
_OF_CASE: Final = {"links": "x.household = (SELECT household_id FROM cases c WHERE c.case_id = t.case_id)"}
"""Arrivals of the bench live alone, each in a household of their own."""

_ENDING: Final = "FROM cases WHERE release_on = '2022-10-01' AND closed_at IS NULL"
_BESIDE: Final = (
    f"INSERT INTO release_checks (case_id, check_at, lacks) SELECT case_id, '{LOOK_AT}', 'days' {_ENDING}",
    "INSERT INTO test_results (result_id, case_id, sample_id, pool_size, sampled_at, reported_at, method, "
    "stage, result, source, event_id, received_at) SELECT case_id, case_id, 'S-1', 1, "
    "'2022-10-01 10:00+08', '2022-10-01 16:00+08', 'pcr', 'confirmed', 'negative', '/loaded', case_id::text, "
    f"'2022-10-01 16:00+08' {_ENDING}",
)


def open_cases(url: str, count: int, every: int, report: Callable[[int, int], None]) -> None:
    """:param url: of isolation's database, in use by nobody, with cases that arrivals have opened.

    :param report: gets how many rows are written, and of how many.
    """
    tables = [*_CHANGED]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SESSION)
        connection.execute(
            "CREATE TEMP TABLE template AS SELECT (row_number() OVER () - 1)::bigint AS n, case_id FROM "
            "(SELECT case_id FROM cases WHERE closed_at IS NULL AND owner IS NOT NULL "
            f"AND plan_next IS NOT NULL ORDER BY case_id LIMIT {TEMPLATES}) AS found"
        )
        row = connection.execute("SELECT count(*) FROM template").fetchone()
        templates = int(row[0]) if row else 0
        for table in tables:
            of_case = _OF_CASE.get(table, "x.case_id = t.case_id")
            connection.execute(
                f"CREATE TEMP TABLE of_{table} AS SELECT t.n, x.* FROM template t JOIN {table} x ON {of_case}"  # type: ignore[arg-type]
            )
        given = {"all": count, "every": every, "templates": templates}
        for number, table in enumerate(tables):
            with connection.transaction():
                put_back = take_off(connection, table)
                for first in range(1, count + 1, CHUNK):
                    last = min(first + CHUNK - 1, count)
                    connection.execute(_copy(table), {**given, "first": first, "last": last})  # type: ignore[arg-type]
                    report(number * count + last, len(tables) * count)
                for statement in put_back:
                    connection.execute(statement)  # type: ignore[arg-type]
        for made in _BESIDE:
            connection.execute(made)  # type: ignore[arg-type]
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _copy(table: str) -> str:
    changed = _CHANGED[table]
    names = [column.name for column in metadata.tables[table].columns]
    values = ", ".join(changed.get(name, f'k."{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    return (
        f"INSERT INTO {table} ({listed}) SELECT {values} FROM "
        "(SELECT i, t AS made FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS i, "
        "LATERAL (SELECT timestamptz '2022-10-01 18:00+08' "
        "- interval '6 days' * (%(all)s::float8 - i) / %(all)s) AS x(t)) AS copied "
        f"JOIN of_{table} AS k ON k.n = i %% %(templates)s"
    )
