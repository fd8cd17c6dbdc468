"""No text of a page is without its translation, in either language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.support import NullTranslations
from flask import Flask

from field import words as vocabulary
from field.words import LANGUAGES
from services.console.pages import catalogues, frame, words
from services.console.pages.refusals import refusal_page
from tests.console_pages import console_app

PAGES = Path(frame.__file__).parent
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")

Id = str | tuple[str, ...]


def texts_in_pages() -> set[Id]:
    found = extract_from_dir(PAGES, METHODS)
    return {message for _, _, message, _, _ in found}


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_of_a_page_stands_in_the_catalogue_and_none_is_left_over(language: str) -> None:
    catalogue = catalogues.read_catalogue(language)
    assert {message.id for message in catalogue if message.id} == texts_in_pages(), "make texts"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_is_translated_with_the_same_variables(language: str) -> None:
    catalogue: Catalog = catalogues.read_catalogue(language)
    for message in catalogue:
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        wanted = set(PLACEHOLDER.findall(forms(message.id)[-1]))
        assert set(PLACEHOLDER.findall(forms(message.string)[-1])) == wanted, message.id
        for form in forms(message.string):  # that of one thing need not say its number
            assert form.strip(), f"not translated into {language}: {message.id}"
            assert set(PLACEHOLDER.findall(form)) <= wanted, message.id
            assert not re.search("[<>&]", form), f"texts are no HTML: {message.id}"


def test_chinese_has_the_signs_of_chinese_and_no_english_word() -> None:
    """Full-width signs, and letters only where Chinese has them too."""
    for message in catalogues.read_catalogue("zh-CN"):
        for form in forms(message.string) if message.id and message.id != "d MMMM HH:mm" else ():
            bare = PLACEHOLDER.sub("", form)
            assert not re.search(r"[A-Za-z]{2,}", bare), form
            assert not re.search(r"[,;?()]|(?<!\d):", bare), form


@pytest.mark.parametrize(
    "name",
    [
        "MEASURES",
        "LEVELS",
        "ROLES",
        "FOLLOWED",
        "NOT_POSSIBLE_BECAUSE",
        "REFUSED_BECAUSE",
        "HOW_KNOWN",
        "HELP_MARKS",
    ],
)
def test_each_word_of_the_field_has_a_text(name: str) -> None:
    assert set(getattr(vocabulary, name)) <= set(words.WORDS)


class Marking(NullTranslations):
    """A language in which every translated text stands between ⟦ and ⟧."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, num: int) -> str:
        return f"⟦{msgid1 if num == 1 else msgid2}⟧"

    ugettext, ungettext = gettext, ngettext


class Untranslated(HTMLParser):
    """Collects what people read on a page: texts, titles and labels. What is data is marked translate=no."""

    VOID = frozenset(["br", "hr", "input", "line", "link", "meta", "path", "rect"])
    READ = ("title", "alt", "placeholder", "aria-label", "aria-description")

    def __init__(self) -> None:
        super().__init__()
        self.data_inside: list[bool] = []
        self.found: list[str] = []
        self.open = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        inside = bool(self.data_inside and self.data_inside[-1]) or given.get("translate") == "no"
        for name in self.READ:
            if given.get(name) and not inside:
                self.handle_data(str(given[name]))
        if tag not in self.VOID:
            self.data_inside.append(inside)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self.data_inside.pop()

    def handle_data(self, data: str) -> None:
        """Brackets may hold others: a text with a text as its variable."""
        if self.data_inside and self.data_inside[-1]:
            return
        outside = ""
        for character in data:
            self.open += {"⟦": 1, "⟧": -1}.get(character, 0)
            outside += character if not self.open else ""
        if any(character.isalpha() for character in outside):
            self.found.append(data)


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The templates are compiled in Chinese before, as for the first who comes; then all texts are marked."""
    app = console_app()
    assert app.test_client().get("/style").status_code == 200
    monkeypatch.setattr(catalogues, "texts", lambda language: Marking())
    yield app


def untranslated(html: str) -> list[str]:
    reader = Untranslated()
    reader.feed(html)
    return reader.found


def test_no_text_of_a_page_is_untranslated(marked: Flask) -> None:
    page = marked.test_client().get("/style")
    assert page.status_code == 200
    assert untranslated(page.text) == []
    wrong = marked.test_client().post("/style", data={"temperature": "x"})
    assert untranslated(wrong.text) == []


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422, 429, 500, 503])
def test_no_text_of_a_refusal_is_untranslated(marked: Flask, status: int) -> None:
    with marked.test_request_context("/"):
        assert untranslated(refusal_page(status, number="01a").get_data(as_text=True)) == []


def test_an_untranslated_text_is_noticed() -> None:
    page = "<p>⟦⟦a⟧ b⟧ 12</p><p translate=no>张</p><p title='c'>d<br>⟦e⟧</p><svg><title>f</title></svg>"
    assert untranslated(page) == ["c", "d", "f"]
