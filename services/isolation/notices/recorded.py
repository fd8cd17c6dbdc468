"""What is recorded already is not recorded again; its outcome is forgotten after a month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Table, select
from sqlalchemy.engine import Connection

from chassis.commands.command import Said
from chassis.database.statements import is_in
from field.ids import is_id


def recorded(conn: Connection, table: Table, id: Column[Any], commands: Sequence[Said]) -> set[str]:
    """Ids in this table of what was recorded of the cases of these commands.

    :param id: the column of the ids.
    """
    case_ids = {case_id for said in commands for case_id in said.data["case_ids"] if is_id(case_id)}
    return set(conn.execute(select(id).where(is_in(conn, table.c.case_id, case_ids))).scalars())
