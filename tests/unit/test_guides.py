"""The guides of docs/guides: the same in both languages, with the pictures that are there and the words that
stand on the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from field.words import LANGUAGES

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs/guides"
TEXTS = ROOT / "services/console/pages/translations"
NAMES = sorted(path.name for path in (GUIDES / "en").iterdir())
ALL = [(language, name) for language in LANGUAGES for name in NAMES]


def pictures(language: str, name: str) -> list[str]:
    text = (GUIDES / language / name).read_text(encoding="utf-8")
    return re.findall(r'<img src="\.\./pictures/([^"]+)"', text)


def test_each_guide_is_there_in_both_languages_and_shows_the_same() -> None:
    assert sorted(path.name for path in (GUIDES / "zh-CN").iterdir()) == NAMES
    for name in NAMES:
        shown = {
            language: [one.removesuffix(f".{language}.png") for one in pictures(language, name)]
            for language in LANGUAGES
        }
        assert shown["zh-CN"] == shown["en"] != [], name


def test_every_picture_is_shown_and_every_picture_shown_is_there() -> None:
    shown = {picture for language, name in ALL for picture in pictures(language, name)}
    assert {path.name for path in (GUIDES / "pictures").iterdir()} == shown, "make pictures"


@pytest.mark.parametrize(("language", "name"), ALL)
def test_what_a_guide_says_is_on_a_page_is_on_one(language: str, name: str) -> None:
    """What stands in bold is said to be on a page."""
    with (TEXTS / f"{language.replace('-', '_')}.po").open("rb") as file:
        texts = {str(entry.string) for entry in read_po(file)}
    told = re.findall(r"\*\*([^*]+)\*\*", (GUIDES / language / name).read_text(encoding="utf-8"))
    assert [one for one in told if one not in texts] == []
