"""`doorstep console administrator`."""

from typing import Annotated

import typer

from cli.options import AsJson, By, who
from cli.output import print_json
from operations.console import invite_administrator
from operations.settings import environment


def command(
    name: Annotated[str, typer.Argument(help="To log in with: letters, digits, . _ - @", show_default=False)],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Make a link by which an administrator of the console takes their account up, within the hour.

    For the first one, and for one who has lost password and authenticator: the same name, and what they had
    before counts until the link is taken up. It is shown once and kept nowhere. Administrators see no cases.
    """
    made = invite_administrator(environment(), name, by=who(by))
    if as_json:
        print_json({"name": made.name, "link": made.link, "until": made.until.isoformat()})
        return
    print(f"Open this once, before {made.until.astimezone():%H:%M}, to take up the account {made.name}:")
    print(f"\n  {made.link}\n\nThen make a second administrator, so that nobody is locked out.")
