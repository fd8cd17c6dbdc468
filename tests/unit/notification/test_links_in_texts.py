"""The link of a household's page in its texts; without one they are as they were before there were links."""

from __future__ import annotations

import hashlib
from zoneinfo import ZoneInfo

import pytest

from chassis.errors import SettingsError
from field.words import LANGUAGES
from services.notification.channels.sms_length import segments
from services.notification.messages.sending import public_url_of
from services.notification.texts.loading import load_texts
from services.notification.texts.texts import Texts
from services.notification.texts.variables import ALL, LONGEST_PUBLIC_URL

TEXTS = load_texts(zone=ZoneInfo("Asia/Shanghai"), signature="【张掖路街道防疫】")
PLAIN = load_texts(zone=ZoneInfo("Asia/Shanghai"))
OF_A_CASE = {
    **{"name": "王雨", "measure": "home_isolation", "previous_measure": "health_monitoring", "days": 7},
    **{"counted_from": "2022-10-01", "release_on": "2022-10-08", "hotline": "12345"},
    **{"worker_name": "李红", "worker_phone": "13900001111"},
}
BEFORE = {
    ("resident_cancelled", "zh-CN"): "cf2284a6f30de46a",
    ("resident_cancelled", "en"): "83c9b99ae4bec152",
    ("resident_central_isolation", "zh-CN"): "d28181743b2b7e99",
    ("resident_central_isolation", "en"): "b926d8135bb8aa7e",
    ("resident_changed", "zh-CN"): "d0f70cb8de75472f",
    ("resident_changed", "en"): "30ec2da31cfaa2b0",  # it lacked 120, and that temperature is reported
    ("resident_health_monitoring", "zh-CN"): "9ef5e01538d13aa8",
    ("resident_health_monitoring", "en"): "30ccba002ba0994b",
    ("resident_home_isolation", "zh-CN"): "e6f0787f8a05cb09",
    ("resident_home_isolation", "en"): "7eeb6aeee2a810f9",
    ("resident_inform", "zh-CN"): "07007475c117f209",
    ("resident_inform", "en"): "da111235ec12e4d9",
    ("resident_worker", "zh-CN"): "19b27776eeb7ec05",
    ("resident_worker", "en"): "65ba39c37c166a5d",
}
"""SHA-256 of each text for `OF_A_CASE`, before there were links, or as it was mended since."""


def rendered(texts: Texts, template: str, language: str, **more: object) -> str:
    return texts.render(template, texts.latest(template), "sms", language, {**OF_A_CASE, **more})


@pytest.mark.parametrize(("template", "language"), BEFORE)
def test_a_text_without_a_link_is_the_same_as_before_there_were_any(template: str, language: str) -> None:
    text = rendered(PLAIN, template, language, link=None)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == BEFORE[template, language]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", sorted({name for name, _ in BEFORE} - {"resident_cancelled"}))
def test_a_text_holds_the_longest_link_whole_and_says_that_nobody_asks_for_money(
    template: str, language: str
) -> None:
    link = ALL["link"].sample
    text = rendered(TEXTS, template, language, link=link, name="欧阳建国" * 25, worker_name="司马相如" * 25)
    assert f"{link} " in text  # what follows would be taken for a part of it
    assert ("不收钱" if language == "zh-CN" else "no money") in text
    assert segments(text) <= 4


def test_an_address_that_is_too_long_for_texts_is_refused_at_the_start() -> None:
    fits = "https://" + "x" * (LONGEST_PUBLIC_URL - 8)
    assert public_url_of({"DOORSTEP_PUBLIC_URL": f"{fits}/"}) == fits
    assert public_url_of({}) is None
    with pytest.raises(SettingsError, match="at most 36 characters"):
        public_url_of({"DOORSTEP_PUBLIC_URL": f"{fits}x"})
