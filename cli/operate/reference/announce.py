"""`doorstep reference announce`."""

from cli.options import AsJson
from cli.output import bars, print_json
from operations.reference_announcing import announce, what_there_is
from operations.settings import environment


def command(as_json: AsJson = False) -> None:
    """Say every place, member of staff and policy again, so that services with a new copy have them all.

    An upgrade does it by itself. What is known already stays as it is; it may be run again, also after it was
    interrupted. The services send what it records.
    """
    with bars(dict(what_there_is(environment())), quiet=as_json, stay=True) as shown:
        announced = announce(environment(), lambda event, done: shown[event].show(done))
    if as_json:
        print_json({"announced": announced})
    else:
        for event, count in announced.items():
            print(f"{event}: {count} announced")
