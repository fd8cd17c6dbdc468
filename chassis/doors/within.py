"""The filter that a scope is in SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, false, or_, true
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from field.scope import Scope


def within(
    conn: Connection, scope: Scope, *places: Column[Any], households: tuple[Column[Any], ...] = ()
) -> ColumnElement[bool]:
    """Rows that lie in one of the scope's places, or belong to one of its households.

    :param places: the columns that name where a row lies.
    :param households: the columns that may name its household; of somebody alone that is the case itself.
    """
    if scope.everywhere:
        return true()
    chosen = [is_in(conn, column, sorted(scope.places)) for column in places if scope.places]
    chosen += [is_in(conn, column, sorted(scope.households)) for column in households if scope.households]
    return or_(false(), *chosen)
