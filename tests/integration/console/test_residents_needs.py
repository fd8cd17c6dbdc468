"""What a household needs, on its own page: asked for, seen, met, taken back (P9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.isolation import tables as t
from services.isolation.contacts.change_contact import change_contact
from services.isolation.needs.answer_need import answer_need
from tests.integration.console.residents import Home, Resident, open_home
from tests.integration.isolation.saying import speaking
from tests.integration.isolation.trial import SEALER

answer = speaking(answer_need, "need.answered")
change = speaking(change_contact, "contact.changed")


@pytest.fixture
def home(sqlite_url: Callable[..., str]) -> Iterator[Home]:
    with open_home(sqlite_url) as home:
        home.at("2022-10-01 23:00")
        yield home


@pytest.fixture
def resident(home: Home) -> Resident:
    return home.browser()


def asks(resident: Resident, **typed: Any) -> Any:
    page = resident.get("/need")
    who = re.findall(r'name="who" value="([^"]*)" checked', page.text)
    return resident.send(page, "/need", **{"who": who, **typed})


def needs_of(page: Any) -> str:
    """What stands in the part of the page about needs."""
    part = page.text.partition('<h2 id="needs">')[2].partition("</section>")[0]
    return re.sub(r"\s+", "", re.sub(r"<[^>]*>", "", part))


def test_a_household_asks_for_food_and_reads_that_it_was_seen_and_met(home: Home, resident: Resident) -> None:
    sent = asks(resident, kind="food", text="大米五公斤")
    assert sent.status_code == 303 and sent.location.endswith("#needs")
    assert "食品和日用品：大米五公斤" in needs_of(resident.get())
    [need] = home.isolation.rows(t.needs)
    assert sorted(need["people"]) == home.case_ids()
    home.at("2022-10-01 23:12")
    answer(home.isolation, {"need_id": need["need_id"], "outcome": "seen"})
    assert "23:12" in needs_of(resident.get()) and "已提出" not in needs_of(resident.get())
    home.at("2022-10-02 08:40")
    answer(home.isolation, {"need_id": need["need_id"], "outcome": "met", "how": "left_at_door"})
    assert "08:40已办结，已放在门口" in needs_of(resident.get())


def test_a_form_that_is_sent_twice_is_one_need(home: Home, resident: Resident) -> None:
    page = resident.get("/need")
    typed = {"who": home.case_ids(), "kind": "other", "text": "a thermometer"}
    for _ in range(2):
        assert resident.send(page, "/need", **typed).status_code == 303
    assert len(home.isolation.rows(t.needs)) == 1


def test_medicine_says_how_long_it_lasts_and_who_was_told_when_it_ends_today(
    home: Home, resident: Resident
) -> None:
    asks(resident, kind="medicine", days_left="1", needs_cold="yes")
    said = needs_of(resident.get())
    assert "药品，还够用1天，需冷藏" in said and "社区医生何静" in said
    [need] = home.isolation.rows(t.needs)
    assert (need["days_left"], need["needs_cold"], need["text"]) == (1, True, None)
    assert "不再需要" not in resident.get("/need").text, "somebody is on the way"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"text": "rice"}, "kind"),
        ({"kind": "food"}, "text"),
        ({"kind": "medicine", "text": "insulin", "days_left": "a few"}, "days_left"),
        ({"kind": "food", "text": "rice", "who": []}, "who"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_still_there(
    home: Home, resident: Resident, typed: dict[str, Any], field: str
) -> None:
    sent = asks(resident, **typed)
    assert sent.status_code == 422 and f'href="#{field}"' in sent.text
    assert str(typed.get("text", "")) in sent.text
    assert home.isolation.rows(t.needs) == []


def test_what_is_needed_no_more_is_taken_back_once(home: Home, resident: Resident) -> None:
    asks(resident, kind="food", text="rice")
    page = resident.get("/need")
    for status in (303, 409):
        assert resident.send(page, "/need/withdraw").status_code == status
    assert "已撤回" in needs_of(resident.get())
    assert [task["state"] for task in home.isolation.rows(t.tasks) if task["kind"] == "meet_need"] == [
        "cancelled"
    ]


def test_nobody_asks_for_somebody_of_another_household(home: Home, resident: Resident) -> None:
    assert (
        asks(resident, kind="food", text="rice", who=["0183917b-6c41-7a52-8d10-3f0c9b7e2a11"]).status_code
        == 422
    )


def test_a_contact_person_asks_for_them_and_reads_nothing_that_they_wrote(
    home: Home, resident: Resident
) -> None:
    asks(resident, kind="psychological", text="cannot sleep")
    one = {"name": "王家人", "phone": "13909311234", "may_report": True}
    change(home.isolation, {"case_ids": home.case_ids(), "contacts": [one]})
    [told] = home.isolation.recorded("contact.invited")
    theirs = Resident(home.browser().browser, f"/r/{SEALER.unseal(told.data['link'], 'link')}")
    said = needs_of(theirs.get())
    assert "心理疏导" in said and "cannotsleep" not in said and "不再需要" not in theirs.get("/need").text
    asks(theirs, kind="food", text="大米")
    assert "大米" in needs_of(theirs.get())
    assert {need["source"].partition("/link/")[0] for need in home.isolation.rows(t.needs)} == {""}


def test_the_page_with_needs_and_the_form_are_small_and_need_no_script(
    home: Home, resident: Resident
) -> None:
    for kind in ("food", "medicine", "medical"):
        asks(resident, kind=kind, text="盐酸二甲双胍缓释片两盒，门口左边的架子上" * 2)
    for page in (resident.get(), resident.get("/need")):
        (sheet,) = re.findall(r'href="(/static/\w+/doorstep.css)"', page.text)
        assert "<script" not in page.text and "style=" not in page.text
        assert len(page.data) + len(resident.browser.get(sheet).data) <= 30_000
