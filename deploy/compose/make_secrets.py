#!/usr/bin/env python3
"""Writes the secrets of the compose deployment, strong and random: `make secrets`.

What is there stays as it is, so it may be run again at any time; a file that was deleted is made anew.
Only what is made of other secrets follows these: the broker's definitions, and the URL of a database as long
as it names the deployment's own server.
The folder is for the owner only. The files in it are readable by all, because containers that run as other
users read them through mounts; they cannot be reached past the folder.

Needs nothing but Python, on the machine that runs docker compose. Each file: docs/operations/install.md.
"""

import argparse
import base64
import hashlib
import json
import os
import secrets
import stat
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))
from deploy.compose import door_key  # noqa: E402

USERS = HERE.parent / "rabbitmq" / "users.json"
SERVICES = ("registration", "isolation", "notification")
# A user that opens more than this has gone wrong; a service holds two for each handler and replica.
LIMITS = {"max-connections": 300, "max-channels": 1000}
OWN_SERVER = "@postgres:5432/"
# Containers of other users read these through mounts, or have them in their images with these modes.
MOUNTED = (
    "demo/samples",
    "deploy/cluster",
    "deploy/edge",
    "deploy/grafana",
    "deploy/postgres",
    "deploy/prometheus",
    "deploy/rabbitmq",
    "deploy/registryless",
    "services/isolation/policies",
    "services/notification/texts/templates",
)


class Unusable(Exception):
    """A file that is there cannot be what it should be; the message says which, and what to do."""


class Secrets:
    """One directory of secret files; `new` counts those made now."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.new: list[str] = []

    def once(self, name: str, make: Callable[[], str]) -> str:
        """Its content; made now if it is not there. An empty file is what a full disk leaves."""
        if not (self.directory / name).exists():
            self.write(name, make())
            return self.read(name)
        found = self.read(name)
        if not found:
            raise Unusable(f"{self.directory / name} is empty: put back your copy of it, or delete it")
        return found

    def read(self, name: str) -> str:
        return (self.directory / name).read_text().strip()

    def write(self, name: str, text: str) -> None:
        """It is on disk on return."""
        temporary = self.directory / f".{name}.new"
        temporary.unlink(missing_ok=True)  # a killed run may have left one that cannot be written to
        with temporary.open("x") as opened:
            opened.write(text + "\n")
            opened.flush()
            os.fchmod(opened.fileno(), 0o444)
            os.fsync(opened.fileno())
        temporary.replace(self.directory / name)
        folder = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.new.append(name)


def password() -> str:
    return secrets.token_urlsafe(24)


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def broker_url(user: str) -> str:
    return f"amqp://{user}:{password()}@rabbitmq:5672/%2F"


def hashed(secret: str) -> str:
    """As RabbitMQ keeps it: salt and SHA-256."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + secret.encode()).digest()).decode()


def definitions(passwords: dict[str, str], users: dict[str, dict]) -> dict:
    """Users with the permissions of users.json; a user that says which events may publish no others."""
    topics = [
        {
            "user": name,
            "vhost": "/",
            "exchange": "doorstep.events",
            "write": "^(" + "|".join(event.replace(".", r"\.") for event in user["events"]) + ")$",
            "read": "^$",
        }
        for name, user in users.items()
        if "events" in user
    ]
    return {
        "users": [
            {
                "name": name,
                "password_hash": hashed(passwords[name]),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": user.get("tags", []),
                "limits": LIMITS,
            }
            for name, user in users.items()
        ],
        "vhosts": [{"name": "/"}],
        "permissions": [
            {"user": name, "vhost": "/", **{what: user[what] for what in ("configure", "write", "read")}}
            for name, user in users.items()
        ],
        "topic_permissions": topics,
    }


def door_keys(kept: Secrets) -> None:
    """The doors' public key follows the console's private one; one not made here must come with its own."""
    private = kept.once("door_private_key", door_key.private_key)
    try:
        public = door_key.public_key(private)
    except ValueError:
        if not (kept.directory / "door_public_key").exists():
            file = kept.directory / "door_private_key"
            raise Unusable(f"{file} was not made here: put door_public_key beside it, or delete it") from None
        return
    if not (kept.directory / "door_public_key").exists() or kept.read("door_public_key") != public:
        kept.write("door_public_key", public)


