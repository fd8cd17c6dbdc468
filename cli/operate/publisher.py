"""`doorstep publisher`: users of the broker for outside systems, each with one name and no other right.

Goes through RabbitMQ's management API as an administrator, see operations.management_api.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import Annotated, Any

import typer

from cli.arrivals.publish import fail
from operations.management_api import Management, read

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
    from chassis.messaging.topology import apply, reply_queue
    from chassis.names import ARRIVALS, REPLIES
    from operations.databases import broker

    management = Management.find()
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
    from chassis.names import REPLIES

    management = Management.find()
    names = sorted(user["name"] for user in management.get("users") if _is_publisher(user))
    queues = {queue["name"]: queue for queue in management.get("queues", management.vhost)}
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
    management = Management.find()
    if not _known(management, name):
        fail(f"there is no publisher {name}")
    management.ask("DELETE", "users", name)
    print(json.dumps({"removed": name}) if as_json else f"{name} can publish no more")


def _known(management: Management, name: str) -> bool:
    """Ends the command for a name that cannot be one, or that is no publisher's."""
    if not _NAME.fullmatch(name):
        fail(f"{name} cannot be a publisher's name: small letters, digits and hyphens, as in rail-lanzhou")
    answer = management.ask("GET", "users", name)
    if answer.status_code == 404:
        return False
    if not _is_publisher(read(answer)):
        fail(f"{name} is a user of the broker, but no publisher: choose another name")
    return True


def _is_publisher(user: dict[str, Any]) -> bool:
    tags = user.get("tags") or []
    return TAG in (tags if isinstance(tags, list) else tags.split(","))


def _only(name: str) -> str:
    return f"^{re.escape(name)}$"
