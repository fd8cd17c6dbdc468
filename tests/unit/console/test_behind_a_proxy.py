"""From where somebody asks: what a header says counts only where a proxy is known to write it."""

from __future__ import annotations

import pytest
from flask import request
from werkzeug.test import Client

from services.console.app import make_app
from services.console.doors import Doors
from services.console.settings import SettingsError, read_console_settings
from tests.doors import CONSOLE
from tests.unit.console.test_settings import API


@pytest.mark.parametrize(("proxies", "found"), [(0, "10.9.8.7 http"), (1, "203.0.113.5 https")])
def test_the_address_is_the_proxy_s_word_or_the_connection_s(proxies: int, found: str) -> None:
    app = make_app(Doors({}, CONSOLE), proxies=proxies)
    app.add_url_rule("/from", view_func=lambda: f"{request.remote_addr} {request.scheme}")
    told = {"X-Forwarded-For": "198.51.100.1, 203.0.113.5", "X-Forwarded-Proto": "https"}
    answer = Client(app).get("/from", headers=told, environ_overrides={"REMOTE_ADDR": "10.9.8.7"})
    assert answer.text == found


@pytest.mark.parametrize("text", ["-1", "ten", "10", ""])
def test_a_number_of_proxies_that_cannot_be_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="DOORSTEP_CONSOLE_PROXIES"):
        read_console_settings(API | {"DOORSTEP_CONSOLE_PROXIES": text})
