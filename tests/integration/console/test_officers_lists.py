"""Lists of officers, before real doors: filters in the address, figures and what they count, absence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest

from chassis.ids import new_id
from services.console.doors import Doors
from services.console.pages.officers.listed import LISTS
from tests.doors import CONSOLE
from tests.integration.console.officers import Town, open_town
from tests.integration.console.trial import NOBODY, Browser


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


def test_a_list_has_its_figure_as_of_when_with_definition_and_a_sentence(town: Town) -> None:
    household = new_id()
    for of in (household, household, None):
        town.open_case(household_id=of)
    page = town.officer().get("/lists/open_cases").text
    assert "<strong>2 households with 3 people</strong>" in page and "1 October 07:00" in page
    assert "a household is whom one report names" in page
    sentence = "As of 1 October 07:00, 春和社区: Open cases – 2 households with 3 people."
    assert sentence in page
    assert "欧*" in page and "建国" not in page and "13909311234" not in page
    assert ">春和社区 第1网格<" in page and ">李兰<" in page, "places and colleagues by their names"
    chinese = town.officer(language="zh-CN").get("/lists/open_cases?measure=home_isolation").text
    assert "截至10月1日07:00，春和社区在管个案（居家隔离）2户3人。" in chinese


def test_wish_9_the_filters_stand_in_the_address_and_show_what_it_says(town: Town) -> None:
    town.open_case()
    officer = town.officer()
    asked = "/lists/open_cases?place=g-1&measure=home_isolation"
    page = officer.get(asked).text
    assert '<option value="home_isolation" selected>' in page and '<option value="g-1" selected' in page
    assert "1 household with 1 person" in page
    assert officer.get(asked).text.count("<tr>") == page.count("<tr>"), "the same list when one comes back"
    other = officer.get("/lists/open_cases?measure=central_isolation").text
    assert "Nothing stands on this list" in other and "Show all" in other
    empty = officer.browser.get("/lists/open_cases?measure=home_isolation&owner=&risk_level=")
    assert empty.headers["Location"] == "/lists/open_cases?measure=home_isolation"
    officer.get("/lists/open_cases?place=elsewhere", 404)
    officer.get("/lists/open_cases?name=x", 422)
    officer.get("/lists/nothing", 404)


def test_the_day_of_the_measure_is_chosen_and_stands_in_the_sentence(town: Town) -> None:
    town.open_case()  # left yesterday
    officer = town.officer()
    page = officer.get("/lists/open_cases?day=1").text
    assert "1 household with 1 person" in page and "Open cases (day 1)" in page
    assert '<option value="1" selected>day 1</option>' in page and ">day 1 of 7<" in page
    assert "Nothing stands on this list" in officer.get("/lists/open_cases?day=2").text
    assert '<option value="30" selected>' in officer.get("/lists/open_cases?day=30").text
    officer.get("/lists/open_cases?day=x", 422)
    assert "在管个案（第1天）" in town.officer(language="zh-CN").get("/lists/open_cases?day=1").text


def test_wish_1_a_page_has_50_rows_and_goes_on_where_it_ended(town: Town) -> None:
    for _ in range(51):
        town.open_case()
    officer = town.officer()
    first = officer.get("/lists/open_cases").text
    assert first.count('<th scope="row">') == 50
    following = first.split('class="pager"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    second = officer.get(following).text
    assert second.count('<th scope="row">') == 1 and "to the first page" in second


def test_wish_3_the_rows_of_a_long_list_do_not_wait_for_its_figure(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.doors.pages.COUNTED_AT_ONCE", 2)
    monkeypatch.setattr("chassis.doors.pages.ROWS", 2)
    for _ in range(3):
        town.open_case()
    officer = town.officer()
    asked = "measure=home_isolation"
    page = officer.get(f"/lists/open_cases?{asked}").text
    assert page.count('<th scope="row">') == 2 and "<strong>more than 2</strong>" in page
    assert f'data-from="/lists/open_cases/count?{asked}"' in page and 'class="sentence"' not in page
    figure = officer.get(f"/lists/open_cases/count?{asked}").text
    counted = "<strong>3 households with 3 people</strong>"
    assert counted in figure and "Open cases (home isolation) – 3 households" in figure
    assert "data-from" not in figure and "<tr>" not in figure
    [by_hand] = re.findall(r'href="([^"]*count=all)"', page)
    assert counted in officer.get(unescape(by_hand)).text, "without script"
    soonest = officer.get("/lists/open_cases?sort=release").text
    assert counted in soonest, "an order for which all are looked at counts them, too"
    monkeypatch.setattr("chassis.doors.pages.COUNTED", 2)
    figure = officer.get("/lists/open_cases/count").text
    assert "more than 2" in figure and "So many are not counted exactly" in figure
    assert "data-from" not in figure
    officer.get("/lists/open_cases/count?name=x", 422)
    officer.get("/lists/nothing/count", 404)


def test_every_list_there_is_can_be_seen_and_says_what_to_do_meanwhile(town: Town) -> None:
    officer = town.officer("district")
    every = officer.get("/lists").text
    for name, one in LISTS.items():
        assert f'href="/lists/{name}"' in every
        page = officer.get(f"/lists/{name}").text
        assert one.meanwhile in unescape(page), name
    assert 'href="/lists/reports_to_correct"' not in town.officer().get("/lists").text
    town.officer().get("/lists/reports_to_correct", 403)


def test_a_list_that_looks_through_too_many_shows_its_places_to_choose(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.doors.pages.COUNTED", 1)
    town.open_case()
    town.open_case()
    street = town.officer("street")
    page = street.get("/lists/without_check_in?measure=home_isolation", 422).text
    assert "more than 10000 open cases" in page and '<option value="c-1"' in page
    assert '<option value="home_isolation" selected>' in page, "what was chosen stays"
    assert "Counted are people of whom nothing was reported" in page
    assert '/lists/done_tasks"' in street.get("/lists").text


def test_a_door_that_is_away_is_named_and_the_rest_is_shown(town: Town) -> None:
    town.open_case()
    half = Doors({**town.doors.urls, "registration": NOBODY}, CONSOLE)
    officer = town.officer(doors=half)
    page = officer.get("/lists/open_cases").text
    assert "names, are missing" in page and "1 household with 1 person" in page and "worker-1" in page
    officer.get("/lists/expected_arrivals", 503)
    assert "names, are missing" in officer.get("/lists").text


def test_lists_are_for_officers_who_are_in(town: Town) -> None:
    browser = Browser(town.app())
    assert browser.get("/lists/open_cases").headers["Location"] == "/log-in"
    admin = town.console.owner("root", "administrator")
    browser.log_in(town.console, admin)
    assert browser.get("/lists/open_cases").status_code == 404
