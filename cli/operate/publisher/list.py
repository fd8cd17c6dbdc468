"""`doorstep publisher list`."""

from dataclasses import asdict

from cli.options import AsJson
from cli.output import local_time, print_json
from operations.publishers import Publisher, list_publishers


def command(as_json: AsJson = False) -> None:
    """All publishers, with what each may publish, and the number of replies that it has not fetched yet."""
    publishers = list_publishers()
    if as_json:
        print_json([asdict(publisher) for publisher in publishers])
        return
    for publisher in publishers:
        print(f"{publisher.publisher}: {'; '.join(_said(publisher))}")
    if not publishers:
        print("no publishers: `doorstep publisher add NAME` makes one")


def _said(publisher: Publisher) -> list[str]:
    name, waiting = publisher.publisher, publisher.replies_waiting
    if publisher.removed_at:
        again = f", and is a user of the broker: `doorstep publisher remove {name}`" if publisher.user else ""
        return [f"removed {local_time(publisher.removed_at)}{again}"]
    if publisher.may is None:
        rights = "not in the table: `doorstep topology apply` takes it in"
    else:
        rights = f"may publish {', '.join(publisher.may)}"
    found = [rights, "no reply queue" if waiting is None else f"{waiting} replies waiting"]
    if publisher.keys:
        found.append(f"{publisher.keys} API keys")
    if not publisher.user:
        found.append(f"no user of the broker: `doorstep publisher add {name}` makes it one")
    return found
