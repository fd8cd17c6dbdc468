"""One interface to SQLite and PostgreSQL: engine, transactions, column types, bulk statements.

Bulk statements hand PostgreSQL all rows as one JSON document (`json_to_recordset`): one parameter, one
prepared statement, about 1 µs of Python a row (measured: unnest 13 µs, COPY 5 µs, executemany 15 µs).
SQLite gets executemany.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    create_engine,
    event,
    false,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql import ColumnElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from chassis.errors import SettingsError

Row = Mapping[str, Any]

# A statement that waits longer for a lock is rolled back and its batch tried again, rather than hang. Less than
# the broker's patience (`chassis.messaging.connection`): a process that waits for a lock gives no sign of life.
LOCK_TIMEOUT_MS = 8_000
CONNECT_TIMEOUT_S = 3
# PostgreSQL that vanished without a word (power, network) is noticed after 10 + 3 * 5 seconds.
_KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


class Id(TypeDecorator[str]):
    """Our own identifiers: text in Python, `uuid` in PostgreSQL, CHAR(36) in SQLite."""

    impl = String(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=False))
        return dialect.type_descriptor(String(36))


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, aware UTC datetimes out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    """An object or a list, kept as JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


class Database:
    """One service's database. `begin()` writes, `read()` reads; both are one transaction each."""

    def __init__(self, url: str, *, application: str = "doorstep", pool_size: int = 5) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise SettingsError(
                "the database URL cannot be read: give sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME"
            ) from None
        if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
            raise SettingsError(f"no support for {parsed.drivername}: use sqlite or postgresql+psycopg")
        self.url = parsed
        self.engine = _sqlite(url) if self.is_sqlite else _postgresql(url, application, pool_size)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self.engine.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.connect().execution_options(read_only=True) as conn, conn.begin():
            yield conn

    def describe(self) -> str:
        """Where it is, without the password."""
        return self.url.render_as_string(hide_password=True)

    def dispose(self) -> None:
        self.engine.dispose()


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": LOCK_TIMEOUT_MS / 1000, "check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-64000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        # A transaction that reads first and writes later fails at once when another wrote meanwhile.
        conn.exec_driver_sql("BEGIN" if conn.get_execution_options().get("read_only") else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: str, application: str, pool_size: int) -> Engine:
    # Outbox bodies are long: lz4 packs them in a tenth of the time that PostgreSQL's own method takes.
    options = f"-c timezone=UTC -c lock_timeout={LOCK_TIMEOUT_MS} -c default_toast_compression=lz4"
    return create_engine(
        url,
        hide_parameters=True,  # they are people's data, and an error's text ends in logs
        pool_size=pool_size,
        max_overflow=5,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": application,
            "options": options,
            **_KEEPALIVE,
        },
    )


# -- bulk statements ---------------------------------------------------------------------------------------


