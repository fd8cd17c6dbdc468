"""The main function of the console's process."""

from __future__ import annotations

import sys

from flask import Flask

from chassis.doors.process import EXIT_SETTINGS, serve
from chassis.errors import SettingsError
from chassis.telemetry import configure_logs
from services.console.accounts.seal_acts import keep_sealing
from services.console.app import make_app
from services.console.sessions.tell_phones import keep_telling
from services.console.settings import ConsoleSettings, read_console_settings


def main() -> None:
    """Until SIGTERM. Exits 2 with one line on a wrong setting."""
    try:
        settings = read_console_settings()
        configure_logs("console", settings.log_level)
        serve(
            lambda: _application(settings),
            settings.host,
            settings.port,
        )
    except SettingsError as error:
        print(f"console: {error}", file=sys.stderr)
        sys.exit(EXIT_SETTINGS)


def _application(settings: ConsoleSettings) -> Flask:
    """Made in the process that answers: threads do not survive a fork."""
    if settings.work:
        keep_telling(settings.work, settings.doors)
        keep_sealing(settings.work)
    return make_app(
        settings.doors,
        settings.work,
        settings.public_url,
        settings.proxies,
        hotline=settings.hotline,
        certificates=settings.certificates,
        release_key=settings.release_key,
    )
