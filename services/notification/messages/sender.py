"""Sends messages that are due: leases a batch, sends it outside transactions, writes the outcomes.

It is gentler than intake: no more than so many a second, and while no gateway answers it waits.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from chassis.errors import is_world_away
from chassis.handlers import Map
from chassis.one_by_one import OneByOne, put_aside
from chassis.sealing import SealBroken
from chassis.taking import RowKey
from chassis.unit_of_work import UnitOfWork, Work
from services.notification.channels.answers import Answer, Outcome
from services.notification.channels.channel import Channel
from services.notification.channels.phone_lines import phone_of
from services.notification.events.event import CONTACT, RESIDENT
from services.notification.messages.attempts import BackOff
from services.notification.messages.counters import SENDS
from services.notification.messages.lease_due import lease_due
from services.notification.messages.ledger import Channels
from services.notification.messages.letters import Letter, contact_of, open_message
from services.notification.messages.settle import settle
from services.notification.messages.states import NUMBER_LIMIT
from services.notification.messages.tables import messages
from services.notification.rules.in_use import pace_in_use
from services.notification.rules.pace import Pace
from services.notification.texts.link import LINK, doors_of, link_of
from services.notification.texts.texts import Texts

log = structlog.get_logger(__name__)

_LONGEST_PAUSE = 30.0
_NOT_TRIED = (Answer.NOT_SENT, Answer.NO_NUMBER, Answer.CANNOT, Answer.NOT_SET_UP)
_ANSWERED = (Answer.ACCEPTED, Answer.DELIVERED, Answer.REFUSED)


@dataclass(frozen=True)
class SendingSettings:
    """Seconds throughout.

    :param lease: must outlast one request and the writing down; one that would last longer is not begun.
    :param margin: for writing the batch down after the last answer.
    :param public_url: under which people reach the console; without it no text has a link.
    :param begin_within: a batch begins no request later than this, so that a service asked to stop can.
    """

    batch: int = 200
    rate: float = 200.0
    lease: float = 60.0
    margin: float = 5.0
    begin_within: float = 4.0
    back_off: BackOff = field(default_factory=BackOff)
    hotline: str = "12345"
    public_url: str | None = None
    pace: Pace = field(default_factory=pace_in_use)


@dataclass(frozen=True, slots=True, repr=False)
class _Written:
    """Address and text, and the phone by which a human could call; they live no longer than the request."""

    address: str | None
    text: str
    phone: str | None


def _handed_over(letter: Letter, channel: Channel, written: _Written) -> Outcome:
    if not written.address:
        household = letter.notice is not None and letter.notice.household_id
        return Outcome(Answer.NO_NUMBER if household else Answer.REFUSED, f"no_{channel.address}")
    if letter.is_in_use:
        return Outcome(Answer.CANNOT, "number_in_use")
    if letter.is_beyond:
        return Outcome(Answer.CANNOT, NUMBER_LIMIT)
    if reason := channel.cannot_reach(written.address):
        return Outcome(Answer.CANNOT, reason)
    if channel.too_long(written.text):
        log.error("text_too_long", message_id=letter.id, template=letter.message.template)
        return Outcome(Answer.CANNOT, "too_long")
    try:
        return channel.send(written.address, written.text, letter.id)
    except Exception as error:
        log.error("channel_failed", message_id=letter.id, error=type(error).__name__)
        return Outcome(Answer.LOST, f"channel_{type(error).__name__}"[:60])


class Sender:
    """One per process. Several at once share the messages by their leases.

    :param channels: those that are set up, by name.
    :param map: sends a batch; give the `imap` of an eventlet GreenPool or the `map` of a thread pool.
    """

    def __init__(
        self,
        work: Work,
        channels: Channels,
        texts: Texts,
        settings: SendingSettings,
        map: Map = map,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        for channel in channels.values():
            if settings.lease < channel.time_limit + settings.margin:
                raise ValueError(f"a lease of {settings.lease} s is too short for channel {channel.name}")
        self._work = work
        self._channels = channels
        self._texts = texts
        self._settings = settings
        self._map = map
        self._monotonic = monotonic
        # At most a second's worth is ever saved up, and no less than half of it is worth a transaction.
        self._most = max(1.0, min(settings.rate, float(settings.batch)))
        self._allowed = self._most
        self._refilled = monotonic()
        self._silence = 0.0
        self._not_before = monotonic()
        self._chore = f"{work.service}.send"
        self._rows = OneByOne(self._chore, work)

    def run_once(self) -> int:
        """Send one batch. Returns how many messages were taken; 0: come again a little later.

        A message that makes it fail is set aside, and the others are sent: FAILED, come again at once.
        """
        limit = self._allowance()
        if limit == 0 or self._monotonic() < self._not_before:
            return 0
        began = self._monotonic()  # before the transaction, so that the lease is never overrated
        letters = self._rows.run(lambda uow: self._lease(uow, limit))
        if not letters:
            return self._rows.outcome(0)
        self._allowed -= len(letters)
        answers = self._map(lambda letter: self._send(letter, began), letters)
        outcomes = list(zip(letters, answers, strict=True))
        held = self._settle(outcomes, began)
        if held < len(letters):
            log.warning("leases_lost", lost=len(letters) - held)
        self._look_at(outcomes)
        return len(letters)

    def _lease(self, uow: UnitOfWork, limit: int) -> list[Letter]:
        settings = self._settings
        return lease_due(
            uow,
            limit=limit,
            seconds=settings.lease,
            channels=self._channels,
            back_off=settings.back_off,
            pace=settings.pace,
        )

    def _put_aside(self, letter: Letter, error: Exception) -> None:
        put_aside(self._work.database, self._chore, RowKey(messages.name, letter.id), error)

    def _settle(self, outcomes: Sequence[tuple[Letter, Outcome]], began: float) -> int:
        """The outcomes are known only here: while the lease holds, wait for an absent database."""
        while True:
            try:
                with self._work.unit() as uow:
                    return settle(uow, outcomes, channels=self._channels, back_off=self._settings.back_off)
            except Exception as error:
                if not is_world_away(error):
                    return self._settle_each(outcomes, began, error)
                left = began + self._settings.lease - self._monotonic()
                if left < self._settings.margin:
                    raise
                log.warning("outcomes_wait_for_the_database", messages=len(outcomes))
                time.sleep(1.0)

    def _settle_each(self, outcomes: Sequence[tuple[Letter, Outcome]], began: float, error: Exception) -> int:
        if len(outcomes) > 1:
            return sum(self._settle([one], began) for one in outcomes)
        self._put_aside(outcomes[0][0], error)
        return 1

    def _send(self, letter: Letter, began: float) -> Outcome:
        channel = self._channels.get(letter.channel)
        if channel is None:
            return Outcome(Answer.NOT_SET_UP, "no_such_channel")
        spent = self._monotonic() - began
        settings = self._settings
        if spent > min(settings.begin_within, settings.lease - channel.time_limit - settings.margin):
            return Outcome(Answer.NOT_SENT)
        try:
            written = self._written(letter, channel)
        except SealBroken:
            return Outcome(Answer.BUSY, "seal_broken")
        except Exception as error:
            log.error("text_failed", message_id=letter.id, error=type(error).__name__)
            return Outcome(Answer.REFUSED, "text_failed")
        outcome = _handed_over(letter, channel, written)
        if outcome.answer in (Answer.ACCEPTED, Answer.DELIVERED):
            return outcome
        return replace(outcome, rings=written.phone is not None and phone_of(written.phone).rings)

    def _written(self, letter: Letter, channel: Channel) -> _Written:
        unseal = self._work.sealer.unseal
        message = letter.message
        opened = open_message(message, letter.notice, letter.person, unseal)
        address, phone = opened.address(channel.address), opened.address("phone")
        if not address and letter.housemate:
            housemate = unseal(letter.housemate)
            address, phone = housemate.get(channel.address), phone or housemate.get("phone")
        if not address and message.recipient.kind == RESIDENT:  # nobody of the household has a case yet
            contact = contact_of(opened.own)
            address, phone = contact.get(channel.address), phone or contact.get("phone")
        if not address:
            return _Written(None, "", phone)
        text = self._texts.render(
            message.template,
            message.template_version,
            channel.name,
            message.recipient.language,
            {**opened.variables, "hotline": self._settings.hotline, **self._links(letter)},
            on_phone=message.on_phone,
        )
        return _Written(address, text, phone)

    def _links(self, letter: Letter) -> Mapping[str, str]:
        """Where people can reach the console: of the household's own page, for its people, or of the pages
        of staff who have a phone there. The link that lets a phone in is whole. Raises SealBroken.
        """
        url, sealed = self._settings.public_url, letter.notice.link if letter.notice else None
        if letter.message.is_for_nobody_else:
            return {"enrolment_link": self._work.sealer.unseal(sealed, LINK)} if sealed else {}
        if url is None:
            return {}
        if letter.message.recipient.kind in (RESIDENT, CONTACT):
            return {"link": link_of(url, self._work.sealer.unseal(sealed, LINK))} if sealed else {}
        return {"household_link": doors_of(url, letter.household), "doors_link": doors_of(url)}

    def _allowance(self) -> int:
        now = self._monotonic()
        self._allowed = min(self._most, self._allowed + (now - self._refilled) * self._settings.rate)
        self._refilled = now
        return int(self._allowed) if self._allowed >= max(1.0, self._most / 2) else 0

    def _look_at(self, outcomes: Sequence[tuple[Letter, Outcome]]) -> None:
        """If no request was answered, the gateway is away: wait longer each time, up to half a minute."""
        for letter, outcome in outcomes:
            SENDS.labels(letter.channel, str(outcome.answer)).inc()
        tried = [outcome.answer for _, outcome in outcomes if outcome.answer not in _NOT_TRIED]
        if any(answer in _ANSWERED for answer in tried):
            if self._silence:
                log.info("gateway_answers_again")
            self._silence = 0.0
        elif tried:
            if not self._silence:
                log.warning("gateway_silent", answer=str(tried[0]), messages=len(tried))
            self._silence = min(_LONGEST_PAUSE, max(1.0, 2 * self._silence))
        self._not_before = self._monotonic() + self._silence
