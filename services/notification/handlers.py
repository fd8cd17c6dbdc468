"""Which event leads to which use case, what runs by the clock, and the loop that sends."""

from datetime import timedelta

from chassis.handlers import Handler, Loop, Timer
from services.notification.events import EVENTS
from services.notification.messages.inform import inform
from services.notification.messages.number_days import forget_numbers
from services.notification.messages.sending import sending
from services.notification.messages.write_digests import write_digests
from services.notification.reference.copies import PLACES, STAFF
from services.notification.retention.strip_notices import strip_notices

HANDLERS: tuple[Handler, ...] = (
    *(Handler(event.handler, (event.type,), inform) for event in EVENTS.values()),
    Handler("strip_notices", ("case.stripped",), strip_notices),
    PLACES.as_handler(),
    STAFF.as_handler(),
)

TIMERS: tuple[Timer, ...] = (
    Timer("write_digests", timedelta(seconds=5), write_digests),
    Timer("forget_numbers", timedelta(hours=1), forget_numbers),
)

LOOPS: tuple[Loop, ...] = (Loop("send", timedelta(seconds=0.5), sending, at_once=20),)
