"""`doorstep topology`: the exchanges and queues that the handlers ask for; does the broker have them?"""

import json
from importlib import import_module
from typing import Annotated, Any

import typer

from cli.environment import SERVICES, environment

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]

topology = typer.Typer(no_args_is_help=True, help="Exchanges, queues and bindings on the broker.")


def register(app: typer.Typer) -> None:
    app.add_typer(topology, name="topology")


@topology.command("apply")
def apply_all(as_json: AsJson = False) -> None:
    """Declare everything; what is there stays. Fails where something has other properties."""
    from cli.databases import broker
    from cli.preparation import apply_topology

    with broker("doorstep topology"):
        pass  # an unreachable broker is told in one line
    apply_topology(environment())
    count = len(entities())
    print(json.dumps({"declared": count}) if as_json else f"{count} exchanges and queues are in place")


@topology.command("check")
def check_all(as_json: AsJson = False) -> None:
    """List what is missing or different; exit code 1 if anything is. Creates no exchange and no queue."""
    from chassis.messaging.topology import check
    from cli.databases import broker

    with broker("doorstep topology") as connection:
        differences = check(connection, entities())
    if as_json:
        found = [{"name": one.name, "what": one.what} for one in differences]
        print(json.dumps({"ok": not found, "differences": found}))
    elif differences:
        for one in differences:
            print(f"{one.name}: {one.what}")
        print("`doorstep topology apply` declares what is missing; what differs must be emptied and deleted")
    else:
        print("everything is as the handlers ask for")
    if differences:
        raise typer.Exit(1)


def entities() -> list[Any]:
    from chassis.handlers import Service
    from chassis.messaging.topology import service_entities, shared_entities
    from cli.databases import settings_of

    found = list(shared_entities(settings_of(SERVICES[0]).retry_delays))
    for service in SERVICES:
        found += service_entities(Service(service, import_module(f"services.{service}.handlers").HANDLERS))
    return found
