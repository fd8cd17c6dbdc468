"""Fill the three databases of Doorstep with finished arrivals, so that its rate on full tables can be seen.

Rows are made by the server (`INSERT … SELECT … generate_series`) with indexes and keys taken off and put
back afterwards: a million arrivals are some fifteen million rows. Ids are time-ordered as real ones are and
the same in all three databases; sealed fields are real seals of invented persons, so that rows have the
width of real ones. Everything loaded lies in the past and is over: cases closed, tasks done, messages
delivered. Nothing is left for timers to do, and open work is what the measured arrivals make of it.

    python -m benchmarks.bulk_load --registration URL --isolation URL --notification URL --arrivals 1000000
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import psycopg
import typer
from psycopg import sql
from rich.progress import Progress
from sqlalchemy import Column, MetaData, Table
from sqlalchemy.dialects import postgresql

from benchmarks.bulk_rows import ROWS, Rows

CHUNK = 50_000  # arrivals a statement
Report = Callable[[str, int], None]  # service, arrivals loaded into it so far, of one table after the other

# Of this session only: the load may be lost in a crash, and has memory to sort with.
SESSION = "SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET timezone = 'UTC'"
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class Mismatch(Exception):
    """bulk_rows.py and a service's tables.py do not fit together."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The rows and the time of one service's database."""

    service: str
    rows: int
    seconds: float


def load(urls: Mapping[str, str], arrivals: int, report: Report = lambda service, done: None) -> list[Loaded]:
    """Load all three side by side. `urls` as libpq takes them. Raises Mismatch before anything is written."""
    statements = {service: _statements(service) for service in urls}
    with ThreadPoolExecutor(len(urls)) as pool:
        futures = [
            pool.submit(_load, service, url, statements[service], arrivals, report)
            for service, url in urls.items()
        ]
        return [future.result() for future in futures]


def steps(services: Mapping[str, str]) -> dict[str, int]:
    """How many tables each service gets, for progress."""
    return {service: len(ROWS[service]) for service in services}


def _load(service: str, url: str, statements: Mapping[str, str], arrivals: int, report: Report) -> Loaded:
    began, rows, done = time.monotonic(), 0, 0
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SESSION)
        for table, statement in statements.items():
            with connection.transaction():
                put_back = take_off(connection, table)
                for first in range(1, arrivals + 1, CHUNK):
                    last = min(first + CHUNK - 1, arrivals)
                    rows += connection.execute(
                        statement, {"first": first, "last": last, "all": arrivals}
                    ).rowcount
                    done += last - first + 1
                    report(service, done)
                for again in put_back:
                    connection.execute(again)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return Loaded(service, rows, time.monotonic() - began)


def take_off(connection: psycopg.Connection[tuple[Any, ...]], table: str) -> list[str]:
    """Drop keys and indexes; what to run to have them again."""
    put_back: list[str] = []
    constraints = connection.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'f', 'x') ORDER BY contype = 'f' DESC",
        (table,),
    ).fetchall()
    for name, definition in constraints:
        at, what = sql.Identifier(table), sql.Identifier(name)
        connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(at, what))
        add = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} ").format(at, what).as_string(connection)
        put_back.insert(0, add + definition)
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s", (table,)
    ).fetchall()
    for name, definition in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        put_back.append(definition)
    return put_back


def _statements(service: str) -> dict[str, str]:
    """One INSERT a table, with the columns its tables.py has today."""
    metadata: MetaData = import_module(f"services.{service}.tables").metadata
    found = {}
    for rows in ROWS[service]:
        if rows.table not in metadata.tables:
            raise Mismatch(f"{service} has no table {rows.table}: bring benchmarks/bulk_rows.py up to date")
        found[rows.table] = _statement(service, metadata.tables[rows.table], rows)
    return found


def _statement(service: str, table: Table, rows: Rows) -> str:
    if unknown := rows.columns.keys() - table.columns.keys():
        listed = ", ".join(sorted(unknown))
        raise Mismatch(
            f"{service}.{table.name} has no column {listed}: bring benchmarks/bulk_rows.py up to date"
        )
    values = {}
    for column in table.columns:
        if column.name in rows.columns:
            values[column.name] = rows.columns[column.name]
        elif not column.nullable and column.server_default is None:
            listed = f"{service}.{table.name}.{column.name}"
            raise Mismatch(f"{listed} must have a value: bring benchmarks/bulk_rows.py up to date")
    names = ", ".join(_DIALECT.identifier_preparer.quote(name) for name in values)
    texts = ", ".join(f"({text})::{_type(table.columns[name])}" for name, text in values.items())
    where = f" WHERE {rows.where}" if rows.where else ""
    return (
        f"INSERT INTO {table.name} ({names}) SELECT {texts} FROM ("
        "SELECT i, t AS at, lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') AS ms "
        "FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS i, "
        # Ends a day before the measured arrivals come; a hundred days long, whatever their number.
        "LATERAL (SELECT timestamptz '2022-09-30 00:00+08' "
        "- interval '100 days' * (%(all)s::float8 - i) / %(all)s) AS x(t)"
        f") AS arrival, generate_series(0, {rows.each - 1}) AS j{where}"
    )


def _type(column: Column[object]) -> str:
    return column.type.compile(_DIALECT)


def main(
    registration: Annotated[str, typer.Option(help="postgresql://… of the registration database")],
    isolation: Annotated[str, typer.Option(help="of isolation's")],
    notification: Annotated[str, typer.Option(help="of notification's")],
    arrivals: Annotated[int, typer.Option(min=1)] = 1_000_000,
) -> None:
    """Load finished arrivals into databases that are migrated and in use by nobody."""
    urls = {"registration": registration, "isolation": isolation, "notification": notification}
    with Progress() as progress:
        tasks = {name: progress.add_task(name, total=arrivals * count) for name, count in steps(urls).items()}
        for loaded in load(urls, arrivals, lambda name, done: progress.update(tasks[name], completed=done)):
            progress.console.print(f"{loaded.service}: {loaded.rows:,} rows in {loaded.seconds:.0f} s")


if __name__ == "__main__":
    typer.run(main)
