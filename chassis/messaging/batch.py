"""Handles the events of a batch: in one transaction, or event by event when the work of one is wrong."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import structlog

from chassis.errors import WorldAway, Wrong, is_world_away
from chassis.handlers import Handler
from chassis.masking import masked_numbers
from chassis.messaging import dead_letters
from chassis.messaging.arrived import Tally
from chassis.messaging.dead_letters import DeadLetter
from chassis.messaging.publisher import Publisher
from chassis.messaging.quotas import Quotas
from chassis.messaging.topology import DELIVERY_LIMIT, retry_name
from chassis.messaging.transaction import letter_of_bad_event, read_event, settle_events, why
from chassis.names import (
    ATTEMPTS,
    BACK,
    ERROR,
    FIRST_FAILED,
    LETTER,
    ROUTING_KEY,
    is_own_queue,
    own_queue_name,
    publisher_of,
)
from chassis.telemetry import (
    DEAD_LETTERS,
    DUPLICATES,
    DURATION,
    LAG,
    MESSAGES,
    PASSED_OVER,
    RETRIES,
    describe_error,
)
from chassis.unit_of_work import Work
from contracts.envelope import Event, Parsed, Unreadable, Wire, parse_message, wire_of
from contracts.faults import Refused

# The name of a broker user, in a routing key, a queue name and columns.
LONGEST_PUBLISHER = 100

log = structlog.get_logger()


@dataclass(slots=True)
class Delivery:
    """One message in hand: its sound events, and letters for the parts that cannot be read."""

    tag: int
    delivered: int
    """How often the broker has delivered the message before without getting an ack."""
    routing_key: str
    attempts: int
    first_failed_at: datetime | None
    letter: str | None = None
    """The dead letter that was replayed as this message."""
    events: list[Event] = field(default_factory=list)
    unreadable: list[DeadLetter] = field(default_factory=list)
    """The whole message, or each of its events that cannot be read."""
    weight: int = 0
    """Bytes of its body without packing."""

    @property
    def size(self) -> int:
        return max(1, len(self.events) + len(self.unreadable))

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do: events leave when they or their copies are safe."""
        return not self.events and not self.unreadable

    def done(self, event: Event) -> None:
        self.events = [one for one in self.events if one is not event]


