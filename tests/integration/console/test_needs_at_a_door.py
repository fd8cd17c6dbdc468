"""What a household needs, on the page of whoever goes there: asked for in its name, taken up, met (P9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from chassis.commands.by_broker import as_handler
from chassis.messaging.handed_in import hand_in
from contracts.envelope import dump_event, event_document, join_events
from services.isolation import tables as of_isolation
from services.isolation.door import COMMANDS
from services.isolation.needs.rows import Need
from services.isolation.needs.rows import needs_of as needs_of_cases
from tests.integration.console.round import Phone, Round, hidden, open_morning
from tests.integration.console.trial import Browser, token_of
from tests.integration.isolation.trial import SEALER


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


def test_what_somebody_wrote_who_despairs_reads_the_health_worker_alone(town: Round, phone: Phone) -> None:
    nurse = town.phone("h-0021")
    asks(town, nurse, kind="psychological", text="cannot sleep")
    path = town.household("林玉兰")
    said = needs_of(phone.get(path).text)
    assert "somebody to talk to" in said and "cannot sleep" not in said
    assert "cannot sleep" in needs_of(nurse.get(path).text)


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


def test_the_shopping_list_goes_from_building_to_building_with_what_is_due(town: Round, phone: Phone) -> None:
    asks(town, phone, kind="food", text="rice for two")
    asks(town, phone, "赵大山", kind="medicine", text="metformin", days_left="4", needs_cold="yes")
    asks(town, phone, "赵大山", kind="psychological", text="cannot sleep")
    page = phone.get("/shopping").text
    assert "1 need" in page and "rice for two" in page and "cannot sleep" not in page
    assert "metformin" not in page, "it is due later"
    week = phone.get("/shopping?day=2022-10-07").text
    assert week.index("rice for two") < week.index("metformin"), "by building"
    assert "3号楼" in week and "enough for 4 days, to be kept cold" in week
    assert "林玉兰" not in week and "赵大山" not in week
    answers(town, phone, "handed_over")
    assert "rice for two" not in phone.get("/shopping?day=2022-10-07").text
    for day in ("soon", "9999-12-31", "0001-01-01"):
        phone.get(f"/shopping?day={day}", 422)


def test_a_health_worker_who_brings_medicine_finds_the_way_to_the_list(town: Round) -> None:
    nurse = town.phone("h-0021")
    assert 'href="/shopping"' in nurse.get("/doors").text
    assert "Nothing is to be bought" in nurse.get("/shopping").text


def test_what_an_officer_must_decide_is_not_bought(town: Round, phone: Phone) -> None:
    asks(town, phone, kind="food", text="rice for two")
    path = town.household("林玉兰")
    [task] = [one for one in town.tasks("林玉兰") if one["kind"] == "meet_need"]
    page = phone.get(f"{path}/not-possible")
    typed = hidden(page, "not-possible") | {"task": task["task_id"], "because": "no_supplies"}
    assert phone.browser.post(f"{path}/not-possible", token=token_of(page), **typed).status_code == 303
    assert "not possible" in needs_of(phone.get(path).text)
    assert "Nothing is to be bought" in phone.get("/shopping").text


def test_p9_needs_are_collected_online_brought_and_medical_ones_go_to_the_head_at_once(
    town: Round, phone: Phone
) -> None:
    """P9 (Qingdao, Lanzhou, Zhengzhou), from the household's page to the door and back, and from a clinic."""
    case = town.case("林玉兰")
    [link] = [row for row in town.isolation.rows(of_isolation.links) if case["case_id"] in row["cases"]]
    home = f"/r/{SEALER.unseal(link['sealed'], 'link')}"
    resident = Browser(town.app(), language="en")
    form = resident.get(f"{home}/need")
    typed = {"who": case["case_id"], "kind": "food", "text": "rice for two"}
    sent = resident.post(f"{home}/need", token=token_of(form), **(hidden(form, "need") | typed))
    assert sent.status_code == 303, sent.text
    assert "已提出，将在 16:20 前办理。" in resident.get(home).text

    assert "rice for two" in phone.get("/shopping").text
    answers(town, phone, "seen")
    assert "08:20" in needs_of(resident.get(home).text)
    town.advance(minutes=40)
    answers(town, phone, "left_at_door")
    assert "已放在门口" in resident.get(home).text

    fall = {"case_ids": [case["case_id"]], "kind": "medical", "text": "fell, cannot get up"}
    of_clinic = {"id": "call-7", "source": "/clinic-7/telephone", "time": town.isolation.clock.now()}
    document = event_document(type="need.asked", data=fall, **of_clinic)
    [ask] = [command for command in COMMANDS if command.name == "ask_need"]
    work = replace(town.isolation.work, by_door=True)
    for _ in range(2):
        hand_in(work, as_handler("isolation", ask), "clinic-7", join_events([dump_event(document)]))
    [told] = town.isolation.recorded("need.urgent")
    assert {"h-0021", case["owner"]} <= {one["staff_id"] for one in told.data["tell"]["staff"]}
    assert "09:30前会有人给您打电话" in resident.get(home).text
    nurse = town.phone("h-0021")
    answers(town, nurse, "visited")
    states = {need.state for need in needs_at(town)}
    assert states == {"met"} and town.isolation.audit()["balanced"]


def needs_at(town: Round) -> list[Need]:
    with town.isolation.database.read() as conn:
        return needs_of_cases(conn, [town.case("林玉兰")["case_id"]])
