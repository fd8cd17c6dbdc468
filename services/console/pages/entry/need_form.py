"""A need as somebody types it, at home or for a household: what is said, and what is wrong with it."""

from __future__ import annotations

from typing import Any, Final

from werkzeug.datastructures import MultiDict

from field.words import NEED_KINDS
from services.console.pages.catalogues import gettext
from services.console.pages.shown.rows import Wrong

_LONGEST: Final = 300
_MOST_DAYS: Final = 90
_MEDICINE: Final = "medicine"


def read_need(given: MultiDict[str, str]) -> tuple[dict[str, Any], list[Wrong]]:
    """What isolation's door takes, without for whom it is; days and cold count of medicine alone."""
    kind, text = given.get("kind", ""), given.get("text", "")[:_LONGEST].strip()
    said: dict[str, Any] = {"kind": kind}
    wrong = [] if kind in NEED_KINDS else [Wrong("kind", gettext("Choose one."))]
    if kind == _MEDICINE:
        days = given.get("days_left", "").strip()[:4]
        if days.isascii() and days.isdigit() and int(days) <= _MOST_DAYS:
            said["days_left"] = int(days)
        elif days:
            wrong.append(Wrong("days_left", gettext("Type a number of days, 0 to 90.")))
        if given.get("needs_cold") == "yes":
            said["needs_cold"] = True
    if text:
        said["text"] = text
    elif "days_left" not in said:
        wrong.append(Wrong("text", gettext("Say in a few words what is needed.")))
    return said, wrong
