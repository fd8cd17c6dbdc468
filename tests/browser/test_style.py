"""The parts of all pages in a real browser: reachable, readable, whole on a phone and without script."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import SCRIPT, SHA256
from tests.browser.conftest import NewPage

DESK = {"width": 1280, "height": 720}
PHONE = {"width": 360, "height": 640}

GRAVE = ("serious", "critical")


def faults_by_axe(page: Page) -> list[str]:
    """What is serious or worse, as `rule: element`.

    The script comes by the debugger and not by the page, whose Content-Security-Policy stays as it is.
    """
    page.wait_for_load_state()
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['html'][:160]} ({node.get('failureSummary', '')[:200]})"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window; tables move inside their own frames."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


def sideways_at_double_size(page: Page) -> int:
    """The same with text of double size (a zoom of 200 %), after which the text is as it was."""
    size = "size => { document.documentElement.style.fontSize = size }"
    page.evaluate(size, "200%")
    wide = sideways(page)
    page.evaluate(size, "")
    return wide


def test_axe_is_what_was_vendored() -> None:
    assert hashlib.sha256(SCRIPT.read_bytes()).hexdigest() == SHA256


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(new_page: NewPage, language: str, scheme: str) -> None:
    page = new_page("/style", language=language, color_scheme=scheme, viewport=DESK)
    assert page.locator("html").get_attribute("lang") == language
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    assert faults_by_axe(page) == []


def test_axe_notices_what_cannot_be_read(new_page: NewPage) -> None:
    page = new_page("/style")
    page.locator("main p").first.evaluate("one => one.style.color = '#ddd'")
    page.locator("#phone").evaluate("one => one.labels[0].remove()")
    assert {fault.partition(":")[0] for fault in faults_by_axe(page)} >= {"color-contrast", "label"}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_small_phone_and_text_of_double_size_need_no_moving_sideways(
    new_page: NewPage, language: str
) -> None:
    page = new_page("/style", language=language)
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    assert sideways(page) <= 0
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert sideways(page) <= 0
    page.set_viewport_size({"width": DESK["width"] // 2, "height": DESK["height"] // 2})  # zoom of 200 %
    page.evaluate("document.documentElement.style.fontSize = '100%'")
    assert sideways(page) <= 0


def test_whatever_can_be_touched_is_44_pixels_high(new_page: NewPage) -> None:
    page = new_page("/style")
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    small = page.locator(
        "button, input:not([type=hidden]), select, textarea, summary, a:not(.skip)"
    ).evaluate_all(
        """all => all.map(one => one.matches('.choice input') ? one.closest('.choice') : one)
            .filter(one => one.getClientRects().length && !one.closest('p, .notice li, h3'))
            .map(one => [one.getBoundingClientRect(), one.outerHTML.slice(0, 120)])
            .filter(([box]) => box.height < 43.5 || box.width < 43.5)
            .map(([box, html]) => `${box.width} x ${box.height}: ${html}`)"""
    )
    assert small == []


def test_everything_is_reached_by_keyboard_and_seen_to_be(new_page: NewPage) -> None:
    page = new_page("/style")
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    wanted = page.evaluate(
        """() => {
            const all = [...document.querySelectorAll(
                'a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]),'
                + 'select, textarea, summary')];
            const radios = new Set();  // of one group a single one is reached by Tab, the others by arrows
            return all.filter(one => one.getClientRects().length
                && !(one.type === 'radio' && (radios.has(one.name) || !radios.add(one.name)))).length;
        }"""
    )
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(wanted + 20):
        seen = page.evaluate(
            """() => {
                const one = document.activeElement;
                if (one === document.body) return null;
                one.dataset.reached ??= String(document.querySelectorAll('[data-reached]').length + 1);
                return [one.dataset.reached, getComputedStyle(one).outlineStyle, one.outerHTML.slice(0, 120),
                    one.matches('a[href], button, input, select, textarea, summary')];
            }"""
        )
        if seen is None:
            break
        number, outline, html, counts = seen
        assert outline == "solid", f"nobody sees that this is reached: {html}"
        if counts:
            reached.add(number)
        page.keyboard.press("Tab")
    assert len(reached) == wanted


def test_the_skip_link_leads_to_the_content(new_page: NewPage) -> None:
    page = new_page("/style")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_without_script_a_temperature_is_read_and_shown_or_kept_with_what_is_wrong(new_page: NewPage) -> None:
    page = new_page("/style", scripts=False)
    field, send = page.locator("#temperature"), page.get_by_role("button", name="读取所填内容")
    field.fill("365")
    send.click()
    expect(page.locator(".read")).to_have_text("读作36.5 ℃")
    expect(field).to_have_value("365")
    field.fill("三十六度五")
    field.press("Enter")
    expect(page.locator("#temperature-fault")).to_contain_text("请填写36.5或365")
    expect(field).to_have_value("三十六度五")
    expect(field).to_have_attribute("aria-invalid", "true")
    said_by = field.get_attribute("aria-describedby") or ""
    assert "temperature-fault" in said_by.split()


def test_without_script_help_opens_on_a_tap_and_rings(new_page: NewPage) -> None:
    page = new_page("/style", scripts=False)
    ring = page.get_by_role("link", name="急救电话120")
    expect(ring).not_to_be_visible()
    page.locator("details.help > summary").click()
    expect(ring).to_be_visible()
    assert ring.get_attribute("href") == "tel:120"


def test_the_other_language_is_chosen_and_remembered(new_page: NewPage) -> None:
    page = new_page("/style?shown=all", scripts=False)
    page.locator("header").get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("Parts of the pages")
    assert page.url.endswith("/style?shown=all")
    page.goto("/no/such/page")
    expect(page.locator("h1")).to_have_text("There is nothing here")
    page.locator("header").get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_a_wide_table_moves_by_keyboard_inside_its_frame(new_page: NewPage) -> None:
    page = new_page("/style")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    frame = page.get_by_role("region", name="工作人员")
    frame.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("one => one.scrollLeft > 0", arg=frame.element_handle())


def test_on_paper_there_are_figures_and_no_buttons(new_page: NewPage) -> None:
    page = new_page("/style", viewport=DESK)
    page.emulate_media(media="print")
    assert page.locator("button:visible, .button:visible, .filters:visible").count() == 0
    assert page.locator(".chart").is_visible()
    assert (
        page.locator("body").evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(255, 255, 255)"
    )


def test_chinese_is_shown_by_a_font_that_has_it(new_page: NewPage) -> None:
    """Without one, every character is the same box."""
    page = new_page("/style")
    widths = page.evaluate(
        """() => ['到', '家', '\\uE000'].map(character => {
            const canvas = document.createElement('canvas').getContext('2d');
            canvas.font = '32px ' + getComputedStyle(document.body).fontFamily;
            canvas.fillText(character, 4, 40);
            return [...canvas.getImageData(0, 0, 48, 48).data].join();
        })"""
    )
    assert len(set(map(json.dumps, widths))) == 3
