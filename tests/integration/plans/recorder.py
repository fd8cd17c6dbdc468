"""Writes down which large tables the statements of PostgreSQL read from end to end, by their plans."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

LARGE = 10_000
"""Rows from which on a table is large."""
# The plan of a statement depends on its parameters and on what it finds.
_TIMES = 4
_PLANNED = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
_LARGE = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
    f"AND reltuples >= {LARGE}"
)


class Read(NamedTuple):
    """A statement that reads a large table whole."""

    doing: str
    table: str
    statement: str


@dataclass
class Recorder:
    """
    :param doing: what is under way, for whoever reads what was found.
    :param tables: a table that was looked up at all -> in how many statements.
    """

    doing: str = ""
    reads: dict[tuple[str, str], Read] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    tables: Counter[str] = field(default_factory=Counter)
    _large: dict[str, frozenset[str]] = field(default_factory=dict)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Every statement of every engine, before it is executed."""
        event.listen(Engine, "before_cursor_execute", self._look)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", self._look)

    def _look(
        self, conn: Connection, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if conn.dialect.name != "postgresql" or not _PLANNED.match(statement):
            return
        self.seen[statement] += 1
        if self.seen[statement] > _TIMES:
            return
        with cursor.connection.cursor() as beside:
            if many:
                parameters = parameters[0]
            beside.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            [[[found]]] = beside.fetchall()
            large = self._large_tables(conn, beside)
        for table in _read_whole(found["Plan"], self.tables):
            if table in large:
                self.reads.setdefault((table, statement), Read(self.doing, table, statement))

    def _large_tables(self, conn: Connection, cursor: Any) -> frozenset[str]:
        database = str(conn.engine.url.database)
        if database not in self._large:
            cursor.execute(_LARGE)
            self._large[database] = frozenset(name for (name,) in cursor.fetchall())
        return self._large[database]


def _read_whole(node: Mapping[str, Any], tables: Counter[str]) -> Iterator[str]:
    if table := node.get("Relation Name"):
        tables[table] += 1
        if node["Node Type"] == "Seq Scan":
            yield table
    for below in node.get("Plans", ()):
        yield from _read_whole(below, tables)
