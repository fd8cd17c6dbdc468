"""Messages that wait in the outboxes of the services and in the queues of the broker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from amqp.exceptions import NotFound

from chassis.errors import WorldAway
from chassis.messaging.outbox import pending
from chassis.messaging.topology import consumed_queues, dead_name, guarded_name, retry_name
from chassis.names import UNROUTED, is_own_queue
from operations.broker import broker_connection
from operations.databases import databases, settings_of
from operations.publisher_queues import own_queues
from operations.services import SERVICES, handlers_of, work_queues


@dataclass
class Waiting:
    """Numbers of messages by service, and by queue. `queues` is None where the broker is away."""

    outboxes: dict[str, int]
    queues: dict[str, int] | None
    broker: str = "ok"

    @property
    def quiet(self) -> bool:
        work = sum(count for name, count in (self.queues or {}).items() if name != UNROUTED)
        return not work and not any(self.outboxes.values())

    @property
    def unrouted(self) -> int:
        """Messages for which there was no queue."""
        return (self.queues or {}).get(UNROUTED, 0)

    def may_hold(self, handler: str) -> bool:
        """Whether a queue holds something that could be for this handler; where none is known: yes."""
        if self.queues is None or self._retrying:
            return True
        if any(self.queues.get(name) for name in (handler, dead_name(handler), guarded_name(handler))):
            return True
        return any(count for name, count in self.queues.items() if is_own_queue(name, handler))

    @cached_property
    def _retrying(self) -> bool:
        return any(count for name, count in (self.queues or {}).items() if name.startswith("doorstep.retry."))


def waiting() -> Waiting:
    outboxes = _outboxes()
    try:
        return Waiting(outboxes, _queues())
    except WorldAway as error:
        return Waiting(outboxes, None, str(error))


def _outboxes() -> dict[str, int]:
    """Messages of each service that the broker has not confirmed yet."""
    found = {}
    for service, database in databases().items():
        with database.read() as conn:
            found[service] = pending(conn)[0]
    return found


def _queues() -> dict[str, int]:
    """Ready messages in every work, retry and dead queue, and among the unrouted. Raises WorldAway.

    Those of publishers are work queues, too.
    """
    work = [queue for service in SERVICES for queue in work_queues(service)]
    read = [
        queue
        for service in SERVICES
        for handler in handlers_of(service)
        for queue in consumed_queues(service, handler)
    ]
    own = [queue.name for queue in own_queues()]
    retries = [retry_name(delay) for delay in settings_of(SERVICES[0]).retry_delays]
    found = {}
    with broker_connection("doorstep audit") as connection:
        channel = connection.channel()
        for name in dict.fromkeys([*read, *own, *retries, *map(dead_name, work), UNROUTED]):
            try:
                found[name] = int(channel.queue_declare(name, passive=True).message_count)
            except NotFound:  # closes the channel
                channel = connection.channel()
                found[name] = 0
    return found
