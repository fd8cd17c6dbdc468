"""Staff who read the rest on their phone get texts that say nothing personal.

That is who has a phone at the console, and goes to the household of which the text is: others find no page of
it there, and are told the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from services.notification.events.event import STAFF, Notice
from services.notification.messages.letters import Message
from services.notification.messages.told_before import NoticesByKey
from services.notification.reference.phones_in import phones_in


def on_phones(
    conn: Connection,
    due: Sequence[Message],
    addressed: Mapping[str, Message],
    by_case: Mapping[str, NoticesByKey],
    now: datetime,
) -> dict[str, Message]:
    """By id, each as it is written.

    :param due: as they were planned.
    :param addressed: by id, as they go out: deputies go to the doors of whom they stand in for.
    :param now: the database's clock.
    """
    ids = {message.recipient.id for message in addressed.values() if message.recipient.kind == STAFF}
    have_one = phones_in(conn, ids, now)
    return {
        message.id: replace(
            addressed[message.id],
            on_phone=addressed[message.id].recipient.id in have_one
            and _is_of_team(message.recipient.id, by_case[message.case_id]),
        )
        for message in due
    }


def household_of(case_id: str, of_case: Iterable[Notice]) -> str:
    """As the newest news of the case says; of somebody who lives alone it is the case's own id."""
    told = [notice for notice in of_case if _is_of_case(notice)]
    newest = max(told, key=lambda notice: notice.version, default=None)
    return (newest.household_id if newest else None) or case_id


def _is_of_team(staff_id: str, of_case: NoticesByKey) -> bool:
    """Whether they were told of the case as those who go there are."""
    return any(
        staff_id in stored.recipients or staff_id in stored.counted
        for stored in of_case.values()
        if _is_of_case(stored.notice)
    )


def _is_of_case(notice: Notice) -> bool:
    """Overdue tasks and check-ins have versions of their own, and name no household."""
    return notice.event.startswith("case.")
