"""The numbers that were taken for a resident's before, where texts went to them."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.notification.events.event import FORMER, RESIDENT
from services.notification.messages import states
from services.notification.messages.letters import Message, StoredNotice
from services.notification.messages.message_id import id_range
from services.notification.messages.tables import messages

NoticesByKey = Mapping[str, StoredNotice]
"""The notices of one case."""

_TOLD: Final = (states.ACCEPTED, states.DELIVERED, states.UNKNOWN, states.SENDING)
"""Somebody may have read it."""


def former_persons(
    conn: Connection, due: Sequence[Message], by_case: Mapping[str, NoticesByKey]
) -> dict[str, str]:
    """For each message to a former number, the person (sealed) as they were when texts went to that number.

    :returns: by message; a message is missing where none went out: there is nothing to take back.
    """
    strangers = [message for message in due if message.recipient.kind == FORMER]
    if not strangers:
        return {}
    told = _told(conn, {message.case_id for message in strangers})
    found = {}
    for message in strangers:
        person = _person_told_before(message, by_case[message.case_id], told)
        if person is not None:
            found[message.id] = person
    return found


def _person_told_before(message: Message, of_case: NoticesByKey, told: set[tuple[str, str]]) -> str | None:
    now = of_case.get(message.notice)
    if now is None:
        return None
    earlier = [
        other
        for other in of_case.values()
        if other.notice.version < now.notice.version and other.notice.person
    ]
    earlier.sort(key=lambda stored: stored.notice.version, reverse=True)
    for stored in earlier:
        if (message.case_id, stored.notice.key) in told:
            return stored.notice.person
        if FORMER in stored.recipients:  # whoever had the number before this one was told then
            return None
    return None


def _told(conn: Connection, case_ids: set[str]) -> set[tuple[str, str]]:
    """(case, notice) of the texts to residents that may have been read."""
    m = messages.c
    ranges = [and_(m.id.between(*id_range(case_id)), m.case_id == case_id) for case_id in sorted(case_ids)]
    rows = conn.execute(
        select(m.case_id, m.notice)
        .where(or_(*ranges))
        .where(m.recipient_kind == RESIDENT, is_in(conn, m.state, _TOLD))
    )
    return {(case_id, notice) for case_id, notice in rows}
