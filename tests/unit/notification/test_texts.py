import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.masking import masked_phone
from field.words import LANGUAGES, MEASURES
from services.notification.channels.sms_length import is_latin, segments
from services.notification.texts.language import WORDS
from services.notification.texts.loading import TemplatesWrong, load_template, load_texts
from services.notification.texts.shortening import shortened
from services.notification.texts.variables import ALL

ZONE = ZoneInfo("Asia/Shanghai")
TEXTS = load_texts(zone=ZONE)

GOOD = """
template: hello
version: 1
channel: sms
variables: [name]
text:
  zh-CN: "{{ name or '您好' }}，请联系社区"
  en: "{{ name or 'You' }}, call the community"
"""


def render(template: str, language: str = "zh-CN", **variables: Any) -> str:
    return TEXTS.render(template, 1, "sms", language, variables)


def test_a_resident_reads_measure_days_release_and_whom_to_call() -> None:
    text = render(
        "resident_home_isolation",
        name="王建国",
        days=7,
        counted_from="2022-10-01",
        release_on="2022-10-08",
        worker_name="李红",
        worker_phone="13900001111",
        hotline="12345",
    )
    for part in ("王建国", "居家隔离7天", "10月1日", "10月8日", "李红13900001111", "120"):
        assert part in text
    assert segments(text) <= 4


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("link", [None, "https://x/r/abc"])
def test_each_kind_of_monitoring_says_whether_somebody_may_go_out(language: str, link: str | None) -> None:
    stays, goes = ("请留在家中", "不限制外出") if language == "zh-CN" else ("Stay ", "You may go out")
    for measure, says, never in (
        ("home_health_monitoring", stays, goes),
        ("self_monitoring", goes, stays),
    ):
        told = {"measure": measure, "previous_measure": "home_isolation", "days": 3, "hotline": "12345"}
        opened = render(f"resident_{measure}", language, link=link, **told)
        newest = TEXTS.latest("resident_changed")
        changed = TEXTS.render("resident_changed", newest, "sms", language, {"link": link, **told})
        assert "120" in changed
        for text in (opened, changed):
            assert says in text and never not in text, text


def test_a_resident_without_a_worker_is_given_the_hotline() -> None:
    text = render("resident_central_isolation", "en", name="John", days=7, hotline="0931-12345")
    assert "0931-12345" in text and "None" not in text


def test_a_worker_reads_who_where_what_and_by_when_in_local_time() -> None:
    text = render(
        "worker_case",
        resident_name="王建国",
        resident_phone="13900002222",
        resident_address="京怡家园4号楼2单元",
        measure="central_isolation",
        days=7,
        release_on="2022-10-08",
        risk_level="high",
        contact_by="2022-10-01T04:30:00Z",
    )
    for part in ("王建国", "13900002222", "京怡家园4号楼2单元", "集中隔离", "10月1日12:30"):
        assert part in text


def test_midnight_is_the_end_of_the_day_before() -> None:
    text = render(
        "staff_overdue",
        level="community",
        task_kind="test",
        day=3,
        due_by="2022-10-04T16:00:00Z",
        case_number="0F3C9A7B",
    )
    assert "10月4日24时" in text


def test_an_unknown_language_falls_back_to_chinese() -> None:
    assert "欢迎" in render("resident_inform", "fr", hotline="12345")


def test_a_residents_name_is_never_run_as_a_template() -> None:
    assert "{{ hotline }}" in render("resident_inform", name="{{ hotline }}", hotline="12345")


def test_a_line_break_in_a_name_does_not_break_the_text() -> None:
    assert "\n" not in render("resident_inform", name="王\n建国", hotline="12345")


def test_a_good_template_passes() -> None:
    load_template(GOOD, ZONE)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[name]", "[]", "text zh-CN: name is not declared"),
        ("[name]", "[name, days]", "days is declared and never used"),
        ("[name]", "[name, shoe_size]", "nothing brings shoe_size"),
        ("name or '您好'", "name + '您好'", "fails without name: TypeError"),
        ("name or '您好'", "name", "says None where name is absent"),
        ("name or '您好'", "name.__class__.__mro__", "fails"),
        ("请联系社区", "请联系社区" * 60, "text messages; at most 4"),
        ("{{ name or 'You' }}", "{{ name or", "text en:"),
        ('  en: "', '  fr: "', "text"),
        ("version: 1", "version: one", "version"),
        ("channel: sms", "channel: drum", "channel"),
        ("template: hello\n", "", "template: Missing"),
    ],
)
def test_a_faulty_template_is_refused_when_it_is_saved(old: str, new: str, problem: str) -> None:
    assert old in GOOD
    with pytest.raises(TemplatesWrong, match=problem):
        load_template(GOOD.replace(old, new), ZONE)


def test_all_faults_of_all_files_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.v1.yaml").write_text(GOOD.replace("[name]", "[]"))
    (tmp_path / "b.v1.yaml").write_text("text: [")
    (tmp_path / "c.v1.yaml").write_text(GOOD)
    (tmp_path / "d.v1.yaml").write_text(GOOD)
    with pytest.raises(TemplatesWrong) as caught:
        load_texts(tmp_path, zone=ZONE)
    text = str(caught.value)
    assert "a.v1.yaml: text zh-CN: name is not declared" in text
    assert "b.v1.yaml: not YAML" in text
    assert "hello version 1 is there twice" in text


