"""A person calls whoever was found positive, before any text: what else is to be told them waits so long."""

from collections.abc import Iterable
from datetime import datetime

from services.notification.events.event import RESIDENT
from services.notification.events.urgent_test import QUIET_UNTIL, TestUrgent, TestUrgentCorrected
from services.notification.messages import states
from services.notification.messages.letters import Message, StoredNotice


def quiet_until(message: Message, of_case: Iterable[StoredNotice], now: datetime) -> datetime | None:
    """Until when a message to a resident waits, in the time of the field; None: it may go now.

    :param of_case: all notices of the case.
    """
    if message.recipient.kind != RESIDENT or message.state != states.PENDING:
        return None
    notices = [stored.notice for stored in of_case]
    taken_back = {_task(one.key) for one in notices if one.event == TestUrgentCorrected.type}
    terms = (
        datetime.fromisoformat(one.parameters[QUIET_UNTIL])
        for one in notices
        if one.event == TestUrgent.type
        and one.parameters.get(QUIET_UNTIL)
        and _task(one.key) not in taken_back
    )
    last = max(terms, default=None)
    return last if last is not None and last > now else None


def _task(key: str) -> str:
    return key.partition(":")[2]
