"""What Alembic runs; the connection and the tables are handed in by chassis.database.migrations."""

from typing import Any, Literal

from alembic import context

from chassis.database.types import Id, Json, UtcDateTime


def render(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    if kind == "type" and isinstance(item, Id | Json | UtcDateTime):
        autogen_context.imports.add(f"from chassis.database.types import {type(item).__name__}")
        return f"{type(item).__name__}()"
    return False


config = context.config
context.configure(
    connection=config.attributes["connection"],
    target_metadata=config.attributes["metadata"],
    render_as_batch=False,
    render_item=render,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
