"""An officer lists a contact of a positive by keyboard; the household reads that somebody called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Picture, log_in
from tests.browser.test_officers import looks_well, press, reach
from tests.browser.test_style import DESK, PHONE
from tests.integration.console.officers import Town, open_town
from tests.integration.console.residents import Home, open_home
from tests.integration.console.test_officers_positives import found, home_is_called
from tests.served import served

WORDS = {
    "zh-CN": {"list": "列入名单", "told": "已列入密切接触者名单", "called": "与您通话"},
    "en": {"list": "Put it on the list", "told": "It stands on the contacts", "called": "We called you"},
}


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


@pytest.fixture
def home(sqlite_url: Callable[..., str]) -> Iterator[Home]:
    with open_home(sqlite_url) as home:
        home.at("2022-10-01 08:10")
        yield home


def shot(page: Page, name: str, folder: Path) -> None:
    page.screenshot(path=folder / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("language", "window"), [("zh-CN", PHONE), ("en", DESK)])
def test_a_contact_is_listed_by_keyboard_and_stands_on_the_list(
    browser: Browser,
    town: Town,
    language: str,
    window: dict[str, int],
    tmp_path: Path,
    picture: Picture,
) -> None:
    says = WORDS[language]
    case_id = town.open_case()
    found(town.isolation, [case_id])
    owner = town.console.owner("officer.x", "officer", "officer")
    with served(town.app(), tls=True) as address:
        context = browser.new_context(
            ignore_https_errors=True, locale=language, viewport=window, base_url=address
        )
        page = context.new_page()
        log_in(page, owner.name, town.console.code(owner.secret))
        page.goto(f"/cases/{case_id}")
        looks_well(page)
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        looks_well(page)
        shot(page, f"case-{language}", tmp_path)
        reach(page, page.locator("#name"))
        page.keyboard.type("何样例")
        page.locator("#last_on").fill("2022-10-01")
        press(page, page.get_by_role("button", name=says["list"]))
        page.get_by_text(says["told"]).wait_for()
        looks_well(page)
        for path in ("/lists/close_contacts", "/lists/unusual_batches"):
            answer = page.goto(path)
            if answer and answer.status == 200:
                looks_well(page)
        page.goto("/lists/close_contacts")
        page.locator("tbody a").first.click()
        page.wait_for_url("**/close_contacts/*")
        looks_well(page)
        shot(page, f"contact-{language}", tmp_path)
        picture(page, "officer-contact", **DESK)
        context.close()


@pytest.mark.parametrize(("language", "window"), [("zh-CN", PHONE), ("en", DESK)])
def test_a_household_reads_of_the_call_without_script(
    browser: Browser, home: Home, language: str, window: dict[str, int], tmp_path: Path
) -> None:
    home_is_called(home)
    with served(home.app()) as address:
        context = browser.new_context(
            locale=language, viewport=window, base_url=address, java_script_enabled=False
        )
        page = context.new_page()
        page.goto(home.path)
        if language == "en":
            page.locator("header").get_by_role("button", name="English").click()
        expect(page.locator("main")).to_contain_text(WORDS[language]["called"])
        shot(page, f"called-{language}", tmp_path)
        context.close()
