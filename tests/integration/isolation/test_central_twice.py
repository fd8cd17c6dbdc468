"""Beds in central isolation of people who have two cases, and of those of whom something went wrong: whatever
the order, no bed stays held for nobody, and nobody is forgotten.
"""

from __future__ import annotations

from services.isolation import tables as t
from services.isolation.central.import_centres import import_centres
from services.isolation.households.plan_again import plan_again
from tests.integration.isolation.test_central import (
    SITE,
    balanced,
    beds,
    listed,
    moved,
    person,
    settle,
)
from tests.integration.isolation.test_merged_cases import Two
from tests.integration.isolation.trial import Trial


def test_two_beds_of_one_person_are_one_taken_and_one_given_back(isolation: Trial) -> None:
    isolation.do(import_centres, SITE)
    two = Two(isolation).both_come()
    [first] = moved(isolation, person(isolation, two.ends))
    [second] = moved(isolation, person(isolation, two.goes_on))
    two.merge()
    assert settle(isolation, second).kind == "done"
    isolation.until_done(plan_again)
    stand = {row["move_id"]: row["state"] for row in isolation.rows(t.moves)}
    assert stand == {first: "let_go", second: "admitted"}
    assert sum(held for _, held, _ in beds(isolation).values()) == 0
    assert listed(isolation, "on_the_way") == [] and balanced(isolation)
