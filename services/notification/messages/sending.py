"""Lease what is due, and write down what became of it.

Between the two lies the network, outside any transaction. A lease ends by the database's clock; whoever
finds it ended takes the message over, and what its first holder still has to say is not written.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import literal_column, select
from sqlalchemy.engine import Connection

from chassis.database.statements import database_now, insert_rows, is_in, update_rows
from chassis.ids import new_id
from chassis.sealing import SealBroken
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.notification.channels import Channel
from services.notification.messages import states
from services.notification.messages.attempts import Answer, BackOff, Next, Outcome, after
from services.notification.metrics import LIVE, SETTLED
from services.notification.tables import message_attempts, messages, notices

Channels = Mapping[str, Channel]
Unseal = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Letter:
    """A leased message with all that sending it takes. Personal fields are sealed.

    `number_of`: whose phone is used, where the resident has none: somebody of the household.
    """

    message: Mapping[str, Any]
    notice: Mapping[str, Any] | None
    person: str | None
    channel: str
    attempt: int
    lease: str
    number_of: str | None = None

    @property
    def id(self) -> str:
        return str(self.message["id"])


# Literals, so that the planner sees that the partial index holds all of them.
_DUE = (
    select(messages)
    .where(literal_column("state IN ('pending', 'sending')"))
    .order_by(messages.c.urgency, messages.c.due_at)
    .with_for_update(skip_locked=True)
)


def lease_due(
    uow: UnitOfWork, *, limit: int, seconds: float, channels: Channels, back_off: BackOff
) -> list[Letter]:
    """Take up to `limit` messages that are due for `seconds`. What has become untrue is cancelled, what a
    dead sender left behind is put back or, where it might reach somebody twice, given to a human."""
    now = database_now(uow.conn)
    due = [
        dict(row) for row in uow.conn.execute(_DUE.where(messages.c.due_at <= now).limit(limit)).mappings()
    ]
    if not due:
        return []
    by_case = _notices_of(uow, {row["case_id"] for row in due})
    ledger = _Ledger(uow, now, channels, back_off)
    letters = []
    lease = new_id()
    for row in due:
        of_case = by_case[row["case_id"]]
        notice = of_case.get(row["notice"])
        letter = Letter(row, notice, _person(notice, of_case), _channel(row), row["attempts"], lease)
        if row["state"] == states.SENDING:
            ledger.enter(letter, Outcome(Answer.LOST, "lease_expired"))
        elif notice is not None and _superseded(row, notice, of_case.values()):
            ledger.cancel(letter, "superseded")
        else:
            letters.append(ledger.lease(letter, now + timedelta(seconds=seconds)))
    ledger.write()
    return letters


def with_household_phones(conn: Connection, letters: Sequence[Letter], unseal: Unseal) -> list[Letter]:
    """Children and old people without a phone are told on one of their household."""
    without = {
        letter.id: letter.notice["household_id"]
        for letter in letters
        if letter.message["recipient_kind"] == "resident"
        and letter.notice
        and letter.notice["household_id"]
        and letter.person
        and not _has_phone(letter.person, unseal)
    }
    if not without:
        return list(letters)
    found: dict[str, str] = {}
    columns = (notices.c.household_id, notices.c.person)
    of_household = is_in(conn, notices.c.household_id, sorted(set(without.values())))
    for household_id, person in conn.execute(
        select(*columns).where(of_household).order_by(notices.c.case_id, notices.c.version.desc())
    ):
        if household_id not in found and person and _has_phone(person, unseal):
            found[household_id] = person
    return [replace(letter, number_of=found.get(without.get(letter.id, ""))) for letter in letters]


def settle(
    uow: UnitOfWork, outcomes: Sequence[tuple[Letter, Outcome]], *, channels: Channels, back_off: BackOff
) -> int:
    """Write what became of leased messages, and tell it. Returns how many leases were still held."""
    if not outcomes:
        return 0
    lease = outcomes[0][0].lease
    held = set(
        uow.conn.execute(
            select(messages.c.id)
            .where(is_in(uow.conn, messages.c.id, [letter.id for letter, _ in outcomes]))
            .where(messages.c.lease == lease, messages.c.state == states.SENDING)
            .with_for_update()
        ).scalars()
    )
    ledger = _Ledger(uow, database_now(uow.conn), channels, back_off)
    for letter, outcome in outcomes:
        if letter.id in held:
            ledger.enter(letter, outcome)
    ledger.write()
    return len(held)


class _Ledger:
    """Collects what changes in one transaction and writes it in three statements."""

    def __init__(self, uow: UnitOfWork, now: datetime, channels: Channels, back_off: BackOff) -> None:
        self._uow = uow
        self._now = now
        self._channels = channels
        self._back_off = back_off
        self._updates: list[dict[str, Any]] = []
        self._history: list[dict[str, Any]] = []

    def lease(self, letter: Letter, until: datetime) -> Letter:
        attempt = letter.attempt + 1
        state = states.move(letter.message["state"], states.SENDING)
        self._update(letter, state, until, attempts=attempt, lease=letter.lease)
        return replace(letter, attempt=attempt)

    def cancel(self, letter: Letter, reason: str) -> None:
        state = states.move(letter.message["state"], states.CANCELLED)
        self._update(letter, state, self._now, attempts=letter.attempt, reason=reason)
        self._remember(letter, 0, state, reason)

    def enter(self, letter: Letter, outcome: Outcome) -> None:
        """What follows from an attempt."""
        names = letter.message["channels"].split(",")
        number = letter.message["channel"]
        channel = self._channels.get(letter.channel)
        follows = after(
            outcome,
            attempt=letter.attempt,
            key=letter.id,
            back_off=self._back_off,
            idempotent=channel.idempotent if channel else True,
            channels_left=len(names) - number - 1,
        )
        state = states.move(states.SENDING, follows.state)
        if follows.counts:
            self._remember(letter, letter.attempt, state, outcome.reason)
        self._update(
            letter,
            state,
            self._now + timedelta(seconds=follows.wait or 0.0),
            attempts=_attempts(letter, follows),
            channel=number + 1 if follows.next_channel else number,
            reference=outcome.provider_reference,
            reason=outcome.reason[:60] or None,
        )
        if state in (states.ACCEPTED, states.DELIVERED):
            self._tell_accepted(letter, outcome)
        if follows.undeliverable:
            self._tell_undeliverable(letter, outcome.reason)

    def write(self) -> None:
        columns = ("state", "due_at", "attempts", "channel", "lease", "provider_reference", "reason")
        update_rows(self._uow.conn, messages, self._updates, key=["id"], set=columns)
        insert_rows(self._uow.conn, message_attempts, self._history)

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
    ) -> None:
        if state not in LIVE:
            self._uow.count(SETTLED, state, letter.channel)
        self._updates.append(
            {
                "id": letter.id,
                "state": state,
                "due_at": due_at,
                "attempts": attempts,
                "channel": letter.message["channel"] if channel is None else channel,
                "lease": lease,
                "provider_reference": reference,
                "reason": reason,
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

    def _tell_accepted(self, letter: Letter, outcome: Outcome) -> None:
        data = {
            **_about(letter),
            "provider_reference": outcome.provider_reference,
            "accepted_at": self._uow.now,
        }
        self._uow.record("message.accepted", letter.id, 1, data, cause=_cause(letter, self._uow.now))

    def _tell_undeliverable(self, letter: Letter, reason: str) -> None:
        data = {
            **_about(letter),
            "arrival_id": letter.notice["arrival_id"] if letter.notice else letter.message["case_id"],
            "reason": reason or "unknown",
            "attempts": letter.attempt,
            "about": letter.message["notice"],
            "level": letter.notice["parameters"].get("level") if letter.notice else None,
        }
        self._uow.record("message.undeliverable", letter.id, 1, data, cause=_cause(letter, self._uow.now))


def _notices_of(uow: UnitOfWork, case_ids: Iterable[str]) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    wanted = sorted(case_ids)
    for row in uow.conn.execute(select(notices).where(is_in(uow.conn, notices.c.case_id, wanted))).mappings():
        found[row["case_id"]][row["notice"]] = dict(row)
    return found


def _person(notice: Mapping[str, Any] | None, of_case: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Whom the case is about: as the event said, or else as the newest event about the case does."""
    if notice is not None and notice["person"]:
        return str(notice["person"])
    known = [row for row in of_case.values() if row["person"]]
    return str(max(known, key=lambda row: row["version"])["person"]) if known else None


