"""Which event leads to which use case, and the loop that sends."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from chassis.handlers import Handler, Timer
from chassis.unit_of_work import UnitOfWork, Work
from contracts.envelope import Event
from services.notification.rulebook import FILE, load_rules
from services.notification.sender import Map, Sender, sender_from_environment
from services.notification.texts import texts_from_environment
from services.notification.usecases.telling import Telling


@cache
def telling() -> Telling:
    """Rules (DOORSTEP_RULES, or those shipped) and templates, read once. Raises SettingsError.

    A service calls it at its start, so that a wrong rule is told then and not by a dead letter.
    """
    texts = texts_from_environment(os.environ, ZoneInfo("Asia/Shanghai"))
    return Telling(load_rules(Path(os.environ.get("DOORSTEP_RULES", "").strip() or FILE), texts=texts), texts)


def tell_case_opened(uow: UnitOfWork, events: Sequence[Event]) -> None:
    telling().on_case_opened(uow, events)


def tell_case_changed(uow: UnitOfWork, events: Sequence[Event]) -> None:
    telling().on_case_changed(uow, events)


def tell_task_overdue(uow: UnitOfWork, events: Sequence[Event]) -> None:
    telling().on_task_overdue(uow, events)


HANDLERS: tuple[Handler, ...] = (
    Handler("tell_case_opened", ("case.opened",), tell_case_opened),
    Handler("tell_case_changed", ("case.changed",), tell_case_changed),
    Handler("tell_task_overdue", ("task.overdue",), tell_task_overdue),
)

TIMERS: tuple[Timer, ...] = ()


@dataclass(frozen=True, slots=True)
class Loop:
    """Work without events, done in every replica; its leases are its own, one a message.

    :param every_s: wait after a `run_once()` that found nothing to do; otherwise it is called again at once.
    :param make: gets the work and a `map` that does several things at once; None: not set up here.
    """

    name: str
    every_s: float
    make: Callable[[Work, Map], Sender | None]


LOOPS: tuple[Loop, ...] = (Loop("send", 0.5, sender_from_environment),)
