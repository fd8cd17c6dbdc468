"""Notification is told whose phones are in: texts to them say no more than they must.

What holds is compared with what was told, so that a phone that is let in or shut out, a session that runs out
and an account that ends need not say so themselves. What was told is remembered by this process alone, for an
hour: then, and at its start, all is told again, which brings right what was restored from a backup.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog

from chassis.commands.command import Author
from chassis.doors.tokens import Actor
from chassis.errors import is_world_away
from chassis.ids import new_id
from chassis.telemetry import describe_error
from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.accounts.queries import staff_with_phones
from services.console.doors import DoorAway, Doors
from services.console.sessions.queries import phones_of

log = structlog.get_logger()

AT_ONCE: Final = 200
_REMEMBERED: Final = timedelta(hours=1)
_EVERY_S: Final = 2.0
_LONGEST_PAUSE_S: Final = 30.0
_CONSOLE: Final = Actor(Author("console", "/console/phones", "phones"))


class PhonesTold:
    """One a process. Several tell the same: of what they tell the newest counts."""

    def __init__(self, work: Work, doors: Doors) -> None:
        self._work, self._doors = work, doors
        self._told: dict[str, datetime | None] = {}
        self._began: datetime | None = None

    def turn(self) -> int:
        """Tell what has changed since; once an hour, all.

        :returns: of how many phones. Raises DoorAway, Refused.
        """
        with self._work.look() as uow:
            as_of, ids = uow.now, staff_with_phones(uow.conn)
            phones = phones_of(uow, ids)
        if self._began is None or not timedelta(0) <= as_of - self._began < _REMEMBERED:
            self._began, self._told = as_of, {}
        now = {id: phones[id].expires_at if id in phones else None for id in ids}
        differing = [id for id in ids if id not in self._told or self._told[id] != now[id]]
        for start in range(0, len(differing), AT_ONCE):
            part = {id: now[id] for id in differing[start : start + AT_ONCE]}
            said = {"as_of": as_of.isoformat(), "phones": _said(part)}
            self._doors.say("notification", "keep_phones", _CONSOLE, new_id(), said)
            self._told |= part
        return len(differing)


def keep_telling(work: Work, doors: Doors) -> None:
    """In a thread of its own, which ends with the process."""
    told = PhonesTold(work, doors)
    threading.Thread(target=_for_ever, args=(told,), name="tell_phones", daemon=True).start()


def _for_ever(told: PhonesTold) -> None:
    pause = _EVERY_S
    while True:
        try:
            told.turn()
            pause = _EVERY_S
        except Exception as error:
            away = isinstance(error, DoorAway) or is_world_away(error)
            if pause == _EVERY_S:  # once, however long it lasts
                log.warning("phones_not_told", error=describe_error(error), away=away)
            elif not away and not isinstance(error, Refused):
                log.error("phones_not_told", exc_info=error)
            pause = min(_LONGEST_PAUSE_S, 2 * pause)
        time.sleep(pause)


def _said(phones: Mapping[str, datetime | None]) -> list[dict[str, str | None]]:
    return [{"staff_id": id, "until": until.isoformat() if until else None} for id, until in phones.items()]
