"""`doorstep topology`: the exchanges and queues that the handlers ask for; does the broker have them?"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from operations.settings import SERVICES, environment

if TYPE_CHECKING:
    from chassis.messaging.topology import Difference
    from operations.management_api import Management

ADVICE = (
    "`doorstep topology apply` declares and binds what is missing; what differs or is too much must be "
    "emptied and deleted, or unbound, in the management pages"
)
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]

topology = typer.Typer(no_args_is_help=True, help="Exchanges, queues and bindings on the broker.")


def register(app: typer.Typer) -> None:
    app.add_typer(topology, name="topology")


@topology.command("apply")
def apply_all(as_json: AsJson = False) -> None:
    """Declare everything; what is there stays. Fails where something has other properties."""
    from kombu import Exchange, Queue

    from operations.databases import broker
    from operations.preparation import apply_topology

    with broker("doorstep topology"):
        pass  # an unreachable broker is told in one line
    apply_topology(environment())
    count = sum(isinstance(one, Exchange | Queue) for one in entities())
    print(json.dumps({"declared": count}) if as_json else f"{count} exchanges and queues are in place")


@topology.command("check")
def check_all(as_json: AsJson = False) -> None:
    """List what is missing, different or too much; exit code 1 if anything is. Makes nothing.

    Bindings, and queues that nobody asks for, are seen through the broker's management API; where it does not
    answer, that is said and the rest is checked.
    """
    from chassis.messaging.topology import check
    from operations.databases import broker
    from operations.management_api import Management, NoManagement

    wanted = entities()
    with broker("doorstep topology") as connection:
        differences = check(connection, wanted)
    unseen = None
    try:
        differences += bound_otherwise(Management.find(), wanted)
    except NoManagement as error:
        unseen = str(error)
    if as_json:
        found = [{"name": one.name, "what": one.what} for one in differences]
        print(json.dumps({"ok": not found, "differences": found} | ({"unseen": unseen} if unseen else {})))
    else:
        for one in differences:
            print(f"{one.name}: {one.what}")
        print(ADVICE if differences else "everything is as the handlers ask for")
        if unseen:
            print(f"bindings and surplus queues were not looked at: {unseen}")
    if differences:
        raise typer.Exit(1)


def bound_otherwise(management: Management, wanted: list[Any]) -> list[Difference]:
    """Bindings that are missing; bindings, queues and exchanges that nobody asks for. Raises WorldAway."""
    from kombu import Exchange, Queue

    from chassis.messaging.topology import Difference, Link
    from chassis.names import REPLIES

    queues = {one.name: one for one in wanted if isinstance(one, Queue)}
    exchanges = {one.name for one in wanted if isinstance(one, Exchange)}
    expected = {(b.exchange.name, q.name, b.routing_key or "") for q in queues.values() for b in q.bindings}
    expected |= {(one.source, one.name, one.key) for one in wanted if isinstance(one, Link)}
    rows = management.get("bindings", management.vhost)
    actual = {(row["source"], row["destination"], row["routing_key"]) for row in rows if row["source"]}
    there = {row["name"] for row in management.get("queues", management.vhost, columns="name")}
    made = {row["name"] for row in management.get("exchanges", management.vhost, columns="name")}

    found = [
        Difference(name, f"not bound to {exchange}{_by(key)}")
        for exchange, name, key in sorted(expected - actual)
        if name in there | made
    ]
    for exchange, name, key in sorted(actual - expected):
        if exchange != REPLIES and (exchange in exchanges or name in queues):
            found.append(Difference(name, f"bound to {exchange}{_by(key)}, which no handler asks for"))
    ours = tuple(f"{prefix}." for prefix in ("doorstep", *SERVICES))
    for name in sorted((there - set(queues)) | (made - exchanges)):
        if name.startswith(ours) and not name.startswith(f"{REPLIES}."):
            found.append(Difference(name, "no handler asks for it; is it of an older version?"))
    return found


def _by(key: str) -> str:
    return f" by {key}" if key else ""


def entities() -> list[Any]:
    from chassis.handlers import Service
    from chassis.messaging.topology import service_entities, shared_entities
    from operations.databases import settings_of

    found = list(shared_entities(settings_of(SERVICES[0]).retry_delays))
    for service in SERVICES:
        found += service_entities(Service(service, import_module(f"services.{service}.handlers").HANDLERS))
    return found
