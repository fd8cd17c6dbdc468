"""The queues that one consumer reads, in turn: a message of each, so that who floods delays only himself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from amqp.exceptions import NotFound
from kombu import Connection

from chassis.messaging.batch import Delivery
from chassis.messaging.connection import open_channel, read_events

# However many queues share the messages that a consumer may have in hand.
_LEAST_AHEAD = 10

Read = Callable[[Any, str], Delivery]
"""Of a message, and the queue where it lay."""


class Source:
    """One queue, read over a channel of its own: its tags are its own; closed, it gives its messages back.

    :param ahead: the broker pushes up to this many messages before the first ack.
    :param may_go: somebody may delete the queue; of any other queue that raises ConsumerCancelled.
    """

    def __init__(self, connection: Connection, queue: str, ahead: int, *, may_go: bool = False) -> None:
        self.queue = queue
        self._on_cancel = self._cancelled if may_go else None
        self._taken: deque[Any] = deque()
        self._read_ahead: Delivery | None = None
        self._channel = open_channel(connection)
        self._tag = ""
        self.gone = False
        """The queue was deleted while we read it."""
        self.subscribe(ahead)

    def subscribe(self, ahead: int) -> None:
        """Raises NotFound, and the channel is closed."""
        if self._tag:
            self._channel.basic_cancel(self._tag)
        self._ahead = ahead
        self._channel.basic_qos(0, ahead, False)
        self._tag = self._channel.basic_consume(
            self.queue, no_ack=False, callback=self._taken.append, on_cancel=self._on_cancel
        )

    def share(self, ahead: int) -> None:
        """As `subscribe`, unless it has just so many."""
        if ahead != self._ahead:
            self.subscribe(ahead)

    def peek(self, read: Read) -> Delivery | None:
        """The next delivery. It stays the next one until `take`, and is read only once."""
        if self._read_ahead is None and self._taken:
            self._read_ahead = read(self._taken.popleft(), self.queue)
        return self._read_ahead

    def take(self) -> None:
        self._read_ahead = None

    def ack(self, delivery: Delivery, *, and_before: bool = False) -> None:
        self._channel.basic_ack(delivery.tag, multiple=and_before)

    def close(self) -> None:
        """The broker delivers again what is not acked."""
        self._channel.close()

    def _cancelled(self, tag: str) -> None:
        self.gone = True


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery, and where it came from."""

    source: Source
    delivery: Delivery


class Sources:
    """Of one connection.

    :param queue: the one that must be there.
    :param ahead: of all queues together, about.
    :param rests: of a queue, whether nothing of it is to be taken now.
    """

    def __init__(
        self,
        connection: Connection,
        queue: str,
        ahead: int,
        rests: Callable[[str], bool] = lambda queue: False,
    ) -> None:
        self._connection = connection
        self._queue = queue
        self._ahead = ahead
        self._rests = rests
        self._turn: deque[Source] = deque([Source(connection, queue, ahead)])

    def __len__(self) -> int:
        return len(self._turn)

    def peek(self, read: Read) -> Taken | None:
        """The next delivery of the queue whose turn it is."""
        for _ in range(len(self._turn)):
            source = self._turn[0]
            if not self._rests(source.queue) and (delivery := source.peek(read)) is not None:
                return Taken(source, delivery)
            self._turn.rotate(-1)
        return None

    def take(self, taken: Taken) -> None:
        taken.source.take()
        self._turn.rotate(-1)

    def read_ready(self) -> None:
        """Take in what has come for any queue, before another batch is made of one that has much in hand."""
        while len(self._turn) > 1 and read_events(self._connection, 0):
            pass

    def follow(self, others: Collection[str]) -> Sequence[str]:
        """Read these beside the first, and no others any more. Call it between two batches.

        Returns those that are newly read. One that is not there is left out.
        """
        for source in [one for one in self._turn if one.queue != self._queue]:
            if source.gone or source.queue not in others:
                self._turn.remove(source)
                source.close()
        known = {source.queue for source in self._turn}
        missing = [queue for queue in others if queue not in known]
        found = []
        for queue in missing:
            try:
                self._turn.append(Source(self._connection, queue, _LEAST_AHEAD, may_go=True))
            except NotFound:
                continue
            found.append(queue)
        self._share_out()
        return found

    def only(self, source: Source) -> None:
        """Give back all messages, and take those of this queue again one by one.

        So only the guilty one is in hand when the process dies.
        """
        self._close_all()
        self._turn = deque([Source(self._connection, source.queue, 1)])

    def all_again(self) -> None:
        """After `only`: the first queue as before; the others follow."""
        if self._turn[0].queue == self._queue:
            self._turn[0].subscribe(self._ahead)
        else:
            self._close_all()
            self._turn = deque([Source(self._connection, self._queue, self._ahead)])

    def _share_out(self) -> None:
        ahead = max(_LEAST_AHEAD, self._ahead // len(self._turn))
        for source in self._turn:
            source.share(ahead)

    def _close_all(self) -> None:
        for source in self._turn:
            source.close()


def last_of_each(batch: Iterable[Taken]) -> Collection[Taken]:
    """The last delivery of each source. Those before it in the batch are of lower tags."""
    return {id(taken.source): taken for taken in batch}.values()
