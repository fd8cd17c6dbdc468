"""The first page of officers: a table of workers whose figures are lists, and one sentence that answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.console.accounts.invite import enrol
from services.console.doors import Doors
from services.console.pages.officers import board
from services.console.sessions.enter_by_phone import take_up_by_phone
from tests.doors import CONSOLE
from tests.integration.console.officers import Town, open_town
from tests.integration.console.trial import NOBODY
from tests.integration.isolation.trial import SEALER


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        for worker in ("worker-1", "worker-1", "worker-2"):
            town.open_case(worker=worker)
        town.open_case(person=SEALER.seal({"name": "某", "phone": None}, "person"))
        town.day_after(hours=29)
        yield town


def test_the_first_page_has_a_row_for_each_worker_and_each_figure_is_its_list(town: Town) -> None:
    officer = town.officer()
    assert officer.browser.get("/").headers["Location"] == "/board"
    page = officer.get("/board").text
    assert "李兰" in page and "王山" in page and "何静" in page
    figures = re.findall(r'<a href="(/lists/[^"]+)"[^>]*>(\d+)</a>', page)
    assert len(figures) > 6
    for address, number in figures:
        listed = officer.get(address.replace("&amp;", "&")).text
        counted = re.search(r"<strong>(?:\d+ households? with )?(\d+) (?:people|person|tasks?)<", listed)
        assert counted and counted[1] == number, address
    officer.get("/board?place=elsewhere", 404)


def test_of_many_workers_the_worst_stand_first_and_the_others_are_one_link_away(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "_WORST", 2)
    officer = town.officer()
    page = officer.get("/board").text
    rows = page[page.index("Workers with most that is overdue</caption>") :]
    assert rows[: rows.index("</table>")].count('<th scope="row"') == 2 and "李兰" in rows
    assert 'class="overdue" x="0.0"' in rows, "a day is drawn, what is overdue first"
    stand = page[page.index("How the workers stand</title>") :]
    assert "<text" in stand and ">with something overdue</th><td" in stand
    [every, more] = re.findall(r'<a class="target" href="([^"]+)">All (\d+) workers</a>', page)[0]
    everybody = officer.get(every.replace("&amp;", "&").partition("#")[0]).text
    rows = everybody[everybody.index("<caption>Workers</caption>") :]
    assert rows[: rows.index("</table>")].count('<th scope="row"') == int(more) > 2
    assert "How the workers stand" not in everybody


def test_it_says_when_the_phone_of_a_worker_was_seen_last(town: Town) -> None:
    officer = town.officer()
    assert officer.get("/board").text.count('<td class="number">–</td>') > 3
    with town.console.work.unit() as uow:
        link = enrol(uow, "worker-1", by="test")
    take_up_by_phone(town.console.work, link.token, "582913", "582913", "a phone")
    page = officer.get("/board").text
    row = page[page.index("李兰") :].partition("</tr>")[0]
    assert re.search(r"28 November \d\d:\d\d</td>", row), row


def test_how_many_reported_in_no_window_is_one_sentence_that_adds_up(town: Town) -> None:
    street = town.officer("street", language="zh-CN")
    page = street.get("/board?place=zhangye-road&measure=home_isolation").text
    sentence = re.search(r'class="sentence"[^>]*>([^<]+)<', page)
    assert sentence and sentence[1] == (
        "截至10月2日12:00，张掖路街道居家隔离4户4人，其中今日应报未报4户4人（无电话1、原因不明3）。"
    )
    [(to, without)] = re.findall(
        r'<a href="(/lists/without_check_in[^"]+)"><span>[^<]*</span> <strong>([^<]+)', page
    )
    assert without in street.get(to.replace("&amp;", "&")).text, "the figure is a list"
    assert "口径" in page, "what is counted stands beneath"


def test_a_street_sees_its_places_drawn_with_the_table_beneath(town: Town) -> None:
    town.open_case(destination={"community": "c-2", "grid": None}, worker=None)
    page = town.officer("street").get("/board").text
    assert '<svg class="chart"' in page and 'href="/board?place=c-1">4</a>' in page


def test_a_door_that_is_away_leaves_what_there_is(town: Town) -> None:
    half = Doors({**town.doors.urls, "registration": NOBODY}, CONSOLE)
    page = town.officer(doors=half).get("/board").text
    assert "names, are missing" in page and "worker-1" in page
    other = Doors({**town.doors.urls, "isolation": NOBODY}, CONSOLE)
    assert "Cases and tasks cannot be reached" in town.officer(doors=other).get("/board").text


def test_what_changed_since_yesterday_is_counted_and_each_figure_is_its_list(town: Town) -> None:
    town.open_case()
    officer = town.officer()
    page = officer.get("/board").text
    figures = re.findall(
        r'<a href="(/lists/changed_cases[^"]+)"><span>[^<]*</span> <strong>([^<]+)</strong>', page
    )
    changes = ("opened", "ended", "moved", "abnormal")
    assert [to for to, _ in figures] == [f"/lists/changed_cases?change={change}" for change in changes]
    assert figures[0][1] == "1 household with 1 person", "the four of 29 hours ago are not new"
    for to, number in figures:
        listed = officer.get(to).text
        assert f"<strong>{number}</strong>" in listed and "since this hour yesterday" in listed
    street = town.officer("street").get("/board?place=c-1").text
    assert "/lists/changed_cases?change=moved&amp;place=c-1" in street


def test_beside_a_door_of_before_the_page_says_what_is_missing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = town.officer()
    ask = Doors.look_up

    def of_before(self: Doors, service: str, name: str, *more: Any) -> Any:
        return ask(self, service, "unheard_of" if name == "board" else name, *more)

    assert "/lists/changed_cases" in officer.get("/board").text
    monkeypatch.setattr(Doors, "look_up", of_before)
    page = officer.get("/board").text
    assert "Cases and tasks cannot be reached just now" in page and 'id="measure"' in page
