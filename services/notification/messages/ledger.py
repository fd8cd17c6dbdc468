"""The changes of messages in one transaction: collected, then written in a few statements."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chassis.database.statements import insert_rows, update_rows
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.notification.channels.answers import Answer, Outcome
from services.notification.channels.channel import Channel
from services.notification.events.digest import IN_DIGEST
from services.notification.events.event import CONTACT, FORMER, RESIDENT
from services.notification.messages import states
from services.notification.messages.attempts import BackOff, Next, after
from services.notification.messages.counters import SETTLED
from services.notification.messages.letters import Letter
from services.notification.messages.tables import message_attempts, messages
from services.notification.messages.told_by_digest import ABOUTS_IN_AN_EVENT, told_by
from services.notification.rules.book import URGENT

Channels = Mapping[str, Channel]
"""Those that are set up, by name."""

_CHANGED = (
    *("state", "due_at", "attempts", "channel", "lease", "provider_reference", "reason"),
    *("digest", "counted_on", "deputy", "on_phone"),
)


class Ledger:
    def __init__(self, uow: UnitOfWork, now: datetime, channels: Channels, back_off: BackOff) -> None:
        self._uow = uow
        self._now = now
        self._channels = channels
        self._back_off = back_off
        self._updates: list[dict[str, Any]] = []
        self._history: list[dict[str, Any]] = []
        self._lost_digests: list[tuple[Letter, dict[str, Any]]] = []

    def lease(self, letter: Letter, until: datetime) -> Letter:
        attempt = letter.attempt + 1
        state = states.MESSAGE.move(letter.message.state, states.SENDING)
        self._update(letter, state, until, attempts=attempt, lease=letter.lease)
        return replace(letter, attempt=attempt)

    def hold(self, letter: Letter, until: datetime, reason: str) -> None:
        """Let it wait.

        :param until: in the time of the field.
        """
        state = states.MESSAGE.move(letter.message.state, states.HELD)
        self._update(letter, state, until, attempts=letter.attempt, reason=reason)
        self._remember(letter, 0, state, reason)

    def release(self, letter: Letter) -> None:
        """It has waited: it is due now. For a number that got enough, it waits only once."""
        state = states.MESSAGE.move(letter.message.state, states.PENDING)
        why = letter.message.reason
        reason = why if why == states.NUMBER_LIMIT else None
        self._update(letter, state, self._now, attempts=letter.attempt, reason=reason)

    def fold(self, letter: Letter, digest: str) -> None:
        """A digest tells it instead."""
        state = states.MESSAGE.move(letter.message.state, states.CANCELLED)
        self._update(letter, state, self._now, attempts=letter.attempt, reason=IN_DIGEST, digest=digest)
        self._remember(letter, 0, state, IN_DIGEST)

    def cancel(self, letter: Letter, reason: str) -> None:
        state = states.MESSAGE.move(letter.message.state, states.CANCELLED)
        self._update(letter, state, self._now, attempts=letter.attempt, reason=reason)
        self._remember(letter, 0, state, reason)

    def enter(self, letter: Letter, outcome: Outcome) -> None:
        """The outcome of an attempt, and all that follows from it."""
        channel = self._channels.get(letter.channel)
        later = self._later_channels(letter)
        follows = after(
            outcome,
            attempt=letter.attempt,
            key=letter.id,
            back_off=self._back_off,
            idempotent=channel.idempotent if channel else True,
            channels_left=len(later),
        )
        state = states.MESSAGE.move(states.SENDING, follows.state)
        if follows.counts or outcome.answer is Answer.CANNOT:
            self._remember(letter, letter.attempt if follows.counts else 0, state, outcome.reason)
        self._update(
            letter,
            state,
            self._now + timedelta(seconds=follows.wait or 0.0),
            attempts=_attempts(letter, follows),
            channel=later[0] if follows.next_channel else letter.message.channel_number,
            reference=outcome.provider_reference,
            reason=outcome.reason[:60] or None,
        )
        if state in (states.ACCEPTED, states.DELIVERED):
            self._record_accepted(letter, outcome)
        # Nobody calls a stranger, and of a contact person the trace says it.
        if follows.undeliverable and letter.message.recipient.kind not in (FORMER, CONTACT):
            self._record_undeliverable(letter, outcome, _attempts(letter, follows))

    def write(self) -> None:
        update_rows(self._uow.conn, messages, self._updates, key=["id"], set=_CHANGED)
        insert_rows(self._uow.conn, message_attempts, self._history)
        self._record_lost_digests()

    def _later_channels(self, letter: Letter) -> Sequence[int]:
        """The numbers of the recipient's later channels that are set up."""
        message = letter.message
        return [
            number
            for number, name in enumerate(message.channels)
            if number > message.channel_number and name in self._channels
        ]

    def _update(
        self,
        letter: Letter,
        state: str,
        due_at: datetime,
        *,
        attempts: int,
        channel: int | None = None,
        lease: str | None = None,
        reference: str | None = None,
        reason: str | None = None,
        digest: str | None = None,
    ) -> None:
        if state not in states.UNSETTLED:
            self._uow.count(SETTLED, state, letter.channel)
        self._updates.append(
            {
                "id": letter.id,
                "state": state,
                "due_at": due_at,
                "attempts": attempts,
                "channel": letter.message.channel_number if channel is None else channel,
                "lease": lease,
                "provider_reference": reference,
                "reason": reason,
                "digest": digest,
                "counted_on": letter.message.counted_on,
                "deputy": letter.message.deputy,
                "on_phone": letter.message.on_phone,
            }
        )

    def _remember(self, letter: Letter, attempt: int, state: str, reason: str) -> None:
        self._history.append(
            {
                "message_id": letter.id,
                "id": new_id(),
                "at": self._uow.now,
                "channel": letter.channel,
                "attempt": attempt,
                "state": state,
                "reason": reason[:60] or None,
            }
        )

    def _record_accepted(self, letter: Letter, outcome: Outcome) -> None:
        data = {
            **_about(letter),
            "provider_reference": outcome.provider_reference,
            "accepted_at": self._uow.now,
        }
        self._uow.record("message.accepted", letter.id, 1, data, cause=_cause(letter, self._uow.now))

    def _record_undeliverable(self, letter: Letter, outcome: Outcome, attempts: int) -> None:
        notice = letter.notice
        is_resident = letter.message.recipient.kind == RESIDENT
        data = {
            **_about(letter),
            "arrival_id": notice.arrival_id if notice else letter.message.case_id,
            "reason": outcome.reason or "unknown",
            "instead": ("call" if outcome.rings else "visit") if is_resident else None,
            "attempts": attempts,
            "about": letter.message.notice,
            "level": notice.parameters.get("level") if notice else None,
            "urgent": letter.message.urgency == URGENT,
        }
        if letter.message.is_digest:
            self._lost_digests.append((letter, data))
            return
        self._uow.record("message.undeliverable", letter.id, 1, data, cause=_cause(letter, self._uow.now))

    def _record_lost_digests(self) -> None:
        """Of a digest, all that it was about is named, in several events where that is much."""
        if not self._lost_digests:
            return
        told = told_by(self._uow.conn, [letter.id for letter, _ in self._lost_digests])
        for letter, data in self._lost_digests:
            abouts = told.get(letter.id) or [_stands_for(data)]
            for version, start in enumerate(range(0, len(abouts), ABOUTS_IN_AN_EVENT), start=1):
                part = abouts[start : start + ABOUTS_IN_AN_EVENT]
                said = {**data, **part[0], "abouts": part}
                cause = _cause(letter, self._uow.now)
                self._uow.record("message.undeliverable", letter.id, version, said, cause=cause)


def _stands_for(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in ("case_id", "arrival_id", "about", "level")}


def _attempts(letter: Letter, follows: Next) -> int:
    if follows.next_channel:
        return 0
    return letter.attempt if follows.counts else letter.attempt - 1


def _about(letter: Letter) -> dict[str, Any]:
    message, to = letter.message, letter.message.recipient
    beside = to.kind if to.kind in (FORMER, CONTACT) else None  # the contract knows residents and staff
    return {
        "message_id": letter.id,
        # A digest is about many; its notice says for which of them it stands.
        "case_id": letter.notice.arrival_id if letter.notice else message.case_id,
        "recipient": {
            "kind": RESIDENT if beside else to.kind,
            "staff_id": to.staff_id,
            "role": beside or to.role,
        },
        "channel": letter.channel,
        "template": message.template,
    }


def _cause(letter: Letter, now: datetime) -> Event | None:
    """The event that the message is about, so that the events of sending stand in its chain."""
    stored = letter.stored
    if stored is None:
        return None
    return Event(
        id=stored.notice.key,
        source="",
        type=stored.notice.event,
        subject=None,
        time=now,
        data={},
        correlationid=stored.correlation_id,
        traceparent=stored.traceparent,
    )
