"""How the people of a household are told apart without their full names."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import example, given
from hypothesis import strategies as st

from field.telling_apart import Label, Someone, tell_apart

TODAY = date(2022, 10, 1)


def labels(*people: tuple[str | None, date | None]) -> list[Label]:
    return tell_apart([Someone(name, born) for name, born in people], TODAY)


def test_two_children_of_one_family_name_are_told_apart_by_last_character_and_age() -> None:
    assert labels(("张小雨", date(2014, 3, 1)), ("张晓晨", date(2018, 12, 24))) == [
        Label("*雨", 8),
        Label("*晨", 3),
    ]


def test_a_year_is_full_on_the_birthday_and_infants_are_counted_in_months() -> None:
    assert labels(("王雨", date(2014, 10, 1)), ("王晨", date(2014, 10, 2)), ("王宁", date(2022, 8, 2))) == [
        Label("*雨", 8),
        Label("*晨", 7),
        Label("*宁", 0, 1),
    ]


def test_of_other_names_the_first_letter_stands_there() -> None:
    assert labels(("anna Smith", date(1990, 1, 1)), ("阿迪力·买买提", None)) == [
        Label("A*", 32),
        Label("*提", None),
    ]


def test_twins_are_told_apart_by_the_given_name_or_numbered() -> None:
    born = date(2014, 3, 1)
    assert labels(("张小雨", born), ("张思雨", born)) == [Label("*小雨", 8), Label("*思雨", 8)]
    assert labels(("欧阳雨", born), ("欧阳雨", born)) == [
        Label("*雨", 8, None, 1),
        Label("*雨", 8, None, 2),
    ]
    assert labels((None, None), ("", None)) == [Label("*", None, None, 1), Label("*", None, None, 2)]


def test_who_is_born_tomorrow_has_no_age() -> None:
    assert labels(("张小雨", date(2022, 10, 2))) == [Label("*雨", None)]


names = st.none() | st.text(max_size=6) | st.text(st.sampled_from("张王雨晨小思"), min_size=2, max_size=4)
people = st.lists(st.builds(Someone, names, st.none() | st.dates(date(2010, 1, 1), date(2023, 1, 1))))


@given(people)
@example([Someone("*雨", None), Someone("雨", None), Someone("雨雨", None), Someone("雨雨雨", None)])
def test_no_two_labels_of_a_household_are_equal_and_none_shows_a_whole_name(household: list[Someone]) -> None:
    told = tell_apart(household, TODAY)
    assert len(told) == len(set(told)) == len(household)
    for one, label in zip(household, told, strict=True):
        letters = re.sub(r"\W", "", one.name or "")
        assert len(letters) < 2 or letters not in label.name
