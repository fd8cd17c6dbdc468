"""People of one report are one household, and households that share a member become one."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from services.registration.arrivals.households import HouseholdNames

NAMES = st.sampled_from("abcdef")


def test_a_stored_name_is_kept_before_that_of_a_new_arrival() -> None:
    names = HouseholdNames({"m"})
    names.join({"a", "m"})
    assert (names.now("a"), names.given_up()) == ("m", [])


def test_of_two_stored_households_the_one_that_was_first_gives_the_name() -> None:
    names = HouseholdNames({"m", "k"})
    names.join({"m", "z", "k"})
    assert (names.now("m"), names.now("z"), names.given_up()) == ("k", "k", ["m"])


@given(st.lists(st.sets(NAMES, min_size=1)), st.sets(NAMES), st.randoms(use_true_random=False))
def test_the_order_of_reports_does_not_change_the_households(
    together: list[set[str]], stored: set[str], random: random.Random
) -> None:
    names, shuffled = HouseholdNames(stored), HouseholdNames(stored)
    for group in together:
        names.join(group)
    for group in random.sample(together, len(together)):
        shuffled.join(group)
    assert {name: names.now(name) for name in "abcdef"} == {name: shuffled.now(name) for name in "abcdef"}
