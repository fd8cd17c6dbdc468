"""The rules of this process, and the pace at which it writes to people."""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from chassis.errors import SettingsError
from field.night import Night
from services.notification.rules.book import RuleBook
from services.notification.rules.pace import Pace
from services.notification.rules.reading import FILE, load_rules
from services.notification.texts.loading import texts_from_environment

A_DAY: Final = "DOORSTEP_STAFF_MESSAGES_A_DAY"
TO_A_NUMBER: Final = "DOORSTEP_TEXTS_TO_A_NUMBER_A_DAY"
URGENT_TO_A_NUMBER: Final = "DOORSTEP_URGENT_TEXTS_TO_A_NUMBER_A_DAY"
QUIET: Final = "DOORSTEP_QUIET_HOURS"
RESIDENTS_FROM: Final = "DOORSTEP_RESIDENTS_FROM"
NO_NIGHT: Final = "none"

_SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_CLOCK: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


@cache
def rules_in_use() -> RuleBook:
    """The rules in the file DOORSTEP_RULES, or those shipped; read once. Raises SettingsError.

    The service reads them at its start, so that a wrong rule stops the service and not each event.
    """
    texts = texts_from_environment(os.environ, _SHANGHAI)
    return load_rules(Path(os.environ.get("DOORSTEP_RULES", "").strip() or FILE), texts=texts)


@cache
def pace_in_use(zone: ZoneInfo = _SHANGHAI) -> Pace:
    """The pace that the settings give; read once, and at the start of the service. Raises SettingsError."""
    return pace_from(os.environ, zone)


def pace_from(given: Mapping[str, str], zone: ZoneInfo) -> Pace:
    """Raises SettingsError."""
    usual = Pace(
        zone,
        a_day=_messages(given, A_DAY, "12"),
        to_a_number=_messages(given, TO_A_NUMBER, "6"),
        urgent_to_a_number=_messages(given, URGENT_TO_A_NUMBER, "12"),
    )
    quiet = given.get(QUIET, "").strip() or "22:00-07:00"
    if quiet == NO_NIGHT:
        return usual
    begins, _, ends = quiet.partition("-")
    resumes = given.get(RESIDENTS_FROM, "").strip() or max("08:00", ends)
    for name, value in ((QUIET, begins), (QUIET, ends), (RESIDENTS_FROM, resumes)):
        if not _CLOCK.fullmatch(value):
            raise SettingsError(f"{name} must be given as in {QUIET}=22:00-07:00 and {RESIDENTS_FROM}=08:00")
    if not begins > ends <= resumes < begins:
        said = f"{QUIET}={quiet}, {RESIDENTS_FROM}={resumes}"
        raise SettingsError(
            f"{said}: the night begins in the evening, and residents' morning is after its end"
        )
    first, last, late = time.fromisoformat(begins), time.fromisoformat(ends), time.fromisoformat(resumes)
    staff, residents = Night(first, last, last, zone), Night(first, last, late, zone)
    return replace(usual, night=staff, of_residents=residents)


def _messages(given: Mapping[str, str], name: str, default: str) -> int:
    most = given.get(name, "").strip() or default
    if not most.isdecimal() or len(most) > 5 or int(most) < 1:
        raise SettingsError(f"{name}={most[:40]} must be a whole number of messages, 1 or more")
    return int(most)
