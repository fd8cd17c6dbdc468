"""Texts to staff who read the rest on their phone: building, task, time and link, and nothing personal."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from field.words import LANGUAGES
from services.notification.channels.sms_length import segments
from services.notification.texts.loading import TemplatesWrong, load_template, load_texts
from services.notification.texts.variables import ALL

ZONE = ZoneInfo("Asia/Shanghai")
TEXTS = load_texts(zone=ZONE, signature="【张掖路街道防疫】")
PERSON = {
    "resident_name": "王建国",
    "resident_phone": "13900002222",
    "resident_address": "御景小区4号楼2单元1803室",
    "name": "李红",
}
OF_A_TASK = {
    **{name: ALL[name].sample for name in ("measure", "days", "day", "level", "case_number")},
    **{"task_kind": "signed_notice", "due_by": "2022-10-01T04:30:00Z", "contact_by": "2022-10-01T04:30:00Z"},
    **{"place": "大众巷社区", "building": "中山路120号御景小区4号楼"},
    "household_link": "https://doorstep.lz.gov.cn/doors/01839a52-1d40-5b7e-9c11-7d0b5e2f4a61",
    "doors_link": "https://doorstep.lz.gov.cn/doors",
}
TO_STAFF = (
    *("worker_case", "worker_changed", "worker_corrected", "worker_joined", "worker_cancelled"),
    *("worker_merged", "worker_moved"),
    *("worker_handed_on", "staff_overdue", "staff_abnormal", "staff_abnormal_corrected"),
    "staff_need",
)
TAKEN_FROM_THEM = ("worker_cancelled", "worker_merged", "worker_moved", "worker_handed_on")
"""Of which they find no page any more."""


def rendered(template: str, language: str, *, on_phone: bool, **more: object) -> str:
    values = {**OF_A_TASK, **PERSON, **more}
    return TEXTS.render(template, TEXTS.latest(template), "sms", language, values, on_phone=on_phone)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TO_STAFF)
def test_it_says_building_and_link_and_nothing_of_the_person(template: str, language: str) -> None:
    text = rendered(template, language, on_phone=True)
    for personal in ("王建国", "13900002222", "2单元", "1803", "李红", "居家", "isolation at"):
        assert personal not in text
    assert "御景小区4号楼" in text
    link = OF_A_TASK["doors_link" if template in TAKEN_FROM_THEM else "household_link"]
    assert text.endswith(f"{link}")
    assert segments(text) <= 3 and (language == "en" or segments(text) == 2)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", ("worker_case", "staff_overdue", "staff_abnormal", "staff_need"))
def test_it_says_by_when(template: str, language: str) -> None:
    text = rendered(template, language, on_phone=True)
    assert ("10月1日12:30" if language == "zh-CN" else "1 Oct 12:30") in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TO_STAFF)
def test_without_building_and_link_it_says_where_to_look(template: str, language: str) -> None:
    text = rendered(template, language, on_phone=True, building=None, household_link=None, doors_link=None)
    assert "None" not in text and "http" not in text and "王建国" not in text
    assert "页面" in text or "page" in text or "0F3C9A7B" in text


@pytest.mark.parametrize("template", ("worker_case", "staff_overdue"))
def test_others_read_the_whole_as_before(template: str) -> None:
    text = rendered(template, "zh-CN", on_phone=False)
    assert "王建国" in text and "13900002222" in text and "http" not in text


def test_a_template_without_a_text_for_phones_is_the_same_to_all() -> None:
    values = {"result_number": "0F3C9A7B", "due_by": "2022-10-01T04:30:00Z"}
    texts = {
        TEXTS.render("staff_test_unmatched", 1, "sms", "zh-CN", values, on_phone=phone)
        for phone in (True, False)
    }
    assert len(texts) == 1


GOOD = """
template: hello
version: 1
channel: sms
variables: [building, resident_name]
text:
  zh-CN: "{{ resident_name or '姓名未报' }}"
  en: "{{ resident_name or 'name unknown' }}"
on_phone:
  zh-CN: "请看{{ building or '页面' }}"
  en: "see {{ building or 'your page' }}"
"""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("请看{{ building", "请看{{ resident_name", "on_phone zh-CN: resident_name is personal"),
        ("  en: \"see {{ building or 'your page' }}\"\n", "", "on_phone: en is missing"),
        ("see {{ building or", "see {{ building or {{", "on_phone en:"),
        ("see {{ building", "see {{ doors_link", "doors_link is not declared"),
        ("see {{ building or 'your page' }}", "see {{ building }}", "says None where building is absent"),
    ],
)
def test_a_faulty_text_for_phones_is_refused_when_it_is_saved(old: str, new: str, problem: str) -> None:
    load_template(GOOD, ZONE)
    assert old in GOOD
    with pytest.raises(TemplatesWrong, match=problem):
        load_template(GOOD.replace(old, new), ZONE)
