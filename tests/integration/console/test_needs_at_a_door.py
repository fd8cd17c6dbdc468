"""What a household needs, on the page of whoever goes there: asked for in its name, taken up, met (P9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.isolation import tables as of_isolation
from tests.integration.console.round import Phone, Round, hidden, open_morning
from tests.integration.console.trial import token_of


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    """Three doors, at 08:20."""
    with open_morning(sqlite_url) as opened:
        yield opened


@pytest.fixture
def phone(town: Round) -> Phone:
    return town.phone()


def asks(town: Round, phone: Phone, name: str = "林玉兰", status: int = 303, **typed: Any) -> str:
    """Returns the page that follows."""
    path = town.household(name)
    page = phone.get(f"{path}/need")
    given = {"who": town.case(name)["case_id"], **typed}
    sent = phone.browser.post(f"{path}/need", token=token_of(page), **(hidden(page, "need") | given))
    assert sent.status_code == status, sent.text
    return sent.text if status != 303 else phone.get(sent.headers["Location"]).text


def answers(town: Round, phone: Phone, answer: str, name: str = "林玉兰") -> str:
    path = town.household(name)
    page = phone.get(path)
    typed = hidden(page, "need-answer") | {"answer": answer}
    sent = phone.browser.post(f"{path}/need-answer", token=token_of(page), **typed)
    assert sent.status_code == 303, sent.text
    return phone.get(sent.headers["Location"]).text


def needs_of(text: str) -> str:
    """What stands in the part of the page about needs."""
    part = text.partition('<h2 id="needs">')[2].partition("</ul>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", part).split())


def test_a_worker_writes_a_need_down_does_it_and_says_how(town: Round, phone: Phone) -> None:
    assert "Noted. It stands below" in asks(town, phone, kind="food", text="rice for two")
    said = needs_of(phone.get(town.household("林玉兰")).text)
    assert "food and daily things : rice for two" in said and "asked for · until 16:20" in said
    assert "Noted: you do it." in answers(town, phone, "seen")
    town.advance(hours=1)
    after = answers(town, phone, "left_at_door")
    assert "Noted: it is met." in after and "met · at 09:20 · left at the door" in needs_of(after)
    [need] = town.isolation.rows(of_isolation.needs)
    assert (need["how"], need["people"]) == ("left_at_door", [town.case("林玉兰")["case_id"]])
    assert town.isolation.audit()["balanced"]


def test_two_needs_with_one_clock_are_two_things_to_do(town: Round, phone: Phone) -> None:
    for text in ("rice", "eggs"):
        asks(town, phone, kind="food", text=text)
    page = phone.get(town.household("林玉兰")).text
    assert page.count(">meet a need<") == 2
    assert "rice" in needs_of(page) and "eggs" in needs_of(page)


def test_the_list_of_doors_has_those_with_needs(town: Round, phone: Phone) -> None:
    assert "needs" in phone.get("/doors").text
    asks(town, phone, kind="other", text="a thermometer")
    shown = phone.get("/doors?show=needs").text
    assert town.household("林玉兰") in shown and town.household("赵大山") not in shown


def test_a_medical_need_is_urgent_and_ended_by_who_saw_or_rang_them(town: Round, phone: Phone) -> None:
    asks(town, phone, kind="medical", text="fell in the bath")
    nurse = town.phone("h-0021")
    assert "urgent · asked for · until 08:50" in needs_of(nurse.get(town.household("林玉兰")).text)
    assert "Needed no more" not in nurse.get(town.household("林玉兰")).text
    assert len(town.isolation.recorded("need.urgent")) == 1
    assert "Noted: it is met." in answers(town, nurse, "by_phone")


def test_what_a_colleague_met_meanwhile_stays_met(town: Round, phone: Phone) -> None:
    asks(town, phone, kind="food", text="rice")
    path = town.household("林玉兰")
    page = phone.get(path)
    answers(town, phone, "handed_over")
    typed = hidden(page, "need-answer") | {"answer": "left_at_door"}
    sent = phone.browser.post(f"{path}/need-answer", token=token_of(page), **typed)
    assert "It has changed meanwhile" in phone.get(sent.headers["Location"]).text
    assert town.isolation.rows(of_isolation.needs)[0]["how"] == "handed_over"


def test_what_is_missing_is_said_beside_its_field(town: Round, phone: Phone) -> None:
    for typed, field in (({"text": "rice"}, "kind"), ({"kind": "food"}, "text")):
        assert f'href="#{field}"' in asks(town, phone, status=422, **typed)
    assert 'href="#who"' in asks(town, phone, status=422, kind="food", text="rice", who="")
