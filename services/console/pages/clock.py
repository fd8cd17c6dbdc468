"""Moments as pages say them: in the field's time zone, in the reader's language."""

from __future__ import annotations

from datetime import datetime

from flask_babel import format_datetime, gettext


def in_words(moment: datetime) -> str:
    """10月1日16:02, or 1 October 16:02. The hour always has two digits, and no am or pm.

    :param moment: with its time zone.
    """
    # A pattern of dates by Unicode CLDR, not a text: order and names of day and month in this language.
    written: str = format_datetime(moment, gettext("d MMMM HH:mm"))
    return written
