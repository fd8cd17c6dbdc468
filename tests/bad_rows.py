"""A row that no statement can change, and turns of a timer as the chassis runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Table

from chassis import stuck_rows
from chassis.database.engine import Database
from chassis.ids import new_id
from chassis.one_by_one import OneByOne
from chassis.stuck_rows import Stuck
from chassis.unit_of_work import UnitOfWork, Work

SECRET = "安小满 13800000000"
"""Stands in the text of the error."""


@contextmanager
def bad_row(database: Database, table: Table, column: str, key: str, *, on: str = "UPDATE") -> Iterator[None]:
    """While it lasts, a statement that updates, inserts or deletes this row fails, as by a broken rule."""
    name, which = f"bad_{new_id().replace('-', '')[-12:]}", "NEW" if on == "INSERT" else "OLD"
    head = f"CREATE TRIGGER {name} BEFORE {on} ON {table.name} FOR EACH ROW WHEN ({which}.{column} = '{key}')"
    if database.is_sqlite:
        made = [f"{head} BEGIN SELECT RAISE(ABORT, 'no: {SECRET}'); END"]
        mended = [f"DROP TRIGGER {name}"]
    else:
        raises = f"BEGIN RAISE EXCEPTION 'no: {SECRET}'; END"
        made = [
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${raises}$$",
            f"{head} EXECUTE FUNCTION {name}()",
        ]
        mended = [f"DROP TRIGGER {name} ON {table.name}", f"DROP FUNCTION {name}"]
    _execute(database, made)
    yield
    _execute(database, mended)


def _execute(database: Database, statements: list[str]) -> None:
    with database.begin() as conn:
        for statement in statements:
            conn.exec_driver_sql(statement)


def one_look(work: Work, chore: str, use_case: Callable[[UnitOfWork], int]) -> int:
    """What a timer does when its time has come: turns until one has nothing to do. Returns how many."""
    rows = OneByOne(chore, work)
    for turn in range(1, 200):
        if not (rows.run(use_case) or rows.unfinished):
            return turn
    raise AssertionError(f"{chore} does not end")


def stuck(database: Database) -> list[Stuck]:
    with database.read() as conn:
        return stuck_rows.everything(conn)


def retry(database: Database) -> None:
    """All that is set aside, in the next turns."""
    with database.begin() as conn:
        stuck_rows.retry_now(conn, stuck_rows.everything(conn))