def _superseded(
    message: Mapping[str, Any], notice: Mapping[str, Any], of_case: Iterable[Mapping[str, Any]]
) -> bool:
    """Whether a later event about the case tells the same recipient what holds now."""
    if not notice["event"].startswith("case."):
        return False
    recipient = message["staff_id"] or message["recipient_kind"]
    return any(
        later["supersedes"]
        and later["version"] > notice["version"]
        and any(part.endswith(f">{recipient}") for part in later["plan"].split(","))
        for later in of_case
    )


def _has_phone(person: str, unseal: Unseal) -> bool:
    try:
        return bool(unseal(person).get("phone"))
    except SealBroken:  # told when the message itself is to be opened
        return True


def _channel(message: Mapping[str, Any]) -> str:
    return str(message["channels"].split(",")[message["channel"]])


def _attempts(letter: Letter, follows: Next) -> int:
    if follows.next_channel:
        return 0
    return letter.attempt if follows.counts else letter.attempt - 1


def _about(letter: Letter) -> dict[str, Any]:
    message = letter.message
    return {
        "message_id": letter.id,
        "case_id": message["case_id"],
        "recipient": {
            "kind": message["recipient_kind"],
            "staff_id": message["staff_id"],
            "role": message["role"],
        },
        "channel": letter.channel,
        "template": message["template"],
    }


def _cause(letter: Letter, now: datetime) -> Event | None:
    """The event that made us send, so that what we tell stands in its chain."""
    notice = letter.notice
    if notice is None:
        return None
    return Event(
        id=notice["notice"],
        source="",
        type=notice["event"],
        subject=None,
        time=now,
        data={},
        correlationid=notice["correlation_id"],
        traceparent=notice["traceparent"],
    )