class Runner:
    """Runs batches of one handler. `run` raises only when the world is away, and may be called again."""

    def __init__(
        self,
        queue: str,
        handler: Handler,
        work: Work,
        publisher: Publisher,
        delays: Sequence[int],
        quotas: Quotas | None = None,
    ) -> None:
        self._queue = queue
        self._handler = handler
        self._work = work
        self._publisher = publisher
        self._delays = delays
        self._quotas = quotas
        self._tally = Tally(queue) if handler.from_outside else None

    # -- reading -----------------------------------------------------------------------------------------

    def read(self, message: Any, queue: str = "") -> Delivery:
        """As `_read`; of garbage that a publisher with a queue of its own sends, only so many letters a day
        are kept. What has an id and a source is no garbage: it may be somebody who came, told by a program
        that has a fault since today.
        """
        delivery = self._read(message, queue)
        whose = publisher_of(queue, self._queue) if self._quotas and delivery.unreadable else None
        if whose is not None and self._quotas:
            delivery.unreadable = [
                letter
                if letter.names_an_event or self._quotas.keeps_garbage(whose)
                else replace(letter, kept=False)
                for letter in delivery.unreadable
            ]
        return delivery

    def _read(self, message: Any, queue: str) -> Delivery:
        """Read any message and never raise: an error would stop the queue and the messages read before.

        Nothing is left to do of one that a publisher had the broker copy here, by the headers CC or BCC. The
        broker asks whether they may use its routing key, not whether they may use those, and it is handled
        where its routing key leads.

        :param queue: where it lay, which may be the queue of one publisher.
        """
        properties = message.properties
        headers = properties.get("application_headers") or {}
        ours = dead_letters.of_our_copy(headers, message.delivery_info["exchange"])
        routing_key = ours.get(ROUTING_KEY)
        if not isinstance(routing_key, str):
            routing_key = message.delivery_info["routing_key"]
        delivery = Delivery(
            tag=message.delivery_tag,
            delivered=_delivered_before(message, headers),
            routing_key=routing_key,
            attempts=dead_letters.count_of(ours.get(ATTEMPTS)),
            first_failed_at=_moment(ours.get(FIRST_FAILED)),
            letter=dead_letters.letter_of(ours),
        )
        kind, _, publisher = routing_key.rpartition(".") if self._handler.from_outside else ("", "", None)
        if publisher is not None and message.delivery_info["exchange"] != BACK:
            of_another = is_own_queue(queue, self._queue) and queue != own_queue_name(self._queue, publisher)
            if kind not in self._handler.events or of_another:
                PASSED_OVER.labels(self._queue).inc()
                return delivery
        wire = dead_letters.wire_in(message)
        delivery.weight = len(wire.body)
        parsed: Parsed | None = None
        try:
            parsed = parse_message(wire.body, wire.content_type, wire.content_encoding)
            delivery.weight = len(parsed.text)
            if not routing_key.isprintable():  # no database stores it, and no answer could be sent
                raise Unreadable("the routing key holds characters that are no text")
            if publisher is not None and not 1 <= len(publisher) <= LONGEST_PUBLISHER:
                raise Unreadable("the routing key must end in the publisher's name, 1 to 100 characters")
            if delivery.delivered > DELIVERY_LIMIT:  # of a queue where the broker itself never gives up
                raise Unreadable("delivered too often: the consumer died on it each time")
        except Exception as error:
            delivery.unreadable = self._none_of_it(delivery, wire, parsed, why(error))
            return delivery
        index = self._work.index
        for document in parsed.documents:
            try:
                event = read_event(self._handler, parsed, document, publisher, index, delivery.letter)
                if publisher is not None and event.type != kind:
                    raise Unreadable(f"this routing key is for {kind}", field="type", code="not_allowed")
                delivery.events.append(event)
            except Exception as error:
                delivery.unreadable.append(
                    letter_of_bad_event(
                        self._queue,
                        parsed,
                        document,
                        error,
                        publisher=publisher,
                        routing_key=routing_key,
                        index=index,
                        follows=delivery.letter,
                    )
                )
        return delivery

    def _none_of_it(
        self, delivery: Delivery, wire: Wire, parsed: Parsed | None, why: str
    ) -> list[DeadLetter]:
        """A letter for each event of the message; one for the whole of it where it cannot be taken apart."""
        now = datetime.now(UTC)
        whole = DeadLetter(self._queue, why, 0, wire, now, {})
        letters = (
            dead_letters.of_each_event(
                self._queue, parsed, why, attempts=0, first_failed_at=now, index=self._work.index
            )
            if parsed
            else [whole]
        )
        headers = {ROUTING_KEY: delivery.routing_key}
        return [replace(letter, headers=headers, follows=delivery.letter) for letter in letters]

    # -- running -----------------------------------------------------------------------------------------

    def run(self, batch: Sequence[Delivery]) -> None:
        """Settle every delivery of the batch. Raises when the world is away; some are settled by then."""
        if not batch:
            return
        began = time.monotonic()
        try:
            self._together(batch)
        except Exception as error:
            if is_world_away(error):
                raise
            log.warning("batch_event_by_event", handler=self._queue, error=describe_error(error))
            self._one_by_one(batch)
        DURATION.labels(self._queue).observe(time.monotonic() - began)

    def _together(self, batch: Sequence[Delivery]) -> None:
        events = [event for delivery in batch for event in delivery.events]
        unreadable = [letter for delivery in batch for letter in delivery.unreadable]
        self._transact(events, unreadable)
        for delivery in batch:
            delivery.events, delivery.unreadable = [], []

    def _transact(
        self, events: Sequence[Event], letters: Sequence[DeadLetter] = (), *, answer: bool = True
    ) -> None:
        """One transaction with all these events; commits or raises.

        :param answer: tell the publishers of events that cannot be read what is wrong with them.
        """
        with self._work.unit() as uow:
            settled = settle_events(
                uow, self._queue, self._handler, events, letters, tally=self._tally, answer=answer
            )
        self._count(settled.claimed.fresh, len(settled.claimed.repeats), settled.dead)

    def _one_by_one(self, batch: Sequence[Delivery]) -> None:
        """Handle each event in a transaction of its own; copy only the guilty events to a retry queue."""
        copied = False
        for delivery in batch:
            for letter in tuple(delivery.unreadable):
                self._bury(letter)
                delivery.unreadable.remove(letter)
            for event in tuple(delivery.events):
                try:
                    self._transact([event])
                except Exception as error:
                    if is_world_away(error):
                        raise
                    copied |= self._again(delivery, event, error)
                else:
                    delivery.done(event)
        if copied:
            self._publisher.wait()
        if not all(delivery.settled for delivery in batch):
            raise WorldAway("a retry queue takes no copy: it is full, or has no leader")

    def _bury(self, letter: DeadLetter) -> None:
        """Without an answer where the answer itself fails: no letter may hold up the queue."""
        try:
            self._transact([], [letter])
        except Exception as error:
            if is_world_away(error):
                raise
            log.error("bad_event_not_answered", handler=self._queue, error=describe_error(error))
            self._transact([], [letter], answer=False)

    def _again(self, delivery: Delivery, event: Event, error: Exception) -> bool:
        """Send a copy to the next retry queue (True), or make it a dead letter."""
        attempts = delivery.attempts + 1
        first = delivery.first_failed_at or datetime.now(UTC)
        final = _reason_to_give_up(error)
        why = final or describe_error(error)
        log.warning(
            "event_failed",
            handler=self._queue,
            event_id=masked_numbers(event.id),
            correlation_id=masked_numbers(event.correlationid),
            attempts=attempts,
            error=why,
        )
        if final or attempts > len(self._delays):
            letter = dead_letters.of_event(
                self._queue,
                event,
                why,
                attempts=attempts,
                first_failed_at=first,
                routing_key=delivery.routing_key,
            )
            self._transact([], [letter])
            delivery.done(event)
            return False
        wire = wire_of(event)
        self._publisher.send(
            event.id,
            retry_name(self._delays[attempts - 1]),
            self._queue,
            wire.body,
            content_type=wire.content_type,
            content_encoding=wire.content_encoding,
            on_confirmed=lambda _: delivery.done(event),
            headers={
                ATTEMPTS: attempts,
                FIRST_FAILED: first.isoformat(),
                ROUTING_KEY: delivery.routing_key,
                ERROR: why[:500],
                **({LETTER: event.letter} if event.letter else {}),
            },
            mandatory=True,
        )
        RETRIES.labels(self._queue).inc()
        return True

    # -- counts ----------------------------------------------------------------------------------------

    def _count(self, fresh: Sequence[Event], repeats: int, dead: int) -> None:
        if fresh:
            MESSAGES.labels(self._queue, "handled").inc(len(fresh))
            now = self._work.clock.now()
            LAG.labels(self._queue).observe((now - fresh[0].time).total_seconds())
        if repeats:
            MESSAGES.labels(self._queue, "repeated").inc(repeats)
            DUPLICATES.labels(self._queue).inc(repeats)
        if dead:
            MESSAGES.labels(self._queue, "dead").inc(dead)
            DEAD_LETTERS.labels(self._queue).inc(dead)


def _reason_to_give_up(error: Exception) -> str | None:
    """The text of the dead letter where doing the work again will not help; None where it may."""
    if isinstance(error, Refused):
        return f"refused ({error.kind}): {error}"
    return str(error) if isinstance(error, Wrong) else None


def _delivered_before(message: Any, headers: Mapping[str, Any]) -> int:
    """The broker writes the header from the second delivery on; before, a publisher may have."""
    if not message.delivery_info.get("redelivered"):
        return 0
    return dead_letters.count_of(headers.get("x-delivery-count"))


def _moment(value: Any) -> datetime | None:
    """Read a time that has a zone, as databases need it; None for anything else."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
