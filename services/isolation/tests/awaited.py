"""Results of people without a case for whom a round of tests waits: of them, too, nobody is asked twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows, is_in
from services.isolation.cases.watched import is_new
from services.isolation.tests.tables import awaited_people, awaited_results

_KEPT: Final = ("result_id", "sampled_at", "reported_at", "result", "supersedes")


def keep_awaited(conn: Connection, results: Sequence[tuple[int, Mapping[str, Any]]], now: datetime) -> None:
    """:param results: of nobody who is followed here, each with the blind index of the number it names."""
    if not results:
        return
    a = awaited_people.c
    these = select(a.identity, a.person_id).where(is_in(conn, a.identity, {number for number, _ in results}))
    whose: dict[int, list[str]] = {}
    for identity, person_id in conn.execute(these):
        whose.setdefault(identity, []).append(person_id)
    rows = [
        {"person_id": person_id, **{name: result[name] for name in _KEPT}}
        for identity, result in results
        for person_id in whose.get(identity, ())
    ]
    insert_rows(conn, awaited_results, rows, ignore_conflicts=True)
    is_new(conn, {row["person_id"] for row in rows}, now)
