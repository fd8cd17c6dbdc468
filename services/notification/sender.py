"""Sends what is due: leases a batch, sends it outside transactions, writes what became of it.

It is gentler than intake: no more than so many a second, and where the gateway answers nobody it waits.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from chassis.errors import is_world_away
from chassis.sealing import SealBroken
from chassis.unit_of_work import Work
from services.notification.channels.sms_http import number, sms_from_environment
from services.notification.domain.attempts import Answer, BackOff, Outcome
from services.notification.texts import Texts, texts_from_environment
from services.notification.usecases.sending import Channels, Letter, lease_due, settle

Map = Callable[[Callable[[Letter], Outcome], Iterable[Letter]], Iterable[Outcome]]

log = structlog.get_logger(__name__)

_LONGEST_PAUSE = 30.0
# What a sender needs after the last answer to write the batch down, and for its clock to differ.
_MARGIN = 5.0


@dataclass(frozen=True)
class SendingSettings:
    """Seconds throughout. The lease must outlast one request; what it would not outlast is not begun."""

    batch: int = 200
    rate: float = 200.0
    lease: float = 60.0
    back_off: BackOff = field(default_factory=BackOff)
    hotline: str = "12345"
    idle: float = 1.0


class Stop(Protocol):
    def is_set(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> bool: ...


class Sender:
    """One per process. Several at once share the messages by their leases.

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
            if settings.lease < channel.time_limit + _MARGIN:
                raise ValueError(f"a lease of {settings.lease} s is too short for channel {channel.name}")
        self._work = work
        self._channels = channels
        self._texts = texts
        self._settings = settings
        self._map = map
        self._monotonic = monotonic
        self._stop: Stop | None = None
        self._allowed = min(settings.rate, float(settings.batch))
        self._refilled = monotonic()
        self._silence = 0.0
        self._wait = 0.0

    def run(self, stop: Stop) -> None:
        """Until `stop` is set; then what is in hand is finished and what was not begun is put back."""
        self._stop = stop
        while not stop.is_set():
            try:
                self.run_once()
            except Exception as error:  # the loop outlives whatever happens to one batch
                self._wait = min(_LONGEST_PAUSE, max(1.0, 2 * self._wait))
                log.warning("sending_interrupted", error=type(error).__name__, away=is_world_away(error))
            stop.wait(self._wait)

    def run_once(self) -> int:
        """Send one batch. Returns how many messages were taken."""
        limit = min(self._settings.batch, self._allowance())
        if limit == 0:
            self._wait = min(1.0, 1.0 / self._settings.rate)
            return 0
        settings = self._settings
        # Taken before the transaction, so what is left of the lease is never overrated.
        until = self._monotonic() + settings.lease
        with self._work.unit() as uow:
            letters = lease_due(
                uow, limit=limit, seconds=settings.lease, channels=self._channels, back_off=settings.back_off
            )
        if not letters:
            self._wait = settings.idle
            return 0
        self._allowed -= len(letters)
        outcomes = list(
            zip(letters, self._map(lambda letter: self._send(letter, until), letters), strict=True)
        )
        held = self._settle(outcomes, until)
        if held < len(letters):
            log.warning("leases_lost", lost=len(letters) - held)
        self._look_at([outcome.answer for _, outcome in outcomes])
        return len(letters)

    @property
    def pause(self) -> float:
        """Seconds to wait before the next batch."""
        return self._wait

    def _settle(self, outcomes: list[tuple[Letter, Outcome]], until: float) -> int:
        """What was sent is known only here: while the lease holds, an absent database is waited for."""
        while True:
            try:
                with self._work.unit() as uow:
                    return settle(uow, outcomes, channels=self._channels, back_off=self._settings.back_off)
            except Exception as error:
                if not is_world_away(error) or self._monotonic() + _MARGIN > until:
                    raise
                log.warning("outcomes_wait_for_the_database", messages=len(outcomes))
                time.sleep(1.0)

    def _send(self, letter: Letter, until: float) -> Outcome:
        channel = self._channels.get(letter.channel)
        if channel is None:
            return Outcome(Answer.UNREACHABLE, "no_such_channel")
        if self._monotonic() + channel.time_limit + _MARGIN > until or (self._stop and self._stop.is_set()):
            return Outcome(Answer.NOT_SENT)
        try:
            to, text = self._written(letter)
        except SealBroken:
            return Outcome(Answer.BUSY, "seal_broken")
        except Exception as error:
            log.error("text_failed", message_id=letter.id, error=type(error).__name__)
            return Outcome(Answer.REFUSED, "text_failed")
        if not to:
            return Outcome(Answer.REFUSED, "no_phone")
        try:
            return channel.send(to, text, letter.id)
        except Exception as error:
            log.error("channel_failed", message_id=letter.id, error=type(error).__name__)
            return Outcome(Answer.LOST, f"channel_{type(error).__name__}"[:60])

    def _written(self, letter: Letter) -> tuple[str | None, str]:
        """The number and the text. Both live no longer than the request."""
        phone, variables = opened(letter.message, letter.notice, letter.person, self._work.sealer.unseal)
        if not phone:
            return None, ""
        message = letter.message
        text = self._texts.render(
            message["template"],
            message["template_version"],
            letter.channel,
            message["language"],
            {**variables, "hotline": self._settings.hotline},
        )
        return phone, text

    def _allowance(self) -> int:
        now = self._monotonic()
        most = max(1.0, min(self._settings.rate, float(self._settings.batch)))
        self._allowed = min(most, self._allowed + (now - self._refilled) * self._settings.rate)
        self._refilled = now
        return int(self._allowed)

    def _look_at(self, answers: list[Answer]) -> None:
        """Where nobody was answered, the gateway is away: wait longer each time, up to half a minute."""
        tried = [answer for answer in answers if answer is not Answer.NOT_SENT]
        answered = [a for a in tried if a in (Answer.ACCEPTED, Answer.DELIVERED, Answer.REFUSED)]
        if tried and not answered:
            if not self._silence:
                log.warning("gateway_silent", answer=str(tried[0]), messages=len(tried))
            self._silence = min(_LONGEST_PAUSE, max(1.0, 2 * self._silence))
        elif answered:
            if self._silence:
                log.info("gateway_answers_again")
            self._silence = 0.0
        self._wait = self._silence


