"""A round of tests: opened and given a register by an officer; a worker knocks at the doors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from chassis.doors.tokens import Actor
from services.console.pages.officers import round_register
from tests.browser.conftest import NewPage, Picture, log_in
from tests.browser.test_officers import looks_well, press
from tests.browser.test_style import DESK, PHONE
from tests.browser.test_worker import WORDS as WORKER
from tests.browser.test_worker import enter
from tests.doors import staff_author
from tests.integration.console.officers import Town, open_town
from tests.integration.console.round import Round, open_morning
from tests.integration.console.test_rounds_of_tests import REGISTER, looked
from tests.served import served

WORDS = {
    "zh-CN": {"open": "开始本轮", "put": "纳入本轮", "tested": "已检", "recorded": "已登记：已检"},
    "en": {
        "open": "Open the round",
        "put": "Put them into the round",
        "tested": "tested",
        "recorded": "Recorded: tested.",
    },
}


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as opened:
        yield opened


@pytest.mark.parametrize(("language", "window"), [("zh-CN", PHONE), ("en", DESK)])
def test_a_round_is_opened_and_given_a_register(
    browser: Browser,
    town: Town,
    language: str,
    window: dict[str, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    picture: Picture,
) -> None:
    monkeypatch.setattr(round_register, "A_STEP", 1)
    says = WORDS[language]
    town.open_case()
    owner = town.console.owner("officer.x", "officer", "officer")
    with served(town.app(), tls=True) as address:
        context = browser.new_context(
            ignore_https_errors=True, locale=language, viewport=window, base_url=address
        )
        page = context.new_page()
        log_in(page, owner.name, town.console.code(owner.secret))
        page.goto("/rounds")
        looks_well(page)
        page.locator("#place").select_option("c-1")
        page.locator("#begins_at").fill("2022-10-01T06:00")
        page.locator("#ends_at").fill("2022-10-01T18:00")
        press(page, page.get_by_role("button", name=says["open"]))
        page.wait_for_url("**/rounds/*?said=opened")
        looked(town.isolation)
        file = {"name": "register.csv", "mimeType": "text/csv", "buffer": REGISTER.encode("gb18030")}
        page.locator("#file").set_input_files([file])
        press(page, page.get_by_role("button", name=says["put"]))
        expect(page.locator("#register")).to_have_value(re.compile("504"))  # step by step, by itself
        looks_well(page)
        page.screenshot(path=tmp_path / f"round-{language}.png", full_page=True)
        picture(page, "officer-round", **DESK)
        page.goto("/lists/round_missing")
        looks_well(page)
        page.locator("tbody a").first.click()
        page.wait_for_url("**/round_missing/*")
        looks_well(page)
        page.screenshot(path=tmp_path / f"missing-{language}.png", full_page=True)
        context.close()


@pytest.fixture
def morning(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    with open_morning(sqlite_url) as opened:
        yield opened


@pytest.fixture
def console(morning: Round) -> Iterator[str]:
    with served(morning.app()) as address:
        yield address


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_doors_are_knocked_at_by_building(
    new_page: NewPage, morning: Round, language: str, tmp_path: Path, picture: Picture
) -> None:
    says = WORDS[language]
    term = {"begins_at": "2022-10-01T08:00:00+08:00", "ends_at": "2022-10-01T18:00:00+08:00"}
    officer = Actor(staff_author("o-0004"))
    morning.doors.say("isolation", "open_round", officer, "it-begins-now", {"place": "c-1", **term})
    looked(morning.isolation)
    page = new_page(morning.link(), language=language)
    enter(page, WORKER[language])
    page.locator('a[href="/knocking"]').click()
    looks_well(page)
    page.screenshot(path=tmp_path / f"knocking-{language}.png", full_page=True)
    picture(page, "worker-knocking")
    page.get_by_role("button", name=says["tested"]).first.click()
    expect(page.locator("main")).to_contain_text(says["recorded"])
    page.locator('a[href^="/knocking/"]').first.click()
    looks_well(page)
    page.screenshot(path=tmp_path / f"otherwise-{language}.png", full_page=True)
