"""Doors of services behind real HTTP, for a console in a test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from chassis.doors.app import Doorway, make_app
from chassis.doors.declared import Door
from chassis.doors.tokens import Keys
from chassis.unit_of_work import Work
from services.console.doors import Doors
from tests.doors import CONSOLE, public_pem


@contextmanager
def open_doors(*services: tuple[Door, Work]) -> Iterator[Doors]:
    """Those of the services, each on the trial's database."""
    apps = {
        f"/{door.service}": make_app(Doorway.of(door, work, Keys(public_pem()))) for door, work in services
    }
    server = make_server("127.0.0.1", 0, DispatcherMiddleware(lambda *_: [], apps), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        at = f"http://127.0.0.1:{server.port}"
        yield Doors({door.service: f"{at}/{door.service}" for door, _ in services}, CONSOLE)
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
