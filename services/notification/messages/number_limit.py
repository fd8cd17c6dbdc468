"""Whether one text more may go to a number today.

What outsiders say decides to which number a text goes: without a limit, people whom somebody invents with the
phone of another one are as many texts to that phone. Staff are known, and have a limit of their own.

An urgent order cannot wait for tomorrow, and invented people get just that. So urgent texts are counted
apart, up to a limit of their own, and what is beyond it is told by a human.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chassis.sealing import SealBroken
from chassis.unit_of_work import UnitOfWork
from services.notification.channels.phone_lines import same_number
from services.notification.events.event import STAFF
from services.notification.messages import states
from services.notification.messages.ledger import Channels
from services.notification.messages.letters import Letter, Message, contact_of, open_message
from services.notification.messages.number_days import NumberDay, lock_numbers, write_numbers
from services.notification.rules.book import URGENT
from services.notification.rules.pace import Pace

_PHONE = "phone"


class NumberLimit:
    """For one batch of letters. The rows of their numbers stay locked until the commit.

    :param letters: with the people of their households who are informed for them.
    """

    def __init__(self, uow: UnitOfWork, pace: Pace, letters: Sequence[Letter], channels: Channels) -> None:
        self._uow = uow
        self._pace = pace
        self._today = pace.day(uow.now)
        self._numbers = _numbers(uow, [one for one in letters if self._counts(one.message)], channels)
        self._days = lock_numbers(uow.conn, {*self._numbers.values()}, self._today)
        self._changed: dict[str, NumberDay] = {}

    def is_reached(self, message: Message) -> bool:
        day = self._day_of(message)
        if day is None:
            return False
        urgent = message.urgency == URGENT
        most = self._pace.urgent_to_a_number if urgent else self._pace.to_a_number
        return (day.urgent if urgent else day.texts) >= most

    def spent(self, message: Message) -> Message:
        """The message, which goes now, and counts, once a day however often it is tried."""
        day = self._day_of(message)
        if day is None:
            return message
        urgent = message.urgency == URGENT
        more = replace(day, urgent=day.urgent + 1) if urgent else replace(day, texts=day.texts + 1)
        self._changed[day.number] = more
        return replace(message, counted_on=self._today)

    def write(self) -> None:
        write_numbers(self._uow.conn, self._today, self._changed.values())

    def _counts(self, message: Message) -> bool:
        return (
            message.recipient.kind != STAFF
            and message.state == states.PENDING
            and message.counted_on != self._today
        )

    def _day_of(self, message: Message) -> NumberDay | None:
        number = self._numbers.get(message.id)
        return None if number is None else self._changed.get(number) or self._days[number]


def _numbers(uow: UnitOfWork, letters: Sequence[Letter], channels: Channels) -> Mapping[str, str]:
    """By message, the digest of the number to which it goes; nothing of those that no text reaches."""
    found: dict[str, str] = {}
    for letter in letters:
        channel = channels.get(letter.channel)
        if channel is None or channel.address != _PHONE:
            continue
        number = _number(letter, uow)
        if number and channel.cannot_reach(number) is None:
            found[letter.id] = uow.index("texts_to", same_number(number))
    return found


def _number(letter: Letter, uow: UnitOfWork) -> str | None:
    """As the sender finds it."""
    unseal = uow.sealer.unseal
    try:
        opened = open_message(letter.message, letter.notice, letter.person, unseal)
        housemate = unseal(letter.housemate) if letter.housemate else {}
    except SealBroken:
        return None  # nothing is sent of it
    number = opened.address(_PHONE) or housemate.get(_PHONE) or contact_of(opened.own).get(_PHONE)
    return str(number) if number else None
