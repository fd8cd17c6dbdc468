"""A new worker's first round, on a phone, as somebody does it who has nothing but the slip: with and without
script, once by keyboard alone, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from services.isolation import tables as t
from tests.browser.conftest import NewPage, Picture, every
from tests.browser.test_style import faults_by_axe, sideways, sideways_at_double_size
from tests.integration.console.round import PIN, Round, open_morning
from tests.served import served

WORDS = {
    "zh-CN": {
        "let in": "启用这部手机",
        "first visits": "首次对接",
        "seen": "已见面核实",
        "done": "已办，已记录。",
        "check-in": "登记体温",
        "send": "提交",
        "no answer": "无人应答",
        "try again": "下次上门08:45",
        "take back": "登记有误，撤回",
        "taken back": "已撤回，视同未登记",
        "mend": "电话、门牌、语言",
        "mend it": "改正",
        "my doors": "今日入户",
    },
    "en": {
        "let in": "Let this phone in",
        "first visits": "first visits",
        "seen": "Seen in person",
        "done": "Done, and noted.",
        "check-in": "Record the check-in",
        "send": "Send",
        "no answer": "No answer",
        "try again": "Next try 08:45",
        "take back": "That was a mistake: take it back",
        "taken back": "Taken back: it is as if it had not been said.",
        "mend": "Phone, door, language",
        "mend it": "Mend it",
        "my doors": "My doors",
    },
}


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    with open_morning(sqlite_url) as opened:
        yield opened


@pytest.fixture
def console(town: Round) -> Iterator[str]:
    """Instead of the one whose doors are all away."""
    with served(town.app()) as address:
        yield address


def enter(page: Page, says: dict[str, str]) -> None:
    page.locator("#pin").fill(PIN)
    page.locator("#again").fill(PIN)
    page.get_by_role("button", name=says["let in"]).click()
    page.wait_for_url("**/doors")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_new_worker_finds_the_first_task_and_does_what_a_round_brings(
    new_page: NewPage, town: Round, language: str, picture: Picture
) -> None:
    """Without script."""
    says = WORDS[language]
    page = new_page(town.link(), language=language, scripts=False)
    picture(page, "worker-slip")
    enter(page, says)
    picture(page, "worker-doors")
    page.get_by_role("link", name=says["first visits"]).click()
    page.get_by_role("link", name="春和家园3号楼2单元501").click()
    picture(page, "worker-household")
    for box in every(page, "input[type=checkbox][name=task]"):
        box.check()
    page.get_by_role("button", name=says["seen"]).click()
    expect(page.locator("main .notice.done")).to_contain_text(says["done"])

    page.get_by_role("link", name=says["check-in"]).first.click()
    for typed in every(page, "input[inputmode=decimal]"):
        typed.fill("365")
    for how in every(page, "input[type=radio][value=seen]"):
        how.check()
    picture(page, "worker-check-in")
    page.get_by_role("button", name=says["send"]).click()
    expect(page.locator("main")).to_contain_text(re.compile("36.5 ℃.*36.5 ℃", re.DOTALL))
    assert {row["temperature"] for row in town.isolation.rows(t.check_ins)} == {365}

    page.get_by_role("link", name=says["my doors"]).click()
    page.get_by_role("link", name="春和家园3号楼2单元602").click()
    page.get_by_role("button", name=says["no answer"]).click()
    expect(page.locator("main .notice.done")).to_contain_text(says["try again"])
    picture(page, "worker-no-answer")
    town.sync()
    page.reload()
    page.get_by_role("button", name=says["take back"]).click()
    expect(page.locator("main .notice.done")).to_contain_text(says["taken back"])

    page.get_by_role("link", name=says["my doors"]).click()
    page.get_by_role("link", name="春和家园10号楼1单元202").click()
    page.get_by_role("link", name=says["mend"]).click()
    page.locator("#phone").fill("139 0931 1777")
    picture(page, "worker-mend")
    page.get_by_role("button", name=says["mend it"]).click()
    expect(page.locator("main .notice.done")).to_be_visible()
    town.sync()
    page.reload()
    expect(page.locator("a[href='tel:13909311777']")).to_have_count(1)
    page.get_by_role("link", name=says["my doors"]).click()
    expect(page.locator(".card"), "what is done stays where it was").to_have_count(3)
    expect(page.locator(".card .task.done")).to_have_count(2)
    picture(page, "worker-done")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_wish_24_nobody_is_kept_out_of_a_workers_pages(
    new_page: NewPage, town: Round, language: str, picture: Picture
) -> None:
    """Wish 24: axe finds nothing serious; text of double size needs no moving sideways."""
    page = new_page(town.link(), language=language)
    assert faults_by_axe(page) == []
    enter(page, WORDS[language])
    path = town.household("林玉兰")
    page.goto(path)
    page.get_by_role("button", name=WORDS[language]["no answer"]).click()
    expect(page.locator("main .notice.done")).to_contain_text(WORDS[language]["try again"])
    others = (
        *("check-in", "mend", "person", "not-found", "not-possible", "refusal", "notice", "contact"),
        *("need", "permit", "not-at-home", "home-suits"),
    )
    for address in ("/doors", "/doors/said", path, *(f"{path}/{one}" for one in others), "/account"):
        page.goto(address)
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        assert faults_by_axe(page) == [], address
        assert sideways(page) <= 0, address
        assert sideways_at_double_size(page) <= 0, address
        form = address.rpartition("/")[2]
        if form in ("need", "refusal", "home-suits"):
            picture(page, f"worker-{form}")
    page.locator("main").get_by_role("button").first.click()  # lock this phone
    expect(page.locator("#pin")).to_be_visible()
    assert faults_by_axe(page) == []


def test_a_round_is_walked_by_keyboard_alone(new_page: NewPage, town: Round) -> None:
    page = new_page(town.link(), language="en")

    def to(text: str) -> None:
        """Press Tab until this has the focus."""
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                "(one => one.id || one.labels && one.labels[0] && one.labels[0].innerText || one.innerText)"
                "(document.activeElement)"
            )
            if text in focused:
                return
        raise AssertionError(f"{text} is not reached")

    for field in ("pin", "again"):
        to(field)
        page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    page.wait_for_url("**/doors")
    to("春和家园3号楼2单元602")
    page.keyboard.press("Enter")
    page.wait_for_url("**/doors/*")
    to("Seen in person")
    page.keyboard.press("Enter")
    page.wait_for_url("**said=done**")
    to("Record the check-in")
    page.keyboard.press("Enter")
    page.wait_for_url("**/check-in")
    to("temperature-")
    page.keyboard.type("365")
    to("seen")
    page.keyboard.press("Space")
    to("Send")
    page.keyboard.press("Enter")
    page.wait_for_url("**said=check_in**")
    expect(page.locator("main")).to_contain_text("36.5 ℃")
