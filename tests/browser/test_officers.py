"""An officer's morning in a real browser, by keyboard alone, on a desk and on a phone: the figure that the
street asks for is sent on, a wave of overdue tasks acknowledged, a worker who is away replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from chassis.ids import new_id
from services.isolation.central.import_centres import import_centres
from services.isolation.permits.report_breach import report_breach
from services.isolation.permits.request_permit import request_permit
from tests.browser.conftest import Picture, every, is_a_fault, log_in
from tests.browser.test_style import DESK, PHONE, faults_by_axe, sideways, sideways_at_double_size
from tests.integration.console.officers import Town, open_town
from tests.integration.console.test_officers_settle import HERE
from tests.integration.console.trial import PASSWORD
from tests.integration.isolation.saying import LINK, WORKER, speaking
from tests.integration.registration.trial import report
from tests.served import served

WORDS = {
    "zh-CN": {
        "log_in": "登录",
        "copy": "复制这句话",
        "copied": "已复制",
        "sentence": "截至10月2日12:00，春和社区居家隔离4户4人，其中今日应报未报4户4人（原因不明4）。",
        "all": "勾选本页全部",
        "cause": "全员核酸",
        "until": "两小时内",
        "look": "先看一遍",
        "acknowledge": "签收",
        "acknowledged": "项任务已签收",
        "staff": "人员",
        "away": "不在岗，由人替班",
        "say_away": "登记不在岗",
        "is_away": "替班：王山",
    },
    "en": {
        "log_in": "Log in",
        "copy": "Copy the sentence",
        "copied": "Copied",
        "sentence": "As of 2 October 12:00, 春和社区: home isolation – 4 households with 4 people, of these "
        "no check-in in any window ended today – 4 households with 4 people (reason not known 4).",
        "all": "Choose all of this page",
        "cause": "mass testing",
        "until": "in two hours",
        "look": "Look at it first",
        "acknowledge": "Acknowledge",
        "acknowledged": "tasks are acknowledged",
        "staff": "Staff",
        "away": "Away, with a deputy",
        "say_away": "Say that they are away",
        "is_away": "deputy: 王山",
    },
}


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        for _ in range(4):
            town.open_case()
        town.day_after(hours=29)
        yield town


@pytest.fixture
def address(town: Town) -> Iterator[str]:
    """With TLS: the session's cookie wants it."""
    with served(town.app(), tls=True) as address:
        yield address


def reach(page: Page, wanted: Locator) -> None:
    """By Tab, as somebody without a mouse."""
    expect(wanted).to_be_attached()
    element = wanted.element_handle()
    for _ in range(200):
        if page.evaluate("one => document.activeElement === one", element):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way by keyboard to {wanted}")


def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    reach(page, wanted)
    page.keyboard.press(key)


def looks_well(page: Page) -> None:
    """axe finds nothing serious; nothing has to be moved sideways, with text of double size neither."""
    assert faults_by_axe(page) == []
    assert sideways(page) <= 0
    assert sideways_at_double_size(page) <= 0, page.url


