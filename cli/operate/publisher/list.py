"""`doorstep publisher list`."""

from dataclasses import asdict

from cli.options import AsJson
from cli.output import print_json
from operations.publishers import list_publishers


def command(as_json: AsJson = False) -> None:
    """All publishers, each with the number of replies that it has not fetched yet."""
    publishers = list_publishers()
    if as_json:
        print_json([asdict(publisher) for publisher in publishers])
        return
    for publisher in publishers:
        waiting = publisher.replies_waiting
        print(
            f"{publisher.publisher}: {'no reply queue' if waiting is None else f'{waiting} replies waiting'}"
        )
    if not publishers:
        print("no publishers: `doorstep publisher add NAME` makes one")
