"""Whoever is shown a certificate of release checks it with a phone of their own, without network too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from services.console.release_certificates.certificate import ReleaseCertificate, ReleaseKey, Served
from services.isolation import tables as t
from tests.browser.conftest import NewPage, Picture
from tests.browser.test_style import faults_by_axe, sideways
from tests.doors import CONSOLE, RELEASE
from tests.integration.console.residents import Home, open_home
from tests.served import served


@pytest.fixture
def home(sqlite_url: Callable[..., str]) -> Iterator[Home]:
    """The mother is released; her children are not."""
    with open_home(sqlite_url) as home:
        home.at("2022-10-01 08:12")
        with home.isolation.database.begin() as conn:
            ended = update(t.cases).where(t.cases.c.case_id == home.case_ids()[0])
            conn.execute(ended.values(closed_at=home.isolation.clock.now(), state="released"))
        yield home


@pytest.fixture
def console(home: Home) -> Iterator[str]:
    with served(home.app()) as address:
        yield address


HOME = Served("home_isolation", 7, date(2022, 9, 24), date(2022, 10, 1))
CENTRE = Served("central_isolation", 14, date(2022, 9, 10), date(2022, 9, 24))


def code(case_id: str, key: ReleaseKey | None = None, name: str = "*敏") -> str:
    return (key or ReleaseKey(RELEASE)).sign(of(case_id, HOME, name=name))


def of(case_id: str, *stages: Served, name: str = "*敏") -> ReleaseCertificate:
    return ReleaseCertificate(case_id, name, "123X", stages, "春和社区", date(2022, 10, 1))


def verdict(page: Page) -> str:
    shown = page.locator("[data-verdict]:visible")
    expect(shown).to_have_count(1)
    return str(shown.get_attribute("data-verdict"))


def standing(page: Page, name: str) -> None:
    expect(page.locator("[data-standing]:visible")).to_have_attribute("data-standing", name)


def test_a_code_is_checked_on_the_phone_and_asked_about_and_leaves_the_address(
    new_page: NewPage, home: Home
) -> None:
    mother, child, _ = home.case_ids()
    page = new_page(f"/certificate#{code(mother)}")
    assert verdict(page) == "genuine"
    standing(page, "stands")
    facts = page.locator("[data-facts]")
    for text in ("*敏", "123X", "home isolation", "春和社区", "2022-09-24", "2022-10-01"):
        expect(facts).to_contain_text(text)
    assert page.url.endswith("/certificate"), "the code does not stay in the history"
    assert faults_by_axe(page) == [] and sideways(page) <= 0
    page.locator("#code").fill(code(child))
    page.locator("#code").press("Tab")
    page.keyboard.press("Enter")
    standing(page, "taken_back")
    page.locator("#code").fill(ReleaseKey(RELEASE).sign(of(mother, CENTRE, HOME)))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    standing(page, "stands")
    for row in (
        r"central isolation\n14 .+, 2022-09-10 – 2022-09-24\n",
        r"home isolation\n7 .+, 2022-09-24 – ",
    ):
        expect(facts.locator('[data-row="measure"] dd')).to_contain_text(re.compile(row))
    expect(facts.locator('[data-row="began"]')).to_be_hidden()
    assert sideways(page) <= 0


def test_what_is_forged_or_changed_is_said_to_be_none_of_ours(new_page: NewPage, home: Home) -> None:
    mother, *_ = home.case_ids()
    genuine = code(mother)
    head, _, signature = genuine.split(".")
    other = code(mother, name="*兰").split(".")[1]
    for forged in (
        code(mother, ReleaseKey(CONSOLE)),
        f"{head}.{other}.{signature}",
        genuine[:-8],
        "<b>x</b>",
    ):
        page = new_page("/certificate")
        page.locator("#code").fill(forged)
        page.get_by_role("button").click()
        assert verdict(page) == "forged", forged
        expect(page.locator("[data-facts]")).to_be_hidden()


def test_without_network_the_page_is_still_there_and_says_what_it_could_not_ask(
    new_page: NewPage, home: Home
) -> None:
    mother, *_ = home.case_ids()
    page = new_page("/certificate")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.goto("about:blank")
    page.goto(f"/certificate#{code(mother)}")
    assert verdict(page) == "genuine"
    standing(page, "not_asked")
    page.locator("#code").fill(code(mother, ReleaseKey(CONSOLE)))
    page.get_by_role("button").click()
    expect(page.locator('[data-verdict="forged"]')).to_be_visible()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_resident_shows_the_code_on_the_phone_without_script(
    new_page: NewPage, home: Home, language: str, picture: Picture
) -> None:
    page = new_page(home.path, scripts=False)
    if language == "en":
        page.locator("header").get_by_role("button", name="English").click()
    page.locator(f'a[href*="/certificate/{home.case_ids()[0]}"]').click()
    expect(page.locator("svg.qr")).to_be_visible()
    expect(page.locator("h1")).to_have_text(
        {"zh-CN": "解除隔离证明", "en": "Certificate of release"}[language]
    )
    picture(page, "resident-certificate")
    assert sideways(page) <= 0
