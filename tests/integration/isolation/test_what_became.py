"""What became of everybody: an end, a next task, or a clock; whoever has none of them is seen."""

from __future__ import annotations

from sqlalchemy import update

from services.isolation import tables as t
from services.isolation.cases.what_became import Became, what_became
from tests.integration.isolation.trial import Trial, arrival


def became(isolation: Trial) -> dict[str, Became]:
    with isolation.database.read() as conn:
        return what_became(conn, isolation.clock.now().date())


def test_whoever_is_followed_has_the_task_that_is_due_first(isolation: Trial) -> None:
    came = arrival(level="high")
    isolation.follow(came)
    first = min(isolation.tasks(came, "due"), key=lambda task: task["due_by"])
    assert became(isolation)[came.subject] == Became("open", False, first["kind"])


def test_a_clock_counts_where_no_task_does_and_silence_does_not(isolation: Trial) -> None:
    came = arrival(level="high")
    isolation.follow(came)

    def leave(**values: object) -> str:
        with isolation.database.begin() as conn:
            conn.execute(update(t.tasks).values(tell_at=None))
            conn.execute(update(t.cases).values(**values))
        return became(isolation)[came.subject].next

    assert leave(unassigned_since=None) == "days_to_plan"
    assert leave(plan_next=None, unassigned_since=isolation.clock.now()) == "owner_to_find"
    assert leave(unassigned_since=None) == ""


def test_whoever_is_only_informed_waits_for_the_end_of_the_day(isolation: Trial) -> None:
    came = arrival(level="none")
    isolation.follow(came)
    with isolation.database.begin() as conn:
        conn.execute(update(t.tasks).values(state="done", tell_at=None))
    assert became(isolation)[came.subject] == Became("open", True, "its_day_to_end")
    isolation.clock.advance(days=1)
    assert became(isolation)[came.subject].next == "its_day_to_end", "a timer looks each hour"
    isolation.clock.advance(days=1)
    assert became(isolation)[came.subject].next == ""


def test_whoever_is_only_expected_is_at_no_end_and_followed_by_nobody(isolation: Trial) -> None:
    came = arrival(level="high", expected=True)
    isolation.follow(came)
    assert became(isolation)[came.subject] == Became("expected", False, "")
