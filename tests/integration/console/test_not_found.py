"""What a worker says of people who are not where they should be, and what the page says became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.isolation import tables as of_isolation
from services.registration import tables as of_registration
from tests.integration.console.round import Phone, Round, hidden, open_morning
from tests.integration.console.trial import token_of


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    with open_morning(sqlite_url) as opened:
        yield opened


@pytest.fixture
def phone(town: Round) -> Phone:
    return town.phone()


def say(phone: Phone, path: str, status: int = 303, **typed: Any) -> Any:
    page = phone.get(f"{path}/not-found")
    answer = phone.browser.post(
        f"{path}/not-found", token=token_of(page), **(hidden(page, "not-found") | typed)
    )
    assert answer.status_code == status, answer.text
    return phone.get(answer.headers["Location"]) if status == 303 else answer


def arrival(town: Round, name: str) -> Any:
    rows = town.registration.rows(of_registration.arrivals)
    return next(row for row in rows if row["id"] == town.case(name)["case_id"])


def test_not_here_ends_the_case_and_is_asked_once_more(town: Round, phone: Phone) -> None:
    path, child = town.household("林玉兰"), town.case("林小雨")["case_id"]
    asked = say(phone, path, 200, outcome="not_here", who=child, note="moved out")
    assert "Nothing is sent yet" in asked.text and "the case ends with it" in asked.text
    assert "*雨" in asked.text and "*兰" not in asked.text.split("<main")[1]
    assert arrival(town, "林小雨")["acts"] is None
    sure = hidden(asked, "not-found")
    assert (sure["who"], sure["note"], sure["sure"]) == (child, "moved out", "yes")
    for _ in range(2):
        sent = phone.browser.post(f"{path}/not-found", token=token_of(asked), **sure)
        assert sent.status_code == 303
    after = phone.get(sent.headers["Location"]).text
    assert "The case ends with it, and your officer asks what became of them." in after
    town.sync()
    assert (arrival(town, "林小雨")["state"], arrival(town, "林小雨")["acts"]) == ("not_here", 1)
    assert arrival(town, "林小雨")["to_settle"] == "not_here", "an officer settles it"
    states = {row["case_id"]: row["state"] for row in town.isolation.rows(of_isolation.cases)}
    assert states[child] == "cancelled" and list(states.values()).count("cancelled") == 1


@pytest.mark.parametrize(
    ("typed", "says", "to_settle"),
    [
        ({"outcome": "no_such_door"}, "on your officer&#39;s list, with a clock", True),
        ({"outcome": "wrong_number"}, "on your officer&#39;s list, with a clock", True),
        ({"outcome": "lives_elsewhere"}, "on your officer&#39;s list, with a clock", True),
        (
            {"outcome": "lives_elsewhere", "address": "春和家园5号楼1单元101"},
            "the address is mended: they are followed there",
            False,
        ),
        ({"outcome": "not_yet_come"}, "They stand among the expected arrivals", False),
    ],
)
def test_the_page_says_of_each_what_became_of_it(
    town: Round, phone: Phone, typed: dict[str, str], says: str, to_settle: bool
) -> None:
    after = say(phone, town.household("孙宁"), **typed)
    assert says in after.text
    town.sync()
    assert bool(arrival(town, "孙宁")["to_settle"]) == to_settle
