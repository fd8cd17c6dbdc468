"""What all results of somebody say together, and what is still to be done about it; in any order (P13)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.isolation.policies.rules import CORRECT_CONTACTS, TELL_CONTACTS
from services.isolation.positives.rules import (
    INFORMED,
    NO_CONTACT,
    TAKEN_BACK,
    Contact,
    Done,
    Step,
    contact_after,
    still_to_do,
    was_mistake,
)
from services.isolation.tests.judged import Judged, Result, awaits_second_sample, is_positive, judge


def result(id: str, day: int, found: str = "negative", stage: str = "confirmed", **more: Any) -> Result:
    taken = date(2022, 10, day)
    return Result(id, datetime(2022, 10, day, 2, tzinfo=UTC), taken, found, stage, **more)


def ids(judged: Judged) -> tuple[str | None, str | None]:
    return judged.positive and judged.positive.result_id, judged.doubt and judged.doubt.result_id


POOL = {"pool_size": 10}


@pytest.mark.parametrize(
    ("results", "positive", "doubt"),
    [
        ([], None, None),
        ([result("a", 5)], None, None),
        ([result("a", 5, "positive")], "a", None),
        ([result("a", 5, "positive"), result("b", 6, "positive")], "a", None),
        ([result("a", 5, "positive", "preliminary")], None, "a"),
        ([result("a", 5, "positive", "preliminary"), result("b", 5, "positive")], "b", None),
        ([result("a", 5, "positive", "preliminary"), result("b", 6, stage="ruled_out")], None, None),
        ([result("a", 5, "positive", "preliminary"), result("b", 6)], None, "a"),
        ([result("a", 5, "positive", **POOL)], None, "a"),
        ([result("a", 5, "positive", **POOL), result("b", 6)], None, None),
        ([result("a", 5, "positive", **POOL), result("b", 4)], None, "a"),
        ([result("a", 5, "positive", **POOL), result("b", 6, **POOL)], None, "a"),
        ([result("a", 5, "positive", **POOL), result("b", 6, "invalid")], None, "a"),
        ([result("a", 5, "positive", **POOL), result("b", 6, "positive")], "b", None),
        ([result("a", 5, "positive", **POOL), result("b", 6, "positive", "preliminary")], None, "b"),
        ([result("a", 5, "positive", **POOL), result("b", 6, supersedes="a")], None, None),
        ([result("a", 5, "positive"), result("b", 5, supersedes="a")], None, None),
        ([result("a", 5, "positive"), result("b", 4, stage="ruled_out")], "a", None),
    ],
)
def test_nobody_is_positive_before_it_is_confirmed_in_a_sample_of_theirs_alone(
    results: list[Result], positive: str | None, doubt: str | None
) -> None:
    for order in permutations(results):
        assert ids(judge(order)) == (positive, doubt)
    held = is_positive(results) or awaits_second_sample(results)
    assert held == bool(positive or doubt), "what is to be seen to holds them, and nothing else"


RESULTS = st.lists(
    st.builds(
        result,
        st.uuids().map(str),
        st.integers(1, 9),
        st.sampled_from(("negative", "positive", "inconclusive", "invalid")),
        st.sampled_from(("preliminary", "confirmed", "ruled_out")),
        pool_size=st.sampled_from((1, 1, 10)),
    ),
    max_size=6,
)


@given(results=RESULTS, data=st.data())
def test_the_order_of_results_changes_nothing(results: list[Result], data: st.DataObject) -> None:
    assert judge(data.draw(st.permutations(results))) == judge(results)


@given(results=RESULTS, data=st.data())
def test_a_correction_of_all_that_was_found_leaves_nothing_whenever_it_comes(
    results: list[Result], data: st.DataObject
) -> None:
    found = [one for one in results if one.result == "positive"]
    corrections = [result(f"c-{n}", 1, supersedes=one.result_id) for n, one in enumerate(found)]
    judged = judge(data.draw(st.permutations([*results, *corrections])))
    assert ids(judged) == (None, None)


# -- what is still to be done ------------------------------------------------------------------------------

POSITIVE = judge([result("a", 5, "positive")])
DOUBT = judge([result("p", 5, "positive", **POOL)])
NOTHING = judge([])


@pytest.mark.parametrize(
    ("judged", "done", "steps"),
    [
        (NOTHING, Done("active", True), []),
        (POSITIVE, Done("active", True), [Step.NOTE, Step.CALL, Step.DECIDE, Step.LIST]),
        (POSITIVE, Done("active", True, positive="a", call="due", decision="due", listing="due"), []),
        (POSITIVE, Done("active", True, positive="a", call="done", decision="waived", listing="done"), []),
        # Opened again after a decision by mistake: the task went with the case, or was done by it.
        (
            POSITIVE,
            Done("active", True, positive="a", call="cancelled", decision="done", listing="cancelled"),
            [Step.CALL, Step.DECIDE, Step.LIST],
        ),
        (NOTHING, Done("active", True, positive="a", call="due", decision="due"), [Step.TAKE_BACK]),
        (DOUBT, Done("active", True), [Step.TAKE_SECOND_SAMPLE]),
        (DOUBT, Done("active", True, doubt="p", second_sample="due"), []),
        (DOUBT, Done("active", True, doubt="p", second_sample="done"), []),
        (DOUBT, Done("active", True, doubt="o", second_sample="due"), []),
        (DOUBT, Done("active", True, doubt="o", second_sample="done"), [Step.TAKE_SECOND_SAMPLE]),
        (
            DOUBT,
            Done("active", True, doubt="p", second_sample="done", sampled_long_ago=True),
            [Step.TAKE_SECOND_SAMPLE],
        ),
        (NOTHING, Done("active", True, doubt="p", second_sample="due"), [Step.END_SECOND_SAMPLE]),
        (
            POSITIVE,
            Done("active", True, doubt="p", second_sample="done"),
            [Step.END_SECOND_SAMPLE, Step.NOTE, Step.CALL, Step.DECIDE, Step.LIST],
        ),
        # After the end of the case.
        (POSITIVE, Done("released", False), [Step.NOTE, Step.LIST, Step.DECIDE_LATE]),
        (POSITIVE, Done("released", False, positive="a", listing="due", late="a", late_task="due"), []),
        (POSITIVE, Done("released", False, positive="a", listing="done", late="a", late_task="waived"), []),
        (POSITIVE, Done("moved_to_central", False), [Step.NOTE, Step.LIST, Step.DECIDE_LATE]),
        (POSITIVE, Done("moved_to_hospital", False), [Step.NOTE, Step.LIST]),
        (
            POSITIVE,
            Done("moved_to_hospital", False, positive="a", decision="done", listing="cancelled"),
            [Step.LIST],
        ),
        (POSITIVE, Done("moved_to_central", False, positive="a", decision="done", listing="due"), []),
        (
            POSITIVE,
            Done("cancelled", False, positive="a", decision="cancelled", listing="cancelled"),
            [Step.LIST, Step.DECIDE_LATE],
        ),
        (DOUBT, Done("released", False), [Step.DECIDE_LATE]),
        (DOUBT, Done("moved_to_central", False), []),
        (
            NOTHING,
            Done("released", False, positive="a", late="a", late_task="due"),
            [Step.END_LATE, Step.TAKE_BACK],
        ),
        (
            NOTHING,
            Done("moved_to_hospital", False, positive="a", decision="done"),
            [Step.TAKE_BACK, Step.DECIDE_LATE],
        ),
        (
            POSITIVE,
            Done("open", True, positive="a", listing="due", late="a", late_task="cancelled"),
            [Step.END_LATE, Step.CALL, Step.DECIDE],
        ),
        # Whom somebody has to tell is somebody's task, whatever became of the case.
        (NOTHING, Done("active", True, to_tell=frozenset({TELL_CONTACTS})), [Step.TELL_CONTACTS]),
        (NOTHING, Done("active", True, to_tell=frozenset({TELL_CONTACTS}), telling="missed"), []),
        (
            NOTHING,
            Done("moved_to_hospital", False, to_tell=frozenset({TELL_CONTACTS}), telling="cancelled"),
            [Step.TELL_CONTACTS],
        ),
        (
            NOTHING,
            Done("released", False, to_tell=frozenset({CORRECT_CONTACTS}), telling="due"),
            [Step.TELL_CONTACTS, Step.CORRECT_CONTACTS],
        ),
    ],
)
def test_what_is_still_to_be_done(judged: Judged, done: Done, steps: Sequence[Step]) -> None:
    assert list(still_to_do(judged, done)) == steps


# -- the contacts' list --------------------------------------------------------------------------------------

WAITS, KNOWS = Contact(), Contact(settled=INFORMED)


@pytest.mark.parametrize(
    ("contact", "mistake", "after", "asks_for"),
    [
        (WAITS, False, WAITS, TELL_CONTACTS),
        (KNOWS, False, KNOWS, None),
        (WAITS, True, Contact(True, TAKEN_BACK), None),
        (KNOWS, True, Contact(True), CORRECT_CONTACTS),
        (Contact(settled=NO_CONTACT), True, Contact(settled=NO_CONTACT), None),
        (Contact(True), False, KNOWS, None),
        (Contact(True, TAKEN_BACK), False, WAITS, TELL_CONTACTS),
        (Contact(True, INFORMED), False, WAITS, TELL_CONTACTS),
        (Contact(True, INFORMED), True, Contact(True, INFORMED), None),
    ],
)
def test_whoever_was_told_by_mistake_hears_so_and_nobody_else(
    contact: Contact, mistake: bool, after: Contact, asks_for: str | None
) -> None:
    assert contact_after(contact, mistake) == after
    assert after.asks_for == asks_for


def test_it_was_a_mistake_where_something_was_found_and_nothing_of_it_stands() -> None:
    found, corrected = result("a", 5, "positive"), result("b", 5, supersedes="a")
    for results, mistake in (([], False), ([corrected], False), ([found], False), ([found, corrected], True)):
        assert was_mistake(results) is mistake
