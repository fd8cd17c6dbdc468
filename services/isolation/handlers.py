"""Which event, in what batches, leads to which use case; and what runs by the clock."""

from datetime import timedelta

from chassis.handlers import Handler, Timer
from services.isolation.usecases.call_them import call_them
from services.isolation.usecases.follow_arrivals import follow_arrivals
from services.isolation.usecases.keep_copies import keep_places, keep_staff
from services.isolation.usecases.timers import (
    apply_policies,
    assign_waiting,
    find_overdue,
    hand_over,
    open_waiting,
    plan_next_day,
)

HANDLERS: tuple[Handler, ...] = (
    Handler("open_case", ("arrival.registered",), follow_arrivals),
    Handler("reassess_case", ("arrival.reassessed",), follow_arrivals),
    Handler("keep_places", ("place.changed",), keep_places),
    Handler("keep_staff", ("staff.changed",), keep_staff),
    Handler("call_them", ("message.undeliverable",), call_them),
)

TIMERS: tuple[Timer, ...] = (
    Timer("open_waiting", timedelta(seconds=5), open_waiting),
    Timer("assign_waiting", timedelta(seconds=5), assign_waiting),
    Timer("hand_over", timedelta(seconds=15), hand_over),
    Timer("apply_policies", timedelta(seconds=10), apply_policies),
    Timer("plan_next_day", timedelta(seconds=30), plan_next_day),
    Timer("find_overdue", timedelta(seconds=10), find_overdue),
)
