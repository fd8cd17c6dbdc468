"""Where somebody stands in a round of tests: the same whatever came first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from field.scope import Lies, Scope
from services.isolation.rounds.rules import (
    EXCUSED,
    MISSING,
    TESTED,
    Facts,
    Found,
    Said,
    Standing,
    Term,
    faults_at_its_end,
    faults_of_term,
    reaches,
    standing,
    visited_as,
)

BEGIN = datetime(2022, 10, 4, 1, tzinfo=UTC)
END = BEGIN + timedelta(hours=10)
TERM = Term(BEGIN, END)
HOUR = timedelta(hours=1)


def said(outcome: str, hours: float) -> Said:
    return Said(BEGIN + hours * HOUR, f"act-{hours}", outcome)


def result(found: str, sampled: float, reported: float | None = None) -> Found:
    return Found(
        BEGIN + sampled * HOUR, BEGIN + (sampled + 6 if reported is None else reported) * HOUR, found
    )


@pytest.mark.parametrize("found", ["negative", "positive", "inconclusive"])
def test_a_result_of_a_sample_in_the_term_is_enough(found: str) -> None:
    assert standing(Facts(found=[result(found, 2)]), TERM) == Standing(TESTED, tested_at=BEGIN + 2 * HOUR)


def test_a_sample_of_before_its_beginning_does_not_count_however_late_its_result_is() -> None:
    assert standing(Facts(found=[result("negative", -1, 3)]), TERM).state == MISSING
    assert standing(Facts(samples=[BEGIN - HOUR]), TERM).state == MISSING


def test_after_its_end_a_sample_counts_until_it_is_closed() -> None:
    late = Facts(found=[result("negative", 12)])
    assert standing(late, TERM).state == TESTED
    assert standing(late, TERM._replace(closed_at=BEGIN + 11 * HOUR)).state == MISSING
    assert standing(late, TERM._replace(closed_at=BEGIN + 13 * HOUR)).state == TESTED


def test_an_invalid_result_asks_for_a_new_sample_whoever_ticked_before() -> None:
    facts = Facts([said("tested", 2)], [result("invalid", 2, 6)], [BEGIN + 2 * HOUR])
    assert standing(facts, TERM) == Standing(MISSING)
    again = Facts([said("tested", 7)], facts.found, facts.samples)
    assert standing(again, TERM) == Standing(TESTED, tested_at=BEGIN + 7 * HOUR)
    known = Facts(found=[*facts.found, result("negative", 3)])
    assert standing(known, TERM).state == TESTED, "another sample of the round is valid"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_what_was_said_last_counts_in_whatever_order_it_is_told(order: tuple[int, ...]) -> None:
    told = [said("nobody_there", 1), said("tested", 2), said("refused", 3)]
    assert standing(Facts([told[n] for n in order]), TERM) == Standing(EXCUSED, "refused")
    back = [*told[:2], said("taken_back", 3)]
    assert standing(Facts([back[n] for n in order]), TERM) == Standing(MISSING)


@pytest.mark.parametrize("outcome", ["nobody_there", "cannot_come_out"])
def test_whoever_was_not_met_is_missing_still_with_the_reason(outcome: str) -> None:
    assert standing(Facts([said(outcome, 1)]), TERM) == Standing(MISSING, outcome)


def test_a_result_counts_before_a_reason_and_before_who_left() -> None:
    facts = Facts([said("refused", 1)], [result("negative", 2)], left="moved_to_hospital")
    assert standing(facts, TERM).state == TESTED


def test_who_left_is_excused_by_that_unless_somebody_said_why_before() -> None:
    assert standing(Facts(left="moved_to_hospital"), TERM) == Standing(EXCUSED, "moved_to_hospital")
    assert standing(Facts([said("nobody_there", 1)], left="moved_away"), TERM) == Standing(
        EXCUSED, "moved_away"
    )
    assert standing(Facts([said("exempt", 1)], left="moved_to_hospital"), TERM) == Standing(EXCUSED, "exempt")


def test_nobody_and_nothing_known_is_missing() -> None:
    assert standing(Facts(), TERM) == Standing(MISSING)


def test_of_whom_no_grid_is_known_all_grids_of_the_community_knock() -> None:
    worker = Scope(frozenset({"g-1"}), lies={"g-1": Lies("grid", "c-1")})
    assert reaches(worker, "s-1", "c-1", "g-1") and reaches(worker, "s-1", "c-1", None)
    assert not reaches(worker, "s-1", "c-1", "g-2") and not reaches(worker, "s-1", "c-2", None)
    assert not reaches(worker, "s-1", None, None)


@pytest.mark.parametrize(
    ("born", "marks", "visit"),
    [
        (date(2008, 10, 5), (), "child"),
        (date(2008, 10, 4), (), None),
        (date(1957, 10, 4), (), "old"),
        (date(1957, 10, 5), (), None),
        (None, ("cannot_walk",), "cannot_walk"),
        (date(1940, 1, 1), ("hard_of_hearing", "cannot_walk"), "cannot_walk"),
        (None, (), None),
    ],
)
def test_p25_the_old_children_and_who_cannot_move_are_visited(
    born: date | None, marks: tuple[str, ...], visit: str | None
) -> None:
    assert visited_as(born, marks, date(2022, 10, 4)) == visit


@pytest.mark.parametrize(
    ("begins", "ends", "code"),
    [
        (0, 10, None),
        (0, 0, "before"),
        (-20, -2, "in_the_past"),
        (0, 169, "round_too_long"),
        (-25, 2, "begun_too_long_ago"),
    ],
)
def test_the_term_of_a_round(begins: int, ends: int, code: str | None) -> None:
    faults = faults_of_term(BEGIN + begins * HOUR, BEGIN + ends * HOUR, BEGIN)
    assert [fault.code for fault in faults] == ([code] if code else [])


@pytest.mark.parametrize(
    ("missing", "because", "after", "code"),
    [
        (0, None, 11, None),
        (2, None, 11, "some_missing"),
        (2, "the door is sealed", 11, None),
        (0, None, 9, "round_not_over"),
        (0, "all were quick", 9, None),
    ],
)
def test_a_round_is_closed_when_each_has_an_outcome_or_by_a_reason(
    missing: int, because: str | None, after: int, code: str | None
) -> None:
    faults = faults_at_its_end(missing, because, END, BEGIN + after * HOUR)
    assert [fault.code for fault in faults] == ([code] if code else [])
