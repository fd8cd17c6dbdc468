"""Copies of other services' reference data: kept from events, counted by revision, held in memory.

One declaration a copy: the table, the event type and the handler that keeps it. A service's revisions say how
often each of its tables of reference data has changed, whether events or its own imports changed it. A cache
reads them in the transaction that uses the data, so every replica works with what was committed last, and
reads again only the tables that have changed.

A copy may have a history: what each row was from when to when, so that a right can be judged by the time of
an act. A period is written once; the next one closes it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Row, Table, func, select, update
from sqlalchemy.engine import Connection, Engine

from chassis.database.statements import insert_missing, insert_rows, is_in, update_rows, upsert_rows
from chassis.handlers import Handler
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event

Held = TypeVar("Held")


@dataclass(frozen=True, slots=True)
class Revisions:
    """The table in which a service counts the changes of its reference data.

    :param table: keyed by the column `name`.
    :param number: the column that counts.
    """

    table: Table
    number: str

    def mark_changed(self, conn: Connection, name: str) -> None:
        """Say that it has changed, in the transaction that changes it.

        The row stays locked until the commit, so two imports that begin with this wait for each other.
        """
        columns = self.table.c
        one_more = (
            update(self.table).where(columns.name == name).values({self.number: columns[self.number] + 1})
        )
        if conn.execute(one_more).rowcount == 0:
            insert_rows(conn, self.table, [{"name": name, self.number: 0}], ignore_conflicts=True)
            conn.execute(one_more)

    def read(self, conn: Connection) -> dict[str, int]:
        rows = conn.exec_driver_sql(f"SELECT name, {self.number} FROM {self.table.name}")
        return {name: number for name, number in rows}


@dataclass(frozen=True, slots=True)
class Copy:
    """A table that holds the newest version of each row of another service, whatever order events come in.

    :param table: has one key column, a column `version`, and columns named as the fields of the event's data.
    :param event: the event type that brings a row; its aggregateversion is the row's version.
    :param handler: the handler's name, which stands in the name of its queue.
    :param revisions: counts the changes, under the table's name.
    :param also: called with the keys of the rows that were written, sorted, in the same transaction.
    :param history: a row a version, for all of them, in whatever order they come. It is keyed by the key and
        `version`, has columns named as fields, and `since` and `until` (not in it), which are of the field's
        time. `until` is null for the newest; `since` is null where it was so before this copy knew of it.
    """

    table: Table
    event: str
    handler: str
    revisions: Revisions
    batch: int = 200
    also: Callable[[UnitOfWork, Sequence[str]], object] | None = None
    history: Table | None = None

    def as_handler(self) -> Handler:
        return Handler(self.handler, (self.event,), self.keep, batch=self.batch, known=self.known)

    def keep(self, uow: UnitOfWork, events: Sequence[Event]) -> None:
        """The use case: write the rows that are newer than those that are there."""
        key, names = self._key, [str(column.name) for column in self.table.columns]
        newest: dict[str, dict[str, Any]] = {}
        for event in sorted(events, key=lambda event: event.version):
            row = {name: event.data.get(name) for name in names}
            newest[event.data[key]] = {**row, "version": event.version}
        written = self._write(uow.conn, [newest[name] for name in sorted(newest)])
        remembered = self.history is not None and self._remember(uow.conn, self.history, events)
        if written and self.also:
            self.also(uow, written)
        if written or remembered:
            self.revisions.mark_changed(uow.conn, self.table.name)

    def known(self, conn: Connection, versions: Mapping[str, int]) -> set[str]:
        """Of these keys those that are here in the given version or a newer one."""
        column = self.table.c[self._key]
        here = select(column, self.table.c.version).where(is_in(conn, column, sorted(versions)))
        return {name for name, version in conn.execute(here) if version >= versions[name]}

    @property
    def _key(self) -> str:
        (column,) = self.table.primary_key.columns
        return str(column.name)

    def _write(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Write the newer of these rows, which are sorted by key. Returns the keys of those written."""
        if not rows:
            return []
        table, key = self.table, self._key
        column = table.c[key]
        # Rows are there before they are compared, so two replicas with two versions meet on the lock.
        new = {name for (name,) in insert_rows(conn, table, rows, ignore_conflicts=True, returning=[key])}
        others = [row for row in rows if row[key] not in new]
        wanted = is_in(conn, column, [row[key] for row in others])
        known = select(column, table.c.version).where(wanted).order_by(column).with_for_update()
        versions = {name: version for name, version in conn.execute(known)}
        newer = [row for row in others if row["version"] > versions[row[key]]]
        columns = [name for name in rows[0] if name != key]
        upsert_rows(conn, table, newer, key=[key], set=columns)
        return sorted(new | {row[key] for row in newer})

    def _remember(self, conn: Connection, history: Table, events: Sequence[Event]) -> bool:
        """Add these versions, and close each period where the next one begins. Returns whether any was new.

        The rows of the copy are locked by now, so no other replica does this for the same keys.
        """
        key, names = self._key, [str(column.name) for column in history.columns]
        known: dict[tuple[str, int], dict[str, Any]] = {}
        for event in events:
            since = None if event.data.get("announced") else event.time
            row = {name: event.data.get(name) for name in names}
            known[event.data[key], event.version] = row | {"version": event.version, "since": since}
        new = insert_missing(conn, history, [known[at] for at in sorted(known)])
        column, columns = history.c[key], history.c
        these = is_in(conn, column, sorted({name for name, _ in known}))
        periods = select(column, columns.version, columns.since, columns.until).where(these)
        rows = conn.execute(periods.order_by(column, columns.version)).all()
        ends = [
            {key: name, "version": version, "until": then}
            for (name, version, _, until), (next_name, _, then, _) in pairwise(rows)
            if name == next_name and until != then
        ]
        update_rows(conn, history, ends, key=[key, "version"], set=["until"])
        return new > 0


