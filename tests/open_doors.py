"""Doors of services behind real HTTP, for a console in a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.middleware.dispatcher import DispatcherMiddleware

from chassis.doors.app import Doorway, make_app
from chassis.doors.declared import Door
from chassis.doors.tokens import Keys
from chassis.unit_of_work import Work
from services.console.doors import Doors
from tests.doors import CONSOLE, public_pem
from tests.served import served


@contextmanager
def open_doors(*services: tuple[Door, Work]) -> Iterator[Doors]:
    """Those of the services, each on the trial's database."""
    apps = {
        f"/{door.service}": make_app(Doorway.of(door, work, Keys(public_pem()))) for door, work in services
    }
    with served(DispatcherMiddleware(lambda *_: [], apps)) as at:
        yield Doors({door.service: f"{at}/{door.service}" for door, _ in services}, CONSOLE)
