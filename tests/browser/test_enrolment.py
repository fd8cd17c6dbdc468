"""An officer lets phones in, by slips to print and by links that go by text, and sees to what a phone could
not do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from services.console.app import make_app
from services.console.sessions.end_sessions_of_staff import end_sessions_of_staff
from tests.browser.test_officers import looks_well, reach
from tests.browser.test_style import DESK, PHONE
from tests.integration.console.phone_acts import check_in, send
from tests.integration.console.round import DOORS, Round
from tests.integration.console.told import URL, Told, open_told
from tests.integration.console.trial import PASSWORD
from tests.served import served

WORDS = {
    "zh-CN": {
        **{"log_in": "登录", "send": "短信发送链接", "sent": "已交短信服务发送", "make": "生成"},
        **{"see": "查看填写内容", "enter": "以我的名义补录", "nothing": "没有待处理的。"},
    },
    "en": {
        **{"log_in": "Log in", "send": "Send links by text", "sent": "on its way", "make": "Make the slips"},
        **{"see": "See what was typed", "enter": "Enter it in my name", "nothing": "Nothing waits here."},
    },
}


@pytest.fixture
def told(sqlite_url: Callable[..., str]) -> Iterator[Told]:
    with open_told(sqlite_url) as opened:
        opened.register()
        yield opened


@pytest.mark.parametrize(("language", "window"), [("zh-CN", PHONE), ("en", DESK)])
def test_an_officer_sends_links_by_text_by_keyboard_alone(
    told: Told, browser: Browser, language: str, window: dict[str, int]
) -> None:
    says = WORDS[language]
    console = told.town.console
    owner = console.owner("zhou.ming", "officer", "o-0004")
    with served(make_app(told.doors, console.work, URL), tls=True) as address:
        context = browser.new_context(ignore_https_errors=True, locale=language, viewport=window)
        page = context.new_page()
        page.goto(f"{address}/log-in")
        page.locator("#name").fill("zhou.ming")
        page.locator("#password").fill(PASSWORD)
        page.locator("#code").fill(console.code(owner.secret))
        page.get_by_role("button", name=says["log_in"]).click()
        page.wait_for_url("**/board")
        page.goto(f"{address}/enrol")
        looks_well(page)
        box = page.get_by_role("checkbox", name="w-0117")
        reach(page, box)
        page.keyboard.press("Space")
        reach(page, page.get_by_role("button", name=says["send"]))
        page.keyboard.press("Enter")
        page.wait_for_url("**/by-text")
        looks_well(page)
        row = page.get_by_role("row").filter(has_text="w-0117")
        expect(row).to_contain_text(says["sent"])
        expect(row).to_contain_text("139****0001")
        assert "/take-up/" not in page.content()
        [text] = told.texts()
        assert f"{URL}/take-up/" in text
        _could_not_be_done(told.town)
        page.goto(f"{address}/from-phones")
        looks_well(page)
        page.get_by_role("button", name=says["see"]).click()
        expect(page.locator("main")).to_contain_text("36.6")
        looks_well(page)
        page.get_by_role("button", name=says["enter"]).click()
        expect(page.locator("main")).to_contain_text(says["nothing"])
        looks_well(page)
        context.close()


def _could_not_be_done(town: Round) -> None:
    """A check-in without network, sent from this phone when somebody else was in."""
    town.arrive(DOORS[1])
    phone, other = town.phone(), town.phone("h-0021")
    sealed = check_in(town, phone)
    with town.console.work.unit() as uow:
        end_sessions_of_staff(uow, "w-0117", by="test")
    send(other, sealed)
