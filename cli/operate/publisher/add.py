"""`doorstep publisher add`."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.operate.publisher.name import Name
from cli.options import AsJson
from cli.output import print_json
from operations.publishers import add_publisher


def command(
    name: Name,
    may: Annotated[
        list[str] | None,
        typer.Option(
            "--may",
            metavar="EVENT",
            help="An event type that it may publish, as test.reported; give it again for more. Default: "
            "those it has; of a new one arrival.reported and batch.closed",
        ),
    ] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="It is there already: its rights again, or those of --may")
    ] = False,
    new_password: Annotated[
        bool,
        typer.Option("--new-password", help="It is there already: another password, and its rights again"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a user who may publish events as NAME, read the replies to them, and do nothing else.

    The password is shown once and kept nowhere. Its reports wait in a queue of their own, so that it holds up
    nobody else's.
    """
    made = add_publisher(name, may=may or (), new_password=new_password, renew=renew)
    if as_json:
        print_json(asdict(made))
        return
    print(f"{name} may publish to {made.exchange} with the routing keys {', '.join(made.routing_keys)},")
    print(f"as sources that begin with {made.source}, and read {made.reply_queue}.")
    if made.password:
        print(f"Its password, shown this once:\n\n  {made.password}\n")
        print(f"URL: amqp://{name}:{made.password}@BROKER-HOST:5672/%2F")
