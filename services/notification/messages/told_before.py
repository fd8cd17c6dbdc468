"""Texts that only take an earlier one back go to whoever was told, and to nobody else.

A resident whose policy has no text ask for anything was told at the door: that is no row here, and counts.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.notification.events.case import ASKED_AT_THE_DOOR
from services.notification.events.event import FORMER, RESIDENT
from services.notification.messages import states
from services.notification.messages.households import OTHER_CASES
from services.notification.messages.letters import Message, StoredNotice
from services.notification.messages.messages_of import messages_of
from services.notification.messages.tables import messages

NoticesByKey = Mapping[str, StoredNotice]
"""The notices of one case."""
Told = frozenset[tuple[str, str, str]]
"""(case, notice, recipient) of texts that somebody may have read, or been told by a human instead."""

TAKING_BACK: Final = frozenset(
    {
        *("resident_cancelled", "resident_ended_elsewhere", "resident_merged"),
        *("worker_cancelled", "worker_merged", "worker_handed_on", "sent_in_error"),
    }
)
"""Templates that say no more than that earlier texts are void, or that nobody here asks any more."""

READ: Final = (states.ACCEPTED, states.DELIVERED, states.UNKNOWN, states.SENDING)
_TRIED: Final = (states.PENDING, states.CANCELLED)
"""The answer to an attempt may have been lost."""
_BY_HUMAN: Final = "by_human"
"""As a recipient: the resident whom no text reached, so that somebody was asked to call or visit them."""


def read_told(conn: Connection, due: Sequence[Message], by_case: Mapping[str, NoticesByKey]) -> Told:
    """What was told of the cases of which something is to be taken back."""
    taking_back = [message for message in due if message.template in TAKING_BACK]
    cases = {message.case_id for message in taking_back}
    for message in taking_back:
        cases.update(_other_cases(by_case[message.case_id].get(message.notice)))
    m, found = messages.c, set()
    tried = is_in(conn, messages.c.state, _TRIED) & (messages.c.attempts > 0)
    may_know = is_in(conn, messages.c.state, READ) | tried | _by_human()
    columns = (m.case_id, m.notice, m.recipient_kind, m.staff_id, m.state)
    for row in messages_of(conn, select(*columns).where(may_know), cases):
        to = _BY_HUMAN if row.state == states.FAILED else row.staff_id or row.recipient_kind
        found.add((row.case_id, row.notice, to))
    return frozenset(found)


def _by_human() -> ColumnElement[bool]:
    return (messages.c.state == states.FAILED) & (messages.c.recipient_kind == RESIDENT)


def told_of_others(message: Message, of_case: NoticesByKey, told: Told) -> bool:
    """Whether they were told of another of the household for whom the message stands, too."""
    others = _other_cases(of_case.get(message.notice))
    return any(case_id in others and to == message.recipient.id for case_id, _, to in told)


def _other_cases(stored: StoredNotice | None) -> Sequence[str]:
    return stored.notice.parameters.get(OTHER_CASES, ()) if stored else ()


def notice_to_take_back(message: Message, of_case: NoticesByKey, told: Told) -> StoredNotice | None:
    """The last notice by which whoever gets the message was told before; None: nothing is to be taken back.

    For a former number it is the last one that went to it: it holds the person with that number.
    """
    now = of_case.get(message.notice)
    if now is None:
        return None
    to = RESIDENT if message.recipient.kind == FORMER else message.recipient.id
    earlier = [stored for stored in of_case.values() if _is_earlier(stored, now)]
    earlier.sort(key=lambda stored: stored.notice.version, reverse=True)
    ways = {to, _BY_HUMAN} if message.recipient.kind == RESIDENT else {to}
    for stored in earlier:
        if any((message.case_id, stored.notice.key, way) in told for way in ways):
            return stored
        if message.recipient.kind == RESIDENT and stored.notice.parameters.get(ASKED_AT_THE_DOOR):
            return stored
        if message.recipient.kind == FORMER and FORMER in stored.recipients:
            return None  # whoever had the number before this one was told then
    return None


def _is_earlier(stored: StoredNotice, now: StoredNotice) -> bool:
    """Of a case: overdue tasks have versions of their own."""
    return stored.notice.event.startswith("case.") and stored.notice.version < now.notice.version
