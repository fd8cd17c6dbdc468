"""Guards in the database itself: a row removed by hand is noted there, and a trail cannot be changed.

Triggers note each removed row in `removed_rows`, whoever removes it, so that the audit names it; the code
says of its own removals that they follow a rule (`by_rule`, `remove`). They cost inserts and updates nothing.
A table that somebody adds is watched likewise; whoever wants it otherwise says why in its `info`
(`unwatched`).

Rows of a trail (`append_only`) are neither changed nor removed: the database refuses it. Who owns the tables
(on a server with two roles no service: `chassis.database.rights`) can take a guard away; then the audit says
that it is not there, until `doorstep migrate` puts it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import MetaData, Table
from sqlalchemy.engine import Connection
from sqlalchemy.sql.dml import Delete

NOTED_IN: Final = "removed_rows"
_UNWATCHED: Final = "unwatched"
_APPEND_ONLY: Final = "append_only"

# SQLite has one writer at a time: a row that is there only inside its transaction marks it.
_MARK: Final = "rows are removed by rule"
_MARKED: Final = f"EXISTS (SELECT 1 FROM leases WHERE name = '{_MARK}')"
# PostgreSQL has settings of a transaction. Connections of this code have it `off` from the start; one without
# it that calls itself Doorstep is of an older version, which removes by rule and does not say so.
SETTING: Final = "doorstep.by_rule"
_BY_RULE: Final = (
    f"coalesce(nullif(current_setting('{SETTING}', true), ''), "
    "CASE WHEN current_setting('application_name') LIKE 'doorstep%' THEN 'on' ELSE 'off' END) = 'on'"
)

_MS_NOW: Final = "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"
_ID_NOW: Final = (  # version 7, as `chassis.ids` makes them
    f"substr(printf('%012x', {_MS_NOW}), 1, 8) || '-' || substr(printf('%012x', {_MS_NOW}), 9) || '-7' "
    "|| substr(hex(randomblob(2)), 2) || '-8' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))"
)
_FUNCTIONS: Final = """
CREATE OR REPLACE FUNCTION doorstep_note_removal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gone jsonb := '{}';
    named text := '';
    many bigint;
    ms text := lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0');
    chance text := gen_random_uuid()::text;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        EXECUTE format('SELECT count(*) FROM %I', TG_TABLE_NAME) INTO many;
        named := many || ' rows';
    ELSE
        gone := to_jsonb(OLD);
        SELECT jsonb_object_agg(name, gone -> name)::text INTO named FROM unnest(TG_ARGV) AS name;
    END IF;
    INSERT INTO removed_rows (id, of_table, row_key, removed_at, removed_by) VALUES (
        (substr(ms, 1, 8) || '-' || substr(ms, 9) || '-7' || substr(chance, 16, 3) || '-'
            || substr(chance, 20))::uuid,
        TG_TABLE_NAME, named, clock_timestamp(),
        left(session_user || ' by ' || coalesce(nullif(current_setting('application_name'), ''), '?'), 200));
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION doorstep_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: its rows are neither changed nor removed', TG_TABLE_NAME;
END $$;
"""


_AS_IT_IS: Final = {"no_parameters": True}  # a % in it is one


def unwatched(why: str) -> dict[str, str]:
    """The `info` of a table of which the audit need not know that a row is gone. `why` is for readers."""
    return {_UNWATCHED: why}


def append_only(*but: str) -> dict[str, tuple[str, ...]]:
    """The `info` of a trail. `but`: columns that may still be written."""
    return {_APPEND_ONLY: but}


def is_watched(table: Table) -> bool:
    return NOTED_IN in table.metadata.tables and _UNWATCHED not in table.info


def is_append_only(table: Table) -> bool:
    return _APPEND_ONLY in table.info


def lasting_columns(table: Table) -> list[str]:
    """Of a trail: those that are never written again."""
    return [column.name for column in table.columns if column.name not in table.info[_APPEND_ONLY]]


def key_columns(table: Table) -> list[str]:
    """By which a removed row is named: its key, or all columns where it has none."""
    return [column.name for column in (table.primary_key.columns or table.columns)]


# -- removing by rule ----------------------------------------------------------------------------------------


def remove(conn: Connection, statement: Delete, rows: Sequence[Mapping[str, Any]] = ()) -> None:
    """Run a DELETE that follows a rule of the service."""
    assert isinstance(statement.table, Table)
    with by_rule(conn, statement.table):
        conn.execute(statement, list(rows)) if rows else conn.execute(statement)


@contextmanager
def by_rule(conn: Connection, table: Table) -> Iterator[None]:
    """What is removed from the table in this block is not noted."""
    if not is_watched(table):
        yield
    elif conn.dialect.name == "postgresql":
        # Where a statement fails, PostgreSQL takes the setting back with the rest.
        conn.exec_driver_sql(f"SELECT set_config('{SETTING}', 'on', true)")
        yield
        conn.exec_driver_sql(f"SELECT set_config('{SETTING}', 'off', true)")
    else:
        conn.exec_driver_sql(
            "INSERT INTO leases (name, holder, until) VALUES (?, '', '2000-01-01 00:00:00.000000')", (_MARK,)
        )
        try:
            yield
        finally:
            conn.exec_driver_sql("DELETE FROM leases WHERE name = ?", (_MARK,))


# -- the guards ----------------------------------------------------------------------------------------------


def put_guards(conn: Connection, metadata: MetaData) -> None:
    """Make those that are not there, each in a transaction of its own, and commit.

    On PostgreSQL each waits for whoever writes to its table, and while it waits it holds up nobody elsewhere:
    with the locks of several tables it and a service would wait for each other.
    """
    lacking = missing_guards(conn, metadata)
    switched_off: set[str] = set()
    if lacking and conn.dialect.name == "postgresql":
        conn.exec_driver_sql(_FUNCTIONS, execution_options=_AS_IT_IS)
        switched_off = set(conn.exec_driver_sql(_SWITCHED_OFF).scalars())
    conn.commit()
    for name, statement in lacking.items():
        if name in switched_off:  # readers wait for this, too
            conn.exec_driver_sql(f"DROP TRIGGER {name} ON {table_of(name)}")
        conn.exec_driver_sql(statement, execution_options=_AS_IT_IS)
        conn.commit()


def missing_guards(conn: Connection, metadata: MetaData) -> dict[str, str]:
    """Name -> the statement that makes it, of each guard that is not there or is switched off."""
    there = set(conn.exec_driver_sql(_THERE[conn.dialect.name]).scalars())
    wanted: dict[str, str] = {}
    make = _of_postgresql if conn.dialect.name == "postgresql" else _of_sqlite
    for table in metadata.sorted_tables:
        if is_watched(table):
            wanted |= make(table)
    return {name: statement for name, statement in wanted.items() if name not in there}


def table_of(guard: str) -> str:
    return guard.partition("__")[0]


_TRIGGERS: Final = (
    "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal "
    "AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema::regnamespace)"
)
_SWITCHED_OFF: Final = f"{_TRIGGERS} AND tgenabled NOT IN ('O', 'A')"
_THERE: Final = {
    "postgresql": f"{_TRIGGERS} AND tgenabled IN ('O', 'A')",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
}


def _of_postgresql(table: Table) -> dict[str, str]:
    name, unless = table.name, f"WHEN (NOT ({_BY_RULE}))"
    noted, emptied = f"{name}__removal_is_noted", f"{name}__emptying_is_noted"
    if not is_append_only(table):
        keys = ", ".join(f"'{column}'" for column in key_columns(table))
        note = "EXECUTE FUNCTION doorstep_note_removal"
        return {
            noted: f"CREATE TRIGGER {noted} AFTER DELETE ON {name} FOR EACH ROW {unless} {note}({keys})",
            emptied: f"CREATE TRIGGER {emptied} BEFORE TRUNCATE ON {name} {unless} {note}()",
        }
    changed, removed = f"{name}__change_is_refused", f"{name}__removal_is_refused"
    refuse = f"{unless} EXECUTE FUNCTION doorstep_refuse_change()"
    columns = ", ".join(f'"{column}"' for column in lasting_columns(table))
    emptied = f"{name}__emptying_is_refused"
    return {
        changed: f"CREATE TRIGGER {changed} BEFORE UPDATE OF {columns} ON {name} FOR EACH ROW {refuse}",
        removed: f"CREATE TRIGGER {removed} BEFORE DELETE ON {name} FOR EACH ROW {refuse}",
        emptied: f"CREATE TRIGGER {emptied} BEFORE TRUNCATE ON {name} {refuse}",
    }


def _of_sqlite(table: Table) -> dict[str, str]:
    name = table.name
    if not is_append_only(table):
        noted = f"{name}__removal_is_noted"
        key = ", ".join(f"'{column}', OLD.\"{column}\"" for column in key_columns(table))
        values = (
            f"lower({_ID_NOW}), '{name}', json_object({key}), "
            "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000', 'this file'"
        )
        return {
            noted: f"CREATE TRIGGER {noted} AFTER DELETE ON {name} WHEN NOT {_MARKED} BEGIN "
            f"INSERT INTO {NOTED_IN} (id, of_table, row_key, removed_at, removed_by) VALUES ({values}); END"
        }
    changed, removed = f"{name}__change_is_refused", f"{name}__removal_is_refused"
    refuse = (
        f"ON {name} WHEN NOT {_MARKED} BEGIN "
        f"SELECT RAISE(ABORT, '{name} is append-only: its rows are neither changed nor removed'); END"
    )
    columns = ", ".join(f'"{column}"' for column in lasting_columns(table))
    return {
        changed: f"CREATE TRIGGER {changed} BEFORE UPDATE OF {columns} {refuse}",
        removed: f"CREATE TRIGGER {removed} BEFORE DELETE {refuse}",
    }
