"""Where a breach stands, and what follows from those that are confirmed (P11, P41)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.isolation.breaches.rules import (
    ADMONISHED,
    ADMONITION_TAKEN_BACK,
    CENTRAL_FROM,
    CONFIRMED,
    CONFIRMED_AGAIN,
    EXPLAINED,
    SUSPECTED,
    faults_of,
    holds_proposal,
    of_refused_visits,
    proposes_central,
    state_of,
    told,
)

NOON: Final = datetime(2022, 10, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("judgement", "in_order_at", "stands"),
    [
        (None, None, SUSPECTED),
        (CONFIRMED, None, CONFIRMED),
        (EXPLAINED, None, EXPLAINED),
        (None, NOON, EXPLAINED),
        (CONFIRMED, NOON, EXPLAINED),  # leave turned up that covers it: nobody is blamed
    ],
)
def test_where_a_breach_stands(judgement: str | None, in_order_at: datetime | None, stands: str) -> None:
    assert state_of(judgement, in_order_at) == stands


@pytest.mark.parametrize(
    ("before", "after", "hears", "proposed"),
    [
        (0, 1, ADMONISHED, False),  # P41: admonition first
        (1, 2, CONFIRMED_AGAIN, True),
        (2, 3, CONFIRMED_AGAIN, True),
        (2, 1, None, False),
        (1, 0, ADMONITION_TAKEN_BACK, False),
        (1, 1, None, False),
        (0, 0, None, False),
    ],
)
def test_admonition_comes_first_and_the_second_one_asks_an_officer(
    before: int, after: int, hears: str | None, proposed: bool
) -> None:
    assert (told(before, after), proposes_central(before, after)) == (hears, proposed)


# Of three breaches of one case: an officer judges one, later reports put it right, or that holds no more.
steps = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from((CONFIRMED, EXPLAINED, "in order", "not in order"))),
    max_size=20,
)


@given(steps=steps)
def test_whoever_is_admonished_has_a_confirmed_one_and_whoever_may_be_moved_has_two(
    steps: list[tuple[int, str]],
) -> None:
    judged: dict[int, str] = {}
    right: dict[int, datetime | None] = {}

    def confirmed() -> int:
        return sum(state_of(judged.get(one), right.get(one)) == CONFIRMED for one in range(3))

    is_admonished = may_be_moved = False
    for one, said in steps:
        before = confirmed()
        if said in (CONFIRMED, EXPLAINED):
            judged[one] = said
        else:
            right[one] = NOON if said == "in order" else None
        after = confirmed()
        hears = told(before, after)
        assert not (hears == ADMONISHED and is_admonished), "nobody is told twice"
        if hears in (ADMONISHED, ADMONITION_TAKEN_BACK):
            is_admonished = hears == ADMONISHED
        may_be_moved = holds_proposal(after) and (may_be_moved or proposes_central(before, after))
    assert is_admonished == (confirmed() > 0)
    assert may_be_moved == (confirmed() >= CENTRAL_FROM)


@pytest.mark.parametrize(
    ("refused", "threshold", "many"), [(0, 2, 0), (1, 2, 0), (2, 2, 1), (3, 2, 1), (4, 2, 2), (1, 1, 1)]
)
def test_so_many_refused_visits_are_a_breach(refused: int, threshold: int, many: int) -> None:
    assert of_refused_visits(refused, threshold) == many


def test_a_judgement_needs_words() -> None:
    assert [fault.where for fault in faults_of("  ")] == ["words"]
    assert [fault.where for fault in faults_of(None)] == ["words"]
    assert faults_of("the bus was late") == []
