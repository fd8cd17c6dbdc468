"""`doorstep keys reseal`."""

from collections import Counter

import typer

from cli.options import AsJson
from cli.output import bar, print_json, say
from operations.databases import database_of, settings_of
from operations.keys.reseal import reseal
from operations.services import SERVICES


def command(as_json: AsJson = False) -> None:
    """Seal by the newest key what stands sealed under the others, while everything runs.

    In pieces; interrupted, it may be run again. Run it again, too, once no message of before waits any more:
    what came from queues meanwhile may be sealed under the older key. Exit code 1 if something could not be
    opened.
    """
    renewed: Counter[str] = Counter()
    unopened: Counter[str] = Counter()
    for service in SERVICES:
        with bar(f"resealing {service}", None, quiet=as_json) as progress:
            sealer, database = settings_of(service).sealer(), database_of(service)
            became = reseal(service, database, sealer, lambda *_: progress.advance())
        renewed += became.renewed
        unopened += became.unopened
    newest = settings_of(SERVICES[0]).sealer().ids[0]
    if as_json:
        print_json({"newest": newest, "renewed": dict(renewed), "unopened": dict(unopened)})
    else:
        print(f"{renewed.total():,} values were sealed anew by {newest}")
    if unopened:
        say(f"{unopened.total():,} could not be opened by any key of the ring: see `doorstep keys status`")
        raise typer.Exit(1)
