"""Each case names the district above its street, whatever becomes of the places."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from services.isolation import tables as t
from services.isolation.cases import name_districts as walk
from services.isolation.cases.name_districts import name_districts
from services.isolation.teams.copies import PLACES
from tests.integration.isolation.trial import CITY, DISTRICT, STREET, Trial, arrival, place

NOWHERE = {"street": None, "community": None, "grid": None}


def districts(isolation: Trial) -> list[str | None]:
    return [row["district"] for row in sorted(isolation.rows(t.cases), key=lambda row: row["case_id"])]


def test_a_case_is_opened_with_its_district_and_moves_with_its_arrival(isolation: Trial) -> None:
    isolation.do(PLACES.keep, [place("d-2", CITY, "district"), place("s-2", "d-2", "street")])
    first = arrival()
    isolation.follow(first)
    assert isolation.case(first)["district"] == DISTRICT
    elsewhere = NOWHERE | {"street": "s-2"}
    isolation.follow(arrival(first.data["arrival_id"], version=2, destination=elsewhere))
    assert isolation.case(first)["district"] == "d-2"


def test_a_case_of_unknown_places_has_none(isolation: Trial) -> None:
    nowhere = arrival(destination=NOWHERE)
    isolation.follow(nowhere)
    isolation.until_done(name_districts)
    assert isolation.case(nowhere)["district"] is None


def test_cases_of_before_are_filled_in_steps_and_not_looked_at_again(
    isolation: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "PAGE", 3)
    isolation.follow(*(arrival() for _ in range(7)))
    isolation.until_done(name_districts)
    with isolation.database.begin() as conn:
        conn.execute(update(t.cases).values(district=None))
        conn.execute(t.district_walks.delete())
    assert [isolation.do(name_districts) for _ in range(4)] == [3, 3, 1, 0]
    assert districts(isolation) == [DISTRICT] * 7


def test_a_street_that_moves_to_another_district_takes_its_cases_along(
    isolation: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "PAGE", 2)
    isolation.follow(*(arrival() for _ in range(5)))
    isolation.do(PLACES.keep, [place("d-2", CITY, "district"), place("d-3", CITY, "district")])
    isolation.do(PLACES.keep, [place(STREET, "d-2", "street", 2)])
    assert isolation.do(name_districts) == 2
    isolation.do(PLACES.keep, [place(STREET, "d-3", "street", 3)])
    isolation.until_done(name_districts)
    assert districts(isolation) == ["d-3"] * 5
    isolation.do(PLACES.keep, [place("d-3", CITY, "district", 2, removed=True, successor=DISTRICT)])
    isolation.until_done(name_districts)
    assert districts(isolation) == [DISTRICT] * 5
