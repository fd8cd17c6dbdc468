"""By the clock: whoever comes to the place of a round is put into it, and it is looked where all stand.

Results, samples, moves and ends of cases come in any order, and none of them knows of rounds. Those in a
round are watched (cases/watched.py), and looked at when something becomes new of them.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, select

from chassis.database.statements import is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.tables import watched
from services.isolation.cases.watched import ROUNDS, is_due, seen, watch_no_more
from services.isolation.reference import current
from services.isolation.rounds.enrol import AT_ONCE, enrol, places_of
from services.isolation.rounds.look import look, rounds_of
from services.isolation.rounds.tables import OPEN, round_people, test_rounds

_P, _R = round_people.c, test_rounds.c
_MOST_ROUNDS: Final = 1000


def see_to_rounds(uow: UnitOfWork) -> int:
    """A bounded number of people. Returns how many it heard of, put into a round, or looked at."""
    return _hear(uow) or _put_in(uow) or _look(uow)


def _hear(uow: UnitOfWork) -> int:
    """Of whom something is new, it is looked how they stand in each of their rounds."""
    w = watched.c
    due = select(w.id).where(is_due(ROUNDS, uow.now)).order_by(w.look_at)
    ids = [row.id for row in uow.take(due.with_for_update(skip_locked=True), w.id, AT_ONCE)]
    if not ids:
        return 0
    theirs = is_in(uow.conn, _P.case_id, ids) | is_in(uow.conn, _P.person_id, ids)
    waiting = select(_P.person_id, _P.case_id).where(theirs, _P.look_at.is_not(None)).order_by(_P.person_id)
    people = uow.conn.execute(waiting.with_for_update()).all()
    rows = [{"person_id": person.person_id, "look_at": uow.now} for person in people]
    update_rows(uow.conn, round_people, rows, key=["person_id"], set=["look_at"])
    still = {id for person in people for id in (person.case_id, person.person_id)}
    seen(uow.conn, ROUNDS, [(id, None) for id in ids if id in still])
    watch_no_more(uow.conn, ROUNDS, [id for id in ids if id not in still])
    return len(ids)


def _put_in(uow: UnitOfWork) -> int:
    tree = current(uow).places
    for round in _open_rounds(uow):
        if found := enrol(uow, round, places_of(tree, round.place)):
            return found
    return 0


def _open_rounds(uow: UnitOfWork) -> list[Row[Any]]:
    """Few: a place has one at a time, and whoever answers for it closes it."""
    rounds = select(test_rounds).where(OPEN).order_by(_R.ends_at, _R.round_id).limit(_MOST_ROUNDS)
    # Nobody closes one of them while somebody is put into it.
    return list(uow.conn.execute(rounds.with_for_update(read=True, skip_locked=True)))


def _look(uow: UnitOfWork) -> int:
    due = select(round_people).where(_P.look_at <= uow.now).order_by(_P.look_at)
    people = uow.take(due.with_for_update(skip_locked=True), _P.person_id, AT_ONCE)
    if people:
        look(uow, people, rounds_of(uow.conn, {person.round_id for person in people}))
    return len(people)
