"""The main function of a door's process: one door, or those of several services side by side."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from chassis.database.engine import Database
from chassis.database.migrations import is_current
from chassis.doors.app import Doorway, make_app
from chassis.doors.declared import Door
from chassis.doors.frame import add_probes
from chassis.doors.tokens import Keys
from chassis.errors import SettingsError
from chassis.garbage import collect_seldom
from chassis.handlers import Handler
from chassis.settings import DoorSettings, read_door_settings
from chassis.telemetry import configure_logs, describe_error
from chassis.unit_of_work import Work

EXIT_SETTINGS: Final = 2
THREADS: Final = 12
_GRACE_S = 18
_HELD_S = 2.0  # so long an answer about the database holds


def main(name: str) -> None:
    """`python -m services.<name> door`, until SIGTERM. Exits 2 with one line on a wrong setting."""
    _main(name, lambda: read_door_settings(name), (name,))


def main_of_several(services: Sequence[str]) -> None:
    """All doors in one process, each below its name: `/isolation/commands/…`."""
    _main("doors", lambda: read_door_settings(services[0], shared=True), services)


def _main(name: str, read: Callable[[], DoorSettings], services: Sequence[str]) -> None:
    try:
        settings = read()
        for service in services:
            read_door_settings(service).service.sealer()  # a wrong setting shows before the start
        Keys(settings.public_key)
        configure_logs(name, settings.service.log_level)
        application = (
            (lambda: app_of(services[0])) if len(services) == 1 else (lambda: app_of_several(services))
        )
        serve(application, settings.host, settings.port)
    except SettingsError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(EXIT_SETTINGS)


def app_of(service: str, environment: Mapping[str, str] | None = None) -> Flask:
    """The application of one door. Raises SettingsError."""
    settings = read_door_settings(service, environment)
    database = Database(
        settings.service.database_url,
        application=f"doorstep-{service}-door",
        pool_size=THREADS,
        parallel=False,
    )
    work = replace(Work.of(settings.service, database), by_door=True)
    door: Door = import_module(f"services.{service}.door").DOOR
    handlers: Sequence[Handler] = import_module(f"services.{service}.service").SERVICE.handlers
    outside = [handler for handler in handlers if handler.from_outside]
    return make_app(Doorway.of(door, work, Keys(settings.public_key), Readiness(service, database), outside))


def app_of_several(
    services: Sequence[str], environment: Mapping[str, str] | None = None
) -> DispatcherMiddleware:
    """Each door below its name, and the probes of all of them at the top. Raises SettingsError."""
    apps = {service: app_of(service, environment) for service in services}
    top = Flask("doors", static_folder=None)

    def ready() -> dict[str, str]:
        return {
            f"{service} {name}": why
            for service, app in apps.items()
            for name, why in app.extensions["ready"]().items()
        }

    add_probes(top, ready)
    return DispatcherMiddleware(top, {f"/{service}": app for service, app in apps.items()})


class Readiness:
    """Whether the database can be used; one thread asks it, every two seconds at most."""

    def __init__(self, service: str, database: Database) -> None:
        self._service, self._database = service, database
        self._lacking, self._until = "not looked at yet", 0.0
        self._lock = threading.Lock()

    def __call__(self) -> dict[str, str]:
        if time.monotonic() >= self._until and self._lock.acquire(blocking=self._until == 0.0):
            try:
                if time.monotonic() >= self._until:
                    self._lacking = self._look()
                    self._until = time.monotonic() + _HELD_S
            finally:
                self._lock.release()
        return {"database": self._lacking} if self._lacking else {}

    def _look(self) -> str:
        try:
            current = is_current(self._service, self._database)
        except (SQLAlchemyError, OSError) as error:
            return f"{self._database.describe()} is away ({describe_error(error)})"
        return "" if current else f"not at the newest version: run `doorstep migrate {self._service}`"


def serve(application: Callable[[], Any], host: str, port: int) -> None:
    """Answer with this application until SIGTERM."""
    _Process(application, host, port).run()


@dataclass
class _Process(BaseApplication):  # type: ignore[misc]
    """One worker process with threads; another one is started when it dies."""

    application: Callable[[], Any]
    host: str
    port: int

    def __post_init__(self) -> None:
        super().__init__()

    def load_config(self) -> None:
        given = {
            "bind": f"{self.host}:{self.port}",
            "workers": 1,
            "threads": THREADS,
            "worker_class": "chassis.doors.worker.Worker",
            "graceful_timeout": _GRACE_S,
            "keepalive": 30,
            "timeout": 60,
            "limit_request_line": 4094,
            "limit_request_fields": 50,
            "control_socket_disable": True,
            "logger_class": _Log,
            "loglevel": "warning",
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,
        }
        for name, value in given.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """In the process that answers."""
        application = self.application()
        collect_seldom()
        return application


class _Log(Logger):  # type: ignore[misc]
    """gunicorn's own lines go where all others go, as JSON; what a request held stands in none of them."""

    def setup(self, cfg: Any) -> None:
        self.loglevel = self.LOG_LEVELS[cfg.loglevel]
        self.error_log.setLevel(self.loglevel)
        self.error_log.propagate = True
        self.access_log.disabled = True
