"""What came back from a retry queue while nothing was bound to the exchange there goes on to its queue.

Whoever declares the topology anew declares the exchange first and binds to it then: a copy that is due just
between the two finds no queue, and lies in `doorstep.unrouted`.
"""

from __future__ import annotations

from collections.abc import Iterable

from amqp import Message
from kombu import Connection, Queue

from chassis.messaging.connection import open_channel
from chassis.messaging.topology import Entity
from chassis.names import BACK, UNROUTED


def send_on(connection: Connection, entities: Iterable[Entity]) -> int:
    """Returns how many messages went on; all others stay where they are.

    Each is confirmed before it is taken away. Only what came by our own exchange goes on: what others
    published under a key that nobody listens to is no copy of ours.

    :param entities: all that were declared.
    """
    queues = _bound(entities)
    channel = open_channel(connection)
    channel.confirm_select()
    sent = 0
    for _ in range(channel.queue_declare(UNROUTED, passive=True).message_count):
        message = channel.basic_get(UNROUTED)
        if message is None:
            break
        way = message.delivery_info
        if way["exchange"] == BACK and way["routing_key"] in queues:
            copy = Message(message.body, **message.properties)
            channel.basic_publish_confirm(copy, exchange=BACK, routing_key=way["routing_key"])
            channel.basic_ack(message.delivery_tag)
            sent += 1
    channel.close()  # what was only looked at lies in the queue again
    return sent


def _bound(entities: Iterable[Entity]) -> set[str]:
    """The names of the queues to which copies come back."""
    queues = (entity for entity in entities if isinstance(entity, Queue))
    return {queue.name for queue in queues if any(one.exchange.name == BACK for one in queue.bindings)}
