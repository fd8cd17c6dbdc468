"""Consuming in batches: at least once on the wire, exactly once in the database.

A batch is one transaction with inbox rows, the rows of the use case and outbox rows. After the commit the
outbox is published, then the messages are acked. `chassis.messaging.batch` handles the events of a batch.
"""

from __future__ import annotations

import math
import random
import threading
import time

import structlog
from kombu import Connection
from sqlalchemy.exc import SQLAlchemyError

from chassis.broker_address import describe
from chassis.crash_points import reach
from chassis.errors import WorldAway, is_world_away
from chassis.handlers import Handler, Service
from chassis.ids import new_id
from chassis.messaging.batch import Runner
from chassis.messaging.connection import close_quietly, connect, read_events, stay_alive
from chassis.messaging.outbox import Outbox
from chassis.messaging.quotas import Quota, Quotas
from chassis.messaging.sources import Sources, Taken, last_of_each
from chassis.messaging.topology import Declared
from chassis.names import own_queue_name, publisher_of
from chassis.settings import Settings
from chassis.telemetry import WORLD_AWAY, describe_error
from chassis.unit_of_work import Work

# The broker pushes up to this many messages before the first ack. Packed messages hold up to 50 events;
# single ones fill one batch. Twice as many are not faster. The broker takes no message over 1.25 MiB
# (deploy/rabbitmq): 200 of them are 250 MiB in hand, under the 512 MiB limit of a service, so a consumer that
# a message has killed restarts with enough memory to take the messages one at a time.
PREFETCH_SINGLE = 200
PREFETCH_PACKED = 32
# A batch is closed at so many bytes of unpacked bodies: 1 KiB on the wire may be 1 MiB, and JSON that is read
# takes up to 28 times as much memory again.
HEAVIEST = 4 * 1024 * 1024
# After this many deliveries without an ack, a message in the batch has probably killed the consumer.
SUSPECT_AFTER = 3
SLOWED = "publisher.slowed"
# A new publisher's queue is read after so long.
FOLLOW_S = 2.0
_IDLE_S = 1.0
# A heartbeat is due every 2.5 s at the most (`chassis.messaging.connection`).
_BEAT_S = 2.0
_BACKOFF_MOST_S = 5.0

log = structlog.get_logger()


