"""`event_handler` on quorum queues.

nameko's own handler declares classic queues and takes no queue arguments. `consumer_cls` is the seam it
offers: by the time the consumer is made, the queue exists as an object and is not declared yet.
"""

from __future__ import annotations

from nameko.amqp.consume import Consumer
from nameko.events import EventHandler


class QuorumConsumer(Consumer):
    def __init__(self, *args, queues, **kwargs):
        for queue in queues:
            queue.queue_arguments = {"x-queue-type": "quorum"}
        super().__init__(*args, queues=queues, **kwargs)


class QuorumEventHandler(EventHandler):
    consumer_cls = QuorumConsumer


event_handler = QuorumEventHandler.decorator