def test_wish_3_the_figure_of_a_long_list_comes_after_its_rows(
    browser: Browser, address: str, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.doors.pages.COUNTED_AT_ONCE", 2)
    monkeypatch.setattr("chassis.doors.pages.ROWS", 2)
    owner = town.console.owner("officer.x", "officer", "officer")
    for script in (True, False):
        context = browser.new_context(
            locale="en", base_url=address, ignore_https_errors=True, java_script_enabled=script
        )
        page = context.new_page()
        log_in(page, owner.name, town.console.code(owner.secret))
        page.goto("/lists/open_cases")
        if not script:
            expect(page.locator(".total")).to_contain_text("more than 2")
            page.get_by_role("link", name="Count them").click()
        expect(page.locator(".total strong")).to_have_text("4 households with 4 people")
        expect(page.get_by_role("button", name="Copy the sentence")).to_have_count(int(script))
        if script:
            looks_well(page)
        context.close()
        town.console.clock.advance(minutes=1)  # a code is good once


@pytest.mark.parametrize(("size", "language"), [(DESK, "zh-CN"), (PHONE, "en")])
def test_wish_24_a_morning_by_keyboard_alone(
    browser: Browser, address: str, town: Town, size: Any, language: str, picture: Picture
) -> None:
    says = WORDS[language]
    owner = town.console.owner("officer.x", "officer", "officer")
    context = browser.new_context(locale=language, viewport=size, base_url=address, ignore_https_errors=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda line: faults.append(line.text) if is_a_fault(line) else None)
    page.on("request", lambda asked: asked.url.startswith(address) or faults.append(asked.url))

    page.goto("/log-in")
    for field, text in (
        ("name", owner.name),
        ("password", PASSWORD),
        ("code", town.console.code(owner.secret)),
    ):
        reach(page, page.locator(f"#{field}"))
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url("**/board")
    looks_well(page)
    picture(page, "officer-board", **DESK)

    # the figure that the street asks for
    copy = page.get_by_role("button", name=says["copy"])
    press(page, copy)
    expect(page.get_by_role("button", name=says["copied"])).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == says["sentence"]

    # a wave
    press(page, page.locator('a[href^="/lists/overdue_tasks?staff_id=worker-1"]'))
    page.wait_for_url("**/lists/overdue_tasks*")
    looks_well(page)
    press(page, page.get_by_role("link", name=says["all"]))
    page.wait_for_url("**choose=all*")
    many = len(every(page, 'input[name="task_id"]:checked'))
    assert many > 4
    causes = page.locator('input[name="cause"]')
    reach(page, causes.first)
    page.keyboard.press("ArrowDown")
    expect(page.locator("label", has_text=says["cause"]).locator("input")).to_be_checked()
    press(page, page.locator('input[name="until"]').first, "Space")
    picture(page, "officer-wave", **DESK)
    press(page, page.get_by_role("button", name=says["look"]))
    expect(page.locator("h1")).to_contain_text("？" if language == "zh-CN" else "?")
    looks_well(page)
    press(page, page.get_by_role("button", name=says["acknowledge"], exact=True))
    expect(page.get_by_text(says["acknowledged"])).to_be_visible()
    outcomes = page.locator("main li.task strong")
    expect(outcomes, "an outcome for each, also where it is no").to_have_count(many)
    looks_well(page)
    picture(page, "officer-outcome", **DESK)

    # a worker who is away
    press(page, page.locator('nav a[href="/staff"]'))
    page.wait_for_url("**/staff")
    looks_well(page)
    press(page, page.get_by_role("link", name="李兰"))
    press(page, page.locator("summary", has_text=says["away"]))
    reach(page, page.locator("#deputy"))
    page.keyboard.press("ArrowDown")  # the first of those beside them has the same role
    picture(page, "officer-away", **DESK)
    press(page, page.get_by_role("button", name=says["say_away"]))
    page.wait_for_url("**said=away")
    expect(page.get_by_text(says["is_away"])).to_be_visible()
    looks_well(page)

    # a case, and every other list
    page.goto("/lists/open_cases")
    looks_well(page)
    press(page, page.locator('main a[href^="/cases/"]').first)
    page.wait_for_url("**/cases/*")
    picture(page, "officer-case", **DESK)
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    looks_well(page)
    press(page, page.locator("details.decide button[value=waived]").first)
    page.wait_for_url("**/cases/*/tasks/*")
    expect(page.locator("textarea[aria-invalid=true]"), "why it is waived").to_be_visible()
    looks_well(page)
    reach(page, page.locator("textarea[aria-invalid=true]"))
    page.keyboard.type("seen on the stairs")
    press(page, page.locator("details.decide[open] button[value=waived]"))
    page.wait_for_url("**/cases/*?said=waived")
    press(page, page.locator('main a[href$="/decide/move_to_central"]'))
    page.wait_for_url("**/decide/*")
    for field in ("place", "escort"):
        reach(page, page.locator(f"#{field}"))
        page.keyboard.type("120")
    looks_well(page)
    press(page, page.get_by_role("button", name=says["look"]))
    expect(page.locator("section.question")).to_contain_text("120")
    looks_well(page)
    for path in (
        "/lists",
        "/lists/waiting_arrivals",
        "/lists/open_needs",
        "/lists/permits_to_decide",
        "/lists/confirmed_breaches",
        "/shopping",
        "/staff/new",
    ):
        page.goto(path)
        looks_well(page)

    # somebody whom the worker did not find
    town.registration.receive(report(1, destination=HERE))
    [came] = town.registration.arrivals()
    said = {"arrival_id": came["id"], "outcome": "no_such_door"}
    town.doors.say("registration", "follow_arrival", town.actor("worker-2"), "not-found-1", said)
    page.goto("/lists/arrivals_to_settle")
    press(page, page.locator('main a[href^="/lists/arrivals_to_settle/"]').first)
    page.wait_for_url("**/lists/arrivals_to_settle/*")
    looks_well(page)
    picture(page, "officer-settle", **DESK)
    assert faults == []
    context.close()


@pytest.mark.parametrize(("size", "language"), [(DESK, "en"), (PHONE, "zh-CN")])
def test_leave_to_go_out_is_granted_by_keyboard_with_what_is_arranged(
    browser: Browser, address: str, town: Town, size: Any, language: str, picture: Picture
) -> None:
    begins = town.isolation.clock.now() + timedelta(hours=20)
    said: dict[str, Any] = {"kind": "maternity", "where": "省妇幼保健院"}
    said["case_ids"] = [town.open_case(level="medium")]
    said["outings"] = [{"begins": begins, "ends": begins + timedelta(hours=4)}]
    assert speaking(request_permit, "permit.requested")(town.isolation, said, author=LINK).kind == "done"
    owner = town.console.owner("officer.x", "officer", "officer")
    context = browser.new_context(locale=language, viewport=size, base_url=address, ignore_https_errors=True)
    page = context.new_page()
    log_in(page, owner.name, town.console.code(owner.secret))
    page.goto("/lists/permits_to_decide")
    looks_well(page)
    press(page, page.locator('main a[href^="/lists/permits_to_decide/"]').first)
    page.wait_for_url("**/lists/permits_to_decide/*")
    expect(page.locator("main")).to_contain_text("省妇幼保健院")
    looks_well(page)
    picture(page, "officer-permit", **DESK)
    reach(page, page.locator("#granted-escort"))
    page.keyboard.type("7:40 in the yard")
    press(page, page.get_by_role("button", name="Grant it" if language == "en" else "批准", exact=True))
    page.wait_for_url("**/lists/permits_to_decide?said=settled")
    context.close()


@pytest.mark.parametrize(("size", "language"), [(DESK, "en"), (PHONE, "zh-CN")])
def test_p11_and_p41_a_breach_is_judged_by_keyboard_from_the_case(
    browser: Browser, address: str, town: Town, size: Any, language: str, picture: Picture
) -> None:
    case_id = town.open_case(level="medium")
    said = {"case_ids": [case_id], "found": "not_at_home", "saw": "邻居看见他下楼买菜"}
    assert speaking(report_breach, "breach.reported")(town.isolation, said, author=WORKER).kind == "done"
    owner = town.console.owner("officer.y", "officer", "officer")
    context = browser.new_context(locale=language, viewport=size, base_url=address, ignore_https_errors=True)
    page = context.new_page()
    log_in(page, owner.name, town.console.code(owner.secret))
    page.goto("/lists/breaches_to_judge")
    looks_well(page)
    page.goto(f"/cases/{case_id}")
    looks_well(page)
    press(page, page.locator('main a[href^="/lists/breaches_to_judge/"]').first)
    page.wait_for_url("**/lists/breaches_to_judge/*")
    expect(page.locator("main")).to_contain_text("邻居看见他下楼买菜")
    looks_well(page)
    picture(page, "officer-breach", **DESK)
    reach(page, page.locator("#confirmed-words"))
    page.keyboard.type("spoke with him")
    says = "Confirm it, with an admonition" if language == "en" else "确认属实并告诫"
    press(page, page.get_by_role("button", name=says, exact=True))
    page.wait_for_url("**/lists/breaches_to_judge?said=settled")
    page.goto("/lists/confirmed_breaches")
    press(page, page.locator('main a[href^="/lists/confirmed_breaches/"]').first)
    page.wait_for_url("**/lists/confirmed_breaches/*")
    looks_well(page)
    context.close()


@pytest.mark.parametrize(("size", "language"), [(DESK, "en"), (PHONE, "zh-CN")])
def test_p8_a_bed_in_central_isolation_is_held_by_keyboard_from_the_case(
    browser: Browser, address: str, town: Town, size: Any, language: str, picture: Picture
) -> None:
    rows = ("site,雁白路隔离点,cg,101,1,no", "site,雁白路隔离点,cg,102,3,yes", "other,九州隔离点,cg,7,2,no")
    town.isolation.do(import_centres, "centre_id,name,district,room,beds,families\n" + "\n".join(rows))
    household = new_id()
    case_id, child_id = (town.open_case(level="medium", household_id=household) for _ in range(2))
    owner = town.console.owner("officer.z", "officer", "officer")
    context = browser.new_context(locale=language, viewport=size, base_url=address, ignore_https_errors=True)
    page = context.new_page()
    log_in(page, owner.name, town.console.code(owner.secret))
    page.goto(f"/cases/{case_id}")
    press(page, page.locator('main a[href$="/bed"]'))
    page.wait_for_url("**/bed")
    looks_well(page)
    reach(page, page.locator("#bed"))
    page.keyboard.press("ArrowDown")
    for field, chosen in (("who-0", "adult"), ("dependants-0", "come_along"), ("who-1", "child")):
        page.locator(f"#{field}").select_option(chosen)
    reach(page, page.locator("input[name=goes-1]"))
    page.keyboard.press("Space")
    page.locator("#carer-1").select_option(case_id)
    picture(page, "officer-bed", **DESK)
    says = "Hold the beds" if language == "en" else "留床"
    press(page, page.get_by_role("button", name=says, exact=True))
    page.wait_for_url("**/cases/*?said=bed")
    looks_well(page)
    page.goto("/central")
    looks_well(page)
    picture(page, "officer-central", **DESK)
    page.goto("/lists/on_the_way")
    looks_well(page)
    press(page, page.locator('main a[href^="/lists/on_the_way/"]').first)
    page.wait_for_url("**/lists/on_the_way/*")
    looks_well(page)
    says = "All are admitted" if language == "en" else "全部入住"
    press(page, page.get_by_role("button", name=says, exact=True))
    page.wait_for_url("**/lists/on_the_way?said=settled")
    page.goto("/lists/in_centres")
    looks_well(page)
    page.goto(f"/cases/{child_id}")
    press(page, page.locator(f'main a[href="/cases/{child_id}/carer"]'))
    page.wait_for_url("**/carer")
    expect(page.locator("#carer")).to_be_visible()
    looks_well(page)
    page.locator("main button").click()
    expect(page.locator("[aria-invalid=true]"), "nobody is named yet").to_have_count(1)
    looks_well(page)
    context.close()