class BatchConsumer:
    """Consumes a queue of a handler until `stop()`; broker and database may come and go.

    :param queue: where the handler reads a second one; inbox, dead letters, retries and metrics have the
        handler's name nevertheless. Beside the first one, those of single publishers are read in turn.
    :param declared: shared by the consumers of a process.
    """

    def __init__(
        self,
        service: Service,
        handler: Handler,
        work: Work,
        outbox: Outbox,
        settings: Settings,
        queue: str | None = None,
        declared: Declared | None = None,
    ) -> None:
        self._name = handler.queue(service.name)
        self.queue = queue or self._name
        self._declared = declared or Declared(service, settings.retry_delays)
        self._lost = -math.inf
        self._handler = handler
        self._outbox = outbox
        self._settings = settings
        self._work = work
        self._quotas = Quotas(Quota.of(settings), settings.zone, work.clock.now)
        delays = settings.retry_delays
        self._runner = Runner(self._name, handler, work, outbox.publisher, delays, self._quotas)
        self._stopping = threading.Event()
        self._connection: Connection | None = None
        self._sources: Sources | None = None
        self._own_queues = handler.publishers if self.queue == self._name else None
        self._followed = 0.0
        self._careful = False
        self._last_beat = 0.0
        self._failures = 0
        self.ready = False
        self.reason = "not started"

    def stop(self) -> None:
        """Take no more messages. `run` returns when those in hand are committed and acked."""
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._open()
                self._consume()
            except Exception as error:
                if not is_world_away(error):
                    log.error("consumer_failed", queue=self.queue, error=describe_error(error))
                self._away(error)
            finally:
                self._close()
            if not self._stopping.is_set():
                time.sleep(_backoff(self._failures))
        self._leave()

    # -- the connection --------------------------------------------------------------------------------

    def _open(self) -> None:
        self._connection = connect(self._settings.broker_url, f"{self.queue} consumer")
        self._declared.ensure(self._connection, self._lost)
        ahead = PREFETCH_SINGLE if self._handler.from_outside else PREFETCH_PACKED
        self._sources = Sources(self._connection, self.queue, ahead, self._rests)
        self._careful, self._followed = False, 0.0
        self.ready, self.reason = True, ""
        log.info("consuming", queue=self.queue)

    def _follow_publishers(self) -> None:
        """Read the queues of new publishers, too, and leave those that are to be taken away."""
        if not self._own_queues or self._careful or time.monotonic() - self._followed < FOLLOW_S:
            return
        assert self._sources is not None
        self._followed = time.monotonic()
        try:
            with self._work.database.read() as conn:
                publishers = self._own_queues(conn)
        except Exception as error:
            if not is_world_away(error):
                raise
            return  # the queues that are known go on being read, and what is in them says that it is away
        read = [one for one in publishers if not self._quotas.is_over_for_today(one)]
        found = self._sources.follow([own_queue_name(self._name, publisher) for publisher in read])
        if found:
            log.info("consuming_too", queue=self.queue, queues=len(found))

    def _rests(self, queue: str) -> bool:
        publisher = publisher_of(queue, self._name)
        return publisher is not None and self._quotas.rests(publisher)

    def _tell_publishers(self) -> None:
        """Of their quotas, in their reply queues: rarely, and so in a transaction of its own."""
        while self._quotas.notices:
            notice = self._quotas.notices[0]
            with self._work.unit() as uow:
                data = {
                    "publisher": notice.publisher,
                    "what": notice.what,
                    "standing": notice.standing,
                    "limit": notice.limit,
                    "message": notice.message,
                }
                uow.reply(notice.publisher, SLOWED, new_id(), data, cause=None)
            self._quotas.notices.pop(0)
            log.warning(
                "publisher_slowed", publisher=notice.publisher, what=notice.what, standing=notice.standing
            )

    def _away(self, error: BaseException) -> None:
        if isinstance(error, WorldAway):  # its text says what to do and holds no personal data
            why = str(error)
        elif isinstance(error, SQLAlchemyError):
            why = f"database {self._work.database.describe()} is away: {type(error).__name__}"
        elif is_world_away(error):
            why = f"broker {describe(self._settings.broker_url)} is away: {type(error).__name__}"
        else:
            why = f"failed: {describe_error(error)}"
        self.ready, self.reason = False, why
        self._failures += 1
        if is_world_away(error):
            WORLD_AWAY.labels(self._name).inc()
        log.warning("waiting_for_the_world", queue=self.queue, error=why)

    def _close(self) -> None:
        close_quietly(self._connection)
        self._connection, self._sources, self._lost = None, None, time.monotonic()

    def _leave(self) -> None:
        """Wait for the last confirms. The sweep sends again the messages that are still unconfirmed then."""
        try:
            self._outbox.settle()
            self._idle()
        except Exception as error:
            log.warning("left_unconfirmed", queue=self.queue, error=type(error).__name__)
        self._outbox.publisher.drop()

    # -- the loop --------------------------------------------------------------------------------------

    def _well(self) -> None:
        """A batch was handled, or the queue is empty. That a connection opens would prove nothing."""
        self.ready, self.reason = True, ""
        self._failures = 0

    def _consume(self) -> None:
        while not self._stopping.is_set():
            self._tell_publishers()
            batch = self._collect()
            if batch:
                self._handle(batch)
            else:
                self._idle()
                if self._careful:
                    self._read_all_again()
            # Databases, and sockets with data to read, let no other thread of eventlet run. Without this a
            # backlog would hold up the heartbeats of the other handlers, the timers and SIGTERM.
            time.sleep(0)
        # Messages that were pushed to us and not begun go back by themselves when the channel closes.

    def _collect(self) -> list[Taken]:
        """Return up to `batch` events, not too heavy, or those that came within `wait_ms` of the first."""
        assert self._connection is not None and self._sources is not None
        self._follow_publishers()
        batch: list[Taken] = []
        events = weight = 0
        deadline = 0.0
        while not self._stopping.is_set():
            self._beat()  # before looking at the taken messages: this may take more
            self._sources.read_ready()
            while (taken := self._sources.peek(self._runner.read)) is not None:
                delivery = taken.delivery
                if batch and (
                    events + delivery.size > self._handler.batch or weight + delivery.weight > HEAVIEST
                ):
                    return batch
                self._sources.take(taken)
                batch.append(taken)
                if (publisher := publisher_of(taken.source.queue, self._name)) is not None:
                    self._quotas.took(publisher, delivery.size, delivery.weight)
                events += delivery.size
                weight += delivery.weight
                if self._careful or events >= self._handler.batch:
                    return batch
            left = deadline - time.monotonic() if batch else _IDLE_S
            if batch and not deadline:
                deadline = time.monotonic() + self._handler.wait_ms / 1000
                left = self._handler.wait_ms / 1000
            if left <= 0 or not read_events(self._connection, left):
                return batch
        return []

    def _handle(self, batch: list[Taken]) -> None:
        assert self._sources is not None
        suspect = next((taken for taken in batch if taken.delivery.delivered >= SUSPECT_AFTER), None)
        if suspect and not self._careful:
            log.warning("one_at_a_time", queue=suspect.source.queue)
            self._sources.only(suspect.source)
            self._careful = True
            return
        left = batch  # with those of which nothing was to do from the start: they are acked all the same
        while left:
            try:
                self._runner.run([taken.delivery for taken in left if not taken.delivery.settled])
            except Exception as error:
                if not is_world_away(error):
                    raise
                for taken in left:  # keep the rest: given back, it would count as delivered again
                    if taken.delivery.settled:
                        taken.source.ack(taken.delivery)
                left = [taken for taken in left if not taken.delivery.settled]
                self._away(error)
                self._wait(_backoff(self._failures))
                if self._stopping.is_set():
                    return
            else:
                reach("before_ack")
                # Of one source, tags are consecutive and all before them settled: this never acks too many.
                for taken in last_of_each(left):
                    taken.source.ack(taken.delivery, and_before=True)
                left = []
        self._well()
        if self._careful and not suspect:
            self._read_all_again()

    def _read_all_again(self) -> None:
        """Past what has killed the consumer, or was thought to: its queue is behind it, or empty."""
        assert self._sources is not None
        self._sources.all_again()
        self._careful = False

    def _idle(self) -> None:
        self._outbox.publisher.beat()
        if self._outbox.has_news():
            try:
                self._work.write_marks()
            except Exception as error:
                if not is_world_away(error):
                    raise
                self._away(error)
                return
        self._well()

    def _wait(self, seconds: float) -> None:
        """Take no message and keep the connection alive. Raises when it is lost."""
        assert self._connection is not None
        until = time.monotonic() + seconds
        while not self._stopping.is_set() and (left := until - time.monotonic()) > 0:
            self._beat()
            read_events(self._connection, min(left, 0.5))

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._last_beat > _BEAT_S:
            self._last_beat = now
            assert self._connection is not None
            stay_alive(self._connection)


def _backoff(failures: int) -> float:
    """Return 0.1, 0.2, 0.4 … up to 5 s, spread so that replicas do not all come back at once."""
    return min(_BACKOFF_MOST_S, 0.1 * 2.0 ** min(failures, 10)) * random.uniform(0.5, 1.0)
