"""Leave to go out, on the pages of whoever goes to a door and of whoever decides (P10, P43)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.isolation import tables as of_isolation
from services.isolation.permits.request_permit import request_permit
from tests.integration.console.officers import Town, open_town
from tests.integration.console.round import Phone, Round, hidden, open_morning
from tests.integration.console.test_officers_settle import row_of, settle
from tests.integration.console.trial import token_of
from tests.integration.isolation.saying import LINK, speaking
from tests.integration.isolation.trial import china

request = speaking(request_permit, "permit.requested")
NAME = "林玉兰"


@pytest.fixture
def round_(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    """Three doors, at 08:20."""
    with open_morning(sqlite_url) as opened:
        yield opened


def asks(town: Round, phone: Phone, status: int = 303, **typed: Any) -> str:
    path = town.household(NAME)
    page = phone.get(f"{path}/permit")
    given = {"who": town.case(NAME)["case_id"], "where": "second hospital", **typed}
    sent = phone.browser.post(f"{path}/permit", token=token_of(page), **(hidden(page, "permit") | given))
    assert sent.status_code == status, sent.text
    return sent.text if status != 303 else phone.get(sent.headers["Location"]).text


def passes(town: Round, phone: Phone, direction: str) -> str:
    page = phone.get(town.household(NAME))
    typed = hidden(page, "passage") | {"direction": direction}
    sent = phone.browser.post(f"{town.household(NAME)}/passage", token=token_of(page), **typed)
    assert sent.status_code == 303, sent.text
    return phone.get(sent.headers["Location"]).text


def going_out(text: str) -> str:
    part = text.partition('<h2 id="permits">')[2].partition("</ul>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", part).split())


def test_a_worker_asks_for_them_and_records_out_and_back(round_: Round) -> None:
    phone = round_.phone()
    assert "an officer decides" in asks(round_, phone, kind="emergency")
    assert "granted · to be reviewed" in going_out(phone.get(round_.household(NAME)).text)
    assert "Noted: they are out." in passes(round_, phone, "out")
    round_.advance(hours=1)
    out = phone.get(round_.household(NAME)).text
    assert "out since 08:20" in going_out(out) and "They are back" in out
    after = passes(round_, phone, "back")
    assert "Noted: they are back." in after and "back at 09:20" in going_out(after)
    assert [row["direction"] for row in round_.isolation.rows(of_isolation.passages)] == ["out", "back"]
    assert round_.isolation.audit()["balanced"]


def test_what_is_not_possible_is_said_at_the_door(round_: Round) -> None:
    times = {"begins": "2022-12-01T08:00", "ends": "2022-12-01T12:00"}
    text = asks(round_, round_.phone(), 422, kind="treatment", **times)
    assert "The measure is over by then" in text and "second hospital" in text


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        case_id = town.open_case(level="medium")
        outing = {"begins": china("2022-10-02 08:00"), "ends": china("2022-10-02 12:00")}
        said = {"case_ids": [case_id], "kind": "maternity", "where": "maternity hospital", "why": "week 30"}
        assert request(town.isolation, {**said, "outings": [outing]}, author=LINK).kind == "done"
        yield town


def test_an_officer_decides_with_what_is_arranged(town: Town) -> None:
    officer = town.officer()
    assert "Leave to go out" in officer.get("/lists").text
    listed = officer.get("/lists/permits_to_decide").text
    assert "1 request" in listed and "maternity check" in listed and "maternity hospital" not in listed
    path = row_of(officer, "permits_to_decide")
    page = officer.get(path).text
    for stands in ("maternity hospital", "week 30", "2022-10-02 08:00", "Ring them", "ring them"):
        assert stands in page or stands.lower() in page.lower()
    gone = settle(officer, path, "granted", how="escorted_car", escort="Dr. He, side entrance")
    assert "It is settled" in gone.text
    [permit] = town.isolation.rows(of_isolation.permits)
    assert (permit["decision"], permit["decided_by"]) == ("granted", "/console/officer")
    assert "This is settled" in officer.get(path).text


def test_a_refusal_needs_a_reason_that_they_read(town: Town) -> None:
    officer = town.officer()
    path = row_of(officer, "permits_to_decide")
    assert "This is still missing." in settle(officer, path, "refused", 422).text
    assert "It is settled" in settle(officer, path, "refused", reason="the midwife comes").text
    [permit] = town.isolation.rows(of_isolation.permits)
    assert permit["decision"] == "refused" and "midwife" not in str(permit)


def test_officers_see_who_is_out(town: Town) -> None:
    page = town.officer().get("/lists/people_out").text
    assert "Out now" in page and "Nothing stands on this list" in page
