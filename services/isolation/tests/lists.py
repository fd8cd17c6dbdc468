"""Positive results of people who are not followed here, as officers of a district see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select, text
from sqlalchemy.engine import Connection

from chassis.doors.declared import Asked, Column, ListQuery, Sort, ThingQuery
from chassis.doors.within import Bounds, in_district
from field.ids import is_id
from field.scope import Scope
from services.isolation.teams.tables import places
from services.isolation.tests.tables import result_batches, test_results
from services.isolation.tests.tables import results_of_nobody as table

_R = table.c
_FACTS = (
    "result_id",
    "sample_id",
    "tube_id",
    "pool_size",
    "sampled_at",
    "reported_at",
    "method",
    "stage",
    "source",
    "received_at",
    "due_by",
)
_COLUMNS = (
    *(Column(name) for name in _FACTS),
    Column("identity_type", sealed="identity", field="type"),
    Column("identity_number", "number", sealed="identity", field="number"),
)


def _positives(conn: Connection, scope: Bounds) -> Select[Any]:
    """Those that nobody took up, and no later result of the laboratory corrects."""
    return _all(conn, scope).where(_R.taken_up_at.is_(None))


def _all(conn: Connection, scope: Scope | Bounds) -> Select[Any]:
    """Of nobody here, they lie at no place."""
    later = table.alias("later")
    corrected = select(later.c.result_id).where(later.c.supersedes == _R.result_id).exists()
    of_somebody = test_results.c.supersedes
    found = select(of_somebody).where(of_somebody == _R.result_id, of_somebody.is_not(None)).exists()
    columns = [_R[name] for name in (*_FACTS, "identity", "taken_up_at", "taken_up_as", "taken_up_by")]
    wanted = select(*columns).where(_R.due_by.is_not(None), ~corrected, ~found)
    return wanted.where(in_district(conn, scope, places))


def _positive(conn: Connection, scope: Scope, asked: Asked, id: str) -> Mapping[str, Any] | None:
    if not is_id(id):
        return None
    row = conn.execute(_all(conn, scope).where(_R.result_id == id)).mappings().one_or_none()
    return {**row, "waits": row["taken_up_at"] is None} if row else None


_B = result_batches.c
_OF_BATCH = ("batch_id", "source", "results", "positives", "unusual_at", "wait_until")


def _batches(conn: Connection, scope: Bounds) -> Select[Any]:
    """Unusual ones of which nobody has said what the laboratory answered."""
    columns = [_B[name] for name in _OF_BATCH]
    # A literal, so that the planner sees that the partial index holds all of them.
    undecided = text("unusual_at IS NOT NULL AND decided_at IS NULL")
    return select(*columns).where(undecided, in_district(conn, scope, places))


def _batch(conn: Connection, scope: Scope, asked: Asked, id: str) -> Mapping[str, Any] | None:
    if not is_id(id):
        return None
    columns = [_B[name] for name in (*_OF_BATCH, "decided_as", "decided_at")]
    wanted = select(*columns).where(_B.batch_id == id, _B.unusual_at.is_not(None))
    row = conn.execute(wanted.where(in_district(conn, scope, places))).mappings().one_or_none()
    return {**row, "waits": row["decided_at"] is None} if row else None


def decided_batches(_: Connection) -> Select[tuple[str, str]]:
    """(source, id) of the commands that decided one."""
    return select(_B.decided_by, _B.decided_event).where(_B.decided_event.is_not(None))


def taken_up(_: Connection) -> Select[tuple[str, str]]:
    """(source, id) of the commands that took one up."""
    return select(_R.taken_up_by, _R.taken_up_event).where(_R.taken_up_event.is_not(None))


POSITIVES_OF_NOBODY = ListQuery(
    "positives_of_nobody",
    about="result",
    id="result_id",
    definition="positive results of people who are not followed here, without those that the laboratory "
    "corrected",
    rows=_positives,
    columns=_COLUMNS,
    sorts=(Sort("due", ("due_by", "result_id")),),
    filters=("source", "stage"),
    purpose="identity",
)
POSITIVE_OF_NOBODY = ThingQuery(
    "positive_of_nobody",
    find=_positive,
    columns=(*_COLUMNS, *(Column(name) for name in ("waits", "taken_up_at", "taken_up_as", "taken_up_by"))),
    purpose="identity",
)
UNUSUAL_BATCHES = ListQuery(
    "unusual_batches",
    about="batch",
    id="batch_id",
    definition="batches of laboratories with an unusual share of positives, of which nobody called yet",
    rows=_batches,
    columns=tuple(Column(name) for name in _OF_BATCH),
    sorts=(Sort("due", ("wait_until", "batch_id")),),
    filters=("source",),
)
UNUSUAL_BATCH = ThingQuery(
    "unusual_batch",
    find=_batch,
    columns=tuple(Column(name) for name in (*_OF_BATCH, "waits", "decided_as")),
)
