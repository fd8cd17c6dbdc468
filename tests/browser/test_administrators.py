"""An administrator's day one in a real browser: the one-time link taken up, logged in, an officer invited,
and who saw whose record. Two of them publish a policy, and one withdraws it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from chassis.doors.tokens import Actor
from services.isolation.teams.copies import PLACES
from tests.browser.conftest import Picture
from tests.browser.test_officers import looks_well
from tests.browser.test_style import DESK, PHONE
from tests.doors import staff_author
from tests.integration.console.officers import Town, open_town
from tests.integration.console.trial import PASSWORD
from tests.integration.isolation.test_try_policy import changed
from tests.integration.isolation.trial import place
from tests.served import served

WORDS = {
    "zh-CN": {"link": "生成链接", "why": "家属来电询问"},
    "en": {"link": "Make the link", "why": "her son asks for her"},
}
POLICY_WORDS = {
    "zh-CN": {"propose": "提出", "publish": "发布", "reason": "7天误写成10天"},
    "en": {"propose": "Propose it", "publish": "Publish it", "reason": "10 was typed for 7"},
}


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_wish_24_day_one_of_an_administrator(
    browser: Browser, town: Town, language: str, picture: Picture
) -> None:
    """Wish 24: axe finds nothing serious on any page of day one."""
    says, console = WORDS[language], town.console
    case_id = town.open_case()
    town.doors.reveal("isolation", "case", case_id, Actor(staff_author("officer"), says["why"]))
    token = console.invite("admin", "administrator").token
    secret = console.secret_of(token)
    with served(town.app(), tls=True) as address:
        context = browser.new_context(
            locale=language, viewport=DESK, base_url=address, ignore_https_errors=True
        )
        page = context.new_page()
        page.goto(f"/take-up/{token}")
        looks_well(page)
        for field in ("password", "again"):
            page.locator(f"#{field}").fill(PASSWORD)
        page.locator("#code").fill(console.code(secret))
        picture(page, "administrator-take-up")
        page.locator("main button[type=submit]").click()
        expect(page.locator("#password")).to_have_count(0)
        looks_well(page)

        console.clock.advance(seconds=60)
        page.goto("/log-in")
        page.locator("#name").fill("admin")
        page.locator("#password").fill(PASSWORD)
        page.locator("#code").fill(console.code(secret))
        page.keyboard.press("Enter")
        page.wait_for_url("**/account")
        page.goto("/accounts")
        page.locator("#name").fill("zhou.ming")
        page.locator("input[name=kind][value=officer]").check()
        page.locator("#staff_id").fill("officer")
        looks_well(page)
        picture(page, "administrator-accounts")
        page.get_by_role("button", name=says["link"]).click()
        expect(page.locator("main")).to_contain_text("/take-up/")
        page.wait_for_load_state()
        assert page.locator("main").inner_text().count("/take-up/") == 1
        looks_well(page)
        page.goto("/audit?since=2022-10-01&until=2022-10-01")
        assert says["why"] in page.locator("main").inner_text()
        assert "欧阳" not in page.locator("body").inner_text()
        looks_well(page)
        picture(page, "administrator-audit")
        context.close()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_wrong_policy_two_persons_publish_and_one_withdraws(
    browser: Browser, town: Town, language: str, picture: Picture
) -> None:
    """On a phone and at a desk, with the keyboard; axe finds nothing serious on any page."""
    says = POLICY_WORDS[language]
    named = place("c-1", "zhangye-road", "community", 2, name="春和社区")
    town.isolation.do(PLACES.keep, [named])
    town.open_case()
    with served(town.app(), tls=True) as address:
        first, second = (
            _administrator(browser, town, address, name, language) for name in ("li.min", "zhou.lan")
        )
        first.goto("/policies")
        looks_well(first)
        document = json.dumps(changed(medium={"days": 10}), ensure_ascii=False)
        file = {"name": "policy.json", "mimeType": "application/json", "buffer": document.encode()}
        first.locator("#file").set_input_files(file)  # type: ignore[arg-type]
        first.get_by_role("button", name=says["propose"]).click()
        expect(first.locator("main")).to_contain_text("levels.medium.days")
        expect(first.get_by_role("button", name=says["publish"], exact=True)).to_have_count(0)
        first.goto("/policies")
        picture(first, "administrator-policies")

        second.goto("/account")
        looks_well(second)
        second.get_by_role("link", name="cn-2022-06").first.click()
        expect(second.locator("main")).to_contain_text("levels.medium.days")
        looks_well(second)
        picture(second, "administrator-proposal")
        second.set_viewport_size(PHONE)
        looks_well(second)
        second.get_by_role("button", name=says["publish"], exact=True).press("Enter")
        second.wait_for_url("**?said=published")
        looks_well(second)

        first.goto("/policies/cn-2022-06")
        looks_well(first)
        first.locator("#reason").fill(says["reason"])
        picture(first, "administrator-policy")
        first.keyboard.press("Enter")
        first.wait_for_url("**?said=withdrawn")
        expect(first.locator("main")).to_contain_text(says["reason"])
        first.set_viewport_size(PHONE)
        looks_well(first)
        for page in (first, second):
            page.context.close()


def _administrator(browser: Browser, town: Town, address: str, name: str, language: str) -> Page:
    """Who is in."""
    owner = town.console.owner(name, "administrator")
    context = browser.new_context(locale=language, viewport=DESK, base_url=address, ignore_https_errors=True)
    page = context.new_page()
    page.goto("/log-in")
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.locator("#code").fill(town.console.code(owner.secret))
    page.keyboard.press("Enter")
    page.wait_for_url("**/account")
    return page
