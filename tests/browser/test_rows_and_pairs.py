"""An officer types results into a table by keyboard alone, makes one of two who stand side by side, and
releases those whose days are full."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Picture, log_in
from tests.browser.test_officers import looks_well, press, reach
from tests.browser.test_style import DESK, PHONE
from tests.integration.console.officers import Town, open_town
from tests.integration.console.test_officers_positives import found
from tests.integration.console.test_officers_release import at, negative
from tests.integration.console.test_officers_settle import HERE
from tests.integration.registration.trial import person, report
from tests.served import served

WORDS = {
    "zh-CN": {
        "send": "提交",
        "mend": "1行有误",
        "one": "合并为同一人",
        "merged": "已合并为同一人",
        "two": "重新分开",
        "look": "先看一遍",
        "release": "确认解除",
        "released": "已解除1人",
        "held": "1人未解除",
        "differs": "不同",
    },
    "en": {
        "send": "Send the rows",
        "mend": "1 row has something wrong",
        "one": "Make them one",
        "merged": "They are one now.",
        "two": "Make them two again",
        "look": "Look at it first",
        "release": "Release them",
        "released": "1 person is released.",
        "held": "1 person is not released",
        "differs": "differs",
    },
}


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


@pytest.mark.parametrize(("language", "window"), [("zh-CN", PHONE), ("en", DESK)])
def test_wish_10_rows_are_typed_by_tab_and_enter_and_a_pair_is_made_one(
    browser: Browser, town: Town, picture: Picture, language: str, window: dict[str, int]
) -> None:
    says = WORDS[language]
    one, other = person(1, name="欧阳建国"), person(2, name="欧阳建国", phone=person(1)["phone"])
    town.registration.receive(report(1, people=[one], destination=HERE))
    town.registration.receive(report(2, people=[other], destination=HERE, publisher="bus"))
    owner = town.console.owner("officer.x", "officer", "officer")
    with served(town.app(), tls=True) as address:
        context = browser.new_context(
            ignore_https_errors=True, locale=language, viewport=window, base_url=address
        )
        page = context.new_page()
        log_in(page, owner.name, town.console.code(owner.secret))
        _types_rows(page, says, picture)
        _makes_one(page, says, picture)
        _releases(page, town, says, picture)
        context.close()


def _types_rows(page: Page, says: dict[str, str], picture: Picture) -> None:
    page.goto("/enter/results")
    looks_well(page)
    page.locator("#method").select_option("pcr")
    page.locator("#stage").select_option("confirmed")
    page.locator("#known_at").fill("2022-10-01T06:50")
    reach(page, page.locator("#row-0-document"))
    for cell in (
        "620102199001011233",
        "X-1",
        "2022-10-01 06:05",
        "阴性",
        "620102199001011006",
        "X-2",
        "soon",
    ):
        page.keyboard.type(cell)
        page.keyboard.press("Tab")
    page.keyboard.type("阴性")
    page.keyboard.press("Enter")
    page.get_by_text(says["mend"]).wait_for()
    looks_well(page)
    picture(page, "officer-results")
    page.locator("#row-0-sampled").fill("2022-10-01 06:05")
    press(page, page.get_by_role("button", name=says["send"]))
    page.get_by_text("X-2").wait_for()
    looks_well(page)


def _makes_one(page: Page, says: dict[str, str], picture: Picture) -> None:
    page.goto("/lists/possible_duplicates")
    page.locator("tbody a").first.click()
    page.wait_for_url("**/possible_duplicates/*")
    looks_well(page)
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    page.locator("#reason").fill("to compare them")
    page.locator("#reason").press("Enter")
    expect(page.locator("tbody .mark").first).to_contain_text(says["differs"])
    looks_well(page)
    picture(page, "officer-pair")
    press(page, page.get_by_role("button", name=says["one"]))
    page.get_by_text(says["merged"]).wait_for()
    looks_well(page)
    press(page, page.get_by_role("button", name=says["two"]))
    page.wait_for_url("**/possible_duplicates?said=settled")


def _releases(page: Page, town: Town, says: dict[str, str], picture: Picture) -> None:
    cases = [town.open_case(level="low") for _ in range(2)]
    for case_id in cases:
        for day in (2, 4):
            negative(town, case_id, day)
    at(town, "2022-10-05 09:00")
    page.goto("/lists/cases_to_release")
    looks_well(page)
    press(page, page.locator("#people a"))
    page.wait_for_url("**choose=all*")
    picture(page, "officer-to-release", **DESK)
    press(page, page.get_by_role("button", name=says["look"]))
    page.wait_for_url("**/release")
    looks_well(page)
    found(town.isolation, cases[:1])  # meanwhile
    press(page, page.get_by_role("button", name=says["release"], exact=True))
    page.wait_for_url("**/release/now")
    for outcome in ("released", "held"):
        expect(page.locator("main")).to_contain_text(says[outcome])
    looks_well(page)
    picture(page, "officer-released", **DESK)
