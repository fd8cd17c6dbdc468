"""`doorstep topology check`."""

import typer

from cli.options import AsJson
from cli.output import print_json
from operations.topology import check_topology

ADVICE = (
    "`doorstep topology apply` declares and binds what is missing; what differs or is too much must be "
    "emptied and deleted, or unbound, and a policy deleted, in the management pages"
)


def command(as_json: AsJson = False) -> None:
    """List what is missing, different or too much; exit code 1 if anything is. Makes nothing.

    Bindings, policies, and queues that nobody asks for, are seen through the broker's management API; where
    it does not answer, that is said and the rest is checked.
    """
    checked = check_topology()
    if as_json:
        found = [{"name": difference.name, "what": difference.what} for difference in checked.differences]
        unseen = {"unseen": checked.unseen} if checked.unseen else {}
        print_json({"ok": not found, "differences": found} | unseen)
    else:
        for difference in checked.differences:
            print(f"{difference.name}: {difference.what}")
        print(ADVICE if checked.differences else "everything is as the handlers ask for")
        if checked.unseen:
            print(f"bindings, policies and surplus queues were not looked at: {checked.unseen}")
    if checked.differences:
        raise typer.Exit(1)
