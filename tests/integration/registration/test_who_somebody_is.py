"""Who somebody is: a number with its kind, issuer, name, birth date. Where they differ, staff are asked."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from services.registration import tables as t
from services.registration.arrivals import balance
from services.registration.persons.claims import MOST_CLAIMS
from tests.integration.registration.trial import Trial, identity_number, outcomes, person, report

ids = map(str, count())
MARIA = {
    "name": "MARIA DEMO SANTOS",
    "identity_type": "passport",
    "identity_number": "P1234567A",
    "phone": "16500040001",
    "nationality": "PHL",
    "birth_date": "1991-02-03",
}
PIERRE = MARIA | {
    "name": "PIERRE EXEMPLE MARTIN",
    "phone": "16500040002",
    "nationality": "FRA",
    "birth_date": "1964-11-21",
}


def told(*people: dict[str, Any], minute: int = 0, **changed: Any) -> dict[str, Any]:
    at = f"2022-10-01T09:{minute:02d}:00+08:00"
    return report(0, id=next(ids), people=people, at=at, **changed)


def persons(trial: Trial) -> int:
    return len({row["person_id"] for row in trial.arrivals()})


def asked(trial: Trial) -> list[tuple[str, list[str]]]:
    """Why staff are asked about each pair, and what contradicts."""
    rows = trial.rows(t.possible_duplicates, "first", "second")
    return [(row["why"], (row["details"] or {}).get("contradicts", [])) for row in rows]


# -- one number ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 2])
def test_one_passport_number_of_two_countries_is_two_people(trial: Trial, batch: int) -> None:
    trial.receive(told(MARIA), told(PIERRE, minute=30), batch=batch)
    assert [trial.person_of(row)["name"] for row in trial.rows(t.arrivals, "arrived_at")] == [
        "MARIA DEMO SANTOS",
        "PIERRE EXEMPLE MARTIN",
    ]
    assert persons(trial) == 2
    assert asked(trial) == [("same_number", ["birth_date", "issuing_country", "name"])]
    assert outcomes(trial) == ["registered", "registered"]


@pytest.mark.parametrize(
    ("changed", "contradicts"),
    [
        ({"name": "ANA DEMO SANTOS"}, ["name"]),
        ({"birth_date": "1991-03-02"}, ["birth_date"]),
        ({"issuing_country": "FRA"}, ["issuing_country"]),
        ({"identity_type": "hk_macau_permit"}, ["identity_type", "issuing_country"]),
        ({"sex": "male"}, ["sex"]),
    ],
)
def test_whatever_contradicts_under_a_number_is_somebody_else_and_staff_are_told_what(
    trial: Trial, changed: dict[str, Any], contradicts: list[str]
) -> None:
    maria = MARIA | {"sex": "female"}
    trial.receive(told(maria), told(maria | changed, minute=30), batch=1)
    assert persons(trial) == 2
    assert ("same_number", contradicts) in asked(trial)
    assert trial.read(balance.audit)["balanced"]


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Santos, Maria Demo"},
        {"name": "SANTOS/MARIADEMO"},
        {"name": None},
        {"name": "玛丽亚"},
        {"name": "MARIA D*** SANTOS"},
        {"identity_type": None},
        {"identity_type": "other", "nationality": None},
        {"nationality": "phl"},
        {"nationality": None, "issuing_country": "PHL"},
        {"birth_date": None, "phone": None},
    ],
)
def test_what_says_less_or_says_it_otherwise_is_about_the_same_person(
    trial: Trial, changed: dict[str, Any]
) -> None:
    trial.receive(told(MARIA), told(MARIA | changed, minute=30), told(MARIA, minute=45), batch=1)
    (row,) = trial.arrivals()
    assert row["reports"] == 3 and asked(trial) == []


def test_facts_that_come_later_are_kept_and_contradict_from_then_on(trial: Trial) -> None:
    number = {"name": None, "phone": None, "birth_date": None, "nationality": None}
    trial.receive(told(MARIA | number), told(MARIA | number | {"name": MARIA["name"]}), batch=1)
    trial.receive(told(MARIA), told(MARIA | {"name": None, "birth_date": "1964-11-21"}), batch=1)
    assert sorted(row["reports"] for row in trial.arrivals()) == [1, 3]
    assert asked(trial) == [("same_number", ["birth_date"])]


def test_each_of_two_people_under_one_number_is_found_again(trial: Trial) -> None:
    trial.receive(told(MARIA), told(PIERRE), told(PIERRE, minute=5), told(MARIA, minute=6), batch=1)
    trial.receive(told(PIERRE | {"birth_date": None, "phone": None}, minute=7))
    assert sorted(row["reports"] for row in trial.arrivals()) == [2, 3]
    assert len(asked(trial)) == 1


def test_a_report_that_may_be_of_two_people_under_a_number_is_asked_about(trial: Trial) -> None:
    trial.receive(told(MARIA), told(PIERRE), batch=1)
    bare = {"identity_type": "passport", "identity_number": MARIA["identity_number"]}
    trial.receive(told(bare, address="和平家园2号楼"))
    assert persons(trial) == 2
    assert [why for why, _ in asked(trial)].count("same_number") == 2


def test_a_resident_number_of_two_names_is_two_people(trial: Trial) -> None:
    trial.receive(told(person(1)), told(person(1, name="别人", phone="13900009999")), batch=1)
    assert persons(trial) == 2
    assert asked(trial) == [("same_number", ["name"])]


def test_people_of_one_report_are_told_apart_too(trial: Trial) -> None:
    mother = person(1)
    infant = mother | {"name": "示例宝", "phone": None, "identity_type": "other"}
    trial.receive(told(mother, infant))
    assert persons(trial) == 2
    assert asked(trial) == [("same_number", ["name"])]
    assert len({row["household_id"] for row in trial.arrivals()}) == 1


def test_a_name_and_phone_with_another_birth_date_is_somebody_else(trial: Trial) -> None:
    child = {"name": "示例小宝", "phone": "13900000001"}
    trial.receive(told(child | {"birth_date": "2015-03-01"}), told(child | {"birth_date": "2018-07-09"}))
    assert persons(trial) == 2
    assert asked(trial) == [("same_name_and_phone", ["birth_date"])]


def test_without_a_number_who_may_be_either_of_two_is_taken_for_the_first_and_staff_are_asked(
    trial: Trial,
) -> None:
    both = {"name": "示例小宝", "phone": "13900000001"}
    second, there = both | {"birth_date": "2018-07-09"}, {"address": "和平家园2号楼"}
    trial.receive(told(both | {"birth_date": "2015-03-01"}), told(second, **there), batch=1)
    trial.receive(told(both, minute=5))
    assert sorted(row["reports"] for row in trial.arrivals()) == [1, 2] and len(asked(trial)) == 1
    trial.receive(told(both, minute=9, **there))
    assert persons(trial) == 2 and len(trial.arrivals()) == 3
    assert sorted(why for why, _ in asked(trial)) == ["same_name_and_phone"] * 2 + ["two_places"]


def test_a_name_and_phone_are_not_taken_for_a_number_whose_birth_date_differs(trial: Trial) -> None:
    known = person(1)
    trial.receive(told(known | {"phone": None, "name": None}))
    trial.receive(told({"name": known["name"], "phone": known["phone"], "birth_date": "1999-09-09"}))
    trial.receive(told(known))
    assert persons(trial) == 2
    assert ("same_name_and_phone", ["birth_date"]) in asked(trial)


def test_rivals_are_asked_about_whatever_key_they_come_by_next_time(trial: Trial) -> None:
    """The two stand under one number; later one of them comes by name and phone, the other by the number."""
    trial.receive(told(MARIA), told(PIERRE), batch=1)
    later: dict[str, Any] = {"at": "2022-09-20T09:00:00+08:00", "stops": []}
    by_name = {"name": MARIA["name"], "phone": MARIA["phone"]}
    trial.receive(report(0, id=next(ids), people=[PIERRE], **later))
    trial.receive(report(0, id=next(ids), people=[by_name], **later))
    assert persons(trial) == 2 and len(trial.arrivals()) == 4
    assert len(asked(trial)) == 2


@pytest.mark.parametrize("batch", [1, 7, 200])
def test_a_number_typed_in_for_everybody_is_nobodys(trial: Trial, batch: int) -> None:
    filler = {"identity_type": "other", "identity_number": "123456789"}
    people = [person(order, **filler) for order in range(3 * MOST_CLAIMS)]
    for minute in (0, 1):
        trial.receive(*(told(one, minute=minute) for one in people), batch=batch)
    assert persons(trial) == len(trial.arrivals()) == len(people)
    assert {row["reports"] for row in trial.arrivals()} == {2}
    questions = len(asked(trial))
    assert len(people) - 1 <= questions <= MOST_CLAIMS**2 + len(people)


# -- numbers that a spreadsheet has changed ------------------------------------------------------------------


def test_numbers_that_a_spreadsheet_has_changed_make_no_person_of_five(trial: Trial) -> None:
    eaten = [
        (None, "6.20102E+17"),
        (None, "6.20102E+17"),
        ("other", "6.20102E+17"),
        ("resident_id", "620102198501020000"),
        ("resident_id", "620102198501020000"),
    ]
    trial.receive(
        *(told(person(n, identity_type=kind, identity_number=it)) for n, (kind, it) in enumerate(eaten))
    )
    assert trial.arrivals() == []
    assert [
        [(reason["field"], reason["code"]) for reason in row["reasons"]] for row in trial.rows(t.reports)
    ] == [[("person.identity_number", "identity_spreadsheet")]] * 5
    mended = [person(n, identity_number=identity_number(n)) for n in range(5)]
    trial.receive(*map(told, mended))
    assert persons(trial) == 5


# -- ways to write a name ------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 6])
def test_dots_and_invisible_characters_make_no_six_of_two_women(trial: Trial, batch: int) -> None:
    names = ["阿依古丽·示例江", "阿依古丽•示例江", "阿依古丽・示例江", "阿依古丽．示例江"]
    first = [told({"name": name, "phone": "16500070001"}, minute=n) for n, name in enumerate(names)]
    second = [
        told({"name": "郭试样", "phone": "16500070002"}),
        told({"name": "郭试样\u200b", "phone": "\u202d16500070002\u202c"}),
    ]
    trial.receive(*first, *second, batch=batch)
    assert sorted(row["reports"] for row in trial.arrivals()) == [2, 4]
    given = {*names, "郭试样", "郭试样\u200b"}
    assert all(trial.person_of(row)["name"] in given for row in trial.arrivals())


def test_a_name_of_nothing_that_is_seen_is_no_name(trial: Trial) -> None:
    trial.receive(told({"name": "\u200b·", "phone": "16500070001"}))
    assert outcomes(trial) == ["needs_correction"]


# -- day of birth --------------------------------------------------------------------------------------------

RESIDENT = identity_number(1)
BORN_BY_IT = f"{RESIDENT[6:10]}-{RESIDENT[10:12]}-{RESIDENT[12:14]}"


@pytest.mark.parametrize(
    ("kind", "number", "born", "goes_on"),
    [
        ("passport", "P1234567A", "2022-08-20", "2022-08-20"),
        ("hk_macau_permit", "H12345678", "2022-08-20", "2022-08-20"),
        (None, "X12345678", "2022-08-20", "2022-08-20"),
        (None, RESIDENT, BORN_BY_IT, BORN_BY_IT),
        ("resident_id", RESIDENT, BORN_BY_IT, None),
        ("resident_id", None, "2022-08-20", "2022-08-20"),
    ],
)
def test_a_day_of_birth_goes_on_unless_the_number_says_it(
    trial: Trial, kind: str | None, number: str | None, born: str, goes_on: str | None
) -> None:
    """A baby on a passport has no other word of its age, and its age decides when 120 is rung."""
    document = {"identity_type": kind, "identity_number": number, "birth_date": born}
    trial.receive(told({"name": "甘小满", "phone": "16500070003"} | document))
    [row] = trial.arrivals()
    assert trial.person_of(row).get("birth_date") == goes_on


def test_guests_without_a_name_are_not_one_person_by_the_phone_of_their_hotel(trial: Trial) -> None:
    hotel = {"name": "旅客", "identity_type": None, "identity_number": None, "phone": "13900000009"}
    trial.receive(*(report(n, people=[hotel], id=f"hotel-{n}", address=f"某路{n}号") for n in range(1, 4)))
    trial.receive(report(9, people=[person(9, name="旅客")]))
    assert outcomes(trial) == [*["needs_correction"] * 3, "registered"]
    [arrival] = trial.arrivals()
    assert trial.person_of(arrival)["name"] is None
