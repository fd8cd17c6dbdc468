"""Which rows a turn by the clock takes: a bounded number, and none that is set aside.

A use case that runs by the clock says which rows it wants; this says how many of them and which not. So a set
that fails can be taken again in parts, until the guilty row is alone (`chassis/one_by_one.py`), and no query
names the table of what is set aside: that is nearly always empty, and the queries are the hot ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Column, Row, Select, select
from sqlalchemy.engine import Connection


class RowKey(NamedTuple):
    """A row by its table and the text of its key."""

    table: str
    key: str


@dataclass
class Taking:
    """
    :param most: rows of all queries together; None: as many as the use case asks for.
    :param aside: rows that are left alone.
    :param only: the row that is tried again, or rows, where several have its key; no other is taken.
    """

    most: int | None = None
    aside: frozenset[RowKey] = frozenset()
    only: RowKey | None = None
    taken: list[RowKey] = field(default_factory=list)
    at_work_on: RowKey | None = None
    """The row that made the turn fail, where the use case could say so."""
    put_off: bool = False
    """The one row cannot be tried now: it is held elsewhere, or this is not the hour for it."""

    def rows(self, conn: Connection, wanted: Select[Any], key: Column[Any], most: int) -> Sequence[Row[Any]]:
        """At most so many of the rows.

        :param wanted: without a limit; in the order of an index.
        :param key: a column of the query by which a row is known. Rows with the same key are set aside and
            tried again together.
        """
        table = key.table.name
        limit = self.room(most)
        if limit <= 0 or (self.only and self.only.table != table):
            return []
        if self.only:
            wanted = wanted.where(key == self.only.key)
        elif aside := self.aside_of(table):
            wanted = wanted.where(key.not_in(aside))
        found = conn.execute(wanted.limit(limit)).all()
        self.taken += [RowKey(table, str(row._mapping[key])) for row in found]
        if self.only:
            self.put_off = not self.taken and _is_held(conn, key, self.only.key)
        return found

    def room(self, most: int) -> int:
        """How many rows the next query finds at the most, of so many that the use case asks for."""
        return most if self.most is None else min(most, self.most - len(self.taken))

    def aside_of(self, table: str) -> list[str]:
        """Keys of the rows that are left alone in this turn."""
        return [] if self.only else sorted(row.key for row in self.aside if row.table == table)

    def among(self, table: str, keys: Iterable[str]) -> list[str]:
        """Those that are not set aside, where no query of rows finds them; see `working_on`."""
        if self.only:
            found = [key for key in keys if self.only == (table, key)]
            self.taken += [self.only for _ in found]
            return found
        return [key for key in keys if (table, key) not in self.aside]

    def not_now(self) -> None:
        """Say that it is not the hour for any row: the one that is tried again stays aside."""
        self.put_off = True

    @property
    def is_whole(self) -> bool:
        """Whether no more is there to be found than what was found and what is set aside.

        Only then may a use case that has found nothing say that nothing is left, and never look again.
        """
        return self.only is None and (self.most is None or len(self.taken) < self.most)

    @contextmanager
    def working_on(self, table: str, key: str) -> Iterator[None]:
        """Say which row it is that fails, where rows are handled one after another."""
        self.at_work_on = RowKey(table, key)
        yield
        self.at_work_on = None

    @property
    def guilty(self) -> RowKey | None:
        """The row that made the turn fail; None where it may have been one of several, or none."""
        if self.at_work_on or (self.only and self.taken):
            return self.at_work_on or self.only
        return self.taken[0] if len(self.taken) == 1 else None


def _is_held(conn: Connection, key: Column[Any], value: str) -> bool:
    """Whether another transaction holds a row with this key."""
    there = select(key).where(key == value)
    free = conn.execute(there.with_for_update(skip_locked=True)).all()
    return len(conn.execute(there).all()) > len(free)
