"""Whether each move has the task of whoever sees to it, and no room more people than beds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from services.isolation.cases.merged import followed_unchanged
from services.isolation.central.rules import DECIDED, TAKEN_BACK
from services.isolation.central.tables import TAKES_BED, TO_SETTLE, moves, rooms
from services.isolation.central.unseen import UNSEEN, gone
from services.isolation.plans.tables import tasks

_MOST_NAMED = 20


def without_task(conn: Connection) -> tuple[int, list[str]]:
    """Moves of people who are not there yet whose task is not there: (how many, the first of them)."""
    m, k = moves.c, tasks.c
    its = select(k.task_id).where(k.task_id == m.task_id, k.about != "")
    found = conn.execute(
        select(m.move_id, func.count().over())
        .where(m.state.in_((DECIDED, TAKEN_BACK)), ~its.exists())
        .order_by(m.move_id)
        .limit(_MOST_NAMED)
    ).all()
    return (int(found[0][1]) if found else 0), [row[0] for row in found]


def seen_to_by_nobody(conn: Connection, since: datetime) -> tuple[int, list[str]]:
    """Moves of people who are followed here, that are not settled and no officer has a task to see to:
    (how many, the first of them).

    :param since: what changed in their case after that a timer may still see to.
    """
    m = moves.c
    joined = select(m.move_id, m.case_id).join_from(moves, tasks, tasks.c.task_id == m.task_id)
    named = {row.move_id: row.case_id for row in conn.execute(joined.where(TO_SETTLE, UNSEEN))}
    followed = followed_unchanged(conn, set(named.values()), since)
    found = sorted(id for id, case_id in named.items() if case_id in followed)
    return len(found), found[:_MOST_NAMED]


def held_for_who_has_gone(conn: Connection) -> tuple[int, list[str]]:
    """Beds that are taken by nobody: (how many moves, the first of them)."""
    found = gone(conn)
    return len(found), found[:_MOST_NAMED]


def given_twice(conn: Connection) -> tuple[int, list[str]]:
    """Rooms in which more beds are held and taken than there are, as centre/room."""
    m, r = moves.c, rooms.c
    given = (
        select(m.centre_id, m.room_id, func.sum(m.beds).label("beds"))
        .where(TAKES_BED)
        .group_by(m.centre_id, m.room_id)
        .subquery()
    )
    found = conn.execute(
        select(r.centre_id, r.room_id)
        .join(given, (given.c.centre_id == r.centre_id) & (given.c.room_id == r.room_id))
        .where(given.c.beds > r.beds)
        .order_by(r.centre_id, r.room_id)
    ).all()
    return len(found), [f"{row.centre_id}/{row.room_id}" for row in found[:_MOST_NAMED]]
