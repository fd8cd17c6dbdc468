"""The console on a port of its own, and Debian's Chromium, once for all tests of a worker."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from services.console.app import make_app
from services.console.doors import Doors
from tests.doors import CONSOLE
from tests.served import served

NewPage = Callable[..., Page]


def _is_a_fault(line: ConsoleMessage) -> bool:
    """A page that refuses (404, 422) is none."""
    return line.type == "error" and not line.text.startswith("Failed to load resource")


@pytest.fixture(scope="session")
def console() -> Iterator[str]:
    """Address of a console whose doors are all away."""
    with served(make_app(Doors({}, CONSOLE))) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "there is no chromium: deploy/local/setup.sh --dev --chromium"
    root = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=root)
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
        page.on("console", lambda line: said.append(line.text) if _is_a_fault(line) else None)
        page.goto(path)
        return page

    yield new
    for context in contexts:
        context.close()
    assert abroad == [], "requests to another host"
    assert said == [], "errors in the browser's console"
