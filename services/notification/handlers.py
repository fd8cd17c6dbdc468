"""Which event leads to which use case, and the loop that sends."""

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from chassis.handlers import Handler, Loop, Map, Timer
from chassis.unit_of_work import UnitOfWork, Work
from contracts.envelope import Event
from services.notification.messages.planning import Telling
from services.notification.messages.sender import sender_from_environment
from services.notification.rules.reading import FILE, load_rules
from services.notification.texts.loading import texts_from_environment


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


def send(work: Work, several: Map) -> Callable[[], int] | None:
    """The turn of the sending loop; None where no gateway is set. Raises SettingsError."""
    sender = sender_from_environment(work, several)
    return sender.run_once if sender else None


LOOPS: tuple[Loop, ...] = (Loop("send", timedelta(seconds=0.5), send, at_once=20),)
