"""Queues, handlers and services that an operator should look at, with what to do."""

from __future__ import annotations

from collections.abc import Iterator

from chassis.messaging.topology import dead_name, guarded_name
from chassis.names import UNROUTED, is_own_queue
from operations.queues.picture import Attention, Picture

# The sweep sends what was not confirmed within seconds.
OUTBOX_LATE_S = 60
# A queue that the broker slows down works, too.
_WELL = ("running", "flow")


def attention(picture: Picture) -> Iterator[Attention]:
    if picture.broker != "ok":
        yield Attention("broker", picture.broker)
    for alarm in picture.alarms:
        yield Attention("broker", f"{alarm}: it takes no message until there is room again")
    for difference in picture.differences:
        yield Attention(difference.name, difference.what)
    for service in picture.services:
        if service.failure:
            yield Attention(service.name, service.failure)
        dead = [handler.dead_letters for handler in picture.handlers if handler.service == service.name]
        if service.replicas and None in (service.outbox_waiting, *dead):
            yield Attention(service.name, "it answers, and does not know its database: see /readyz")
        if (service.outbox_oldest_s or 0) > OUTBOX_LATE_S:
            waiting = _count(service.outbox_waiting or 0, "message")
            late = f"{waiting}, the oldest for {service.outbox_oldest_s:.0f} s"
            yield Attention(service.name, f"the broker does not take its messages: {late}")
    for handler in picture.handlers:
        queue = picture.queues.get(handler.handler)
        if picture.broker == "ok" and queue is None:
            yield Attention(handler.handler, "there is no such queue: run `doorstep topology apply`")
        if queue is not None and queue.consumers == 0:
            waiting = f"{_count(queue.messages, 'message')} and " if queue.messages else ""
            yield Attention(handler.handler, f"{waiting}no consumer: is {handler.service} running?")
        guarded = picture.queues.get(guarded_name(handler.handler))
        if guarded is not None and guarded.consumers == 0 and guarded.messages:
            waiting = _count(guarded.messages, "message")
            yield Attention(guarded.name, f"{waiting} and no consumer: is {handler.service} running?")
        for own in picture.queues.values():
            if is_own_queue(own.name, handler.handler) and own.consumers == 0 and own.messages:
                waiting = _count(own.messages, "message")
                yield Attention(own.name, f"{waiting} and no consumer: is {handler.service} running?")
        given_up = picture.queues.get(dead_name(handler.handler))
        if given_up is not None and given_up.messages:
            what = f"the broker gave up on {given_up.messages}: {handler.service} makes dead letters of them"
            yield Attention(given_up.name, what)
        if handler.dead_letters:
            letters = _count(handler.dead_letters, "dead letter")
            yield Attention(handler.handler, f"{letters}: `doorstep dead list --handler {handler.handler}`")
    for queue in picture.queues.values():
        if queue.state not in (*_WELL, None):
            yield Attention(queue.name, f"the broker says that it is {queue.state}")
        elif queue.ready is None:
            yield Attention(queue.name, "the broker has not counted what is in it: is it new?")
    for name, age in picture.late_canaries.items():
        what = f"it brings nothing back: a message has been on its way through it for {age:.0f} s"
        yield Attention(name, what)
    unrouted = picture.queues.get(UNROUTED)
    if unrouted is not None and unrouted.messages:
        messages = _count(unrouted.messages, "message")
        yield Attention(UNROUTED, f"{messages} for which there is no queue: `doorstep topology check`")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
