"""Asking at a door in a test: a key pair as the console has it, and requests in the name of somebody."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from werkzeug.test import Client, TestResponse

from chassis.commands.command import Author
from chassis.doors.app import Doorway, make_app
from chassis.doors.declared import Door
from chassis.doors.tokens import Keys, sign_token
from chassis.ids import new_id
from chassis.unit_of_work import Work

CONSOLE = ec.generate_private_key(ec.SECP256R1())
RELEASE = ec.generate_private_key(ec.SECP256R1())
"""Signs certificates of release."""


def public_pem(key: ec.EllipticCurvePrivateKey = CONSOLE) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def staff_author(staff_id: str) -> Author:
    return Author("staff", f"/console/{staff_id}", staff_id)


def door_process(service: str, url: str, port: int, log: Path, **more: str) -> subprocess.Popen[bytes]:
    """A door as it runs, in a process group of its own, with the keys of the trials' databases."""
    settings = {
        f"DOORSTEP_{service.upper()}_DATABASE_URL": url,
        "DOORSTEP_SEAL_KEYS": f"k:{base64.b64encode(b's' * 32).decode()}",
        "DOORSTEP_INDEX_KEY": base64.b64encode(b"i" * 32).decode(),
        f"DOORSTEP_{service.upper()}_DOOR_PORT": str(port),
        "DOORSTEP_DOOR_PUBLIC_KEY": public_pem(),
        **more,
    }
    return _process([f"services.{service}", "door"], settings, log)


def console_process(url: str, port: int, log: Path, **more: str) -> subprocess.Popen[bytes]:
    """The console as it runs, with the keys of its trials' database; the doors are away."""
    private = CONSOLE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    settings = {f"DOORSTEP_{name}_DOOR_URL": "http://127.0.0.1:9" for name in ("REGISTRATION", "ISOLATION")}
    settings |= {
        "DOORSTEP_NOTIFICATION_DOOR_URL": "http://127.0.0.1:9",
        "DOORSTEP_DOOR_PRIVATE_KEY": private,
        "DOORSTEP_CONSOLE_DATABASE_URL": url,
        "DOORSTEP_CONSOLE_SEAL_KEYS": f"c:{base64.b64encode(b'c' * 32).decode()}",
        "DOORSTEP_CONSOLE_INDEX_KEY": base64.b64encode(b"n" * 32).decode(),
        "DOORSTEP_CONSOLE_PORT": str(port),
        **more,
    }
    return _process(["services.console"], settings, log)


def _process(module: list[str], settings: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            env=outside | settings,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


@dataclass
class Visitor:
    """Requests to one door, each with a token of its own."""

    door: Door
    work: Work
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(make_app(Doorway.of(self.door, self.work, Keys(public_pem()))))

    def token(self, who: str | Author, **changed: Any) -> str:
        author = staff_author(who) if isinstance(who, str) else who
        return sign_token(CONSOLE, **{"audience": self.door.service, "author": author, **changed})

    def get(self, who: str | Author, path: str, **asked: str) -> TestResponse:
        return self.client.get(path, query_string=asked, headers=self.headers(who))

    def say(
        self, who: str | Author, command: str, data: Any, *, key: str | None = None, **of_token: Any
    ) -> TestResponse:
        headers = {**self.headers(who, **of_token), "Idempotency-Key": key or new_id()}
        return self.client.post(f"/commands/{command}", json=data, headers=headers)

    def look_up(self, who: str | Author, lookup: str, **asked: Any) -> TestResponse:
        return self.client.post(f"/lookups/{lookup}", json=asked, headers=self.headers(who))

    def reveal(self, who: str | Author, thing: str, id: str, reason: str | None) -> TestResponse:
        body = {} if reason is None else {"reason": reason}
        return self.client.post(f"/{thing}/{id}/reveal", json=body, headers=self.headers(who))

    def headers(self, who: str | Author, **of_token: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(who, **of_token)}"}
