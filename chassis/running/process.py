"""The main function of a service process. eventlet patches before anything else is imported."""

from __future__ import annotations

# Imported before eventlet patches: the native health thread shares its locks, so they must stay native.
import prometheus_client  # noqa: F401  # isort: skip
import os  # isort: skip
import sys  # isort: skip
import warnings  # isort: skip

warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")
# eventlet's own lookups of hosts load 216 modules, a quarter of a start; see `look_up_in_threads`.
os.environ |= {"EVENTLET_NO_GREENDNS": "yes", "EVENTLET_THREADPOOL_SIZE": "4"}
# structlog would load it, with pygments, for coloured tracebacks, which no service prints.
sys.modules["rich"] = None  # type: ignore[assignment]

import eventlet  # isort: skip

eventlet.monkey_patch()

# ruff: noqa: E402
import signal
from importlib import import_module
from typing import Any

import structlog
from nameko.runners import ServiceRunner
from sqlalchemy.exc import SQLAlchemyError

from chassis.database.engine import Database
from chassis.database.migrations import is_current
from chassis.errors import SettingsError
from chassis.garbage import collect_seldom
from chassis.handlers import Service
from chassis.messaging.canary import late_canaries
from chassis.running.health import HealthServer
from chassis.running.hosting import host
from chassis.running.housekeeping import stuck_by_chore
from chassis.running.lookups import look_up_in_threads
from chassis.settings import PREFIX, Settings, read_settings
from chassis.telemetry import configure_logs
from chassis.unit_of_work import Work

EXIT_SETTINGS = 2

look_up_in_threads()

log = structlog.get_logger()


def main(name: str) -> None:
    """Run one service until SIGTERM or SIGINT; exits 2 with one line on a wrong setting."""
    try:
        settings = read_settings(name)
        configure_logs(name, settings.log_level)
        serve(import_module(f"services.{name}.service").SERVICE, settings)
    except SettingsError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(EXIT_SETTINGS)


def serve(service: Service, settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises SettingsError."""
    database = Database(settings.database_url, application=f"doorstep-{settings.service}")
    work = Work.of(settings, database)
    service_class, consumers, chores = host(service, work, settings)
    lacking = "not looked at yet"

    def readiness() -> dict[str, str]:
        waiting = {consumer.queue: consumer.reason for consumer in consumers if not consumer.ready}
        if lacking:
            waiting["database"] = lacking
        return waiting

    def degraded() -> dict[str, str]:
        fails = {chore.name: chore.trouble for chore in chores if chore.trouble}
        if database.clocks.trouble:
            fails["clocks"] = database.clocks.trouble
        return stuck_by_chore() | late_canaries() | fails

    health = HealthServer(settings.health_host, settings.health_port, readiness, degraded)
    log.info("health", port=health.port)
    stopping = eventlet.event.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: eventlet.spawn_n(_once, stopping))

    while not stopping.ready():
        before, lacking = lacking, _lacking(service, work.database)
        if not lacking:
            break
        if lacking != before:
            log.warning("waiting_for_database", why=lacking)
        stopping.wait(timeout=1)
    if stopping.ready():
        return

    collect_seldom()
    runner = ServiceRunner()
    runner.add_service(service_class)
    runner.start()
    log.info("started")
    stopping.wait()
    log.info("stopping")
    runner.stop()
    log.info("stopped")


def _lacking(service: Service, database: Database) -> str:
    """Say why the database cannot be used yet and what to do, or "" when it can be used. Reads no data."""
    try:
        if is_current(service.name, database):
            return ""
        return f"not at the newest version: run `doorstep migrate {service.name}`"
    except (SQLAlchemyError, OSError) as error:
        said = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        setting = f"{PREFIX}{service.name.upper()}_DATABASE_URL"
        return f"{database.describe()} is away ({said}): start it, or correct {setting}"


def _once(flag: Any) -> None:
    if not flag.ready():
        flag.send()
