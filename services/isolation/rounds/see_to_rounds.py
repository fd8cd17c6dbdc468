"""By the clock: whoever comes to the place of a round is put into it, and it is looked where all stand.

Results, samples, moves and ends of cases come in any order, and none of them knows of rounds.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, select

from chassis.unit_of_work import UnitOfWork
from services.isolation.reference import current
from services.isolation.rounds.enrol import AT_ONCE, enrol, places_of
from services.isolation.rounds.look import look, rounds_of
from services.isolation.rounds.tables import OPEN, round_people, test_rounds

_P, _R = round_people.c, test_rounds.c
_MOST_ROUNDS: Final = 1000


def see_to_rounds(uow: UnitOfWork) -> int:
    """A bounded number of people. Returns how many it put into a round, or looked at."""
    return _put_in(uow) or _look(uow)


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
