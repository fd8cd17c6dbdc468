"""A text speaks under the district's signature: what others wrote into a name must not speak with it."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notification.texts.names import TO_RESIDENTS, address_in_text, name_in_text


@pytest.mark.parametrize(
    ("written", "in_text"),
    [
        ("王建国", "王建国"),
        (" 王 建国\n", "王 建国"),
        ("阿卜杜热西提·麦麦提", "阿卜杜热西提·麦麦提"),
        ("阿卜杜热西提・麦麦提", "阿卜杜热西提·麦麦提"),
        ("Łucja Żółć", "Łucja Żółć"),
        ("Mary-Ann O’Neil", "Mary-Ann..."),
        ("নুর হোসেন", "নুর হোসেন"),
        ("您的健康码异常，点击 http://evil.cn/a 处理", "您的健康码异常 点击…"),
        ("evil.cn/x", "evil cn x"),
        ("ｅｖｉｌ．ｃｎ", "evil cn"),
        ("evil。cn", "evil cn"),
        ("致电13800138000", "致电"),
        ("致电①③８００", "致电"),
        ("王\u202e建\u200b国\0", "王建国"),
        ("加微信一三八零零一三八零零零", "加微信"),
        ("壹叁捌零零壹", None),
        ("一3八0零0一三王", "王"),
        ("一·三·八·零王", "王"),
        ("王一", "王一"),
        ("张三丰", "张三丰"),
        ("张三 李四 王五", "张三 李四 王五"),
        ("13800138000", None),
        ("...", None),
        ("·", None),
        ("\u0301\u0301", None),
        ("", None),
        (None, None),
    ],
)
def test_what_is_left_of_a_name(written: str | None, in_text: str | None) -> None:
    assert name_in_text(written, TO_RESIDENTS) == in_text


ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
LINKS = st.from_regex(r"\A(https?://)?[a-z]{1,5}[.．。｡][a-z]{2,3}(/[a-z0-9]{1,5})?\Z")


@given(st.lists(ANYTHING | LINKS, max_size=3).map("".join))
def test_no_name_makes_a_number_a_link_or_a_message(written: str) -> None:
    name = name_in_text(written, TO_RESIDENTS)
    if name is None:
        return
    assert len(name.encode("utf-16-le")) // 2 <= TO_RESIDENTS
    left = name.removesuffix("...").removesuffix("…")
    assert not re.search(r"[./:@。．]", left)
    assert not {unicodedata.category(c)[0] for c in left} - {"L", "M", "Z", "P"}
    assert left.isprintable() and left == left.strip()


@pytest.mark.parametrize(
    ("written", "in_text"),
    [
        ("甘肃省兰州市（城关区）京怡家园4号楼2单元1803室", "甘肃省兰州市（城关区）京怡家园4号楼2单元1803室"),
        ("A座20315室，12-3-1201，十八楼一八零三", "A座20315室，12-3-1201，十八楼一八零三"),
        ("No. 5, Zhongshan Rd.", "No. 5, Zhongshan Rd."),
        ("3号楼 http://evil.cn/a", "3号楼 http evil cn/a"),
        ("3号楼ｅｖｉｌ．ｃｎ/a b@evil。cn", "3号楼ｅｖｉｌ ｃｎ/a b evil cn"),
        ("evil.\u200bcn", "evil cn"),
        ("3号楼，致电13800138000", "3号楼，致电"),
        ("致电138-0013-8000", "致电"),
        ("致电一三八零零一三八零零零", "致电"),
        ("13800138000", None),
        ("", None),
        (None, None),
    ],
)
def test_what_is_left_of_an_address(written: str | None, in_text: str | None) -> None:
    assert address_in_text(written) == in_text
