"""Sending dead letters to their handlers again, so that none is lost whenever this is killed.

1. The act is written down, and on each letter that this act is about it now; the letter goes on waiting.
2. A copy is sent that names its letter, and the letter becomes `replayed` when the broker has confirmed it.
3. The service that takes the copy notes on the letter that it was handled, or buries it as a letter that
   follows this one.

Killed between sending and marking: the service does the marking (3), and what is sent twice is handled once,
because its event is in the inbox, or buried once, because a letter already follows. So a letter whose copy is
gone (its queue was purged, or restored from an older backup) may wait again and be sent anew, even if the
copy turns up after all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from amqp.exceptions import NotFound as QueueNotFound
from sqlalchemy import case, func, select, update
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in, lock_rows
from chassis.messaging.dead_letters import DEAD, Act, begin, opened, replayed, take
from chassis.messaging.publisher import Publisher
from chassis.names import BACK, LETTER
from chassis.sealing import SealBroken
from operations.broker import broker_connection
from operations.databases import database_of, settings_of
from operations.dead_letters.choice import ON_THE_WAY, Chosen, came_back, in_steps, on_the_way
from operations.errors import BrokerRefused, NotSetUp

# After a crash, letters of so many, or of so many seconds, are sent twice at the most.
MARK_AFTER = 100
MARK_EVERY_S = 0.5
LOOK_EVERY_S = 0.3
# The broker gives up a connection from which it hears nothing.
BEAT_S = 1.0


@dataclass(frozen=True)
class Outcome:
    """The letters of one replay by their outcome."""

    sent: int
    handled: int
    dead_again: int

    @property
    def on_the_way(self) -> int:
        return self.sent - self.handled - self.dead_again


def replay_letters(chosen: Chosen, act: Act, rate: float | None, advance: Callable[[], object]) -> int:
    """Send those of them that still wait; returns how many the broker took.

    :param rate: letters a second at the most.
    :raises BrokerRefused: some were not taken; NotSetUp: a queue or a key is missing.
    """
    sent = 0
    for service, ids in chosen.ids.items():
        if not ids:
            continue
        with database_of(service).begin() as conn:
            begin(conn, act, len(ids))
        with _Sending(service, rate, advance) as sending:
            for step in in_steps(ids):
                sending.send(step, act, again=chosen.choice.state == ON_THE_WAY)
        sent += sending.confirmed
        if sending.refused:
            raise BrokerRefused(
                f"the broker refused {sending.refused} of {len(ids)}; they wait on: see `doorstep queues`"
            )
    return sent


def outcome(act: Act, services: Collection[str], wait: float) -> Outcome:
    """Looks until nothing is on its way, for `wait` seconds at the most."""
    until = time.monotonic() + wait
    while True:
        found = _outcome(act, services)
        if not found.on_the_way or time.monotonic() >= until:
            return found
        time.sleep(LOOK_EVERY_S)


def _outcome(act: Act, services: Collection[str]) -> Outcome:
    again = came_back()
    sent = handled = dead_again = 0
    for service in services:
        wanted = select(
            func.count(),
            func.sum(case((DEAD.c.handled_at.is_not(None) & ~again, 1), else_=0)),
            func.sum(case((again, 1), else_=0)),
        ).where(DEAD.c.act_id == act.id, DEAD.c.state == "replayed")
        with database_of(service).read() as conn:
            row = conn.execute(wanted).one()
        sent, handled, dead_again = sent + row[0], handled + (row[1] or 0), dead_again + (row[2] or 0)
    return Outcome(sent, handled, dead_again)


def _wait_again(conn: Connection, ids: list[str]) -> None:
    lock_rows(conn, DEAD, "id", ids)
    unsettled = {"state": "waiting", "settled_at": None, "settled_by": None, "settled_reason": None}
    conn.execute(update(DEAD).where(is_in(conn, DEAD.c.id, ids), on_the_way()).values(unsettled))


class _Sending:
    """Publishes letters of one service; leaving the block waits for the confirms and marks them."""

    def __init__(self, service: str, rate: float | None, advance: Callable[[], object]) -> None:
        settings = settings_of(service)
        self.confirmed = 0
        self._database = database_of(service)
        self._sealer = settings.sealer()
        self._publisher = Publisher(settings.broker_url, "doorstep dead")
        self._gap = 1 / rate if rate else 0.0
        self._next = time.monotonic()
        self._advance = advance
        self._to_mark: list[str] = []
        self._marked_at = time.monotonic()
        self._queues: set[str] = set()

    @property
    def refused(self) -> int:
        return self._publisher.refused

    def __enter__(self) -> _Sending:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._publisher.wait()
        finally:
            self._publisher.drop()
            self._mark()

    def send(self, ids: list[str], act: Act, *, again: bool) -> None:
        """:param again: also those of which nothing was heard since they were sent."""
        with self._database.begin() as conn:
            if again:
                _wait_again(conn, ids)
            rows = take(conn, ids, act)
        self._must_exist({row["handler"] for row in rows})
        for row in rows:
            self._pace()
            self._publisher.send(
                row["id"],
                BACK,
                row["handler"],
                self._opened(row),
                content_type=row["content_type"] or "",
                content_encoding=row["content_encoding"],
                on_confirmed=self._to_mark.append,
                headers=row["headers"] | {LETTER: row["id"]},
            )
            self._advance()
            self._mark_in_time()

    def _opened(self, row: Mapping[str, Any]) -> bytes:
        try:
            return opened(self._sealer, row["sealed_body"])
        except SealBroken as error:
            raise NotSetUp(
                f"{row['id']} cannot be opened ({error}): set the key in DOORSTEP_SEAL_KEYS, or discard it"
            ) from None

    def _pace(self) -> None:
        if not self._gap:
            return
        while (left := self._next - time.monotonic()) > 0:
            time.sleep(min(BEAT_S, left))
            if self._publisher.unconfirmed:
                self._publisher.collect()
            else:  # which tells nobody what it lost
                self._publisher.beat()
            self._mark_in_time()
        self._next = max(self._next, time.monotonic() - self._gap) + self._gap

    def _mark_in_time(self) -> None:
        due = time.monotonic() - self._marked_at > MARK_EVERY_S
        if due or len(self._to_mark) >= MARK_AFTER:
            self._publisher.collect()
            self._mark()

    def _mark(self) -> None:
        self._marked_at = time.monotonic()
        if self._to_mark:
            with self._database.begin() as conn:
                replayed(conn, self._to_mark)
            self.confirmed += len(self._to_mark)
            self._to_mark.clear()

    def _must_exist(self, queues: set[str]) -> None:
        """A copy for a queue that is not there would lie unseen in doorstep.unrouted."""
        if queues <= self._queues:
            return
        with broker_connection("doorstep dead") as connection:
            for queue in sorted(queues - self._queues):
                try:
                    connection.channel().queue_declare(queue, passive=True)
                except QueueNotFound:
                    raise NotSetUp(f"there is no queue {queue}: run `doorstep topology apply`") from None
        self._queues |= queues
