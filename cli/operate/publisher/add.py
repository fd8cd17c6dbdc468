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
    new_password: Annotated[
        bool,
        typer.Option("--new-password", help="It is there already: another password, and its rights again"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a user who may publish arrivals as NAME, read the replies to them, and do nothing else.

    The password is shown once and kept nowhere.
    """
    made = add_publisher(name, new_password=new_password)
    if as_json:
        print_json(asdict(made))
        return
    rights = f"may publish to {made.exchange} with the routing key {made.routing_key}"
    print(f"{name} {rights}, as sources that begin with {made.source},")
    print(f"and read {made.reply_queue}. Its password, shown this once:\n\n  {made.password}\n")
    print(f"URL: amqp://{name}:{made.password}@BROKER-HOST:5672/%2F")
