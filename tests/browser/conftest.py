"""The console on a port of its own, and Debian's Chromium, once for all tests of a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, sync_playwright

from deploy.local.chromium import chromium_options
from services.console.app import make_app
from services.console.doors import Doors
from tests.doors import CONSOLE
from tests.integration.console.trial import PASSWORD
from tests.quick_passwords import quick_passwords  # noqa: F401
from tests.served import served

NewPage = Callable[..., Page]
Picture = Callable[..., None]
"""(page, name): the page as it is now becomes the picture of this name in the guides, if they are made."""

TALLEST = 1000


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", type=Path, help="keep the pictures of the guides in this folder")


def is_a_fault(line: ConsoleMessage) -> bool:
    """A page that refuses (404, 422) is none."""
    return line.type == "error" and not line.text.startswith("Failed to load resource")


@pytest.fixture(scope="session")
def console() -> Iterator[str]:
    """Address of a console whose doors are all away."""
    with served(make_app(Doors({}, CONSOLE))) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_options())
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser, console: str) -> Iterator[NewPage]:
    """(path, language="zh-CN", scripts=True, options of a context) -> the page, on a phone unless it says
    otherwise. A request to another host, or a fault of the Content-Security-Policy, fails the test."""
    contexts, abroad, said = [], [], []

    def new(path: str, *, language: str = "zh-CN", scripts: bool = True, **options: Any) -> Page:
        options = {"viewport": {"width": 360, "height": 640}, **options}
        context = browser.new_context(
            locale=language, java_script_enabled=scripts, base_url=console, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda asked: asked.url.startswith(console + "/") or abroad.append(asked.url))
        page.on("console", lambda line: said.append(line.text) if is_a_fault(line) else None)
        page.goto(path)
        return page

    yield new
    for context in contexts:
        context.close()
    assert abroad == [], "requests to another host"
    assert said == [], "errors in the browser's console"


def log_in(page: Page, name: str, code: str) -> None:
    """An officer, by password and the code of their device, as far as their first page."""
    page.goto("/log-in")
    for field, text in (("name", name), ("password", PASSWORD), ("code", code)):
        page.locator(f"#{field}").fill(text)
    page.locator("#code").press("Enter")
    page.wait_for_url("**/board")


def every(page: Page, selector: str) -> list[Locator]:
    """All that the whole page has: `all` alone counts what came so far, after a click perhaps nothing."""
    page.wait_for_load_state()
    return page.locator(selector).all()


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Picture:
    """Does nothing without `--pictures` (`make pictures`), which keeps `name.zh-CN.png` or `name.en.png`."""
    folder: Path | None = request.config.getoption("--pictures", default=None)

    def keep(page: Page, name: str, **window: int) -> None:
        if folder is None:
            return
        before = page.viewport_size
        page.set_viewport_size({**(before or {}), **window})  # type: ignore[typeddict-item]
        page.evaluate("scrollTo(0, 0)")
        tall = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        size = {"x": 0, "y": 0, "width": page.viewport_size["width"], "height": tall}
        language = page.locator("html").get_attribute("lang")
        page.screenshot(path=folder / f"{name}.{language}.png", clip=size, full_page=True)
        if before:
            page.set_viewport_size(before)

    return keep
