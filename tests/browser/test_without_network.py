"""A worker's morning in stairwells without network: what was read is there, what is said is sent later."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from deploy.local.chromium import chromium_options
from services.console.pages.shown import rounds
from services.console.pages.workers.without_network import FORMS
from services.console.tables import phone_acts
from services.isolation import tables as of_isolation
from tests.browser.conftest import Picture
from tests.integration.console.round import PIN, Round, open_morning
from tests.served import served
from tests.waiting import eventually

KEPT = """store => new Promise(done => {
  const asked = indexedDB.open('doorstep', 1);
  asked.onupgradeneeded = () => asked.transaction.abort();
  asked.onerror = () => done([]);
  asked.onsuccess = () => {
    const all = asked.result.transaction(store).objectStore(store).getAll();
    all.onsuccess = () => { asked.result.close(); done(all.result); };
  };
})"""
"""What the phone keeps, read by whoever holds it."""


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    with open_morning(sqlite_url) as opened:
        yield opened


@pytest.fixture
def open_phone(browser: Browser, town: Round, tmp_path: Path) -> Iterator[Callable[..., BrowserContext]]:
    """The browser of one phone, which may be closed and opened again."""
    opened = []
    with served(town.app()) as address:

        def open_it(language: str = "en") -> BrowserContext:
            context = browser.browser_type.launch_persistent_context(
                tmp_path / "profile",
                **chromium_options(),
                base_url=address,
                locale=language,
                viewport={"width": 360, "height": 640},
            )
            opened.append(context)
            return context

        yield open_it
        for context in opened:
            context.close()


def let_in(page: Page, link: str, button: str = "Let this phone in") -> None:
    page.goto(link)
    page.locator("#pin").fill(PIN)
    page.locator("#again").fill(PIN)
    page.get_by_role("button", name=button).click()
    page.wait_for_url("**/doors")


def kept(page: Page, store: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = page.evaluate(KEPT, store)
    return found


def until_read(page: Page, households: int) -> None:
    """Until the pages of all households are on the phone."""
    eventually(lambda: len(kept(page, "pages")) == households * (1 + len(FORMS)) + 1)


def record(page: Page, door: str, degrees: str) -> None:
    page.goto("/doors")
    page.get_by_role("link", name=door).click()
    page.get_by_role("link", name="Record the check-in").first.click()
    page.locator("input[inputmode=decimal]").fill(degrees)
    page.locator("input[type=radio][value=seen]").check()
    page.get_by_role("button", name="Send").dblclick()  # the same form is the same act


def test_wish_18_wish_20_nothing_is_lost_or_doubled_and_nothing_stays_readable(
    town: Round, open_phone: Callable[..., BrowserContext], picture: Picture
) -> None:
    """Wishes 18 and 20: waiting, sent, refused, each said; closed and opened again; sent by whoever is in."""
    phone = open_phone()
    page = phone.pages[0]
    let_in(page, town.link())
    until_read(page, 3)
    [worker] = [one["user"] for one in kept(page, "whose")]

    page.get_by_role("link", name="春和家园3号楼2单元602").click()
    page.get_by_role("link", name="Record the check-in").first.click()
    page.locator("input[inputmode=decimal]").fill("39.2")
    page.locator("input[type=radio][value=seen]").check()
    page.get_by_role("button", name="Send").click()
    again = page.get_by_role("button", name="No, type it again")
    expect(again).to_be_visible()
    page.wait_for_load_state()
    phone.set_offline(True)
    again.click()
    expect(page.locator("input[inputmode=decimal]")).to_have_value("")
    assert kept(page, "acts") == [], "no answer is an act"

    page.goto("/doors")
    expect(page.locator("#no-network")).to_contain_text("No network; as of 08:20")
    expect(page.locator(".card")).to_have_count(3)
    page.goto("/doors/another")
    expect(page.locator("h1")).to_contain_text("Not kept on this phone")
    record(page, "春和家园3号楼2单元602", "36.6")
    expect(page.locator("#act-kept")).to_be_visible()
    expect(page.locator("#this-phone")).to_contain_text("Check-in · waiting")
    picture(page, "worker-no-network")
    page.goto("/doors")
    page.get_by_role("link", name="春和家园10号楼1单元202").click()
    page.get_by_role("button", name="No answer").click()
    expect(page.locator("#this-phone")).to_contain_text("No answer · waiting")
    acts = kept(page, "acts")
    assert len(acts) == 2
    on_the_phone = json.dumps(acts, ensure_ascii=False)
    assert not any(typed in on_the_phone for typed in ("36.6", "temperature", "赵", "号楼"))

    phone.close()
    phone = open_phone()
    phone.set_offline(True)
    page = phone.pages[0]
    page.goto("/doors")
    expect(page.locator(".card"), "read where there is no network, closed in between").to_have_count(3)
    expect(page.locator("#this-phone")).to_contain_text("Waiting on this phone: 2")
    assert town.isolation.rows(of_isolation.check_ins) == []

    phone.set_offline(False)
    let_in(page, town.link("h-0021"))
    eventually(lambda: {one["state"] for one in kept(page, "acts")} == {"sent"})
    [check_in] = town.isolation.rows(of_isolation.check_ins)
    assert (check_in["source"], check_in["temperature"]) == ("/console/w-0117", 366)
    assert [row["state"] for row in town.console.rows(phone_acts)] == ["done", "done"]
    until_read(page, 3)
    assert all(worker not in row["html"] for row in kept(page, "pages")), "nothing of who had it before"

    account = phone.new_page()
    account.goto("/account")
    phone.set_offline(True)
    record(page, "春和家园10号楼1单元202", "hot")
    expect(page.locator("#this-phone")).to_contain_text("Check-in · waiting")
    asked: list[str] = []
    account.once("dialog", lambda dialog: asked.append(dialog.message) or dialog.dismiss())
    account.locator("summary").click()
    with account.expect_event("dialog"):
        account.get_by_role("button", name="Log out").click()
    assert asked and account.url.endswith("/account")
    phone.set_offline(False)
    page.goto("/doors")
    expect(page.locator("#this-phone")).to_contain_text("refused, and with your officer: Something in it")
    account.reload()
    account.locator("summary").click()
    account.get_by_role("button", name="Log out").click()
    account.wait_for_url("**/log-in")
    assert kept(account, "pages") == kept(account, "whose") == []
    phone.set_offline(True)
    with pytest.raises(Exception, match="ERR_"):
        page.goto("/doors")
    assert len(town.isolation.rows(of_isolation.check_ins)) == 1


def test_what_waits_is_said_in_chinese_too(
    town: Round, open_phone: Callable[..., BrowserContext], picture: Picture
) -> None:
    phone = open_phone("zh-CN")
    page = phone.pages[0]
    let_in(page, town.link(), "启用这部手机")
    until_read(page, 3)
    phone.set_offline(True)
    page.goto("/doors")
    expect(page.locator("#no-network")).to_contain_text("无网络，内容截至08:20")
    page.get_by_role("link", name="春和家园3号楼2单元602").click()
    page.get_by_role("button", name="无人应答").click()
    expect(page.locator("#this-phone")).to_contain_text("08:20 · 无人应答 · 待发")  # by the field's clock
    picture(page, "worker-no-network")
    phone.set_offline(False)
    page.goto("/doors")
    expect(page.locator("#this-phone")).to_contain_text("无人应答 · 已发送")


def test_doors_that_fit_on_no_first_page_are_kept_too(
    town: Round, open_phone: Callable[..., BrowserContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "AT_ONCE", 2)
    phone = open_phone()
    page = phone.pages[0]
    let_in(page, town.link())
    eventually(lambda: len(kept(page, "pages")) == 3 * (1 + len(FORMS)) + 2)
    phone.set_offline(True)
    page.goto("/doors")
    expect(page.locator(".card")).to_have_count(2)
    page.get_by_role("link", name="next page").click()
    expect(page.locator("#no-network")).to_contain_text("No network; as of 08:20")
    expect(page.locator(".card")).to_have_count(1)
    page.get_by_role("link", name="春和家园10号楼1单元202").click()
    expect(page.locator("h1")).to_have_text("春和家园10号楼1单元202")
    phone.set_offline(False)
    with town.isolation.work.unit() as uow:
        cases = of_isolation.cases
        ended = cases.c.case_id == town.case("孙宁")["case_id"]
        uow.conn.execute(cases.update().where(ended).values(closed_at=uow.now, state="transferred"))
    page.goto("/doors")
    eventually(lambda: len(kept(page, "pages")) == 2 * (1 + len(FORMS)) + 1)