def insert_rows(
    conn: Connection,
    table: Table,
    rows: Sequence[Row],
    *,
    ignore_conflicts: bool = False,
    returning: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Insert rows that all have the same keys.

    :param ignore_conflicts: leave out rows whose key is already there (also one another transaction is
        about to commit: PostgreSQL waits for it).
    :param returning: columns whose values are returned, for the rows really inserted.
    """
    if not rows:
        return []
    columns = tuple(rows[0])
    if conn.dialect.name == "postgresql":
        tail = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
        if returning:
            tail += f" RETURNING {', '.join(_returned(table.c[c]) for c in returning)}"
        result = conn.exec_driver_sql(_recordset_insert(table, columns) + tail, (_as_json(table, rows),))
        return [tuple(row) for row in result] if returning else []
    statement = sqlite.insert(table)
    if ignore_conflicts:
        statement = statement.on_conflict_do_nothing()
    if returning:
        wanted = [table.c[c] for c in returning]
        return [tuple(row) for row in conn.execute(statement.returning(*wanted), list(rows))]
    conn.execute(statement, list(rows))
    return []


def upsert_rows(
    conn: Connection, table: Table, rows: Sequence[Row], *, key: Sequence[str], set: Sequence[str]
) -> None:
    """Insert, or where the key is there already, overwrite the columns of `set`.

    Fold rows of one key first and sort by key: PostgreSQL refuses the same row twice in a statement, and
    replicas that lock in one order cannot deadlock.
    """
    if not rows:
        return
    if conn.dialect.name == "postgresql":
        changes = ", ".join(f"{_quoted(table.c[c])} = excluded.{_quoted(table.c[c])}" for c in set)
        keys = ", ".join(_quoted(table.c[c]) for c in key)
        tail = f" ON CONFLICT ({keys}) DO UPDATE SET {changes}"
        conn.exec_driver_sql(_recordset_insert(table, tuple(rows[0])) + tail, (_as_json(table, rows),))
        return
    statement = sqlite.insert(table)
    overwrite = {c: statement.excluded[c] for c in set}
    conn.execute(statement.on_conflict_do_update(index_elements=list(key), set_=overwrite), list(rows))


def update_rows(
    conn: Connection, table: Table, rows: Sequence[Row], *, key: Sequence[str], set: Sequence[str]
) -> None:
    """Set columns of many rows, each row to its own values, found by `key`."""
    if not rows:
        return
    if conn.dialect.name == "postgresql":
        columns = (*key, *set)
        changes = ", ".join(f"{_quoted(table.c[c])} = x.{_quoted(table.c[c])}" for c in set)
        found = " AND ".join(f"t.{_quoted(table.c[c])} = x.{_quoted(table.c[c])}" for c in key)
        sql = f"UPDATE {table.name} AS t SET {changes} FROM {_recordset(table, columns)} WHERE {found}"
        conn.exec_driver_sql(sql, (_as_json(table, rows),))
        return
    statement = (
        update(table)
        .where(and_(*(table.c[c] == bindparam(f"key_{c}") for c in key)))
        .values({c: bindparam(f"set_{c}") for c in set})
    )
    conn.execute(
        statement,
        [{**{f"key_{c}": row[c] for c in key}, **{f"set_{c}": row[c] for c in set}} for row in rows],
    )


def is_in(conn: Connection, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """`column IN values` with one parameter however many values there are."""
    if not values:
        return false()
    listed = literal(orjson.dumps(list(values)).decode(), Text)
    if conn.dialect.name == "postgresql":
        # ARRAY(…) is computed once and then looked up in the index, whatever the planner thinks of its size.
        value: Any = cast(func.json_array_elements_text(cast(listed, postgresql.JSON)), column.type)
        return column == any_(func.array(select(value).scalar_subquery()))
    found = func.json_each(listed).table_valued("value")
    return column.in_(select(found.c.value))


def lock_rows(conn: Connection, table: Table, column: str, values: Collection[Any]) -> None:
    """Lock the rows for this transaction, in sorted order (SQLite has one writer anyway)."""
    if conn.dialect.name == "postgresql" and values:
        key = table.c[column]
        conn.execute(select(key).where(is_in(conn, key, values)).order_by(key).with_for_update())


def _as_json(table: Table, rows: Sequence[Row]) -> str:
    for column in table.c:
        if isinstance(column.type, UtcDateTime) and column.name in rows[0]:
            for row in rows:
                moment = row[column.name]
                if isinstance(moment, datetime) and moment.tzinfo is None:
                    raise ValueError("a time without a zone cannot be stored")
    return orjson.dumps(rows, option=orjson.OPT_UTC_Z).decode()


def _returned(column: Column[Any]) -> str:
    """Identifiers as text: making UUID objects only to write them out again is slow."""
    return f"{_quoted(column)}::text" if isinstance(column.type, Id) else _quoted(column)


_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


def _quoted(column: Column[Any]) -> str:
    return _DIALECT.identifier_preparer.quote(column.name)


@lru_cache(maxsize=512)
def _recordset(table: Table, columns: tuple[str, ...]) -> str:
    typed = ", ".join(f"{_quoted(table.c[c])} {table.c[c].type.compile(_DIALECT)}" for c in columns)
    return f"json_to_recordset(%s::json) AS x({typed})"


@lru_cache(maxsize=512)
def _recordset_insert(table: Table, columns: tuple[str, ...]) -> str:
    names = ", ".join(_quoted(table.c[c]) for c in columns)
    return f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {_recordset(table, columns)}"


# -- the chassis' own tables ---------------------------------------------------------------------------------


def chassis_tables(metadata: MetaData) -> None:
    """Add inbox, outbox, dead letters with the acts on them, and leases to a service's tables."""
    inbox = Table(
        "inbox",
        metadata,
        Column("handler", String(60), primary_key=True),
        Column("source", String(200), primary_key=True),
        Column("event_id", String(200), primary_key=True),
        Column("body_hash", String(16), nullable=False),
        Column("handled_at", UtcDateTime, nullable=False),  # real time
    )
    outbox = Table(
        "outbox",  # a row is one message: up to 50 events of one transaction for one routing key
        metadata,
        Column("id", Id, primary_key=True),
        Column("exchange", String(60), nullable=False),
        Column("routing_key", String(200), nullable=False),
        Column("events", Integer, nullable=False),
        Column("body", Text, nullable=False),  # a JSON array of CloudEvents, personal fields sealed
        Column("created_at", UtcDateTime, nullable=False),  # real time
        Column("published_at", UtcDateTime),
    )
    Index("inbox_by_age", inbox.c.handled_at, postgresql_using="brin")
    unpublished = outbox.c.published_at.is_(None)
    Index("outbox_unpublished", outbox.c.created_at, postgresql_where=unpublished, sqlite_where=unpublished)
    Index("outbox_log", outbox.c.created_at, postgresql_using="brin")
    dead = Table(
        "dead_letters",
        metadata,
        Column("id", Id, primary_key=True),
        Column("handler", String(60), nullable=False),
        Column("source", String(200)),
        Column("event_id", String(200)),
        Column("event_type", String(100)),
        Column("correlation_id", String(200)),
        Column("error", Text, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("first_failed_at", UtcDateTime, nullable=False),  # real time
        Column("dead_at", UtcDateTime, nullable=False),
        Column("content_type", String(200)),
        Column("sealed_body", Text, nullable=False),
        Column("headers", Json, nullable=False),
        Column("state", String(20), nullable=False),  # waiting | replayed | discarded
        Column("settled_at", UtcDateTime),
        Column("settled_by", String(100)),
        Column("settled_reason", Text),
        Column("act_id", Id),  # the last act on it; while it waits: a replay that was begun
        Column("handled_at", UtcDateTime),  # when its replayed copy was handled
        Column("follows", Id),  # the letter whose replayed copy this one was
    )
    Index("dead_letters_by_state", dead.c.state, dead.c.handler)
    for name, column in (
        ("dead_letters_by_act", dead.c.act_id),
        ("dead_letters_that_follow", dead.c.follows),
    ):
        given = column.is_not(None)
        Index(name, column, postgresql_where=given, sqlite_where=given)
    Table(
        "dead_letter_acts",  # an act on letters of several services has a row, with the same id, in each
        metadata,
        Column("id", Id, primary_key=True),
        Column("at", UtcDateTime, nullable=False),  # real time
        Column("by", String(100), nullable=False),
        Column("what", String(20), nullable=False),  # replay | discard
        Column("filter", Json, nullable=False),
        Column("reason", Text, nullable=False),
        Column("chosen", Integer, nullable=False),  # letters that were to be settled
    )
    Table(
        "leases",
        metadata,
        Column("name", String(100), primary_key=True),
        Column("holder", String(100), nullable=False),
        Column("until", UtcDateTime, nullable=False),  # by the database's clock
    )


def database_now(conn: Connection) -> datetime:
    """The database's own clock, in UTC: what leases are measured by."""
    if conn.dialect.name == "postgresql":
        moment: datetime = conn.execute(select(func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)
    stamp: str = conn.exec_driver_sql("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')").scalar_one()
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC)


__all__ = [
    "Database",
    "Id",
    "Json",
    "UtcDateTime",
    "chassis_tables",
    "database_now",
    "insert_rows",
    "is_in",
    "lock_rows",
    "update_rows",
    "upsert_rows",
]
