"""A console with a database of its own, and browsers before it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyotp
from flask import Flask
from sqlalchemy import Table, select
from werkzeug.test import Client, TestResponse

from chassis.database.engine import Database
from chassis.database.migrations import upgrade
from chassis.sealing import BlindIndex, Sealer
from chassis.unit_of_work import Work
from services.console.accounts.account import Kind
from services.console.accounts.invite import Invitation, invite
from services.console.accounts.queries import taking_up
from services.console.accounts.take_up import TakenUp, take_up
from services.console.app import make_app
from services.console.doors import Doors
from services.console.sessions.log_in import Entered, log_in
from tests.doors import CONSOLE
from tests.integration.isolation.trial import StandingClock

NOW = datetime(2026, 11, 28, 9, 0, 0, tzinfo=UTC)
PASSWORD = "four words in a row"
NOBODY = "http://127.0.0.1:9"


def prepare(url: str) -> None:
    database = Database(url)
    upgrade("console", database)
    database.dispose()


@dataclass
class Owner:
    """Whoever has an account, with their authenticator."""

    name: str
    secret: str
    recovery_codes: list[str]


@dataclass
class Trial:
    url: str
    clock: StandingClock = field(default_factory=lambda: StandingClock(NOW))

    def __post_init__(self) -> None:
        self.database = Database(self.url, pool_size=10)
        sealer, index = Sealer({"c": b"c" * 32}), BlindIndex(b"n" * 32)
        self.work = Work("console", self.database, self.clock, sealer, index, ZoneInfo("Asia/Shanghai"))

    # -- use cases

    def invite(
        self, name: str = "wang.min", kind: Kind = "officer", staff_id: str | None = "s-1"
    ) -> Invitation:
        with self.work.unit() as uow:
            return invite(uow, name, kind, by="test", staff_id=staff_id if kind == "officer" else None)

    def secret_of(self, token: str) -> str:
        with self.work.look() as uow:
            found = taking_up(uow, token)
        assert found, "the link counts no more"
        return found[1]

    def take_up(self, token: str, password: str = PASSWORD) -> TakenUp:
        return take_up(self.work, token, password, password, self.code(self.secret_of(token)))

    def owner(self, name: str = "wang.min", kind: Kind = "officer", staff_id: str = "s-1") -> Owner:
        """Somebody who took their account up, and waited for the next code."""
        token = self.invite(name, kind, staff_id).token
        secret = self.secret_of(token)
        taken = self.take_up(token)
        self.clock.advance(seconds=60)
        return Owner(taken.name, secret, taken.recovery_codes)

    def known(self, name: str, secret: str, recovery_codes: list[str]) -> Owner:
        return Owner(name, secret, recovery_codes)

    def code(self, secret: str, *, steps: int = 0) -> str:
        return pyotp.TOTP(secret).at(self.clock.moment + timedelta(seconds=30 * steps))

    def log_in(self, owner: Owner, *, password: str = PASSWORD, code: str | None = None) -> Entered:
        return log_in(self.work, owner.name, password, code or self.code(owner.secret), "a browser")

    # -- what is kept

    def rows(self, table: Table) -> list[Any]:
        with self.database.read() as conn:
            return list(conn.execute(select(table)).mappings())

    # -- pages

    def app(self, public_url: str | None = None) -> Flask:
        urls = dict.fromkeys(("registration", "isolation", "notification"), NOBODY)
        return make_app(Doors(urls, CONSOLE), self.work, public_url)


@dataclass
class Browser:
    """It keeps cookies, sends what a page's form holds, and says where a request comes from."""

    app: Flask
    language: str = "zh-CN,zh;q=0.9"

    def __post_init__(self) -> None:
        self.client = Client(self.app)

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, base_url="https://localhost", headers={"Accept-Language": self.language})

    def post(
        self, path: str, *, token: str | None, headers: dict[str, str] | None = None, **typed: str
    ) -> Any:
        told = {"Accept-Language": self.language, "Sec-Fetch-Site": "same-origin", "Origin": "null"}
        given = typed if token is None else {"form_token": token, **typed}
        return self.client.post(
            path, base_url="https://localhost", headers=told | (headers or {}), data=given
        )

    def send(self, page: str, action: str | None = None, **typed: str) -> Any:
        """Open a page and send its form."""
        return self.post(action or page, token=token_of(self.get(page)), **typed)

    def log_in(self, trial: Trial, owner: Owner, **typed: str) -> Any:
        said = {"name": owner.name, "password": PASSWORD, "code": trial.code(owner.secret)} | typed
        return self.send("/log-in", **said)

    def cookie(self, name: str = "__Host-doorstep") -> str | None:
        found = self.client.get_cookie(name, domain="localhost")
        return found.value if found else None


def token_of(page: TestResponse) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', page.text)
    assert found, page.text
    return found[1]
