"""`doorstep publisher`: users of the broker for outside systems, each with one name and no other right.

Goes through RabbitMQ's management API as an administrator: DOORSTEP_MANAGEMENT_URL, or the user and host of
DOORSTEP_BROKER_URL on port 15672.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, unquote, urlsplit

import typer

from cli.environment import environment
from cli.publish import fail

if TYPE_CHECKING:
    import requests

TAG = "publisher"
LIMITS = {"max-connections": 20, "max-channels": 100}
# One word of a routing key, and fit for the source of its events.
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

Name = Annotated[str, typer.Argument(help="As its events' source begins: small letters, digits, hyphens")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]

publishers = typer.Typer(
    no_args_is_help=True, help="Outside systems that publish: their users at the broker."
)


def register(app: typer.Typer) -> None:
    app.add_typer(publishers, name="publisher")


@dataclass(frozen=True)
class Management:
    """The management API of one virtual host."""

    address: str
    user: str
    password: str
    vhost: str

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Management:
        """Raises SettingsError."""
        from chassis.errors import SettingsError
        from chassis.messaging.address import read_address

        broker = urlsplit(given.get("DOORSTEP_BROKER_URL", "").strip())
        url = urlsplit(given.get("DOORSTEP_MANAGEMENT_URL", "").strip())
        if not (url.hostname or broker.netloc):
            raise SettingsError("DOORSTEP_BROKER_URL is not set: set it, or DOORSTEP_MANAGEMENT_URL")
        address = (
            f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path.rstrip('/')}"
            if url.hostname
            else f"http://{read_address(broker.geturl()).hosts[0][0]}:15672"
        )
        user, password = (url.username, url.password) if url.username else (broker.username, broker.password)
        vhost = unquote(broker.path[1:]) or "/"
        return cls(address, unquote(user or ""), unquote(password or ""), vhost)

    def ask(self, method: str, *path: str, body: dict[str, Any] | None = None) -> requests.Response:
        """404 is an answer; everything else that is no success raises WorldAway or ends the command."""
        import requests

        from chassis.errors import WorldAway

        session = requests.Session()
        session.trust_env = False  # a proxy has no business between us and the broker
        url = "/".join((self.address, "api", *(quote(part, safe="") for part in path)))
        try:
            answer = session.request(method, url, json=body, auth=(self.user, self.password), timeout=10)
        except requests.RequestException as error:
            raise WorldAway(f"no management API at {self.address} ({type(error).__name__})") from None
        if answer.status_code in (401, 403):
            fail(f"{self.user} may not do this at {self.address}: it takes an administrator of the broker")
        if not answer.ok and answer.status_code != 404:
            fail(f"the broker refused {method} {'/'.join(path)}: {answer.status_code} {answer.text[:200]}")
        return answer


@publishers.command("add")
def add(
    name: Name,
    new_password: Annotated[
        bool,
        typer.Option("--new-password", help="It is there already: another password, and its rights again"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a user who may publish arrivals as NAME, read what became of them, and do nothing else.

    The password is shown once and kept nowhere.
    """
    from chassis.handlers import ARRIVALS, REPLIES
    from chassis.messaging.topology import apply, reply_queue
    from cli.databases import broker

    management = _management()
    known = _known(management, name)
    if known and not new_password:
        fail(f"{name} is there already: --new-password gives it another password")
    with broker("doorstep publisher") as connection:
        apply(connection, [reply_queue(name)])
    password = secrets.token_urlsafe(24)
    management.ask("PUT", "users", name, body={"password": password, "tags": TAG})
    queue, key = f"{REPLIES}.{name}", f"arrival.reported.{name}"
    may = {"configure": "^$", "write": _only(ARRIVALS), "read": _only(queue)}
    management.ask(
        "PUT",
        "topic-permissions",
        management.vhost,
        name,
        body={"exchange": ARRIVALS, "write": _only(key), "read": "^$"},
    )
    for limit, value in LIMITS.items():
        management.ask("PUT", "user-limits", name, limit, body={"value": value})
    management.ask("PUT", "permissions", management.vhost, name, body=may)
    found = {
        "publisher": name,
        "password": password,
        "exchange": ARRIVALS,
        "routing_key": key,
        "source": f"/{name}/",
        "reply_queue": queue,
    }
    if as_json:
        print(json.dumps(found))
        return
    print(
        f"{name} may publish to {ARRIVALS} with the routing key {key}, as sources that begin with /{name}/,"
    )
    print(f"and read {queue}. Its password, shown this once:\n\n  {password}\n")
    print(f"URL: amqp://{name}:{password}@BROKER-HOST:5672/%2F")


@publishers.command("list")
def list_all(as_json: AsJson = False) -> None:
    """Who may publish, and how many replies they have not fetched yet."""
    from chassis.handlers import REPLIES

    management = _management()
    names = sorted(user["name"] for user in management.ask("GET", "users").json() if _is_publisher(user))
    queues = {queue["name"]: queue for queue in management.ask("GET", "queues", management.vhost).json()}
    found = [
        {
            "publisher": name,
            # The broker counts a new queue only after a few seconds.
            "replies_waiting": queue.get("messages", 0)
            if (queue := queues.get(f"{REPLIES}.{name}"))
            else None,
        }
        for name in names
    ]
    if as_json:
        print(json.dumps(found))
        return
    for one in found:
        waiting = one["replies_waiting"]
        print(f"{one['publisher']}: {'no reply queue' if waiting is None else f'{waiting} replies waiting'}")
    if not found:
        print("no publishers: `doorstep publisher add NAME` makes one")


@publishers.command("remove")
def remove(name: Name, as_json: AsJson = False) -> None:
    """Take the user away; its connections are closed. The replies it has not fetched stay."""
    management = _management()
    if not _known(management, name):
        fail(f"there is no publisher {name}")
    management.ask("DELETE", "users", name)
    print(json.dumps({"removed": name}) if as_json else f"{name} can publish no more")


def _management() -> Management:
    from chassis.settings import with_secret_files

    return Management.read(with_secret_files(environment()))


def _known(management: Management, name: str) -> bool:
    """Ends the command for a name that cannot be one, or that is no publisher's."""
    if not _NAME.fullmatch(name):
        fail(f"{name} cannot be a publisher's name: small letters, digits and hyphens, as in rail-lanzhou")
    answer = management.ask("GET", "users", name)
    if answer.status_code == 404:
        return False
    if not _is_publisher(answer.json()):
        fail(f"{name} is a user of the broker, but no publisher: choose another name")
    return True


def _is_publisher(user: dict[str, Any]) -> bool:
    tags = user.get("tags") or []
    return TAG in (tags if isinstance(tags, list) else tags.split(","))


def _only(name: str) -> str:
    return f"^{re.escape(name)}$"
