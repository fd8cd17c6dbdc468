"""A walk through a large table: a piece a turn, nothing left out, and no walk in vain that was none."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import select, update

from chassis import walks
from chassis.taking import RowKey, Taking
from chassis.unit_of_work import UnitOfWork, Work
from chassis.walks import Walk
from tests.unit.chassis.test_one_by_one import JOBS, put, work

__all__ = ["work"]  # the fixture


@dataclass
class Turn:
    taken: list[str]
    goes_on: bool
    in_vain: bool


def turn(uow: UnitOfWork, whose: str = "left", mark: str = "1", most: int = 3) -> Turn:
    wanted = JOBS.c.whose == whose
    walk = Walk(uow, "trial", JOBS.c.id, mark)
    room = uow.taking.room(most)
    query = select(JOBS.c.id).where(wanted, walk.here).order_by(JOBS.c.id)
    taken = [row.id for row in uow.take(query, JOBS.c.id, most)]
    goes_on = walk.note(wanted, taken, room)
    return Turn(taken, goes_on, walk.was_in_vain)


def one(work: Work, taking: Taking | None = None, **how: object) -> Turn:
    with work.unit() as uow:
        uow.taking = taking or Taking()
        return turn(uow, **how)  # type: ignore[arg-type]


def to_its_end(work: Work, **how: object) -> list[Turn]:
    turns = [one(work, **how)]
    while turns[-1].goes_on:
        turns.append(one(work, **how))
    return turns


@pytest.fixture
def table(work: Work, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Forty rows, ten of them in a piece."""
    monkeypatch.setattr(walks, "PIECE", 10)
    put(work, 40)
    return work


def give(work: Work, whose: str | None, *ids: str) -> None:
    with work.database.begin() as conn:
        conn.execute(update(JOBS).where(JOBS.c.id.in_(ids)).values(whose=whose))


def test_every_row_is_found_however_many_lie_in_one_piece(table: Work) -> None:
    ids = ["0000", "0001", "0002", "0003", "0004", "0009", "0010", "0039"]
    give(table, "left", *ids)
    turns = to_its_end(table)
    assert [id for one in turns for id in one.taken] == ids
    assert all(len(one.taken) <= 3 for one in turns) and not any(one.in_vain for one in turns)


def test_a_walk_that_finds_nothing_is_in_vain_at_its_end_alone(table: Work) -> None:
    assert [one.in_vain for one in to_its_end(table)] == [False] * 4 + [True]
    assert [one.in_vain for one in to_its_end(table)] == [False] * 4 + [True], "the next one begins anew"


@pytest.mark.parametrize("at_the_end", ["2", "left", ""])
def test_it_is_not_where_rows_may_have_come_behind_it(table: Work, at_the_end: str) -> None:
    one(table, mark="1")
    assert not any(turn.in_vain for turn in to_its_end(table, mark=at_the_end))


def test_what_comes_behind_it_after_something_was_found_is_found_by_the_next(table: Work) -> None:
    give(table, "left", "0020")
    one(table)
    give(table, "left", "0001")
    turns = to_its_end(table)
    assert [id for turn in turns for id in turn.taken] == ["0020"] and not turns[-1].in_vain
    assert to_its_end(table)[0].taken == ["0001"]


def test_a_row_that_another_replica_holds_is_not_taken_for_none(table: Work) -> None:
    """It is not taken, and the walk was not in vain."""
    give(table, "left", "0035")
    turns: list[Turn] = []
    while not turns or turns[-1].goes_on:
        with table.unit() as uow:
            walk = Walk(uow, "trial", JOBS.c.id, "1")
            goes_on = walk.note(JOBS.c.whose == "left", [], 3)
            turns.append(Turn([], goes_on, walk.was_in_vain))
    assert not turns[-1].in_vain


def test_a_row_that_is_set_aside_does_not_count(table: Work) -> None:
    give(table, "left", "0035")
    aside = Taking(aside=frozenset({RowKey("jobs", "0035")}))
    turns = [one(table, aside)]
    while turns[-1].goes_on:
        turns.append(one(table, Taking(aside=aside.aside)))
    assert turns[-1].in_vain and not any(turn.taken for turn in turns)


def test_it_stands_still_while_a_row_is_tried_again_and_where_nothing_more_may_be_taken(table: Work) -> None:
    give(table, "left", "0001", "0035")
    assert one(table, Taking(only=RowKey("jobs", "0035"))) == Turn(["0035"], False, False)
    assert one(table, Taking(most=0)) == Turn([], False, False)
    assert to_its_end(table)[0].taken == ["0001"]


def test_a_set_that_is_taken_in_parts_is_taken_whole(table: Work) -> None:
    """While a guilty row is looked for, a turn takes fewer rows than it asks for."""
    give(table, "left", "0000", "0001", "0002")
    assert one(table, Taking(most=1)).taken == ["0000"]
    assert one(table, Taking(most=1)).taken == ["0001"]
    assert to_its_end(table)[0].taken == ["0002"]
