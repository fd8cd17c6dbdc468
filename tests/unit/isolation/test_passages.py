"""Who is out, late or without leave, whatever the order in which it is reported (P10, P11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.isolation.permits.passages import (
    ABSENT,
    BACK,
    GRACE,
    ONE_FOR,
    OPENED,
    OUT,
    Course,
    Judged,
    Passage,
    judge,
)
from services.isolation.permits.rules import Outing

NOON = datetime(2022, 10, 1, 12, tzinfo=UTC)
EVENING = NOON + timedelta(hours=10)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def seen(*steps: tuple[str, float]) -> list[Passage]:
    return [Passage(f"p-{number}", at(hours), way) for number, (way, hours) in enumerate(steps)]


LEAVE = [Outing(at(1), at(4)), Outing(at(25), at(28))]


def judged(*steps: tuple[str, float], now: datetime = EVENING) -> Judged:
    return judge(LEAVE, seen(*steps), now)


@pytest.mark.parametrize(
    ("steps", "course", "without"),
    [
        ([], Course(), 0),
        ([(OUT, 1), (BACK, 3)], Course(at(1), at(3)), 0),
        ([(OUT, 0.6), (BACK, 4.2)], Course(at(0.6), at(4.2)), 0),  # the car is early, and a little late
        ([(OUT, 1), (BACK, 2), (OUT, 3), (BACK, 4)], Course(at(1), at(4)), 0),
        ([(OUT, 1)], Course(at(1), None, late=True), 0),
        ([(OUT, 1), (BACK, 6)], Course(at(1), at(6), late=True), 0),
        ([(BACK, 6)], Course(None, at(6), late=True), 0),  # nobody saw them leave
        ([(OUT, 1), (BACK, 3), (BACK, 6)], Course(at(1), at(6)), 0),  # seen at home once more
        ([(OUT, 0)], Course(), 1),  # long before
        ([(OUT, 1), (BACK, 3), (OUT, 5), (BACK, 6)], Course(at(1), at(6)), 1),
        ([(OUT, 5), (OUT, 5.1), (BACK, 6), (OUT, 7)], Course(None, at(6), late=True), 2),
        ([(BACK, 0)], Course(), 0),
    ],
)
def test_what_became_of_an_outing(steps: list[tuple[str, float]], course: Course, without: int) -> None:
    found = judged(*steps)
    assert (found.courses[0], len(found.without_leave)) == (course, without)


def test_who_is_out_is_late_only_after_a_while() -> None:
    for now, late in ((at(4), False), (at(4) + GRACE, False), (at(4) + GRACE + timedelta(seconds=1), True)):
        [course, _] = judged((OUT, 1), now=now).courses
        assert (course.is_out, course.late) == (True, late)


def test_somebody_who_never_came_back_before_the_next_outing_is_late_from_the_first() -> None:
    first, second = judged((OUT, 1), (OUT, 25), (BACK, 27), now=at(30)).courses
    assert (first.late, second) == (True, Course(at(25), at(27)))


def test_coming_back_ends_the_outing_they_went_out_by_and_nobody_is_late_while_another_one_runs() -> None:
    dialysis, emergency = Outing(at(-4), at(0)), Outing(at(-2), at(10))
    out, back = seen((OUT, -3.9), (BACK, 8))
    first, second = judge([dialysis, emergency], [out, back], at(9)).courses
    assert (first, second) == (Course(at(-3.9), at(8)), Course())
    assert not judge([dialysis, emergency], [out], at(9)).courses[0].late
    assert judge([dialysis, emergency], [out], at(11)).courses[0].late

    night, morning = Outing(at(-15), at(-3)), Outing(at(-4), at(0))
    first, second = judge([night, morning], seen((OUT, -15), (BACK, -4.25)), at(1)).courses
    assert (first, second) == (Course(at(-15), at(-4.25)), Course())


def test_by_leave_that_was_taken_back_nobody_goes_out_any_more() -> None:
    one = [Outing(at(1), at(4))]
    assert judge(one, seen((OUT, 1), (BACK, 2)), EVENING, [at(2.5)]).without_leave == []
    found = judge(one, seen((OUT, 1), (BACK, 2), (OUT, 3)), EVENING, [at(2.5)])
    assert [first.at for first, *_ in found.without_leave] == [at(3)]


@pytest.mark.parametrize(
    ("steps", "away"),
    [
        ([(ABSENT, 0)], [0]),  # found by nobody who saw them go
        ([(ABSENT, 1.5)], []),  # they may be out by leave: nobody saw them go
        ([(ABSENT, 4.2)], []),  # on the way back
        ([(ABSENT, 4.5)], [4.5]),
        ([(OUT, 1), (ABSENT, 5)], []),  # late, and looked for as such
        ([(OUT, 1), (BACK, 3), (ABSENT, 5)], [5]),
        ([(OUT, 0), (ABSENT, 0.4)], [0]),  # one going out, whoever tells of it
        ([(ABSENT, -3), (ABSENT, -2), (OPENED, -1)], [-3]),
        ([(ABSENT, -3), (BACK, -2), (ABSENT, -1)], [-3, -1]),
        ([(ABSENT, -20), (ABSENT, -20 + 13)], [-20, -7]),  # nobody is away for ever
        ([(OPENED, 6)], [6]),
    ],
)
def test_who_is_not_at_home_may_be_by_leave_and_is_away_once(
    steps: list[tuple[str, float]], away: list[float]
) -> None:
    found = judged(*steps)
    assert [first.at for first, *_ in found.without_leave] == [at(hours) for hours in away]


def test_by_leave_that_was_taken_back_nobody_is_away() -> None:
    one = [Outing(at(1), at(4))]
    assert judge(one, seen((ABSENT, 2)), EVENING, [at(2.5)]).without_leave == []
    found = judge(one, seen((ABSENT, 3)), EVENING, [at(2.5)])
    assert [first.at for first, *_ in found.without_leave] == [at(3)]


steps = st.lists(st.tuples(st.sampled_from((OUT, BACK, ABSENT, OPENED)), st.integers(0, 120)), max_size=8)


@given(steps=steps)
def test_each_time_away_is_told_by_passages_close_together_and_none_is_back(
    steps: Sequence[tuple[str, int]],
) -> None:
    passages = seen(*((way, quarter / 4) for way, quarter in steps))
    times_away = judge(LEAVE, passages, EVENING).without_leave
    told_of = [one for away in times_away for one in away]
    assert len(set(told_of)) == len(told_of) and all(one.direction != BACK for one in told_of)
    for away in times_away:
        assert away[-1].at - away[0].at <= ONE_FOR
        assert not any(away[0].at < one.at < away[-1].at for one in passages if one.direction == BACK)


@given(steps=steps, data=st.data())
def test_in_whatever_order_and_however_often_it_comes_the_end_is_the_same(
    steps: Sequence[tuple[str, int]], data: st.DataObject
) -> None:
    passages = seen(*((way, quarter / 4) for way, quarter in steps))
    otherwise = data.draw(st.permutations([*passages, *passages[:3]]))
    assert judge(LEAVE, passages, EVENING) == judge(LEAVE, otherwise, EVENING)


@given(steps=steps)
def test_who_is_out_without_being_late_has_time_left_and_nobody_is_out_and_back(
    steps: Sequence[tuple[str, int]],
) -> None:
    for now in (EVENING, at(26)):
        for outing, course in zip(LEAVE, judge(LEAVE, seen(*steps), now).courses, strict=True):
            assert not (course.is_out and not course.late and now > outing.ends + GRACE)


def test_whoever_is_away_after_it_was_judged_went_once_more() -> None:
    passages = seen((OUT, 5), (OUT, 6), (ABSENT, 7), (ABSENT, 8))
    times = judge([], passages, EVENING, (), {"p-1": at(6.5)}).without_leave
    assert [[one.id for one in away] for away in times] == [["p-0", "p-1"], ["p-2", "p-3"]]
    assert len(judge([], passages, EVENING, ()).without_leave) == 1
