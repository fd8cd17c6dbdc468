"""The console without doors, as its pages need it in a test."""

from __future__ import annotations

from flask import Flask

from services.console.app import make_app
from services.console.doors import Doors
from tests.doors import CONSOLE


def console_app() -> Flask:
    return make_app(Doors({}, CONSOLE))
