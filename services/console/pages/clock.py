"""Moments as pages say them: in the field's time zone, in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from flask_babel import format_date, format_datetime, get_locale

from services.console.pages.catalogues import gettext


def in_words(moment: datetime) -> str:
    """10月1日16:02, or 1 October 16:02. The hour always has two digits, and no am or pm.

    :param moment: with its time zone.
    """
    # A pattern of dates by Unicode CLDR, not a text: order and names of day and month in this language.
    pattern = gettext("d MMMM HH:mm")
    return _written(moment.replace(second=0, microsecond=0), pattern, str(get_locale()))


@lru_cache(2000)
def _written(minute: datetime, pattern: str, _locale: str) -> str:
    """Rows of a page share their moments, and to write one takes as long as a row."""
    written: str = format_datetime(minute, pattern)
    return written


def day_in_words(day: date) -> str:
    """10月1日, or 1 October."""
    return _written_day(day, gettext("d MMMM"), str(get_locale()))


@lru_cache(1000)
def _written_day(day: date, pattern: str, _locale: str) -> str:
    written: str = format_date(day, pattern)
    return written
