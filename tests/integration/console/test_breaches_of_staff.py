"""Who is not at home, on the page of whoever goes to a door, and what an officer finds of it (P11, P41)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.isolation import tables as of_isolation
from services.isolation.permits.report_breach import report_breach
from tests.integration.console.officers import Officer, Town, open_town
from tests.integration.console.round import Phone, Round, hidden, open_morning
from tests.integration.console.test_officers_settle import row_of, settle
from tests.integration.console.trial import token_of
from tests.integration.isolation.saying import WORKER, speaking

absent = speaking(report_breach, "breach.reported")
NAME = "林玉兰"


@pytest.fixture
def round_(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    """Three doors, at 08:20."""
    with open_morning(sqlite_url) as opened:
        yield opened


def says_away(town: Round, phone: Phone, status: int = 303, **typed: Any) -> str:
    path = town.household(NAME)
    page = phone.get(f"{path}/not-at-home")
    given = hidden(page, "not-at-home") | {"who": town.case(NAME)["case_id"], **typed}
    sent = phone.browser.post(f"{path}/not-at-home", token=token_of(page), **given)
    assert sent.status_code == status, sent.text
    return sent.text if status != 303 else phone.get(sent.headers["Location"]).text


def test_a_worker_records_who_is_not_at_home_with_what_they_saw(round_: Round) -> None:
    phone = round_.phone()
    assert "Say in a few words what you saw." in says_away(round_, phone, 422, saw="")
    after = says_away(round_, phone, saw="the neighbour saw her leave")
    assert "Your officer is told" in after
    [row] = round_.isolation.rows(of_isolation.breaches)
    assert (row["why"], row["state"], row["reported_by"]) == ("not_at_home", "suspected", "/console/w-0117")
    assert round_.isolation.audit()["balanced"]


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


@pytest.fixture
def case_id(town: Town) -> str:
    id = town.open_case(level="medium")
    is_away(town, id)
    return id


def is_away(town: Town, case_id: str) -> None:
    said = {"case_ids": [case_id], "found": "not_at_home", "saw": "a neighbour saw him leave"}
    assert absent(town.isolation, said, author=WORKER).kind == "done"


def judge(officer: Officer, act: str, **typed: Any) -> str:
    path = row_of(officer, "breaches_to_judge")
    return settle(officer, path, act, **typed).text


def test_an_officer_reads_what_was_seen_and_judges_it_from_the_case(town: Town, case_id: str) -> None:
    officer = town.officer()
    assert "Breaches to judge" in officer.get("/lists").text
    listed = officer.get("/lists/breaches_to_judge").text
    assert "1 breach" in listed and "not at home when visited" in listed and "neighbour" not in listed
    path = row_of(officer, "breaches_to_judge")
    assert f'href="{path}"' in officer.get(f"/cases/{case_id}").text
    page = officer.get(path).text
    assert "a neighbour saw him leave" in page and "hear them before you judge" in page
    assert "This is still missing." in settle(officer, path, "confirmed", 422).text
    gone = settle(officer, path, "confirmed", words="he bought bread; I told him to ask first")
    assert "It is settled" in gone.text
    [row] = town.isolation.rows(of_isolation.breaches)
    assert (row["state"], row["judged_by"]) == ("confirmed", "/console/officer")
    history = officer.get(f"/cases/{case_id}").text
    for stands in ("a breach is confirmed", "admonished, in friendly words", "nobody at home"):
        assert stands in history


def test_a_confirmed_one_is_judged_once_more(town: Town, case_id: str) -> None:
    officer = town.officer()
    judge(officer, "confirmed", words="so it is")
    path = row_of(officer, "confirmed_breaches")
    assert "so it is" in officer.get(path).text
    settle(officer, path, "explained_after_all", words="the car of the hospital took him")
    [row] = town.isolation.rows(of_isolation.breaches)
    assert (row["state"], row["version"]) == ("explained", 2)
    assert "Nothing stands on this list" in officer.get("/lists/confirmed_breaches").text
    again = f"/lists/breaches_to_judge/{row['breach_id']}"
    settle(officer, again, "confirmed_after_all", words="the hospital knows nothing of it")
    assert [row["state"] for row in town.isolation.rows(of_isolation.breaches)] == ["confirmed"]


def test_the_second_one_asks_the_officer_to_decide_about_central_isolation(town: Town, case_id: str) -> None:
    officer = town.officer()
    judge(officer, "confirmed", words="so it is")
    town.isolation.clock.advance(hours=13)
    is_away(town, case_id)
    assert "<dt>confirmed before</dt><dd" in officer.get(row_of(officer, "breaches_to_judge")).text
    judge(officer, "confirmed", words="once more")
    page = officer.get(f"/cases/{case_id}").text
    assert "decide about central isolation" in page and "To central isolation" in page
