"""`doorstep publisher remove`."""

from cli.operate.publisher.name import Name
from cli.options import AsJson
from cli.output import print_json
from operations.publishers import remove_publisher


def command(name: Name, as_json: AsJson = False) -> None:
    """Take the user away; its connections are closed. The replies it has not fetched stay."""
    remove_publisher(name)
    if as_json:
        print_json({"removed": name})
    else:
        print(f"{name} can publish no more")
