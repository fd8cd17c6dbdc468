"""Where somebody belongs whom another community took over: by their acts in the order of time. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from services.registration.arrivals.coming import Coming
from services.registration.arrivals.followed import (
    MENDED,
    PLACED,
    TRANSFER_ACCEPTED,
    TRANSFER_REFUSED,
    TRANSFER_REQUESTED,
    Act,
    amended,
    in_order,
    lent,
    standing_of,
    that_lead_on,
)
from services.registration.persons.person import Person
from services.registration.places.placing import Placement
from services.registration.policies.look_back import Policy
from services.registration.policies.terms import DEFAULT_ANSWER_WITHIN, answer_within

NOON = datetime(2022, 10, 1, 12, tzinfo=UTC)
HERE, THERE, IN_GRID, THIRD = (
    Placement("s1", "c1", "g1", "name"),
    Placement("s1", "c2", None, "code"),
    Placement("s1", "c2", "g2", "name"),
    Placement("s1", "c3", None, "code"),
)
DOORS = {"old door": HERE, "new door": Placement(), "door of g2": IN_GRID, "door of c3": THIRD}


def find(division: str, address: str) -> Placement:
    return DOORS.get(address, Placement())


def act(number: int, what: str, minutes: int, put: Placement | None = None, **mended: str) -> Act:
    at = NOON + timedelta(minutes=minutes)
    return Act(number, what, at, date(2022, 10, 1), mended=mended, place=find, put=put)


def accepted(minutes: int, address: str = "new door", put: Placement = THERE) -> Act:
    said = act(7, TRANSFER_ACCEPTED, minutes, put, address=address, division="620102")
    return replace(said, leaves=replace(HERE, grid=None))


def belongs(*acts: Act) -> tuple[Placement, str]:
    coming = replace(COMING, placement=HERE, address="old door")
    after = amended(coming, in_order(acts), ())
    return after.placement, after.address


COMING = Coming(
    person=Person(name="某"),
    contact=None,
    language="zh-CN",
    arrived_at=NOON,
    expected=False,
    not_coming=False,
    source_kinds=("transport",),
    reports=1,
    division="620102",
    address="old door",
    placement=HERE,
    stops=(),
)


def test_asked_or_refused_nobody_moves() -> None:
    said = act(1, TRANSFER_REQUESTED, 1), act(2, TRANSFER_REFUSED, 2)
    assert belongs(*said) == (HERE, "old door")


@pytest.mark.parametrize(
    ("address", "put", "where"),
    [
        ("new door", THERE, THERE),
        ("door of g2", THERE, IN_GRID),
        ("door of g2", IN_GRID, IN_GRID),
        ("door of c3", THERE, THERE),
    ],
)
def test_accepted_they_are_as_deep_as_the_door_says_within_the_place(
    address: str, put: Placement, where: Placement
) -> None:
    assert belongs(accepted(3, address, put)) == (where, address)


def test_what_is_said_later_of_the_door_counts_in_whatever_order_it_comes() -> None:
    placed = act(1, PLACED, 1, IN_GRID)
    within, elsewhere = act(2, MENDED, 5, address="501"), act(3, MENDED, 6, address="door of c3")
    for acts in permutations((placed, accepted(3), within)):
        assert belongs(*acts) == (IN_GRID, "501"), "it was known already in which grid they are"
    for acts in permutations((accepted(3), within, elsewhere)):
        assert belongs(*acts) == (THIRD, "door of c3")


@pytest.mark.parametrize(
    ("here", "own", "where"),
    [
        (HERE, (), (THERE, "new door")),
        (IN_GRID, (), (IN_GRID, "new door")),
        (Placement(), (), (Placement(), "old door")),
        (THIRD, (), (THIRD, "old door")),
        (HERE, ((PLACED, 2, THIRD),), (THIRD, "old door")),
        (HERE, ((PLACED, 4, THIRD),), (THIRD, "new door")),
        (THIRD, ((PLACED, 2, HERE),), (THERE, "new door")),
    ],
)
def test_whoever_turned_out_to_be_another_one_goes_along_from_the_same_community(
    here: Placement, own: tuple[tuple[str, int, Placement], ...], where: tuple[Placement, str]
) -> None:
    """From anywhere else nobody has looked whether they go on."""
    coming = replace(COMING, placement=here)
    acts = in_order((*(act(1, *one) for one in own), *lent((accepted(3),))))
    after = amended(coming, that_lead_on(acts, coming, "this one"), ())
    assert (after.placement, after.address) == where


@pytest.mark.parametrize(
    ("leaves", "here", "moves"),
    [
        (Placement("s1"), Placement("s1"), True),
        (Placement("s1"), Placement("s2"), False),
        (Placement("s1"), Placement(), False),
        (Placement("s1"), HERE, False),
        (HERE, Placement("s1"), False),
        (None, Placement(), False),
        (None, Placement("s1"), False),
        (None, THERE, True),
    ],
)
def test_who_lies_in_no_community_goes_along_from_the_same_street_alone(
    leaves: Placement | None, here: Placement, moves: bool
) -> None:
    coming = replace(COMING, placement=here)
    for put in (THERE, None):
        acts = lent((replace(accepted(3), leaves=leaves, put=put),))
        assert bool(that_lead_on(acts, coming, "this one")) == (moves and (put or leaves) is not None)


def test_a_door_that_nobody_found_stays_a_matter_where_a_transfer_leads_nobody_on() -> None:
    acts = in_order((act(1, "no_such_door", 1), *lent((accepted(3),))))
    for here, matters in ((HERE, set()), (THIRD, {"no_such_door"})):
        coming = replace(COMING, placement=here)
        assert standing_of(that_lead_on(acts, coming, "this one"), ()).to_settle.keys() == matters


def test_whoever_moved_as_another_one_stays_there_whatever_is_reported_of_where_that_one_was() -> None:
    acts = lent((replace(accepted(3), other="this one"),))
    for here in (HERE, THIRD, Placement()):
        coming = replace(COMING, placement=here)
        moved = amended(coming, that_lead_on(acts, coming, "this one"), ())
        assert (moved.placement, moved.address) == (THERE, "new door")
    elsewhere = replace(COMING, placement=THIRD)
    assert that_lead_on(acts, elsewhere, "a third one") == (), "of that one nobody has looked"


def test_the_policy_in_force_says_how_long_there_is_to_answer() -> None:
    day = date(2022, 10, 1)
    city = Policy("city", "1", date(2022, 1, 1), None, ("6201",), 14, timedelta(hours=6))
    silent = Policy("silent", "1", date(2022, 1, 1), None, (), 14)
    assert answer_within([city, silent], "620102", day) == timedelta(hours=6)
    assert answer_within([city, silent], "640102", day) == DEFAULT_ANSWER_WITHIN
    assert answer_within([], None, day) == DEFAULT_ANSWER_WITHIN
