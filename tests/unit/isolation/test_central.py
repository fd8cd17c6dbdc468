"""Who may be moved to central isolation with whom, and into which room."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.faults import Refused
from services.isolation.central.import_centres import read_centres
from services.isolation.central.rules import (
    ADULT,
    CANNOT_BE_ALONE,
    CHILD,
    COME_ALONG,
    MINDED,
    NONE,
    Mover,
    Room,
    faults_of,
    left_apart,
    may_be_admitted,
    place,
)

IDS = ("a", "b", "c", "d")
MOTHER = Mover("a", ADULT, dependants=COME_ALONG)
CHILD_OF_HERS = Mover("b", CHILD, carer="a")
OF_THE_CHILD = Mover("c", CHILD, carer="b")
ALONE = Mover("c", ADULT, dependants=NONE)
people = st.lists(
    st.builds(
        Mover,
        case_id=st.sampled_from(IDS),
        who=st.sampled_from((ADULT, CHILD, CANNOT_BE_ALONE)),
        carer=st.none() | st.sampled_from((*IDS, "elsewhere")),
        carer_named=st.booleans(),
        dependants=st.none() | st.sampled_from((NONE, COME_ALONG, MINDED)),
        minded_by=st.booleans(),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one.case_id,
)
houses = st.lists(
    st.builds(
        Room,
        room_id=st.sampled_from(("1", "2", "3", "4", "5")),
        beds=st.integers(0, 5),
        families=st.booleans(),
        held=st.integers(0, 3),
        taken=st.integers(0, 3),
        households=st.frozensets(st.sampled_from(("own", "x", "y"))),
    ),
    max_size=5,
    unique_by=lambda room: room.room_id,
)


@given(people, st.frozensets(st.sampled_from(IDS)))
def test_nobody_who_cannot_be_alone_is_moved_without_a_carer_and_no_adult_without_a_word_on_whom_they_mind(
    movers: list[Mover], there: frozenset[str]
) -> None:
    if faults_of(movers, there):
        return
    adults = {one.case_id for one in movers if one.who == ADULT} | there
    for one in movers:
        if one.who == ADULT:
            assert one.dependants == NONE or one.minded_by or one.dependants == COME_ALONG
            cares = any(other.carer == one.case_id for other in movers if other.who != ADULT)
            assert cares == (one.dependants == COME_ALONG) or one.dependants == MINDED
        else:
            assert one.carer_named or (one.carer in adults and one.carer != one.case_id)


@pytest.mark.parametrize(
    ("movers", "there", "codes"),
    [
        ([MOTHER, CHILD_OF_HERS], (), []),
        ([CHILD_OF_HERS], (), ["no_such_carer"]),
        ([CHILD_OF_HERS], ("a",), []),
        ([replace(CHILD_OF_HERS, carer=None)], (), ["needs_carer"]),
        ([replace(CHILD_OF_HERS, carer=None, carer_named=True)], (), []),
        ([replace(CHILD_OF_HERS, carer_named=True), MOTHER], (), ["not_of_this"]),
        ([replace(CHILD_OF_HERS, carer="c"), OF_THE_CHILD], (), 2 * ["no_such_carer"]),
        ([replace(CHILD_OF_HERS, carer="b")], ("b",), ["no_such_carer"]),
        ([MOTHER], (), ["nobody_comes_along"]),
        ([replace(MOTHER, dependants=NONE), CHILD_OF_HERS], (), ["comes_along"]),
        ([replace(ALONE, dependants=None)], (), ["missing"]),
        ([replace(ALONE, dependants=MINDED)], (), ["missing"]),
        ([replace(ALONE, dependants=MINDED, minded_by=True)], (), []),
        ([replace(ALONE, minded_by=True)], (), ["not_of_this"]),
        ([replace(ALONE, carer="a")], (), ["not_of_this"]),
        ([replace(CHILD_OF_HERS, dependants=NONE), MOTHER], (), ["not_of_this"]),
    ],
)  # fmt: skip
def test_what_is_refused_says_what_is_possible(
    movers: list[Mover], there: tuple[str, ...], codes: list[str]
) -> None:
    faults = faults_of(movers, frozenset(there))
    assert [fault.code for fault in faults] == codes
    assert all(fault.where.startswith("people[") and fault.message for fault in faults)


@given(people, houses)
def test_nobody_is_placed_in_a_bed_that_is_not_free_and_a_family_in_one_room_where_one_fits(
    movers: list[Mover], rooms: list[Room]
) -> None:
    placed = place(movers, "own", rooms, {})
    needed = sum(one.beds for one in movers)
    if placed is None:
        assert all(room.free < needed for room in rooms)
        return
    assert placed.keys() == {one.case_id for one in movers}
    free = {room.room_id: room.free for room in rooms}
    for one in movers:
        free[placed[one.case_id]] -= one.beds
    assert min(free.values()) >= 0
    if any(room.free >= needed for room in rooms):
        assert len(set(placed.values())) == 1
    of = {one.case_id: one for one in movers}
    for one in movers:
        if one.who != ADULT and one.carer in of and of[one.carer].who == ADULT:
            assert placed[one.case_id] == placed[one.carer], "with their carer, whatever else"


def test_a_room_is_chosen_that_is_suited_and_in_which_no_others_are() -> None:
    family = Room("1", 3, families=True)
    single, other = Room("2", 1, families=False), Room("3", 2, families=False, taken=1)
    others = replace(other, households=frozenset({"x"}))
    assert place([ALONE], "own", [family, single, others], {}) == {"c": "2"}
    assert place([ALONE], "own", [family, others], {}) == {"c": "1"}, "beside nobody else"
    assert place([ALONE], "own", [others], {}) == {"c": "3"}, "where there is no other bed"
    at_home = replace(family, taken=1, households=frozenset({"own"}))
    assert place([ALONE], "own", [single, at_home], {}) == {"c": "1"}, "where their own are"
    assert place([MOTHER, CHILD_OF_HERS, ALONE], "own", [single, replace(family, beds=2)], {}) == {
        "a": "1",
        "b": "1",
        "c": "2",
    }
    assert place([replace(CHILD_OF_HERS, carer=None, carer_named=True)], "own", [single], {}) is None, (
        "two beds"
    )


def test_whose_carer_is_there_already_goes_into_that_room_or_is_named_as_apart() -> None:
    single, family = Room("1", 2, families=False, taken=1), Room("2", 4, families=True)
    theirs = [replace(CHILD_OF_HERS, carer="z"), replace(OF_THE_CHILD, carer="z")]
    assert left_apart(theirs, [single, family], {"z": "1"}) == [1], "one bed is free there"
    assert left_apart(theirs, [family], {"z": "1"}) == [0, 1], "another room is named"
    apart = [theirs[0], replace(theirs[1], apart=True)]
    assert left_apart(apart, [single, family], {"z": "1"}) == []
    assert place(apart, "own", [single, family], {"z": "1"}) == {"b": "1", "c": "2"}
    assert place([theirs[0], ALONE], "own", [single, family], {"z": "1"}) == {"b": "1", "c": "2"}
    assert left_apart([replace(MOTHER), CHILD_OF_HERS], [single, family], {"z": "1"}) == []


def test_nobody_who_cannot_be_alone_is_admitted_before_their_carer() -> None:
    assert may_be_admitted(ADULT, None, frozenset())
    assert may_be_admitted(CHILD, None, frozenset()), "somebody goes along who has no case"
    assert not may_be_admitted(CHILD, "a", frozenset({"c"}))
    assert may_be_admitted(CHILD, "a", frozenset({"a"}))


HEADER = "centre_id,name,district,room,beds,families\n"


def test_a_file_of_centres_is_read_whole_or_refused_with_each_fault() -> None:
    rows = read_centres(HEADER + "y,雁白路隔离点,cg,101,2,是\ny,雁白路隔离点,cg,102,0,no\n\n", {})
    assert [(row.room_id, row.beds, row.families) for row in rows] == [("101", 2, True), ("102", 0, False)]
    wrong = "y,A,cg,1,2,yes\ny,A,cg,1,2,yes\ny,B,cg,2,many,perhaps\n,,,,,\n y z,A,cg,3,1,no\ny,B,cg,4,1,no\n"
    in_use = {("y", "1"): Room("1", 3, families=True, held=1, taken=2)}
    with pytest.raises(Refused) as caught:
        read_centres(HEADER + wrong, in_use)
    assert [(fault.where, fault.code) for fault in caught.value.faults] == [
        ("row 2, beds", "in_use"),
        ("row 3, room", "twice"),
        ("row 3, beds", "in_use"),
        ("row 4, beds", "invalid"),
        ("row 4, families", "invalid"),
        ("row 6, centre_id", "invalid"),
        ("row 7, name", "two_names"),
    ]
