"""Alembic runs this; chassis.database.migrations hands in the connection and what the history is."""

from typing import Any, Literal

from alembic import context

from chassis.database.types import Id, Json, UtcDateTime


def render(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    if kind == "type" and isinstance(item, Id | Json | UtcDateTime):
        autogen_context.imports.add(f"from chassis.database.types import {type(item).__name__}")
        return f"{type(item).__name__}()"
    return False


def belongs(_item: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Whether a new revision may speak of it: each history leaves the tables of the other alone."""
    return kind != "table" or name not in config.attributes["leaves_alone"]


config = context.config
context.configure(
    connection=config.attributes["connection"],
    target_metadata=config.attributes["metadata"],
    version_table=config.attributes["version_table"],
    include_object=belongs,
    render_as_batch=False,
    render_item=render,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
