"""The texts of pages in each language, read from `translations/*.po` as they stand: nothing is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.core import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import g
from flask_babel import Domain, get_locale
from markupsafe import Markup, escape

from field.words import LANGUAGES

FOLDER: Final = Path(__file__).with_name("translations")

LOCALES: Final[Mapping[str, str]] = {language: language.replace("-", "_") for language in LANGUAGES}
"""Language of field.words -> its name among locales: zh-CN is zh_CN."""


def N_(text: str) -> str:
    """Marks a text for the catalogues; whoever shows it translates it."""
    return text


def read_catalogue(language: str) -> Catalog:
    """The texts of one language, as translators wrote them."""
    locale = LOCALES[language]
    with (FOLDER / f"{locale}.po").open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


@cache
def texts(language: str) -> Translations:
    packed = BytesIO()
    write_mo(packed, read_catalogue(language))
    packed.seek(0)
    return Translations(packed)


_LANGUAGE_OF: Final = {Locale.parse(locale): language for language, locale in LOCALES.items()}


def _texts_of_page() -> Translations:
    """Found once a request, for a page says hundreds."""
    found: Translations | None = g.get("texts")
    if found is None:
        found = g.texts = texts(_LANGUAGE_OF.get(get_locale(), LANGUAGES[0]))
    return found


class Catalogues(Domain):
    """What Flask-Babel asks for texts."""

    def get_translations(self) -> Translations:
        return _texts_of_page()


def gettext(text: str, **named: Any) -> str:
    """The text in the reader's language: as Flask-Babel's, which takes three times as long to find the texts
    of the request as to find one in them.
    """
    said: str = _texts_of_page().ugettext(text)
    return said % named if named else said


def drawn_text(text: str, /, **named: Any) -> Markup:
    """As `_` of templates: what is named is escaped. Jinja's own takes four times as long."""
    return _drawn(_texts_of_page().ugettext(text), named)


def drawn_ntext(one: str, more: str, number: int, /, **named: Any) -> Markup:
    """As `ngettext` of templates; the text may say the number as `num`."""
    return _drawn(_texts_of_page().ungettext(one, more, number), {"num": number, **named})


def _drawn(said: str, named: Mapping[str, Any]) -> Markup:
    safe = {name: value if type(value) is int else escape(value) for name, value in named.items()}
    return Markup(said % safe)
