"""What phones and desks are called."""

from __future__ import annotations

import pytest

from services.console.pages.shown.devices import device_name

CHROMIUM = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) {}Chrome/108.0.0.0 Safari/537.36{}"
OF_APPLE = "Mozilla/5.0 ({}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.1 Safari/604.1"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (CHROMIUM.format("Linux; Android 10; MI 9", "", ""), "Chrome, Android"),
        (CHROMIUM.format("Windows NT 10.0; Win64; x64", "", " Edg/108.0"), "Edge, Windows"),
        (CHROMIUM.format("Linux; Android 12; HarmonyOS; NOH-AN00", "HuaweiBrowser/12 ", ""),
         "Huawei Browser, HarmonyOS"),
        (OF_APPLE.format("iPhone; CPU iPhone OS 16_1 like Mac OS X"), "Safari, iPhone"),
        (OF_APPLE.format("Macintosh; Intel Mac OS X 10_15"), "Safari, Mac"),
        ("curl/7.88", "curl/7.88"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_device_is_called_by_browser_and_system(said: str, name: str) -> None:
    assert device_name(said) == name