def database_url(kept: Secrets, name: str, role: str, secret: str, database: str) -> str:
    """Follows the password as long as it names the deployment's own server. Returns what the file says."""
    url = f"postgresql+psycopg://{role}:{quote(secret, safe='')}{OWN_SERVER}{database}"
    found = kept.once(name, partial(str, url))
    if found != url and OWN_SERVER in found:
        kept.write(name, url)
    return kept.read(name)


def make(directory: Path) -> list[str]:
    """Returns the names of the files that were made now."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    kept = Secrets(directory)
    kept.once("seal_keys", lambda: f"k1:{key()}")
    kept.once("index_key", key)
    if not (directory / "sms_token").exists():  # for the operator to fill in, or not
        kept.write("sms_token", "")
    door_keys(kept)
    kept.once("release_certificate_key", door_key.private_key)
    kept.once("postgres_password", password)
    # By this the nodes of a broker cluster know one another (deploy/cluster).
    kept.once("erlang_cookie", lambda: secrets.token_hex(32))
    # The console's keys are its own: what the services have sealed it cannot open.
    kept.once("console_seal_keys", lambda: f"c1:{key()}")
    kept.once("console_index_key", key)
    for service in (*SERVICES, "console"):
        secret = kept.once(f"{service}_database_password", password)
        found = database_url(kept, f"{service}_database_url", service, secret, service)
        # By this role `migrate` makes the tables. On another server it may be the same one.
        secret = kept.once(f"{service}_owner_password", password)
        if OWN_SERVER in found:
            database_url(kept, f"{service}_owner_url", f"{service}_owner", secret, service)
        else:
            kept.once(f"{service}_owner_url", partial(str, found))

    users = json.loads(USERS.read_text())
    passwords = {"monitor": kept.once("monitor_password", password)}
    for name in (*SERVICES, "operator"):
        url = kept.once(f"{name}_broker_url", partial(broker_url, name))
        passwords[name] = unquote(urlsplit(url).password or "")
    wanted = definitions(passwords, users)
    if kept.new or not _same(directory / "rabbitmq_definitions.json", wanted, passwords):
        kept.write("rabbitmq_definitions.json", json.dumps(wanted, indent=1))
    return kept.new


def _same(file: Path, wanted: dict, passwords: dict[str, str]) -> bool:
    """Whether the file says the same; hashes differ by their salt each time."""
    try:
        found = json.loads(file.read_text())
        for user, ours in zip(found["users"], wanted["users"], strict=True):
            raw = base64.b64decode(user["password_hash"])
            if hashlib.sha256(raw[:4] + passwords[user["name"]].encode()).digest() == raw[4:]:
                ours["password_hash"] = user["password_hash"]
    except (OSError, ValueError, KeyError):
        return False
    return bool(found == wanted)


def unreadable(root: Path) -> list[str]:
    """Of what is mounted, the folders in which something is not for all to read (umask 027, 077)."""

    def closed(one: Path) -> bool:
        needed = stat.S_IROTH | (stat.S_IXOTH if one.is_dir() else 0)
        return one.stat().st_mode & needed != needed

    def contents(part: Path) -> list[Path]:
        return [one for one in (part, *part.rglob("*")) if "__pycache__" not in one.parts]

    return [part for part in MOUNTED if any(map(closed, contents(root / part)))]


def main() -> int:
    parser = argparse.ArgumentParser(description="Strong secrets for docker-compose; what is there stays.")
    # Relative ones as docker compose takes them.
    usual = ROOT / (os.environ.get("DOORSTEP_SECRETS") or "deploy/compose/secrets")
    parser.add_argument("where", type=Path, nargs="?", default=usual, help="default: %(default)s")
    where = parser.parse_args().where
    try:
        made = make(where)
    except (Unusable, OSError) as error:
        print(f"make_secrets: {error}", file=sys.stderr)
        return 1
    print(f"{len(made)} secrets written to {where}" if made else f"all secrets are in {where} already")
    if closed := unreadable(ROOT):
        print(f"make_secrets: containers cannot read all: chmod -R a+rX {' '.join(closed)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
