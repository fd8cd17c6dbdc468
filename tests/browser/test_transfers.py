"""Somebody moves to another community, or to another district, in a real browser and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from services.isolation import tables as of_isolation
from tests.browser.conftest import Picture, log_in
from tests.browser.test_officers import looks_well, press, reach
from tests.browser.test_style import DESK, PHONE
from tests.integration.console.officers import Town
from tests.integration.console.test_officers_transfers import came
from tests.integration.console.test_officers_transfers import town as town_with_two_communities
from tests.served import served

town = town_with_two_communities
WORDS = {
    "zh-CN": {
        "ask": "请求对方社区接收",
        "take": "接收",
        "to_district": "移交外区",
        "look": "先看一遍",
        "so": "确认这样决定",
        "taken": "对方已接收",
    },
    "en": {
        "ask": "Ask the other community",
        "take": "Take them over",
        "to_district": "To another district",
        "look": "Look at it first",
        "so": "Decide it so",
        "taken": "They are taken over",
    },
}


@pytest.fixture
def address(town: Town) -> Iterator[str]:
    with served(town.app(), tls=True) as address:
        yield address


@pytest.fixture
def who_is_in(browser: Browser, address: str, town: Town) -> Iterator[Callable[..., Page]]:
    """A page of an officer who has logged in."""
    contexts = []

    def enter(staff_id: str, size: Any, language: str) -> Page:
        owner = town.console.owner(f"{staff_id}.x", "officer", staff_id)
        context = browser.new_context(
            locale=language, viewport=size, base_url=address, ignore_https_errors=True
        )
        contexts.append(context)
        page = context.new_page()
        log_in(page, owner.name, town.console.code(owner.secret))
        return page

    yield enter
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("size", "language"), [(DESK, "en"), (PHONE, "zh-CN")])
def test_another_community_takes_somebody_over_and_then_another_district(
    town: Town, who_is_in: Callable[..., Page], size: Any, language: str, picture: Picture
) -> None:
    says, case_id = WORDS[language], came(town)
    page = who_is_in("officer", size, language)
    page.goto(f"/cases/{case_id}")
    press(page, page.locator(f'main a[href="/cases/{case_id}/transfer"]'))
    page.wait_for_url("**/transfer")
    reach(page, page.locator('input[name="who"]').first)
    page.keyboard.press("Space")
    reach(page, page.locator("#place"))
    page.keyboard.press("ArrowDown")
    for field, text in (("address", "瑞祥小区2号楼301"), ("note", "照顾母亲")):
        reach(page, page.locator(f"#{field}"))
        page.keyboard.type(text)
    looks_well(page)
    picture(page, "officer-transfer", **DESK)
    press(page, page.get_by_role("button", name=says["ask"]))
    page.wait_for_url("**said=asked_community")

    other = who_is_in("officer-2", size, language)
    other.goto("/lists/transfers_to_answer")
    looks_well(other)
    press(other, other.locator('main a[href^="/lists/transfers_to_answer/"]').first)
    other.wait_for_url("**/lists/transfers_to_answer/*")
    expect(other.locator("main")).to_contain_text("照顾母亲")
    looks_well(other)
    picture(other, "officer-transfer-answer", **DESK)
    press(other, other.get_by_role("button", name=says["take"], exact=True))
    other.wait_for_url("**/lists/transfers_to_answer?said=settled")
    [row] = town.registration.arrivals()
    assert row["community"] == "c-2"

    page.goto(f"/cases/{case_id}")
    press(page, page.locator('main a[href$="/decide/transfer"]'))
    page.wait_for_url("**/decide/transfer")
    reach(page, page.locator("#place"))
    page.keyboard.type("七里河区 值班室 0931-8888888")
    looks_well(page)
    press(page, page.get_by_role("button", name=says["look"]))
    expect(page.locator("section.question")).to_contain_text("七里河区")
    looks_well(page)
    press(page, page.get_by_role("button", name=says["so"]))
    page.wait_for_url("**said=transfer")
    looks_well(page)
    page.goto("/lists/transfers_to_confirm")
    looks_well(page)
    press(page, page.locator('main a[href^="/lists/transfers_to_confirm/"]').first)
    page.wait_for_url("**/lists/transfers_to_confirm/*")
    looks_well(page)
    reach(page, page.locator("#taken_over-note"))
    page.keyboard.type("李医生 电话")
    press(page, page.get_by_role("button", name=says["taken"], exact=True))
    page.wait_for_url("**/lists/transfers_to_confirm?said=settled")
    assert [one["state"] for one in town.isolation.rows(of_isolation.cases)] == ["transferred"]
