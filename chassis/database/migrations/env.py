"""Alembic runs this; chassis.database.migrations hands in the connection and what the history is."""

from typing import Any, Literal

from alembic import context
from alembic.ddl.postgresql import PostgresqlImpl
from sqlalchemy import Index, literal, select

from chassis.database.types import Id, Json, UtcDateTime


def render(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    if kind == "type" and isinstance(item, Id | Json | UtcDateTime):
        autogen_context.imports.add(f"from chassis.database.types import {type(item).__name__}")
        return f"{type(item).__name__}()"
    return False


def belongs(_item: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Whether a new revision may speak of it: each history leaves the tables of the other alone."""
    return kind != "table" or name not in config.attributes["leaves_alone"]


class WithoutIndexes(PostgresqlImpl):
    """Where all migrations run, leaves the indexes of tables that have rows to `chassis.database.indexes`."""

    __dialect__ = "postgresql"

    def create_index(self, index: Index, **kw: Any) -> None:
        if not (self._indexes_later and not index.unique and self._has_rows(index)):
            super().create_index(index, **kw)

    def drop_index(self, index: Index, **kw: Any) -> None:
        """Perhaps a migration before has left it to be built later."""
        super().drop_index(index, **kw, **({"if_exists": True} if self._indexes_later else {}))

    @property
    def _indexes_later(self) -> bool:
        return bool(self.context_opts.get("indexes_later"))

    def _has_rows(self, index: Index) -> bool:
        assert self.connection is not None and index.table is not None
        one = select(literal(1)).select_from(index.table).limit(1)
        return self.connection.execute(one).first() is not None


config = context.config
context.configure(
    connection=config.attributes["connection"],
    target_metadata=config.attributes["metadata"],
    version_table=config.attributes["version_table"],
    include_object=belongs,
    render_as_batch=False,
    render_item=render,
    compare_type=True,
    transaction_per_migration=True,
    indexes_later=config.attributes.get("indexes_later", False),
)
with context.begin_transaction():
    context.run_migrations()
