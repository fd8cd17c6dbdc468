"""One form for all ways to write one name, and none for two."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.persons.names import is_placeholder, name_form, script_of

DOTS = "·•・．.‧∙⋅･⸱᛫\u0387\u318d\u1427\ua78f"
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u202a\u202c\u00ad\u034f\ufe0f\u3164\u0000"
SPACES = " \u00a0\u3000\u2009\t"

han = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=6).filter(
    lambda name: "某" not in name
)
word = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
words = st.lists(word, min_size=1, max_size=4)
noise = st.text(DOTS + INVISIBLE + SPACES, max_size=3)


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@given(han, st.data())
def test_dots_spaces_and_what_nobody_sees_make_no_other_name(name: str, data: st.DataObject) -> None:
    written = "".join(letter + data.draw(noise) for letter in name)
    assert name_form(written) == name_form(name) == name


@given(words, st.data())
def test_words_in_turn_together_or_apart_in_any_case_or_width_are_one_name(
    name: list[str], data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(name) - 1))
    between = data.draw(st.sampled_from(["", " ", ", ", "-", "/", "·"]))
    turned = between.join(name[first:] + name[:first])
    written = data.draw(st.sampled_from([turned, turned.upper(), turned.title(), full_width(turned)]))
    assert name_form(written) == name_form(" ".join(name))


@given(han, han)
def test_two_chinese_names_are_never_one(one: str, other: str) -> None:
    assert (name_form(one) == name_form(other)) == (one == other)


@given(words, words)
def test_names_of_other_letters_are_never_one(one: list[str], other: list[str]) -> None:
    if sorted("".join(one)) != sorted("".join(other)):
        assert name_form(" ".join(one)) != name_form(" ".join(other))


@given(st.text(max_size=20))
def test_any_text_has_a_form_whether_its_marks_are_apart_or_not(name: str) -> None:
    assert name_form(unicodedata.normalize("NFC", name)) == name_form(unicodedata.normalize("NFD", name))
    assert script_of(name_form(name)) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("阿依古丽·示例江", "阿依古丽•示例江"),
        ("阿依古丽·示例江", "阿依古丽・示例江"),
        ("阿依古丽·示例江", "阿依古丽．示例江"),
        ("郭试样", "郭试样\u200b"),
        ("Maria Lopez", "LOPEZ, Maria"),
        ("ZHANG XIAOMING", "Xiao Ming Zhang"),
        ("José Núñez", "JOSE NUNEZ"),
        ("Đặng Văn An", "DANG VAN AN"),
        ("O’Example, Jean-Pierre", "JEAN PIERRE OEXAMPLE"),
        ("Пример Иван", "ИВАН ПРИМЕР"),
        ("ﾀﾅｶ ｲﾁﾛｳ", "タナカイチロウ"),
        ("Straße Anna", "ANNA STRASSE"),
    ],
)
def test_ways_to_write_one_name(one: str, other: str) -> None:
    assert name_form(one) == name_form(other)


@pytest.mark.parametrize(("one", "other"), [("王文", "文王"), ("かく", "がく"), ("Lin Yang", "Ling Yan")])
def test_what_makes_another_name(one: str, other: str) -> None:
    assert name_form(one) != name_form(other)


@pytest.mark.parametrize("nothing", ["·", "\u200b", " - ", "\u3164", ""])
def test_what_shows_no_letter_is_no_name(nothing: str) -> None:
    assert name_form(nothing) == ""


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("张伟", "cjk"),
        ("Zhang Wei", "latin"),
        ("Иван", "cyrillic"),
        ("이예시", "hangul"),
        ("张伟2", "cjk"),
        ("张伟 Zhang Wei", ""),
        ("张*", ""),
        ("张某某", ""),
        ("张?", ""),
        ("", ""),
    ],
)
def test_the_script_of_a_name_says_with_what_it_can_be_compared(name: str, script: str) -> None:
    assert script_of(name_form(name)) == script


@pytest.mark.parametrize("name", ["旅客", " 客 人 ", "住客", "未知", "无名氏", "Guest", "GUEST ", "不详"])
def test_what_a_form_holds_where_nobody_gave_a_name_is_none(name: str) -> None:
    assert is_placeholder(name)


@pytest.mark.parametrize(
    "name", ["旅客甲", "王未知", "张某", "**", "无双", "Guest, Judith", "Lin", "王先生", ""]
)
def test_names_that_only_look_so_are_names(name: str) -> None:
    assert not is_placeholder(name)
