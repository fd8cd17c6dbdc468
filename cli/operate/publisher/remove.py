"""`doorstep publisher remove`."""

from cli.operate.publisher.name import Name
from cli.options import AsJson
from cli.output import print_json, say
from operations.publishers import remove_publisher


def command(name: Name, as_json: AsJson = False) -> None:
    """Take the user away; its connections are closed, its API keys end. The replies it has not fetched stay.

    Its own queue goes too when it is empty; otherwise it is named, goes on being read, and the command is run
    again.
    """
    removed = remove_publisher(name)
    if as_json:
        print_json({"removed": name, "kept": removed.kept})
        return
    print(f"{name} can publish no more")
    for queue, messages in removed.kept.items():
        say(f"{queue} stays, {messages} messages are in it: run this again when registration has read them")