def test_new_messages_take_the_newest_version_and_queued_ones_keep_theirs(tmp_path: Path) -> None:
    (tmp_path / "hello.v1.yaml").write_text(GOOD)
    (tmp_path / "hello.v2.yaml").write_text(GOOD.replace("version: 1", "version: 2").replace("社区", "街道"))
    texts = load_texts(tmp_path, zone=ZONE, signature="【城关区】")
    assert texts.latest("hello") == 2
    assert texts.render("hello", 1, "sms", "zh-CN", {"name": "王"}) == "【城关区】王，请联系社区"
    assert texts.render("hello", 2, "sms", "zh-CN", {"name": "王"}) == "【城关区】王，请联系街道"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("{" * 80, 1),
        ("{" * 81, 2),
        ("好" * 70, 1),
        ("好" * 71, 2),
        ("好" * 134, 2),
        ("好" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_text_messages_are_counted_as_networks_count_them(text: str, parts: int) -> None:
    assert segments(text) == parts


@given(st.text(alphabet="0123456789+", min_size=5, max_size=16))
def test_a_masked_phone_does_not_give_the_number_away(phone: str) -> None:
    shown = masked_phone(phone)
    assert shown is not None and "****" in shown and phone not in shown
    assert sum(c != "*" for c in shown) <= min(7, max(0, len(phone) - 4))


@pytest.mark.parametrize("language", LANGUAGES)
def test_measures_levels_and_every_task_of_the_shipped_policies_have_a_name(language: str) -> None:
    policies = Path(__file__).parents[3] / "services" / "isolation" / "policies"
    kinds = {
        kind
        for path in policies.glob("*.json")
        for kind in re.findall(r'"kind":\s*"([a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert "first_contact" in kinds
    assert kinds | {"check_in", "test", "call_them", "visit_them"} | set(MEASURES) <= set(WORDS[language])


# -- as long as they will be sent ----------------------------------------------------------------------------

NAMES = st.one_of(
    st.sampled_from(
        ["欧阳建国" * 25, "Alexandra Montgomery " * 5, "Łucja Żółć " * 9, "👨‍👩‍👧‍👦" * 14, "é" * 100]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100),
)
ADDRESSES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=500)
PHONE = "+8613900001234"
SIGNED = load_texts(zone=ZONE, signature="【张掖路街道防疫】")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", sorted(TEXTS._by_key))
@given(name=NAMES, worker=NAMES, address=ADDRESSES)
@settings(max_examples=20)
def test_a_text_with_any_names_and_addresses_fits_and_keeps_the_number_to_call(
    template: tuple[str, int, str], language: str, name: str, worker: str, address: str
) -> None:
    variables = {one: parameter.sample for one, parameter in ALL.items()}
    phone = {"worker_phone": PHONE, "resident_phone": PHONE, "resident_address": address}
    names = {"name": name, "resident_name": name, "worker_name": worker}
    text = SIGNED.render(*template, language, {**variables, **names, **phone})
    assert segments(text) <= 4
    assert not {"worker_phone", "resident_phone"} & SIGNED._by_key[template].variables or PHONE in text
    assert text.startswith("【张掖路街道防疫】")


def test_what_fits_is_not_cut_and_what_does_not_is_cut_no_more_than_needed() -> None:
    given = {"hotline": "12345", "worker_phone": PHONE, "worker_name": "李红"}
    assert "欧阳建国" * 25 in render("resident_inform", name="欧阳建国" * 25, **given)
    long = render("resident_changed", name="欧" * 100, measure="home_isolation", days=7, **given)
    assert 60 <= long.count("欧") <= 100 and segments(long) <= 4


def test_a_cut_latin_name_does_not_make_a_latin_text_twice_as_long() -> None:
    text = render(
        "worker_case", "en", resident_name="Alexandra Montgomery-Fotheringham", measure="inform_only"
    )
    assert "Alexandra Montgomery-Fother..." in text and "…" not in text
    assert is_latin(text)


def test_no_letter_is_cut_in_two() -> None:
    assert shortened("e\u0301" * 10, 6) == "e\u0301e\u0301…"
    assert shortened("👩‍👧" * 3, 6) == "👩‍👧…"
    assert shortened("欧阳建国", 4) == "欧阳建国"


def test_a_signature_too_long_for_the_texts_is_told_at_the_start() -> None:
    with pytest.raises(TemplatesWrong, match="takes 5 text messages; at most 4"):
        load_texts(
            zone=ZONE, signature="【甘肃省兰州市城关区张掖路街道新型冠状病毒肺炎疫情防控指挥部办公室】"
        )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 152 + "{" + "a" * 152, 3),
        ("a" * 152 + "{" * 77, 3),
        ("好" * 66 + "😀" + "好" * 65, 2),
        ("😀" * 67, 3),
    ],
)
def test_a_character_of_two_places_stands_whole_in_one_part(text: str, parts: int) -> None:
    assert segments(text) == parts
