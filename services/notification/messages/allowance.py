"""Whether a message may go now: not at night, and not after so many others that day, unless it is urgent.

A message counts on the local day on which it is first tried, once, however often it is tried on that day.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from chassis.unit_of_work import UnitOfWork
from services.notification.events.event import STAFF
from services.notification.messages import states
from services.notification.messages.letters import Message
from services.notification.messages.staff_sent import Sent, lock_sent, write_sent
from services.notification.rules.book import URGENT
from services.notification.rules.pace import Pace


class Wait(NamedTuple):
    """:param until: in the time of the field."""

    until: datetime
    reason: str


class Allowance:
    """For one batch of messages. The rows of their recipients stay locked until the commit."""

    def __init__(self, uow: UnitOfWork, pace: Pace, due: Sequence[Message]) -> None:
        self._uow = uow
        self._pace = pace
        self._today = pace.day(uow.now)
        self._mornings = {kind: pace.morning(uow.now, to_staff=kind) for kind in (True, False)}
        by_day = self._mornings[True] is None
        counted = {_staff_id(message) for message in due if by_day and self._counts(message)}
        self._sent = lock_sent(uow.conn, counted, self._today)
        self._changed: dict[str, Sent] = {}

    def wait(self, message: Message) -> Wait | None:
        """Until when a message that is pending, and why; None: it may go now."""
        if message.urgency == URGENT:
            return None
        to_staff = message.recipient.kind == STAFF
        if morning := self._mornings[to_staff]:
            return Wait(morning, states.NIGHT)
        if not self._counts(message) or self._messages(message) < self._most(message):
            return None
        # A digest that is written cannot go into another one: it goes out with the next day.
        at = self._pace.next_day if message.is_digest else self._pace.next_digest
        return Wait(at(self._uow.now), states.DAILY_LIMIT)

    def spent(self, message: Message) -> Message:
        """The message, which goes now, and counts."""
        if not self._counts(message):
            return message
        who = _staff_id(message)
        self._changed[who] = replace(
            self._now(who), day=self._today, messages=self._now(who).on(self._today) + 1
        )
        return replace(message, counted_on=self._today)

    def write(self) -> None:
        write_sent(self._uow.conn, self._changed.values())

    def _counts(self, message: Message) -> bool:
        return (
            message.recipient.kind == STAFF
            and message.urgency != URGENT
            and message.state == states.PENDING
            and message.counted_on != self._today
        )

    def _most(self, message: Message) -> int:
        return self._pace.a_day if message.is_digest else self._pace.alone

    def _messages(self, message: Message) -> int:
        return self._now(_staff_id(message)).on(self._today)

    def _now(self, who: str) -> Sent:
        return self._changed.get(who) or self._sent[who]


def _staff_id(message: Message) -> str:
    return message.recipient.id
