"""Messages that wait in the outboxes of the services, or that the broker holds.

It tells at once how many are ready. How many are in a service's hands, or on their way to a dead-letter
target, only its management API says, and some seconds late: `Quiet` waits for that.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property

from amqp.exceptions import NotFound

from chassis.errors import SettingsError, WorldAway
from chassis.messaging.outbox import pending
from chassis.messaging.topology import consumed_queues, dead_name, guarded_name, retry_name
from chassis.names import UNROUTED, is_own_queue
from operations.broker import broker_connection
from operations.databases import databases, settings_of
from operations.publisher_queues import own_queues
from operations.queues.look import counted_queues
from operations.services import SERVICES, handlers_of, work_queues
from operations.settings import environment

COUNTS = "DOORSTEP_BROKER_COUNTS_S"
# A queue counts itself every 5 s, and the management API collects that every 5 s.
COUNTED_WITHIN_S = 10.0


@dataclass
class Waiting:
    """Numbers of messages by service, and by queue. `queues` is None where the broker is away.

    :param only_ready: why nobody knows of messages that are in a service's hands or on their way to a
        dead-letter target; empty where they are counted, as they were some seconds ago.
    """

    outboxes: dict[str, int]
    queues: dict[str, int] | None
    broker: str = "ok"
    only_ready: str = ""

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


def waiting(*, in_hand: bool = True) -> Waiting:
    """:param in_hand: False: only those that are ready, as they are at this moment."""
    outboxes = _outboxes()
    try:
        ready = _ready()
    except WorldAway as error:
        return Waiting(outboxes, None, str(error))
    if not in_hand:
        return Waiting(outboxes, ready, only_ready="nobody asked")
    try:
        counted = counted_queues()
    except (SettingsError, WorldAway) as error:
        return Waiting(outboxes, ready, only_ready=str(error))
    held = {name: queue.messages for name, queue in counted.items()}
    return Waiting(outboxes, {name: max(count, held.get(name, 0)) for name, count in ready.items()})


class Quiet:
    """Whether nothing waits, and nothing that was sent before the first look is in a service's hands.

    As long as the broker's counts may be older than a moment at which nothing was ready, messages that were
    taken before it may be missing in them.
    """

    def __init__(self) -> None:
        self._since: float | None = None
        self._counted = False

    def reached(self) -> bool:
        began, now = time.monotonic(), waiting()
        if not now.quiet:
            self._since = None
            return False
        if self._counted or now.only_ready or now.queues is None:
            return True
        if self._since is None:
            self._since = time.monotonic()
        self._counted = began - self._since >= _counted_within()
        return self._counted


def _counted_within() -> float:
    """Seconds. Raises SettingsError."""
    given = environment().get(COUNTS, "").strip()
    try:
        return float(given or COUNTED_WITHIN_S)
    except ValueError:
        raise SettingsError(f"{COUNTS} must be a number of seconds") from None


def _outboxes() -> dict[str, int]:
    """Messages of each service that the broker has not confirmed yet."""
    found = {}
    for service, database in databases().items():
        with database.read() as conn:
            found[service] = pending(conn)[0]
    return found


def _ready() -> dict[str, int]:
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
