"""The services, their handlers, and the queues these read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chassis.doors.declared import Door
    from chassis.handlers import Handler, Service

SERVICES = ("registration", "isolation", "notification")
CONSOLE = "console"
"""It has a database, where its URL is set, and neither handlers nor commands."""


def handlers_of(service: str) -> Sequence[Handler]:
    """Imported when asked for: whoever needs only the names of the services does not load them."""
    handlers: Sequence[Handler] = import_module(f"services.{service}.service").SERVICE.handlers
    return handlers


def all_doors() -> list[Door]:
    """What people may say to each service and ask of it."""
    return [import_module(f"services.{service}.door").DOOR for service in SERVICES]


def work_queues(service: str) -> list[str]:
    """One for each handler, by the name of both: `isolation.open_case`."""
    return [handler.queue(service) for handler in handlers_of(service)]


def chores() -> list[str]:
    """Those that set rows aside: timers, loops, and two of the chassis."""
    return [
        chore
        for name in SERVICES
        for chore in (*timers_and_loops(name), f"{name}.dead_letters", f"{name}.forget")
    ]


def timers_and_loops(name: str) -> list[str]:
    """Of a service, by their full names: what goes by the clock of the field."""
    service: Service = import_module(f"services.{name}.service").SERVICE
    own = [*(timer.name for timer in service.timers), *(loop.name for loop in service.loops)]
    return [f"{name}.{chore}" for chore in own]


def handler_of(queue: str) -> Handler:
    """The handler that reads this work queue."""
    service = service_of(queue)
    return next(handler for handler in handlers_of(service) if handler.queue(service) == queue)


@cache
def subscribers() -> dict[str, list[str]]:
    """Event type -> the work queue of each handler that takes it."""
    found: dict[str, list[str]] = {}
    for service in SERVICES:
        for handler in handlers_of(service):
            for event in handler.events:
                found.setdefault(event, []).append(handler.queue(service))
    return found


def service_of(queue: str) -> str:
    """`isolation.open_case` belongs to isolation."""
    return queue.partition(".")[0]
