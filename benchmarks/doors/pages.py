"""Pages of the console, timed as a browser beside it would: one connection that stays open, and cookies."""

from __future__ import annotations

import html
import http.client
import re
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from demo.days.doors import DoorClosed
from demo.log_ins import PASSWORD, link_of_worker, officer_with_account

TIME_LIMIT_S: Final = 30.0
PIN: Final = "274951"
_HIDDEN: Final = re.compile(r'type="hidden" name="([\w-]+)" value="([^"]*)"')


class Browser:
    """Used by one thread. It sends secure cookies, as browsers do to their own machine."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIME_LIMIT_S)
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> tuple[float, str]:
        """Seconds, and the page."""
        seconds, status, page = self._ask("GET", path, None)
        if status != 200:
            raise DoorClosed(f"{path}: {status}")
        return seconds, page

    def send(self, page: str, path: str, fields: Mapping[str, str]) -> tuple[float, int, str]:
        """The form of a page that leads there, with what stands hidden in it: seconds, status, page."""
        form = re.search(rf'<form[^>]*action="{re.escape(path)}".*?</form>', page, re.S)
        hidden = {name: html.unescape(value) for name, value in _HIDDEN.findall(form[0] if form else page)}
        seconds, status, answer = self._ask("POST", path, urlencode(hidden | dict(fields)).encode())
        if status not in (200, 303):
            raise DoorClosed(f"{path}: {status}")
        return seconds, status, answer

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None) -> tuple[float, int, str]:
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "Accept-Language": "zh-CN",
            "Sec-Fetch-Site": "same-origin",
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        page = answer.read().decode()
        seconds = time.perf_counter() - began
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, held = value.partition(";")[0].partition("=")
                self._cookies[key] = held
        return seconds, answer.status, page


def officer(environment: Mapping[str, str], port: int, staff_id: str) -> Browser:
    """Somebody with a new account, who is in."""
    code = officer_with_account(environment, staff_id)[0]
    browser = Browser(port)
    said = {"name": staff_id, "password": PASSWORD, "code": code}
    browser.send(browser.get("/log-in")[1], "/log-in", said)
    return browser


def worker(environment: Mapping[str, str], port: int, staff_id: str) -> Browser:
    """Somebody whose phone was let in."""
    link = link_of_worker(environment, staff_id, "")
    browser = Browser(port)
    browser.send(browser.get(link)[1], link, {"pin": PIN, "again": PIN})
    return browser
