"""A worker's first page in a browser whose processor is slowed down to that of an old phone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from playwright.sync_api import Page, sync_playwright

from benchmarks.doors.pages import PIN
from demo.log_ins import link_of_worker
from deploy.local.chromium import chromium_options

SLOWER: Final = 6
"""So many times slower than this machine."""
SIZE: Final = {"width": 360, "height": 640}
_INTERACTIVE = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


def seconds_to_interactive(
    environment: Mapping[str, str], port: int, staff_id: str, times: int
) -> list[float]:
    """From asking for the page until its scripts have run, nothing cached. Raises LocalNodeError."""
    address = f"http://localhost:{port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_options())
        # Without its service worker: it would show the page that it keeps.
        context = browser.new_context(locale="zh-CN", viewport=SIZE, service_workers="block")  # type: ignore[arg-type]
        page = context.new_page()
        _take_up(page, address, link_of_worker(environment, staff_id, ""))
        session: Any = context.new_cdp_session(page)
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        found = []
        for _ in range(times):
            page.goto(f"{address}/doors", wait_until="load")
            found.append(page.evaluate(_INTERACTIVE) / 1000)
        browser.close()
    return found


def _take_up(page: Page, address: str, link: str) -> None:
    page.goto(address + link)
    for field in ("pin", "again"):
        page.locator(f"#{field}").fill(PIN)
    page.locator("#again").press("Enter")
    page.wait_for_url("**/doors")