@dataclass(frozen=True, slots=True)
class Announcement:
    """Reference data whose owner can say all of it again, so that copies that are new fill.

    Each row is said under an event id of its own with the version that it has, marked `announced`: whoever
    has that version changes nothing.

    :param event: the event type that copies are kept from.
    :param table: the owner's; has one key column and a column `version`.
    :param data: what the event says of a row, as when it changed.
    """

    event: str
    table: Table
    data: Callable[[Row[Any]], dict[str, Any]]

    def count(self, conn: Connection) -> int:
        return int(conn.execute(select(func.count()).select_from(self.table)).scalar_one())

    def announce(self, uow: UnitOfWork, again: str, after: str, most: int = 500) -> list[str]:
        """One step: the next rows by key. Returns their keys; none: there are no more.

        :param again: names this announcement; it becomes part of the ids of its events.
        :param after: the last key of the step before; "" at first.
        """
        (key,) = self.table.primary_key.columns
        page = select(self.table).where(key > after).order_by(key).limit(most)
        rows = uow.conn.execute(page).all()
        for row in rows:
            data = self.data(row) | {"announced": True}
            uow.record(self.event, data[key.name], row.version, data, cause=None, again=again)
        return [row._mapping[key] for row in rows]


@dataclass(frozen=True, slots=True)
class Revised:
    """The revisions now, and those of the data that is held."""

    now: Mapping[str, int]
    held: Mapping[str, int]

    def number(self, name: str) -> int:
        return self.now.get(name, 0)

    def same(self, *names: str) -> bool:
        """Whether none of them has changed."""
        return all(self.now.get(name) == self.held.get(name) for name in names)


class Cache(Generic[Held]):
    """A service's reference data as this process holds it.

    Do not read it in a transaction that has marked a change: if that is rolled back, the cache would hold
    what never was.

    :param read: makes the data anew. Gets what is held, None at first, and which of its tables have changed.
    """

    def __init__(
        self, revisions: Revisions, read: Callable[[UnitOfWork, Revised, Held | None], Held]
    ) -> None:
        self._revisions = revisions
        self._read = read
        self._held: WeakKeyDictionary[Engine, tuple[Mapping[str, int], Held]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def current(self, uow: UnitOfWork) -> Held:
        """The data, with all that was committed before this unit began to read."""
        table = self._revisions.table.name
        if table not in uow.revisions:
            uow.revisions[table] = self._revisions.read(uow.conn)
        now = uow.revisions[table]
        with self._lock:
            held, data = self._held.get(uow.conn.engine, ({}, None))
        if data is not None and held == now:
            return data
        fresh = self._read(uow, Revised(now, held), data)
        with self._lock:
            self._held[uow.conn.engine] = (now, fresh)
        return fresh
