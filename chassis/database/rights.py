"""What a service may do with its tables on PostgreSQL, where another role owns them.

`migrate` logs in as NAME_owner, services as NAME (deploy/postgres/initdb.d): they read and write rows, and
can neither change a table nor take a guard away (`chassis.database.guards`). To a trail they can only add
rows, and write those of its columns that may still be written afterwards. Where whoever migrates is called
otherwise, one role does both, as in tests and on a server of one's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import MetaData, Table
from sqlalchemy.engine import Connection

from chassis.database.guards import is_append_only, lasting_columns

OWNER: Final = "_owner"
"""What the name of the role that owns the tables ends with; before it stands that of the service's role."""


def give_rights(conn: Connection, metadata: MetaData, read_only: Collection[str]) -> None:
    """All that the service's role needs, and no more. Does nothing where one role does both.

    :param read_only: names of tables that are not in the metadata, and that services read.
    """
    if (role := _role(conn)) is None:
        return
    rights = {table.name: list(_rights(table)) for table in metadata.sorted_tables}
    rights |= {name: ["SELECT"] for name in read_only}
    for table, given in rights.items():
        # A right to a column goes with that to the table.
        conn.exec_driver_sql(f'REVOKE ALL ON "{table}" FROM "{role}"')
        conn.exec_driver_sql(f'GRANT {", ".join(given)} ON "{table}" TO "{role}"')


def _rights(table: Table) -> Iterator[str]:
    yield from ("SELECT", "INSERT")
    if not is_append_only(table):
        yield from ("UPDATE", "DELETE")
        return
    lasting = lasting_columns(table)
    written = [column.name for column in table.columns if column.name not in lasting]
    if written:
        yield "UPDATE ({})".format(", ".join(f'"{name}"' for name in written))


def _role(conn: Connection) -> str | None:
    if conn.dialect.name != "postgresql":
        return None
    owner = str(conn.exec_driver_sql("SELECT current_user").scalar_one())
    if not owner.endswith(OWNER):
        return None
    found: str | None = conn.exec_driver_sql(
        "SELECT rolname FROM pg_roles WHERE rolname = %s", (owner.removesuffix(OWNER),)
    ).scalar()
    return found