def opened(
    message: Mapping[str, Any],
    notice: Mapping[str, Any] | None,
    person: str | None,
    unseal: Callable[[str], Any],
) -> tuple[str | None, dict[str, Any]]:
    """Phone and variables of a message, unsealed."""
    parameters = dict(notice["parameters"]) if notice else {}
    resident = unseal(person) if person else {}
    if message["recipient_kind"] == "resident":
        worker = unseal(notice["worker"]) if notice and notice["worker"] else {}
        own = resident
        others = {"worker_name": worker.get("name"), "worker_phone": worker.get("phone")}
    else:
        own = unseal(message["contact"]) if message["contact"] else {}
        others = {f"resident_{part}": resident.get(part) for part in ("name", "phone", "address")}
    return own.get("phone"), {**parameters, "name": own.get("name"), **others}


def sender_from_environment(
    work: Work, map: Map = map, environment: Mapping[str, str] | None = None
) -> Sender | None:
    """As DOORSTEP_SMS_… says; None where no gateway is set: messages then wait. Raises SettingsError."""
    given = os.environ if environment is None else environment
    sms = sms_from_environment(given)
    if sms is None:
        return None
    settings = SendingSettings(
        rate=number(given, "DOORSTEP_SMS_RATE", 200, low=1, high=10_000),
        lease=max(60.0, 2 * sms.time_limit + _MARGIN),
        back_off=BackOff(
            tries=int(number(given, "DOORSTEP_SMS_TRIES", 8, low=1, high=50)),
            first=number(given, "DOORSTEP_SMS_FIRST_RETRY", 5, low=0.01, high=3600),
        ),
        hotline=given.get("DOORSTEP_HOTLINE", "12345").strip(),
    )
    return Sender(work, {sms.name: sms}, texts_from_environment(given, work.zone), settings, map)
