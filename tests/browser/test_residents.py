"""A household's page as a phone shows it: without script, on a small screen, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from field.words import LANGUAGES
from services.isolation import tables as t
from tests.browser.conftest import NewPage, Picture
from tests.browser.test_style import faults_by_axe, sideways
from tests.integration.console.residents import Home, open_home
from tests.integration.console.test_residents_reminded import goes_out, is_judged
from tests.served import served

SAYS = {
    "zh-CN": {
        **{"send": "提交", "written": "已记下", "told": "社区医生 何静", "call": "08:42前会有人给您打电话"},
        **{
            "not me": "不是我，或我没去过",
            "tell": "告诉社区",
            "has it": "已转给社区工作人员",
            "nobody": "打不开页面",
        },
        **{
            "need": "我们需要帮助",
            "permit": "外出报备",
            "no leave": "请留在住处",
            "not going": "不去了，撤回",
            "asked": "前办理。",
            "reminder": "不是处罚",
            "no more": "不再需要",
            "back": "已撤回。",
        },
    },
    "en": {
        **{"send": "Send", "written": "Written down", "told": "health worker 何静"},
        **{"call": "Somebody calls you by 08:42", "not me": "This is not me", "tell": "Tell the officer"},
        **{"has it": "An officer has it now"},
        **{"permit": "Somebody must go out", "no leave": "Please stay in", "not going": "We do not go"},
        "reminder": "not a punishment",
        **{"need": "We need something", "asked": "it is met by 2 October 18:00"},
        **{"no more": "Needed no more", "back": "Taken back."},
    },
}


@pytest.fixture
def home(sqlite_url: Callable[..., str]) -> Iterator[Home]:
    with open_home(sqlite_url) as home:
        home.at("2022-10-01 08:12")
        yield home


@pytest.fixture
def console(home: Home) -> Iterator[str]:
    """Instead of the one whose doors are all away."""
    with served(home.app()) as address:
        yield address


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_household_reports_a_fever_and_reads_what_happens_next_without_script(
    new_page: NewPage, home: Home, language: str, picture: Picture
) -> None:
    says = SAYS[language]
    page = new_page(home.path, scripts=False)
    if language == "en":
        page.locator("header").get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    picture(page, "resident-first")
    page.locator("#temperature-0").fill("365")
    page.locator("#temperature-1").fill("38.6")
    page.locator("#temperature-2").press("Enter")  # the baby sleeps
    expect(page.locator("#written-down")).to_contain_text("36.5")
    expect(page.locator("#written-down")).to_contain_text(says["written"])
    picture(page, "resident-fever")
    alarm = page.locator(".notice.danger")
    expect(alarm).to_contain_text(says["told"])
    expect(alarm).to_contain_text(says["call"])
    expect(alarm.get_by_role("link")).to_have_attribute("href", "tel:120")
    expect(page.locator("#temperature-0"), "the baby is still asked for").to_have_count(1)
    page.get_by_role("link", name=says["not me"]).click()
    page.locator(".choice").first.click()
    picture(page, "resident-not-me")
    page.get_by_role("button", name=says["tell"]).click()
    expect(page.locator("h1")).to_contain_text(says["has it"])
    assert len(home.check_ins()) == 2
    assert {row["language"] for row in home.isolation.rows(t.cases)} == {language}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_household_asks_for_medicine_and_takes_it_back_without_script(
    new_page: NewPage, home: Home, language: str, picture: Picture
) -> None:
    says = SAYS[language]
    page = new_page(home.path, scripts=False)
    if language == "en":
        page.locator("header").get_by_role("button", name="English").click()
    page.get_by_role("link", name=says["need"]).click()
    page.get_by_role("button", name=says["send"]).click()
    expect(page.locator(".notice.danger li")).to_have_count(2)
    page.locator('input[value="medicine"]').check()
    page.locator("#text").fill("盐酸二甲双胍")
    page.locator("#days_left").fill("3")
    page.locator("#days_left").press("Enter")
    expect(page.locator("#needs")).to_be_visible()
    expect(page.locator("main")).to_contain_text(says["asked"])
    page.locator(f'a[href="{home.path}/need"]').click()
    page.wait_for_url("**/need")
    picture(page, "resident-need")
    page.get_by_role("button", name=says["no more"]).click()
    expect(page.locator("main")).to_contain_text(says["back"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_household_asks_for_leave_and_takes_it_back_without_script(
    new_page: NewPage, home: Home, language: str, picture: Picture
) -> None:
    says = SAYS[language]
    page = new_page(home.path, scripts=False)
    if language == "en":
        page.locator("header").get_by_role("button", name="English").click()
    page.get_by_role("link", name=says["permit"]).click()
    page.locator('input[name="who"]').first.check()
    page.locator('input[value="treatment"]').check()
    page.locator("#where").fill("兰大二院透析室")
    page.locator("#begins").fill("2022-10-03T08:00")
    page.locator("#ends").fill("2022-10-03T07:00")
    picture(page, "resident-permit")
    page.get_by_role("button", name=says["send"]).click()
    expect(page.locator(".notice.danger li")).to_have_count(1)
    page.locator("#ends").fill("2022-10-03T12:00")
    page.get_by_role("button", name=says["send"]).click()
    expect(page.locator("#permits")).to_be_visible()
    expect(page.locator("main")).to_contain_text(says["no leave"])
    page.locator(f'a[href="{home.path}/permit"]').click()
    page.get_by_role("button", name=says["not going"]).click()
    expect(page.locator("main")).to_contain_text(says["back"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_p41_a_household_reads_an_admonition_without_script(
    new_page: NewPage, home: Home, language: str, picture: Picture
) -> None:
    home.at("2022-10-01 12:00")
    goes_out(home, 0, "10:00")
    is_judged(home, "confirmed")
    home.browser().report("36.5", "36.5", "36.5")
    home.at("2022-10-01 12:10")
    page = new_page(home.path, scripts=False)
    if language == "en":
        page.locator("header").get_by_role("button", name="English").click()
    reminder = page.locator('section[aria-labelledby="reminder"]')
    expect(reminder).to_contain_text(SAYS[language]["reminder"])
    expect(reminder.locator('a[href="tel:13909310001"]')).to_be_visible()
    assert sideways(page) <= 0
    picture(page, "resident-reminder")


@pytest.mark.parametrize("language", LANGUAGES)
def test_wish_24_nobody_is_kept_out_of_the_page_of_a_household(
    new_page: NewPage, home: Home, language: str, picture: Picture
) -> None:
    """Wish 24: axe finds nothing serious; text of double size needs no moving sideways"""
    home.browser().report("36.5", "38.6")
    home.at("2022-10-01 08:13")
    goes_out(home, 0, "08:00")
    is_judged(home, "confirmed")
    page = new_page(home.path)
    if language == "en":
        page.locator("header").get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", language)
    mistyped = home.check_ins()[0]["check_in_id"]
    own_pages = ("notice", "not-me", "need", "permit", "correct", f"correct/{mistyped}")
    for path in (home.path, *(f"{home.path}/{one}" for one in own_pages), "/r/000000000000"):
        _keeps_nobody_out(page, path, picture)
    home.at("2022-10-02 08:30")  # nothing was reported in the evening
    _keeps_nobody_out(page, f"{home.path}/missed", picture)


def _keeps_nobody_out(page: Page, path: str, picture: Picture) -> None:
    page.goto(path)
    assert page.url.endswith(path), "it led elsewhere"
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    assert faults_by_axe(page) == [], path
    assert sideways(page) <= 0, path
    if path.endswith("/notice"):
        picture(page, "resident-notice")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert sideways(page) <= 0, path
    small = page.locator("button, input:not([type=hidden]), summary, a.button").evaluate_all(
        """all => all.map(one => one.closest('.choice') || one)
            .map(one => [one.getBoundingClientRect(), one.outerHTML.slice(0, 120)])
            .filter(([box]) => box.height && box.height < 43.5).map(([, html]) => html)"""
    )
    assert small == [], path
